"""A server module, whatever the RA behind it does: requests and replies.

The scenarios run with slow_ra/, which echoes the request and waits as long as the query says.
"""
import random

import pytest

from server import wait_until
from traffic import conversation, echo, status_of

pytestmark = pytest.mark.module


# Configuration.

def test_an_error_in_the_ra_file_is_told_with_file_line_and_reason(serve, folder):
    server = serve(ra="nonsense\n")
    assert f"{folder}/ra.conf:2: unknown key" in server.refusal()
    assert str(server.file) in server.refusal()


def test_a_missing_ra_file_is_told(serve, folder):
    assert "absent.conf: cannot be read" in serve(other_ra={"/scep": folder / "absent.conf"}).refusal()


def test_the_configuration_of_the_innermost_section_serves(serve, folder):
    (folder / "other.conf").write_text("maximum_message = 10\n")
    server = serve(faces={"/outer": "enrol", "/inner": "enrol"}, other_ra={"/inner": folder / "other.conf"}).start()
    assert server.request("POST", "/outer", b"x" * 11).status == 200
    assert server.request("POST", "/inner", b"x" * 11).status == 413


def test_testing_the_configuration_starts_nothing(serve):
    server = serve()
    assert server.test().returncode == 0
    assert server.done() == []


# Requests.

def test_the_request_arrives_as_it_was_sent(serve):
    server = serve().start()
    got = echo(server.request("POST", "/scep/pki%43lient.exe?operation=A%20b&x", b"\x01body", {
        "Content-Type": "application/x-pki-message", "Host": "ra.example.test:81",
        "user-agent": "device", "ORIGIN": "https://a.test", "X-Other": "left out"}))
    assert got == {"face": 0, "method": "POST", "path": "/pkiClient.exe", "query": "operation=A%20b&x",
                   "content_type": "application/x-pki-message", "body": "\x01body", "host": "ra.example.test:81",
                   "remote_addr": "127.0.0.1", "peer_addr": "127.0.0.1", "remote_user": "", "over_tls": False,
                   "headers": [["User-Agent", "device"], ["Origin", "https://a.test"]]}


def test_each_location_shows_its_face(serve):
    server = serve(faces={"/one": "enrol", "/two": "status"}).start()
    assert [echo(server.request("GET", place))["face"] for place in ("/one", "/two", "/one")] == [0, 2, 0]
    assert server.request("GET", "/three").status == 404


def test_the_clients_address_is_what_the_server_reports(serve):
    server = serve(address_header="X-Forwarded-For").start()
    got = echo(server.request("GET", "/scep", headers={"X-Forwarded-For": "2001:db8::1"}))
    assert (got["remote_addr"], got["peer_addr"]) == ("2001:db8::1", "127.0.0.1")


@pytest.mark.parametrize("location, target, path", [
    ("/certsrv/mscep/", "/certsrv/mscep/", "/"),
    ("/certsrv/mscep/", "/certsrv/mscep/mscep.dll/pkiclient.exe", "/mscep.dll/pkiclient.exe"),
    ("/certsrv/mscep", "/certsrv/mscep", ""),
    ("/certsrv/mscep", "/certsrv/mscep/mscep.dll", "/mscep.dll"),
    ("/", "/cgi-bin/pkiclient.exe", "/cgi-bin/pkiclient.exe"),
    ("/scep/", "/scep/a//b/../c", "/a/c"),
    ("~ (?i)^/certsrv/mscep(/|$)", "/CertSrv/MSCEP/mscep.dll", "/mscep.dll"),
    ("~ (?i)^/certsrv/mscep(/|$)", "/certsrv/mscep", ""),
    ("~ (?i)^/certsrv/mscep(/|$)", "/certsrv/mscep/", "/"),
    ("~ /(one|two)/scep", "/site/two/scep/x%3Fy", "/x?y"),
])
def test_the_path_is_what_lies_below_the_location(serve, location, target, path):
    server = serve(faces={location: "enrol"}).start()
    assert echo(server.request("GET", target))["path"] == path
    assert echo(server.request("GET", target + "?x=1"))["path"] == path


@pytest.mark.parametrize("size", [0, 1, 8191, 8192, 70000])
def test_a_body_arrives_whole(serve, size):
    """case W8"""
    server = serve().start()
    body = bytes(random.Random(size).choices(b"abcdefghijklmnopqrstuvwxyz", k=size))
    assert echo(server.request("POST", "/scep", body))["body"].encode() == body
    chunks = (body[i:i + 1000] for i in range(0, size, 1000))
    assert echo(server.request("POST", "/scep", chunks))["body"].encode() == body


def test_a_body_in_chunks_of_one_octet_arrives_whole(serve):
    """case W8"""
    server = serve().start()
    body = b"octet by octet" * 20
    assert echo(server.request("POST", "/scep", (bytes([octet]) for octet in body)))["body"].encode() == body


