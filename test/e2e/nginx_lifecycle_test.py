"""What is nginx's own about processes: its cache processes, thread pools and failed reloads.

The scenarios run with slow_ra/, which echoes the request and waits as long as the query says.
"""
import signal
import time

import pytest

from nginx import nginx  # noqa: F401 (a fixture)
from server import wait_until
from traffic import HTTP, SCEP, in_background


# Workers.

def test_only_workers_start_an_ra_one_each(nginx, tmp_path):
    """case F10; nginx's cache processes are no workers."""
    server = nginx(http=HTTP + f"proxy_cache_path {tmp_path}/cache keys_zone=z:1m;", server=SCEP, workers=3).start()
    wait_until(lambda: len(server.done()) == 3, "three workers have started")
    time.sleep(0.3)
    assert server.done() == ["start"] * 3


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


@pytest.mark.waits
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
