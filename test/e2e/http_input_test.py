"""What HTTP brings and in what form: sizes, request lines, where the body lies (cases P1, P9 and W8)."""
import base64
import gzip
import re
import socket
import time

import pytest

import scep
import verdict
from nginx import wait_until
from verdict import enrolled, refused, request, twin_enrols

LIMIT = 128 * 1024


@pytest.fixture(scope="module")
def ra(make_ra):
    return make_ra({"challenge": {"maximum": 0}})


def by_socket(ra, octets: bytes) -> bytes:
    """Sends octets as they are; the whole answer. The server may keep the connection open for a while."""
    with socket.create_connection((ra.host, ra.port), timeout=10) as connection:
        connection.sendall(octets)
        answer = b""
        while not is_whole(answer) and (piece := connection.recv(65536)):
            answer += piece
        return answer


def is_whole(answer: bytes) -> bool:
    head, end, body = answer.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head.lower())
    return bool(end) and length is not None and len(body) >= int(length[1])


def head(ra, *lines: str) -> bytes:
    first = f"POST {ra.path}?operation=PKIOperation HTTP/1.1"
    return "\r\n".join((first, "Host: ra.example.test", "Connection: close", *lines, "", "")).encode()


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def test_a_body_at_the_limit_is_read_and_one_beyond_is_not(ra):
    """case P1; octets of value 0 behind a message are tolerated (req:T26)."""
    password = ra.password()
    message = request(ra, password)
    octets = message.encode()
    assert ra.endpoint.post(octets.ljust(LIMIT + 1, b"\0")).status == 413
    assert refused(ra, lambda: ra.endpoint.post(b"\0" * LIMIT)).status == 400
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


def test_a_compressed_body_is_not_unpacked(ra):
    """case P1"""
    answer = ra.endpoint.post(gzip.compress(request(ra, ra.password()).encode()),
                              {"Content-Encoding": "gzip", "Content-Type": "application/x-pki-message"})
    assert answer.status in (400, 415)


def test_hostile_sizes_cost_no_memory(ra):
    """case P1: less than 2 MiB a connection."""
    before = ra.resident_kib()
    for _ in range(20):
        ra.endpoint.post(b"\x30\x83\x01\xff\xfc".ljust(LIMIT, b"\x30"))
        by_socket(ra, head(ra, f"Content-Length: {1 << 30}"))
    assert ra.resident_kib() - before < 20 * 2048


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
    workers = ra.workers()
    answer = ra.endpoint.request("GET", query)
    assert answer.status == 400 and answer.type == "text/plain"
    assert ra.workers() == workers
    twin_enrols(ra, ra.password())


def test_a_message_of_1_mib_in_the_url_gets_414(ra):
    """case P9, req:T13"""
    target = f"GET {ra.path}?operation=PKIOperation&message=" + "A" * (1 << 20) + " HTTP/1.1\r\nHost: a\r\n\r\n"
    try:
        assert status_of(by_socket(ra, target.encode())) == 414
    except ConnectionResetError:
        pass  # answered and closed before we were through
    twin_enrols(ra, ra.password())


def test_a_url_of_60_kib_is_read(ra):
    """req:T13: octets of value 0 behind the message make it long."""
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
    answer = ra.endpoint.request(method, "operation=PKIOperation", b"")
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


BODY_PLACES = {
    "in a file": "client_body_in_file_only clean;",
    "partly in a file": "client_body_buffer_size 1k;",
    "in one buffer": "client_body_in_single_buffer on;",
}


@pytest.mark.parametrize("directives", BODY_PLACES.values(), ids=BODY_PLACES.keys())
def test_a_body_is_read_wherever_nginx_puts_it(make_ra, directives):
    """case W8: issued each time, once; the temporary files are gone."""
    ra = make_ra({"challenge": {"maximum": 0}}, enrol_directives=directives)
    message = request(ra, ra.password())
    certificate = enrolled(ra, message)
    assert enrolled(ra, message) == certificate
    assert sent_in_chunks(ra, request(ra, ra.password()).encode(), 100).status == scep.SUCCESS
    assert ra.count_issued() == 2
    wait_until(lambda: ra.temporary_files() == [], "temporary files are gone", 5)
