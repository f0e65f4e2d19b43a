"""What is nginx's own about requests: its directives, where it puts a body, its filters and thread pools.

Most scenarios run with slow_ra/, which echoes the request and waits as long as the query says.
"""
import gzip
import random
import socket
import time

import pytest

import scep
from nginx import Nginx, nginx  # noqa: F401 (a fixture)
from server import SANITIZER, wait_until
from traffic import HTTP, SCEP, conversation, echo, in_background, results, status_of
from verdict import enrolled, request

SLACK = 20 if SANITIZER else 1


# Configuration.


@pytest.mark.parametrize("http, server, reason", [
    ("", SCEP, '"scep_ra" without "scep_ra_config" in '),
    (HTTP, "location /scep { scep_ra enroll; }", 'takes enrol, admin or status, not "enroll" in '),
    (HTTP, "location /scep { scep_ra enrol; scep_ra enrol; }", "is duplicate in "),
    (HTTP + HTTP, SCEP, "is duplicate in "),
    (HTTP + "scep_ra_thread_pool undeclared;", SCEP, 'unknown thread pool "undeclared" in '),
    (HTTP, "scep_ra enrol;", "not allowed here in "),
    ("scep_ra_config absent.toml;", SCEP, "absent.toml: cannot be read in "),
])
def test_a_configuration_that_cannot_work_is_refused_with_its_place(nginx, tmp_path, http, server, reason):
    line = nginx(http=http, server=server).refusal()
    assert reason + f"{tmp_path}/nginx.conf:" in line


def test_a_face_is_not_inherited_by_nested_locations(nginx):
    server = nginx(http=HTTP, server="location /scep { scep_ra enrol; location /scep/files { } }").start()
    assert server.request("GET", "/scep/a").status == 200
    assert server.request("GET", "/scep/files").status == 404


# Requests.


@pytest.mark.parametrize("location, target, path", [
    ("/certsrv/mscep", "/certsrv/mscep/mscep.dll", "/mscep.dll"),
    ("/scep", "/scep.cgi", "/scep.cgi"),
    ("^~ /scep/", "/scep/a//b/../c", "/a/c"),
    ("= /scep", "/scep", ""),
    ("~* ^/certsrv/mscep(/|$)", "/CertSrv/MSCEP/mscep.dll", "/mscep.dll"),
    ("~* ^/certsrv/mscep(/|$)", "/certsrv/mscep", ""),
    ("~* ^/certsrv/mscep(/|$)", "/certsrv/mscep/", "/"),
    ("~ /(one|two)/scep", "/site/two/scep/x%3Fy", "/x?y"),
])
def test_the_path_is_what_lies_below_the_location(nginx, location, target, path):
    server = nginx(http=HTTP, server="location %s { scep_ra enrol; if ($arg_x) { set $y 1; } }" % location).start()
    assert echo(server.request("GET", target))["path"] == path
    assert echo(server.request("GET", target + "?x=1"))["path"] == path


BODIES = {
    "in memory": "",
    "in a temporary file": "client_body_buffer_size 1k;",
    "always in a file": "client_body_in_file_only clean;",
    "in one buffer": "client_body_in_single_buffer on;",
}


@pytest.mark.parametrize("directives", BODIES.values(), ids=BODIES.keys())
@pytest.mark.parametrize("size", [0, 1, 1023, 1024, 1025, 70000])
def test_a_body_arrives_whole_wherever_nginx_puts_it(nginx, tmp_path, directives, size):
    """case W8"""
    server = nginx(http=HTTP, server=directives + SCEP).start()
    body = bytes(random.Random(size).choices(b"abcdefghijklmnopqrstuvwxyz", k=size))
    assert echo(server.request("POST", "/scep", body))["body"].encode() == body
    chunks = (body[i:i + 1000] for i in range(0, size, 1000))
    assert echo(server.request("POST", "/scep", chunks))["body"].encode() == body
    wait_until(lambda: not any(path.is_file() for path in (tmp_path / "body").rglob("*")), "temporary files are gone")


