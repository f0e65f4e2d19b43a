"""What HTTP brings and in what form: sizes, request lines, where the body lies (cases P1, P9 and W8)."""
import base64
import contextlib
import gzip
import socket
import time

import pytest

import scep
from raw_http import by_socket, status_of
from server import wait_until
from verdict import MESSAGE_UNREADABLE, enrolled, refused, request, twin_enrols

pytestmark = pytest.mark.module
LIMIT = 128 * 1024
NO_REQUEST = MESSAGE_UNREADABLE, "http-request-invalid"
TOO_LARGE = MESSAGE_UNREADABLE, "message-too-large"


@pytest.fixture(scope="module")
def ra(make_ra):
    return make_ra({"challenge": {"maximum": 0}})


def head(ra, *lines: str) -> bytes:
    first = f"POST {ra.path}?operation=PKIOperation HTTP/1.1"
    return "\r\n".join((first, "Host: ra.example.test", "Connection: close", *lines, "", "")).encode()


def test_a_body_at_the_limit_is_read_and_one_beyond_is_not(ra):
    """case P1; octets of value 0 behind a message are tolerated (req:T26)."""
    password = ra.password()
    message = request(ra, password)
    octets = message.encode()
    assert ra.endpoint.post(octets.ljust(LIMIT + 1, b"\0")).status == 413
    unreadable = refused(ra, lambda: ra.endpoint.post(b"\x30".ljust(LIMIT, b"\0")), MESSAGE_UNREADABLE, "message-unreadable")
    assert unreadable.status == 400
    assert ra.endpoint.post(octets.ljust(LIMIT, b"\0")).cert_rep().status == scep.SUCCESS


def test_a_length_that_is_only_announced_is_refused_at_once(ra):
    """case P1"""
    started = time.monotonic()
    assert status_of(by_socket(ra, head(ra, f"Content-Length: {1 << 30}"))) == 413
    assert time.monotonic() - started < 2
    twin_enrols(ra, ra.password())


def test_chunks_without_end_are_refused(ra):
    """case P1"""
    chunk = b"4000\r\n" + b"\x30" * 0x4000 + b"\r\n"
    assert status_of(by_socket(ra, head(ra, "Transfer-Encoding: chunked") + chunk * 9)) == 413
    twin_enrols(ra, ra.password())


SMALL = 16 * 1024


@pytest.fixture(scope="module")
def small_ra(make_ra):
    """Its own limit, and not the server's, is what is exceeded."""
    return make_ra({"challenge": {"maximum": 0}, "limits": {"message": "16k"}})


TOO_LONG = {
    "announced": lambda ra, body: status_of(by_socket(ra, head(ra, f"Content-Length: {len(body)}") + body)),
    "announced and never sent": lambda ra, body: status_of(by_socket(ra, head(ra, f"Content-Length: {len(body)}"))),
    "in chunks": lambda ra, body: status_of(by_socket(
        ra, head(ra, "Transfer-Encoding: chunked") + b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))),
    "in the URL": lambda ra, body: ra.endpoint.get(body).status,
}


@pytest.mark.parametrize("send", TOO_LONG.values(), ids=TOO_LONG.keys())
def test_a_message_above_the_limit_of_the_ra_gets_413_and_its_event(small_ra, send):
    """case P1: and one octet less is read."""
    message = request(small_ra, small_ra.password())
    octets = message.encode()
    assert refused(small_ra, lambda: send(small_ra, octets.ljust(SMALL + 1, b"\0")), *TOO_LARGE) == 413
    assert small_ra.endpoint.post(octets.ljust(SMALL, b"\0")).cert_rep().status == scep.SUCCESS


ZIPPED = {"Content-Encoding": "gzip", "Content-Type": "application/x-pki-message"}


