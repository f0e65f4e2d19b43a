"""The nginx module and HTTP/2: streams side by side, reset, in flight at a reload.

Most scenarios run with slow_ra/, which echoes the request and waits as long as the query says.
"""
import json
import random
import time

import pytest

from http2 import Http2, abandon_streams
from nginx import nginx  # noqa: F401 (a fixture)
from server import free_port, gone, wait_until
from traffic import HTTP, SCEP


@pytest.fixture
def http2(nginx):
    """A server that also speaks HTTP/2, and what connects to it."""
    port = free_port()
    server = nginx(http=HTTP + "scep_ra_thread_pool p;", main="thread_pool p threads=8 max_queue=600;",
                   server=f"listen 127.0.0.1:{port} http2; client_body_buffer_size 1k; http2_max_concurrent_streams 256;"
                   + SCEP, ra="maximum_message = 6000\n").start()
    return server, lambda: Http2(port)


def test_http2_requests_on_one_connection_do_not_wait_for_each_other(http2):
    server, connect = http2
    client = connect()
    slow = client.send("POST", "/scep?sleep=500", b"y" * 5000)
    quick = client.send("GET", "/scep?size=40000&sleep=10")
    assert client.answer(quick) == (200, b"x" * 40000)
    assert slow not in client.ended
    status, body = client.answer(slow)
    assert status == 200 and json.loads(body)["body"] == "y" * 5000
    assert client.answer(client.send("HEAD", "/scep?now")) == (200, b"")


def test_a_large_http2_body_is_refused_by_the_ra_and_its_connection_goes_on(http2):
    """case P1"""
    server, connect = http2
    client = connect()
    for _ in range(3):
        assert client.answer(client.send("POST", "/scep", b"y" * 6001))[0] == 413
        assert client.answer(client.send("POST", "/scep", b"y" * 6000))[0] == 200
    assert server.done().count("refuse the body is too large") == 3


def test_http2_streams_that_are_reset_do_no_harm(http2):
    """case F9"""
    server, connect = http2
    worker = server.workers()
    client = connect()
    chance = random.Random(2)
    kept = []
    for number in range(200):
        body = b"x" * chance.choice((1, 3000)) if number % 2 else None
        stream = client.send("POST" if body else "GET", f"/scep?sleep={chance.choice((0, 20, 60))}&number={number}", body)
        if chance.random() < 0.8:
            time.sleep(chance.random() * 0.01)
            client.reset(stream)
        else:
            kept.append(stream)
    assert [client.answer(stream)[0] for stream in kept] == [200] * len(kept)
    abandon_streams(connect)
    client.socket.close()
    wait_until(lambda: server.active() == 0, "no connection is left")
    assert server.workers() == worker
    assert server.request("GET", "/scep").status == 200


def test_an_http2_request_in_flight_survives_a_reload(http2):
    """case F7"""
    server, connect = http2
    client = connect()
    slow = [client.send("POST", "/scep?sleep=2000", b"x"), client.send("GET", "/scep?sleep=2000")]
    time.sleep(0.2)
    old = server.reload()
    assert [client.answer(stream)[0] for stream in slow] == [200, 200]
    client.socket.close()
    wait_until(lambda: gone(old), "the old worker has left", 10)
