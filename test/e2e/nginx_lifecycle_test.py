"""The nginx module, whatever the RA behind it does: processes, threads, reloads, lost clients.

Most scenarios run with slow_ra/, which echoes the request and waits as long as the query says.
"""
import os
import pathlib
import random
import signal
import socket
import time

import pytest

from nginx import gone, nginx, wait_until  # noqa: F401 (a fixture)
from traffic import HTTP, SCEP, in_background, leave, read_some, results, status_of


# Workers.

def test_only_workers_start_an_ra_one_each(nginx, tmp_path):
    """case F10; nginx's cache processes are no workers."""
    server = nginx(http=HTTP + f"proxy_cache_path {tmp_path}/cache keys_zone=z:1m;", server=SCEP, workers=3).start()
    wait_until(lambda: len(server.done()) == 3, "three workers have started")
    time.sleep(0.3)
    assert server.done() == ["start"] * 3


def test_the_master_holds_no_store_and_no_thread(make_ra):
    """case F10"""
    ra = make_ra()
    assert ra.endpoint.ca_caps()
    master = pathlib.Path(f"/proc/{ra.nginx.process.pid}")
    files = {os.readlink(fd) for fd in (master / "fd").iterdir()}
    own = {name for name in files if name.startswith(str(ra.folder))}
    assert own <= {f"{ra.folder}/error.log", f"{ra.folder}/stderr"}
    assert len(list((master / "task").iterdir())) == 1
    opened = {os.readlink(fd) for pid in ra.workers() for fd in pathlib.Path(f"/proc/{pid}/fd").iterdir()}
    assert str(ra.store) in opened


def test_testing_the_configuration_leaves_no_trace(make_ra):
    """`nginx -t` with the real RA, whose files it reads."""
    ra = make_ra()
    ra.nginx.stop()

    def picture() -> dict:
        return {path: path.stat().st_mtime_ns for path in ra.folder.rglob("*")
                if path.is_file() and path.name not in ("error.log", "nginx.pid")}

    before = picture()
    result = ra.nginx.test()
    assert result.returncode == 0, result.stderr
    assert picture() == before


def test_an_ra_that_cannot_start_takes_no_server_down(nginx):
    server = nginx(http=HTTP, server=SCEP, ra="start = fails\n").start()
    assert server.request("GET", "/scep").status == 200
    assert "[error]" in server.log() and "scep_ra: the store is away" in server.log()


def test_a_killed_worker_is_replaced(nginx):
    """case F1"""
    server = nginx(http=HTTP, server=SCEP).start()
    server.expected = "exited on signal 9"
    for _ in range(5):
        slow = in_background(lambda _: server.request("GET", "/scep?sleep=5000"), range(4))
        wait_until(lambda: server.active() >= 4, "requests are in flight")
        time.sleep(0.2)  # what asked last may have been among the four; the next worker takes what waits
        [worker] = server.workers()
        os.kill(worker, signal.SIGKILL)
        for future in slow:
            assert isinstance(future.exception(60), OSError)
        wait_until(lambda: server.workers() not in ([], [worker]), "a new worker")
        assert server.request("GET", "/scep").status == 200


@pytest.mark.parametrize("how", [signal.SIGQUIT, signal.SIGTERM])
def test_an_ra_outlives_the_threads_that_called_it(nginx, how):
    """OpenSSL's state of a thread goes with the thread, after nginx has joined it."""
    server = nginx(http=HTTP, server=SCEP).start()
    assert server.request("GET", "/scep").status == 200
    server.stop(how)
    assert server.done() == ["start", "handle "]


def test_a_quick_end_waits_for_what_runs_even_with_a_full_queue(nginx):
    """nginx joins its threads only while the queue has room."""
    server = nginx(http=HTTP + "scep_ra_thread_pool small;", main="thread_pool small threads=1 max_queue=2;",
                   server=SCEP).start()
    slow = in_background(lambda _: server.request("GET", "/scep?sleep=200"), range(3))
    wait_until(lambda: server.active() >= 3, "requests are in flight")
    server.stop(signal.SIGTERM)
    for future in slow:
        future.exception(60)
    assert server.done().count("handle sleep=200") == 3


@pytest.mark.timeout(180)
def test_housekeeping_runs_about_once_a_minute_in_either_process_model(nginx, tmp_path):
    servers = []
    for name, master in ("workers", True), ("single", False), ("never asked", True):
        folder = tmp_path / name.replace(" ", "-")
        folder.mkdir()
        servers.append(nginx(folder, http=HTTP, server=SCEP, master=master).start())
    time.sleep(50)
    for server in servers:
        assert "maintain" not in server.done()
    for server in servers:
        wait_until(lambda: server.done().count("maintain") == 1, "maintenance", 20)
        wait_until(lambda: "scep_ra event 43: maintained" in server.log(), "its event in the log")
    for server in servers[:2]:
        assert server.request("GET", "/scep?sleep=1").status == 200
    servers[2].stop()  # its thread has called the RA too
    assert servers[2].done() == ["start", "maintain"]