def test_a_compressed_body_is_not_unpacked(make_ra):
    """case P1, case P6: neither a good message nor 64 MiB that come as 64 KiB."""
    ra = make_ra()
    message = request(ra, ra.password())
    bombs = [gzip.compress(message.encode()), gzip.compress(b"\x30" * (64 << 20))]
    assert len(bombs[1]) < LIMIT
    before = ra.resident_kib("VmHWM")
    for body in bombs:
        answer = refused(ra, lambda: ra.endpoint.post(body, ZIPPED), *NO_REQUEST)
        assert answer.status in (400, 415)
    assert ra.resident_kib("VmHWM") - before < 2048 * len(bombs)
    enrolled(ra, message)


CONNECTIONS = 40


def answers_of(connections) -> list[int]:
    return [status_of(connection.recv(65536)) for connection in connections]


def test_hostile_sizes_cost_no_memory(make_ra):
    """case P1: less than 2 MiB a connection, many of them open at the same time with a body on its way."""
    ra = make_ra()
    body = b"\x30\x83\x01\xff\xfc".ljust(LIMIT, b"\x30")
    length, endless = f"Content-Length: {LIMIT}", "Transfer-Encoding: chunked"
    starts = [head(ra, length) + body[:-1], head(ra, endless) + b"1fff0\r\n" + body[:0x1fff0 - 1]]
    before = ra.resident_kib("VmHWM")
    with contextlib.ExitStack() as opened:
        connections = [opened.enter_context(socket.create_connection((ra.host, ra.port), timeout=30))
                       for _ in range(CONNECTIONS)]
        for number, connection in enumerate(connections):
            connection.sendall(starts[number % 2])
        wait_until(lambda: ra.server.active() == CONNECTIONS, "all bodies are on their way")
        announced = [status_of(by_socket(ra, head(ra, f"Content-Length: {1 << 30}"))) for _ in range(CONNECTIONS)]
        for number, connection in enumerate(connections):
            connection.sendall(body[-1:] if number % 2 == 0 else body[-1:] + b"\r\n4000\r\n" + b"\x30" * 0x4000)
        assert answers_of(connections) == [400, 413] * (CONNECTIONS // 2)
    assert announced == [413] * CONNECTIONS
    grown = ra.resident_kib("VmHWM") - before
    print(f"{CONNECTIONS} connections with bodies: {grown / CONNECTIONS:.0f} KiB each")
    assert grown < CONNECTIONS * 2048
    twin_enrols(ra, ra.password())


NO_MESSAGE = {
    "operation twice": "operation=PKIOperation&operation=GetCACaps",
    "operation unknown": "operation=GetEverything",
    "operation with a zero octet": "operation=GetCACaps%00",
    "operation empty": "operation=",
    "message absent": "operation=PKIOperation",
    "message empty": "operation=PKIOperation&message=",
    "message twice": "operation=PKIOperation&message=MAA%3D&message=MAA%3D",
    "message not base64": "operation=PKIOperation&message=%21%21%21%21",
    "message cut in an escape": "operation=PKIOperation&message=MAA%3",
}


@pytest.mark.parametrize("query", NO_MESSAGE.values(), ids=NO_MESSAGE.keys())
def test_a_query_that_means_nothing_gets_400(ra, query):
    """case P9"""
    answer = refused(ra, lambda: ra.endpoint.request("GET", query), *NO_REQUEST)
    assert answer.status == 400 and answer.type == "text/plain"
    twin_enrols(ra, ra.password())


LONG_URLS = {"70 KiB": 70 << 10, "1 MiB": 1 << 20}


@pytest.mark.parametrize("size", LONG_URLS.values(), ids=LONG_URLS.keys())
def test_a_message_too_long_for_a_url_gets_414(ra, size):
    """case P9, req:T13: the server refuses it by itself, and reads no more of it."""
    target = f"GET {ra.path}?operation=PKIOperation&message=" + "A" * size + " HTTP/1.1\r\nHost: a\r\n\r\n"
    refusals, seen = ra.server.log().count(ra.server.TOO_LONG_URL), len(ra.events())
    # It answers and closes before we are through: the answer may be lost on the way, its word in the log is not.
    with contextlib.suppress(ConnectionResetError, BrokenPipeError):
        assert status_of(by_socket(ra, target.encode())) == 414
    wait_until(lambda: ra.server.log().count(ra.server.TOO_LONG_URL) == refusals + 1, "the server has refused the URL", 5)
    assert len(ra.events()) == seen
    twin_enrols(ra, ra.password())


def test_a_url_of_60_kib_is_read(ra):
    """req:T13, req:X23: octets of value 0 behind the message make it long."""
    message = request(ra, ra.password())
    octets = message.encode()
    answer = ra.endpoint.get(octets.ljust(len(octets) + (60_000 - len(octets) * 4 // 3) * 3 // 4, b"\0"))
    assert answer.cert_rep().status == scep.SUCCESS


FORMS = {
    "standard": lambda text: text.replace("+", "%2B").replace("/", "%2F").replace("=", "%3D"),
    "plus signs as they are": lambda text: text,
    "line breaks": lambda text: "%0A".join(text[start:start + 64] for start in range(0, len(text), 64)).replace("+", "%2B"),
    "no padding": lambda text: text.rstrip("=").replace("+", "%2B"),
    "letters of base64url": lambda text: text.replace("+", "-").replace("/", "_"),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_a_message_by_get_is_read_in_every_usual_form(ra, form):
    """case P9, req:T9"""
    message = request(ra, ra.password())
    text = form(base64.b64encode(message.encode()).decode())
    answer = ra.endpoint.request("GET", "operation=PKIOperation&message=" + text)
    assert answer.cert_rep().status == scep.SUCCESS


def test_the_operation_in_another_case_is_the_same(ra):
    """case P9, req:T6"""
    assert ra.endpoint.request("GET", "operation=getcacaps").body.decode().split("\n") == ra.endpoint.ca_caps()


def test_a_post_is_read_from_its_body_whatever_else_it_says(ra):
    """case P9: a message parameter too; req:T4: any content type or none."""
    message = request(ra, ra.password())
    octets = message.encode()
    answers = [ra.endpoint.request("POST", "operation=PKIOperation&message=MAA%3D", octets)]
    for kind in ("application/octet-stream", "application/x-www-form-urlencoded", ""):
        answers.append(ra.endpoint.post(octets, {"Content-Type": kind}))
    certificates = {answer.cert_rep().certificates_for(message.signer)[0] for answer in answers}
    assert len(certificates) == 1


def test_a_post_without_an_operation_is_a_message(ra):
    """req:T5"""
    message = request(ra, ra.password())
    assert ra.endpoint.request("POST", "", message.encode()).cert_rep().status == scep.SUCCESS


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "PROPFIND"])
def test_other_methods_get_405(ra, method):
    """req:T24"""
    answer = refused(ra, lambda: ra.endpoint.request(method, "operation=PKIOperation", b""),
                     MESSAGE_UNREADABLE, "method-not-allowed")
    assert answer.status == 405 and answer.headers["Allow"] == "GET, HEAD, POST"


def test_http_1_0_without_a_host_is_served(ra):
    """req:T16"""
    answer = by_socket(ra, f"GET {ra.path}?operation=GetCACaps HTTP/1.0\r\n\r\n".encode())
    assert status_of(answer) == 200 and b"content-length:" in answer.lower() and b"chunked" not in answer.lower()


def sent_in_chunks(ra, octets: bytes, size: int) -> scep.CertRep:
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(octets[at:at + size]), octets[at:at + size]) for at in range(0, len(octets), size))
    answer = by_socket(ra, head(ra, "Transfer-Encoding: chunked") + chunks + b"0\r\n\r\n")
    assert status_of(answer) == 200
    return scep.CertRep.parse(answer.split(b"\r\n\r\n", 1)[1])


def test_a_body_in_chunks_of_one_octet_is_the_same_body(ra):
    """case W8"""
    assert sent_in_chunks(ra, request(ra, ra.password()).encode(), 1).status == scep.SUCCESS
