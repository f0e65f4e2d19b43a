"""A server module, whatever the RA behind it does: processes, reloads, ends, lost clients.

Most scenarios run with slow_ra/, which echoes the request and waits as long as the query says.
"""
import os
import pathlib
import random
import signal
import socket
import time

import pytest

from server import gone, wait_until
from traffic import in_background, leave, read_some, reloaded_under_load, results, status_of

pytestmark = pytest.mark.module


# Workers.

def test_only_workers_start_an_ra_one_each(serve):
    """case F10"""
    server = serve(workers=3).start()
    wait_until(lambda: len(server.done()) == 3, "three workers have started")
    time.sleep(0.3)
    assert server.done() == ["start"] * 3


def test_the_parent_of_the_workers_holds_no_store_and_no_thread(make_ra):
    """case F10"""
    ra = make_ra()
    assert ra.endpoint.ca_caps()
    parent = pathlib.Path(f"/proc/{ra.server.process.pid}")
    files = {os.readlink(fd) for fd in (parent / "fd").iterdir()}
    own = {name for name in files if name.startswith(str(ra.folder))}
    assert not any(name.startswith((str(ra.store.parent), str(ra.event_file.parent))) for name in own), own
    assert len(list((parent / "task").iterdir())) == 1
    opened = {os.readlink(fd) for pid in ra.workers() for fd in pathlib.Path(f"/proc/{pid}/fd").iterdir()}
    assert str(ra.store) in opened


def test_testing_the_configuration_leaves_no_trace(make_ra):
    """With the real RA, whose files are read."""
    ra = make_ra()
    ra.server.stop()
    logs = ("error.log", "nginx.pid", "httpd.pid")

    def picture() -> dict:
        return {path: path.stat().st_mtime_ns for path in ra.folder.rglob("*") if path.is_file() and path.name not in logs}

    before = picture()
    result = ra.server.test()
    assert result.returncode == 0, result.stderr
    assert picture() == before


def test_an_ra_that_cannot_start_takes_no_server_down(serve):
    server = serve(ra="start = fails\n").start()
    assert server.request("GET", "/scep").status == 200
    assert any("scep_ra: the store is away" in line for line in server.lines_at("error"))


def test_a_killed_worker_is_replaced(serve):
    """case F1"""
    server = serve().start()
    server.expected = server.KILLED
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


@pytest.mark.parametrize("how", ["GRACEFUL", "QUICK"])
def test_an_ra_outlives_the_threads_that_called_it(serve, how):
    """OpenSSL's state of a thread goes with the thread, after the server has joined it."""
    server = serve().start()
    assert server.request("GET", "/scep").status == 200
    server.stop(getattr(server, how))
    assert server.done() == ["start", "handle "]


def test_every_worker_tells_its_start_and_its_end(make_ra):
    ra = make_ra()
    assert ra.endpoint.ca_caps()
    ra.server.stop()
    told = [event["name"] for event in ra.all_events()]
    assert told.count("service-started") == told.count("service-stopped") == 2


def test_a_graceful_end_finishes_what_is_in_flight(serve):
    """case F7"""
    server = serve().start()
    slow = in_background(lambda method: server.request(method, "/scep?sleep=1500", b"x"), ["GET", "POST"] * 2)
    wait_until(lambda: server.active() >= 4, "requests are in flight")
    time.sleep(0.2)
    server.stop(server.GRACEFUL)
    assert {answer.status for answer in results(slow)} == {200}
    assert server.done() == ["start"] + ["handle sleep=1500"] * 4


# Reload.

@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_request_in_flight_survives_a_reload_and_the_old_worker_leaves(serve, method):
    """case F7"""
    server = serve().start()
    slow = in_background(lambda _: server.request(method, "/scep?sleep=3000", b"x"), range(4))
    wait_until(lambda: server.active() >= 4, "requests are in flight")
    old = server.reload()
    assert server.request(method, "/scep").status == 200
    assert not gone(old) and not any(future.done() for future in slow)
    assert {answer.status for answer in results(slow)} == {200}
    wait_until(lambda: gone(old), "the old worker has left", 10)
    assert server.done().count("start") == 2


def test_an_idle_old_worker_leaves_at_once(serve):
    server = serve(workers=2).start()
    old = server.reload()
    wait_until(lambda: gone(old), "the old workers have left", 10)


def test_reloads_under_load_lose_no_request(serve):
    """case F7"""
    server = serve(workers=2).start()
    old = reloaded_under_load(server, clients=16, seconds=10, longest=700)
    assert len(old) >= 10
    wait_until(lambda: gone(old), "old workers have left", 20)


# Clients that leave.

def test_500_clients_that_leave_at_any_moment_do_no_harm(serve):
    """case F9"""
    server = serve().start()
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


def test_a_client_that_half_closes_still_gets_its_answer(serve):
    server = serve().start()
    with server.connect() as connection:
        connection.sendall(b"POST /scep?sleep=300 HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx")
        connection.shutdown(socket.SHUT_WR)
        assert status_of(connection.recv(1000)) == 200


def test_work_that_has_begun_completes_when_its_client_has_gone(serve):
    """case F9"""
    server = serve().start()
    connection = server.connect()
    connection.sendall(b"POST /scep?sleep=500&event=warning HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx")
    time.sleep(0.1)
    leave(connection, "reset")
    wait_until(lambda: "handle sleep=500&event=warning" in server.done(), "the work is done")
    wait_until(lambda: "scep_ra event 42" in server.log(), "its event is in the log")