# Reload.

@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_request_in_flight_survives_a_reload_and_the_old_worker_leaves(nginx, method):
    """case F7"""
    server = nginx(http=HTTP, server=SCEP).start()
    slow = in_background(lambda _: server.request(method, "/scep?sleep=3000", b"x"), range(4))
    wait_until(lambda: server.active() >= 4, "requests are in flight")
    old = server.reload()
    assert server.request(method, "/scep").status == 200
    assert not gone(old) and not any(future.done() for future in slow)
    assert {answer.status for answer in results(slow)} == {200}
    wait_until(lambda: gone(old), "the old worker has left", 10)
    assert server.done().count("start") == 2


def test_an_idle_old_worker_leaves_at_once(nginx):
    """Our timers do not keep it."""
    server = nginx(http=HTTP, server=SCEP, workers=2).start()
    old = server.reload()
    wait_until(lambda: gone(old), "the old workers have left", 10)


def test_a_failed_reload_keeps_what_serves(nginx, tmp_path):
    """case F8"""
    server = nginx(http=HTTP, server=SCEP).start()
    server.expected = r"ra\.conf:1: unknown key"
    old = server.workers()
    (tmp_path / "ra.conf").write_text("nonsense\n")
    server.process.send_signal(signal.SIGHUP)
    wait_until(lambda: "unknown key" in server.log(), "the refusal is logged")
    assert server.workers() == old
    assert server.request("GET", "/scep").status == 200


def test_reloads_under_load_lose_no_request(nginx):
    """case F7"""
    server = nginx(http=HTTP, server=SCEP, workers=2).start()
    end = time.monotonic() + 10

    def client(number: int) -> int:
        done = 0
        while time.monotonic() < end:
            target = f"/scep?sleep={random.choice((0, 5, 700))}"
            assert server.request("POST" if number % 2 else "GET", target, b"x" * 2000).status == 200
            done += 1
        return done

    clients = in_background(client, range(16))
    old = []
    while time.monotonic() < end:
        old += server.reload()
        time.sleep(0.5)
    answered = sum(results(clients))
    assert answered == sum(line.startswith("handle") for line in server.done())
    assert len(old) >= 10
    wait_until(lambda: gone(old), "old workers have left", 20)


# Clients that leave.

def test_500_clients_that_leave_at_any_moment_do_no_harm(nginx):
    """case F9"""
    server = nginx(http=HTTP + "scep_ra_thread_pool p;", main="thread_pool p threads=8 max_queue=600;",
                   server="client_body_buffer_size 1k;" + SCEP).start()
    worker = server.workers()
    chance = random.Random(9)
    for _ in range(500):
        method = chance.choice(["GET", "POST", "POST"])
        query = f"sleep={chance.choice((0, 5, 50))}&size={chance.choice((0, 100, 400000))}&event=info"
        body = b"x" * chance.choice((0, 10, 3000)) if method == "POST" else b""
        octets = f"{method} /scep?{query} HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
        connection = server.connect()
        connection.sendall(octets[:chance.randrange(len(octets))] if chance.random() < 0.3 else octets)
        if chance.random() < 0.3:
            connection.shutdown(socket.SHUT_WR)
        if chance.random() < 0.7:
            time.sleep(chance.random() * 0.04)
        if chance.random() < 0.2:
            read_some(connection, chance.choice((1, 100)))
        leave(connection, chance.choice(["reset", "close"]))
    wait_until(lambda: server.active() == 0, "no connection is left")
    assert server.workers() == worker
    handled = sum(line.startswith("handle") for line in server.done())
    assert handled > 200
    assert server.log().count("scep_ra event 42") == handled  # also when nobody was left to answer
    assert server.request("GET", "/scep").status == 200


def test_a_client_that_half_closes_still_gets_its_answer(nginx):
    server = nginx(http=HTTP, server=SCEP).start()
    with server.connect() as connection:
        connection.sendall(b"POST /scep?sleep=300 HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx")
        connection.shutdown(socket.SHUT_WR)
        assert status_of(connection.recv(1000)) == 200


def test_work_that_has_begun_completes_when_its_client_has_gone(nginx):
    """case F9"""
    server = nginx(http=HTTP, server=SCEP).start()
    connection = server.connect()
    connection.sendall(b"POST /scep?sleep=500&event=warning HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx")
    time.sleep(0.1)
    leave(connection, "reset")
    wait_until(lambda: "handle sleep=500&event=warning" in server.done(), "the work is done")
    wait_until(lambda: "scep_ra event 42" in server.log(), "its event is in the log")