def test_a_body_above_the_limit_of_the_ra_is_refused_whatever_the_server_allows(serve):
    """case P1"""
    server = serve(ra="maximum_message = 5000\n").start()
    for size, status in ((5000, 200), (5001, 413), (200000, 413)):
        assert status_of(conversation(server, post(b"x" * size))) == status
        chunks = b"".join(b"64\r\n" + b"x" * 100 + b"\r\n" for _ in range(size // 100)) + b"1\r\nx\r\n" * (size % 100)
        assert status_of(conversation(server, head("Transfer-Encoding: chunked") + chunks + b"0\r\n\r\n")) == status
    assert status_of(conversation(server, head("Content-Length: 1073741824"))) == 413
    # It is the RA that refuses, and tells one event each.
    assert server.done().count("refuse the body is too large") == 5
    assert server.log().count("scep_ra event 44: the body is too large") == 5


def head(*lines: str, method: str = "POST") -> bytes:
    return "\r\n".join((f"{method} /scep HTTP/1.1", "Host: a", "Connection: close", *lines, "", "")).encode()


def post(body: bytes) -> bytes:
    return head(f"Content-Length: {len(body)}") + body


def test_a_body_above_the_limit_of_the_server_is_refused(serve):
    server = serve(body_limit=1024).start()
    assert status_of(conversation(server, post(b"x" * 1025))) == 413
    assert status_of(conversation(server, head("Transfer-Encoding: chunked") + b"401\r\n" + b"x" * 1025 + b"\r\n0\r\n\r\n")) == 413
    assert server.done() == ["start"]


@pytest.mark.parametrize("cut", [b"Content-Length: 10", b"Transfer-Encoding: chunked"])
def test_a_body_that_breaks_off_reaches_no_ra(serve, cut):
    server = serve().start()
    with server.connect() as connection:
        connection.sendall(head(cut.decode()) + b"5\r\nxx")
    wait_until(lambda: server.active() == 0, "the connection is closed")
    assert server.done() == ["start"]
    assert server.request("GET", "/scep").status == 200


def test_a_get_carries_64_kib_and_its_body_is_ignored(serve):
    server = serve(line_limit=72 * 1024).start()
    message = "x" * 65536
    got = echo(server.request("GET", "/scep?message=" + message, b"ignored"))
    assert got["query"] == "message=" + message
    assert got["body"] == ""


def test_a_head_request_gets_the_header_only(serve):
    server = serve().start()
    for query in ("", "?now", "?size=100000"):
        with server.connect() as connection:
            connection.sendall(f"HEAD /scep{query} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
        first, _, body = answer.partition(b"\r\n\r\n")
        assert status_of(answer) == 200 and b"Content-Length: " in first and body == b""


@pytest.mark.parametrize("octets, status", [
    (b"GET /scep HTTP/1.1\r\nConnection: close\r\n\r\n", 400),
    (b"POST /scep HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx", 400),
    (b"POST /scep HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: x\r\n\r\nxx", 400),
    (b"GET /scep HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 65536 + b"\r\n\r\n", 400),
])
def test_odd_requests_get_the_servers_own_answer(serve, octets, status):
    """case W7"""
    server = serve().start()
    assert status_of(conversation(server, octets)) == status
    assert server.done() == ["start"]


def test_a_client_that_expects_100_continue_gets_it_and_one_answer(serve):
    """case W7"""
    server = serve().start()
    with server.connect() as connection:
        connection.sendall(head("Content-Length: 2", "Expect: 100-continue"))
        assert connection.recv(100).startswith(b"HTTP/1.1 100 ")
        connection.sendall(b"xx")
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.count(b"HTTP/1.1 ") == 1 and status_of(answer) == 200
    assert server.done() == ["start", "handle "]


def test_other_methods_reach_the_ra_with_their_body(serve):
    server = serve().start()
    for method in ("PUT", "DELETE", "OPTIONS", "PROPFIND"):
        got = echo(server.request(method, "/scep", b"body"))
        assert (got["method"], got["body"]) == (method, "body")


# Replies.

@pytest.mark.parametrize("status", [200, 404, 500])
@pytest.mark.parametrize("now", ["", "now&"])
def test_the_reply_arrives_exactly_as_the_ra_made_it(serve, now, status):
    server = serve(meddling=True).start()
    for kind in ("text/plain", "text/html", "application/x-pki-message"):
        answer = server.request("GET", f"/scep?{now}size=3000&type={kind}&status={status}&header=Location:/elsewhere",
                                headers={"Accept-Encoding": "gzip", "Range": "bytes=0-9"})
        assert answer.status == status
        assert answer.body == b"x" * 3000
        names = {name.lower(): value for name, value in answer.headers.items()}
        assert names.pop("date") and names.pop("server")
        names.pop("connection", None)
        assert names == {"content-type": kind, "content-length": "3000", "location": "/elsewhere"}


def test_the_surroundings_do_change_what_is_not_ours(serve, folder):
    """The accepted twin: what the test above turns on works."""
    (folder / "files").mkdir()
    (folder / "files" / "file.html").write_bytes(b"xxx<!--#echo var='DATE_GMT' -->" * 100)
    server = serve(meddling=True, files=folder / "files").start()
    answer = server.request("GET", "/file.html", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip" and "charset=utf-8" in answer.headers["Content-Type"]
    plain = server.request("GET", "/file.html").body
    assert plain.startswith(b"yyy") and b"<!--#" not in plain


@pytest.mark.parametrize("header", ["If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "If-Range"])
def test_conditions_do_not_swallow_the_reply(serve, header):
    server = serve().start()
    value = "*" if "Match" in header else "Sun, 06 Nov 1994 08:49:37 GMT"
    assert server.request("GET", "/scep?size=9", headers={header: value}).body == b"x" * 9


def test_a_reply_may_have_no_body_no_type_or_a_megabyte(serve):
    server = serve().start()
    empty = server.request("GET", "/scep?size=0&type=none&status=503&header=Retry-After:7")
    assert (empty.status, empty.body, empty.headers["Content-Length"]) == (503, b"", "0")
    assert empty.headers["Retry-After"] == "7" and "Content-Type" not in empty.headers
    assert len(server.request("GET", "/scep?size=1000000").body) == 1000000


@pytest.mark.parametrize("level", ["info", "warning", "error"])
def test_events_are_copied_to_the_log_at_their_level(serve, level):
    server = serve().start()
    for now in ("", "&now"):
        server.request("GET", f"/scep?event={level}{now}")
    line = "scep_ra event 42: the query asked for it"
    assert server.log().count(line) == 2
    assert sum(line in told for told in server.lines_at(level)) == 2
