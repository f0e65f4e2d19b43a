"""The admin face serves proved users only: a forged Authorization header never becomes a user."""
import base64
import json
import pathlib

import pytest

from server import SANITIZER, wait_until

pytestmark = pytest.mark.module
FORGED = {"Authorization": "Basic " + base64.b64encode(b"admin:guessed").decode()}
PROVED = {"Authorization": "Basic " + base64.b64encode(b"admin:secret").decode()}


@pytest.fixture
def server(serve, folder):
    (folder / "users").write_text("admin:$apr1$salt1234$G61s9lpZAELkzUFCbj/53/\n")
    return serve(faces={"/a/": "admin", "/b/": "enrol"}, users=folder / "users").start()


def test_whoever_logs_in_is_the_user(server):
    for method in ("GET", "POST", "PUT"):
        answer = server.request(method, "/a/", b"x", PROVED)
        assert answer.status == 200 and json.loads(answer.body)["remote_user"] == "admin"


@pytest.mark.parametrize("headers", [{}, FORGED, {"Authorization": "Basic !"}, {"Authorization": "Bearer admin"},
                                     {"Remote-User": "admin"}, {"X-Remote-User": "admin"}], ids=str)
def test_nobody_else_reaches_the_page(server, headers):
    for method in ("GET", "POST", "HEAD", "PUT"):
        assert server.request(method, "/a/", b"x", headers).status == 401
    assert server.done() == ["start"]


def test_a_user_is_nobody_on_a_face_without_a_login(server):
    answer = server.request("GET", "/b/", headers=FORGED)
    assert json.loads(answer.body)["remote_user"] == ""


def in_memory(pid: int, text: bytes) -> bool:
    """Whether the text stands in anything the process can write to."""
    with open(f"/proc/{pid}/mem", "rb") as octets:
        for line in pathlib.Path(f"/proc/{pid}/maps").read_text().splitlines():
            span, rights, *_ = line.split()
            begin, end = (int(address, 16) for address in span.split("-"))
            if rights.startswith("rw"):
                octets.seek(begin)
                if text in octets.read(end - begin):
                    return True
    return False


@pytest.mark.skipif(bool(SANITIZER), reason="its shadow memory is too large to be read")
def test_a_page_that_was_sent_stays_in_no_memory(server):
    [worker] = server.workers()
    for _ in range(3):
        assert server.request("GET", "/a/?size=3000", headers=PROVED).body == b"x" * 3000
    # The server lets go of a request after its last octet is with the client.
    wait_until(lambda: not in_memory(worker, b"x" * 1000), "the page to be gone")
    assert server.request("GET", "/b/?size=3000").body == b"x" * 3000
    assert in_memory(worker, b"x" * 1000)  # the twin: it would be found