@pytest.mark.parametrize("octets, status", [
    (b"TRACE /scep HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 405),
    (b"POST /scep HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    (b"POST /scep HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
])
def test_odd_requests_get_nginx_own_answer(nginx, octets, status):
    """case W7"""
    server = nginx(http=HTTP, server=SCEP).start()
    assert status_of(conversation(server, octets)) == status
    assert server.done() == ["start"]


BODY_PLACES = {
    "in a file": "client_body_in_file_only clean;",
    "partly in a file": "client_body_buffer_size 1k;",
    "in one buffer": "client_body_in_single_buffer on;",
}


@pytest.fixture(scope="session")
def server_kind() -> str:
    return Nginx.NAME


@pytest.mark.parametrize("directives", BODY_PLACES.values(), ids=BODY_PLACES.keys())
def test_a_message_is_read_wherever_nginx_puts_it(make_ra, directives):
    """case W8: issued each time, once; the temporary files are gone."""
    ra = make_ra({"challenge": {"maximum": 0}}, enrol_directives=directives)
    message = request(ra, ra.password())
    certificate = enrolled(ra, message)
    assert enrolled(ra, message) == certificate
    octets = request(ra, ra.password()).encode()
    answer = ra.endpoint.request("POST", "operation=PKIOperation", (octets[at:at + 100] for at in range(0, len(octets), 100)))
    assert answer.cert_rep().status == scep.SUCCESS
    assert ra.count_issued() == 2
    wait_until(lambda: not any(path.is_file() for path in (ra.folder / "body").rglob("*")), "temporary files are gone", 5)


# Replies.

CHANGED_BY_OTHERS = """
    gzip on; gzip_min_length 1; gzip_types *; gzip_http_version 1.0;
    charset utf-8; charset_types *; source_charset koi8-r; override_charset on;
    etag on;
"""
RECODING = HTTP + "charset_map koi8-r utf-8 { 78 D185; }"


@pytest.mark.parametrize("now", ["", "now&"])
def test_the_reply_arrives_exactly_as_the_ra_made_it(nginx, now):
    server = nginx(http=RECODING, server=CHANGED_BY_OTHERS + SCEP).start()
    answer = server.request("GET", f"/scep?{now}size=3000&type=text/plain&status=404&header=Location:/elsewhere",
                            headers={"Accept-Encoding": "gzip", "Range": "bytes=0-9"})
    assert answer.status == 404
    assert answer.body == b"x" * 3000
    names = {name.lower(): value for name, value in answer.headers.items()}
    assert names.pop("date") and names.pop("server")
    assert names == {"content-type": "text/plain", "content-length": "3000", "connection": "keep-alive",
                     "location": "/elsewhere"}


OTHER_FILTERS = """
    add_before_body /before; add_after_body /after; addition_types *;
    sub_filter xxx yyy; sub_filter_types *; sub_filter_once off;
    ssi on; ssi_types *;
    location = /before { return 200 before; }
    location = /after { return 200 after; }
"""


@pytest.mark.parametrize("directives", ["charset utf-8;", "charset utf-8; charset_types *; override_charset on;",
                                        "charset utf-8; source_charset utf-8; charset_types *;",
                                        "charset $scheme; charset_types *;", OTHER_FILTERS])
@pytest.mark.parametrize("type", ["text/html", "text/plain", "application/x-pki-message"])
def test_no_filter_of_the_surroundings_touches_body_length_or_type(nginx, tmp_path, directives, type):
    server = nginx(http=HTTP + directives.partition("location")[0], server=SCEP + f"root {tmp_path};" + directives +
                   "location /if { scep_ra enrol; if ($arg_x) { set $y 1; } limit_except GET { allow all; } }").start()
    for method, target in (("GET", "/scep?"), ("POST", "/scep?"), ("GET", "/if?x=1&"), ("POST", "/if?"), ("GET", "/scep?now&")):
        answer = server.request(method, f"{target}size=3000&type={type}")
        assert (answer.status, answer.body) == (200, b"x" * 3000)
        assert (answer.headers["Content-Type"], answer.headers["Content-Length"]) == (type, "3000")


def test_the_other_filters_of_the_surroundings_do_work_on_what_is_not_ours(nginx, tmp_path):
    """The accepted twin."""
    (tmp_path / "file.html").write_bytes(b"xxx<!--# echo var='request_method' -->")
    server = nginx(http=HTTP, server=OTHER_FILTERS + "charset utf-8; root %s;" % tmp_path + SCEP).start()
    answer = server.request("GET", "/file.html")
    assert (answer.body, answer.headers["Content-Type"]) == (b"beforeyyyGETafter", "text/html; charset=utf-8")


def test_the_surroundings_do_compress_and_recode_what_is_not_ours(nginx, tmp_path):
    """The accepted twin: the directives of the test above work."""
    (tmp_path / "file.txt").write_bytes(b"x" * 3000)
    server = nginx(http=RECODING, server=CHANGED_BY_OTHERS + "root %s;" % tmp_path + SCEP).start()
    answer = server.request("GET", "/file.txt", headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(answer.body) == "\u0445".encode() * 3000
    assert "charset=utf-8" in answer.headers["Content-Type"]


# Threads.

def test_a_full_queue_answers_503_at_once_and_nobody_waits_for_ever(nginx):
    server = nginx(http=HTTP + "scep_ra_thread_pool small;", main="thread_pool small threads=1 max_queue=3;",
                   server=SCEP).start()
    futures = in_background(lambda method: server.request(method, "/scep?sleep=300", b"x" * 10), ["GET", "POST"] * 12)
    answers = results(futures)
    assert {answer.status for answer in answers} == {200, 503}
    refused = [answer for answer in answers if answer.status == 503]
    assert all(answer.headers["Retry-After"] for answer in refused)
    assert len(answers) - len(refused) == sum(line.startswith("handle") for line in server.done())
    wait_until(lambda: server.active() == 0, "no connection is left")
    assert server.request("GET", "/scep").status == 200
    server.expected = "queue overflow"


def test_requests_that_wait_in_the_pools_queue_are_in_flight_too(nginx):
    server = nginx(http=HTTP + "scep_ra_thread_pool one;", main="thread_pool one threads=1 max_queue=1000;",
                   server=SCEP, ra="in_flight = 3\n").start()
    for _ in range(2):
        answers = results(in_background(lambda method: server.request(method, "/scep?sleep=500", b"x"), ["GET", "POST"] * 5))
        assert sorted(answer.status for answer in answers) == [200] * 3 + [503] * 7
        assert all(answer.headers["Retry-After"] and answer.headers["Cache-Control"] == "no-store"
                   for answer in answers if answer.status == 503)
    assert server.done().count("handle sleep=500") == 6


def test_slow_requests_do_not_hold_up_others(nginx, tmp_path):
    (tmp_path / "file.txt").write_bytes(b"x" * 3000)
    server = nginx(http=HTTP, server=f"root {tmp_path};" + SCEP).start()
    slow = in_background(lambda method: server.request(method, "/scep?sleep=3000"), ["GET", "POST"] * 32)
    time.sleep(0.3)
    took = []
    while not any(future.done() for future in slow):
        for target in ("/file.txt", "/scep?now"):
            begin = time.monotonic()
            assert server.request("GET", target).status == 200
            took.append(time.monotonic() - begin)
    assert {answer.status for answer in results(slow)} == {200}
    took.sort()
    assert len(took) > 100
    assert took[len(took) * 99 // 100] < 0.05 * SLACK


def test_slow_clients_do_not_hold_up_others(nginx):
    """case W9"""
    server = nginx(http=HTTP, server="client_body_timeout 2s;" + SCEP).start()
    slow = [server.connect() for _ in range(500)]
    for connection in slow:
        connection.sendall(b"POST /scep HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nx")
    begin = time.monotonic()
    assert server.request("POST", "/scep", b"x").status == 200
    assert time.monotonic() - begin < 1 * SLACK
    wait_until(lambda: server.active() == 0, "slow clients are closed")
    for connection in slow:
        connection.close()
    assert server.done().count("handle ") == 1


def test_a_reader_that_stops_reading_is_closed_in_time(nginx):
    """case W9"""
    server = nginx(http=HTTP, server="send_timeout 1s;" + SCEP).start()
    with server.connect() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.sendall(b"GET /scep?size=50000000 HTTP/1.1\r\nHost: a\r\n\r\n")
        wait_until(lambda: "handle size=50000000" in server.done(), "the reply is made")
        wait_until(lambda: server.active() == 0, "the reader is closed")
