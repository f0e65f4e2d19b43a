"""examples/quickstart/run, as the README shows it."""
import os
import pathlib
import re
import signal
import socket
import subprocess
import time

import pytest

import judge

pytestmark = pytest.mark.quickstart
RUN = pathlib.Path(__file__).parents[2] / "examples" / "quickstart" / "run"


def quickstart(server: str, folder, port: int, *options: str) -> list[str]:
    return [str(RUN), "--server", server, "--no-install", "--no-build", "--dir", str(folder / "ra"), "--port", str(port), *options]


def once(server: str, folder, port: int, *options: str) -> subprocess.CompletedProcess:
    return subprocess.run(quickstart(server, folder, port, "--once", *options), capture_output=True, text=True, timeout=120)


def certificate_in(text: str) -> str:
    return re.search(r"Serial Number:\s*([0-9a-f:]+)", text)[1]


def test_one_command_enrols_a_device_and_the_next_keeps_the_ca(server_kind, folder, free_port):
    first = once(server_kind, folder, free_port)
    assert first.returncode == 0, first.stderr
    ca = (folder / "ra" / "issuing-ca.pem").read_bytes()
    second = once(server_kind, folder, free_port)
    assert second.returncode == 0, second.stderr
    assert (folder / "ra" / "issuing-ca.pem").read_bytes() == ca
    assert certificate_in(first.stdout) != certificate_in(second.stdout)
    for certificate in (folder / "ra" / "devices").glob("*/certificate.pem"):
        assert judge.chains_to(certificate.read_bytes(), folder / "ra" / "root-ca.pem", folder / "ra" / "issuing-ca.pem", folder)
    assert not port_answers(free_port)


def test_nothing_of_the_state_belongs_to_root_when_workers_do_not(server_kind, folder, free_port):
    assert once(server_kind, folder, free_port).returncode == 0
    owners = {path.owner() for path in (folder / "ra" / "state").rglob("*")}
    assert owners == {"www-data" if os.geteuid() == 0 else pathlib.Path.home().owner()}


def port_answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    except OSError:
        return False


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_told_to_stop_and_stops_all_of_it(server_kind, folder, free_port, ending):
    started = subprocess.Popen(quickstart(server_kind, folder, free_port, "--serve"), stdout=subprocess.PIPE, text=True)
    ready = folder / "ra" / "ready"
    deadline = time.monotonic() + 60
    while not ready.exists() and started.poll() is None and time.monotonic() < deadline:
        time.sleep(0.1)
    assert ready.exists() and port_answers(free_port)
    master = int((folder / "ra" / server_kind / f"{server_kind}.pid").read_text())
    started.send_signal(ending)
    said, _ = started.communicate(timeout=30)
    assert started.returncode == 0
    assert "/certsrv/mscep/mscep.dll" in said and "/certsrv/mscep_admin/" in said
    assert not ready.exists() and not port_answers(free_port)
    assert not pathlib.Path(f"/proc/{master}").exists()


def test_a_port_in_use_is_named(server_kind, folder, free_port):
    with socket.create_server(("127.0.0.1", free_port)):
        done = once(server_kind, folder, free_port)
    assert done.returncode == 1
    assert f"port {free_port} is in use" in done.stderr


def test_a_web_server_that_is_not_there_is_named():
    done = subprocess.run([str(RUN), "--server", "iis"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert "--server iis: there are nginx and httpd" in done.stderr


def test_the_other_server_serves_the_same_ra(folder, free_port):
    """A folder belongs to no server."""
    assert once("nginx", folder, free_port).returncode == 0
    ca = (folder / "ra" / "issuing-ca.pem").read_bytes()
    second = once("httpd", folder, free_port)
    assert second.returncode == 0, second.stderr
    assert (folder / "ra" / "issuing-ca.pem").read_bytes() == ca
