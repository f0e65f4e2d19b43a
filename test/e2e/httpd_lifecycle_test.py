"""What is Apache httpd's own about processes: its three MPMs, its watchdog, a signal with a bad configuration.

The scenarios run with slow_ra/, which echoes the request and waits as long as the query says.
"""
import random
import signal
import time

import pytest

import scep
from apache import Apache, apache  # noqa: F401 (a fixture)
from endpoint import Endpoint
from ra import Installation
from served_ra import wish_of
from server import gone, wait_until
from traffic import echo, in_background, leave, reloaded_under_load, results
from verdict import request

TEXT = "SCEPRAConfig ra.conf\n<Location /scep>\nSCEPRA enrol\n</Location>\n"
MPMS = ("event", "worker", "prefork")


@pytest.fixture(params=MPMS)
def server(apache, request):
    return apache(text=TEXT, mpm=request.param)


def test_it_serves_under_each_mpm(server):
    """case W8: a body in chunks of one octet among them."""
    server.start()
    body = b"octet by octet" * 20
    assert echo(server.request("POST", "/scep", (bytes([octet]) for octet in body)))["body"].encode() == body
    answers = results(in_background(lambda _: server.request("POST", "/scep?sleep=50", b"x"), range(32)))
    assert [answer.status for answer in answers] == [200] * 32


@pytest.mark.parametrize("how", [signal.SIGWINCH, signal.SIGTERM])
def test_an_ra_outlives_the_threads_that_called_it(server, how):
    server.start()
    for _ in range(3):
        assert server.request("GET", "/scep").status == 200
    server.stop(how)
    assert server.done().count("handle ") == 3
    assert set(server.done()) == {"start", "handle "}


@pytest.mark.parametrize("mpm", MPMS)
@pytest.mark.parametrize("how", [signal.SIGWINCH, signal.SIGTERM])
def test_a_device_enrols_and_every_child_tells_its_start_and_its_end(folder, original, mpm, how):
    """With the real RA."""
    ra = Installation(folder / "ra", original)
    server = Apache(ra.folder, mpm=mpm, slow_ra=False, configuration=ra.configuration).wish(wish_of(ra.folder)).start()
    message = request(ra, ra.password())
    answer = Endpoint(f"http://127.0.0.1:{server.port}/certsrv/mscep/mscep.dll").post(message.encode())
    assert answer.cert_rep().status == scep.SUCCESS

    def told(name: str) -> int:
        return [event["name"] for event in ra.all_events()].count(name)

    children = 32 if mpm == "prefork" else 2
    wait_until(lambda: told("service-started") == children, "all children have started")
    server.stop(how)
    assert (told("service-started"), told("service-stopped")) == (children, children)


def test_a_quick_end_in_the_middle_of_requests_is_an_end(server):
    """httpd breaks them off under prefork, and waits for them elsewhere: no crash, no RA taken away."""
    server.start()
    slow = in_background(lambda _: server.request("GET", "/scep?sleep=1000"), range(4))
    wait_until(lambda: server.active() >= 4, "requests are in flight")
    time.sleep(0.2)
    server.stop(signal.SIGTERM)
    for future in slow:
        future.exception(60)
    assert set(server.done()) <= {"start", "handle sleep=1000"}


def test_a_graceful_end_finishes_what_is_in_flight(server):
    """case F7"""
    server.start()
    slow = in_background(lambda method: server.request(method, "/scep?sleep=1500", b"x"), ["GET", "POST"] * 2)
    wait_until(lambda: server.active() >= 4, "requests are in flight")
    time.sleep(0.2)
    server.stop(signal.SIGWINCH)
    assert {answer.status for answer in results(slow)} == {200}
    assert server.done().count("handle sleep=1500") == 4


def test_graceful_restarts_under_load_lose_no_request(server):
    """case F7"""
    server.start()
    old = reloaded_under_load(server, clients=8, seconds=6, longest=300)
    wait_until(lambda: gone(old), "old children have left", 20)


def test_clients_that_leave_do_no_harm(server):
    """case F9"""
    server.start()
    chance = random.Random(9)
    for _ in range(100):
        connection = server.connect()
        octets = b"POST /scep?sleep=20&size=100000 HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n" + b"x" * 100
        connection.sendall(octets[:chance.randrange(20, len(octets))] if chance.random() < 0.3 else octets)
        time.sleep(chance.random() * 0.03)
        leave(connection, chance.choice(["reset", "close"]))
    wait_until(lambda: server.active() == 0, "no connection is left")
    assert server.request("GET", "/scep").status == 200


@pytest.mark.waits
@pytest.mark.timeout(180)
def test_housekeeping_runs_about_once_a_minute_in_one_child(apache, folder):
    servers = []
    for mpm in MPMS:
        (folder / mpm).mkdir()
        servers.append(apache(folder / mpm, text=TEXT, mpm=mpm, workers=2).start())
    time.sleep(50)
    for server in servers:
        assert "maintain" not in server.done()
    for server in servers:
        wait_until(lambda: server.done().count("maintain") == 1, "housekeeping", 25)
        wait_until(lambda: "scep_ra event 43: maintained" in server.log(), "its event in the log")
    time.sleep(5)
    for server in servers:
        server.stop()  # the thread has called the RA too
        assert server.done().count("maintain") == 1
        assert set(server.done()) == {"start", "maintain"}


def test_a_child_that_has_served_enough_is_followed_by_another(apache):
    server = apache(text=TEXT + "MaxConnectionsPerChild 10\n").start()
    for _ in range(40):
        assert server.request("GET", "/scep").status == 200
        time.sleep(0.02)
    wait_until(lambda: server.done().count("start") > 1, "another child")
    assert server.done().count("handle ") == 40


def test_a_bad_configuration_is_refused_before_anything_is_told_to_children(apache, folder):
    """case F8: by `apachectl graceful`, which tests first; that is why it, and no bare signal, reloads."""
    server = apache(text=TEXT).start()
    old = server.workers()
    (folder / "ra.conf").write_text("nonsense\n")
    assert f"{folder}/ra.conf:1: unknown key" in server.refusal()
    assert server.workers() == old
    assert server.request("GET", "/scep").status == 200
