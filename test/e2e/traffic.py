"""What goes to and fro between many clients and one server that runs with slow_ra/."""
import concurrent.futures
import contextlib
import json
import random
import socket
import struct
import time

SCEP = "location /scep { scep_ra enrol; }"
HTTP = "scep_ra_config ra.conf;"


def echo(answer) -> dict:
    assert answer.status == 200, answer.body
    return json.loads(answer.body)


def in_background(work, arguments):
    """Runs `work` for each argument, all at the same time."""
    arguments = list(arguments)
    pool = concurrent.futures.ThreadPoolExecutor(len(arguments))
    futures = [pool.submit(work, argument) for argument in arguments]
    pool.shutdown(wait=False)
    return futures


def results(futures) -> list:
    return [future.result(60) for future in futures]


def conversation(server, octets: bytes) -> bytes:
    """Sends octets as they are and returns all that comes back."""
    with server.connect() as connection:
        connection.sendall(octets)
        answer = b""
        try:
            while piece := connection.recv(65536):
                answer += piece
        except ConnectionResetError:
            pass
        return answer


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def leave(connection: socket.socket, how: str):
    if how == "reset":
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def read_some(connection: socket.socket, most: int):
    connection.setblocking(False)
    with contextlib.suppress(OSError):
        connection.recv(most)


def reloaded_under_load(server, clients: int, seconds: float, longest: int) -> list:
    """Reloads once a second while clients ask, GET and POST; each gets its answer. Returns the former workers."""
    end = time.monotonic() + seconds

    def client(number: int) -> int:
        done = 0
        while time.monotonic() < end:
            target = f"/scep?sleep={random.choice((0, 5, longest))}"
            assert server.request("POST" if number % 2 else "GET", target, b"x" * 2000).status == 200
            done += 1
        return done

    asked = in_background(client, range(clients))
    old = []
    while time.monotonic() < end:
        old += server.reload()
        time.sleep(1)
    assert sum(results(asked)) == sum(line.startswith("handle") for line in server.done())
    return old
