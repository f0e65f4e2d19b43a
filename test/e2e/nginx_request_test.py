"""The nginx module, whatever the RA behind it does: configuration and requests.

Most scenarios run with slow_ra/, which echoes the request and waits as long as the query says.
"""
import gzip
import random
import re
import socket
import time

import pytest

from nginx import ROOT, SANITIZER, nginx, wait_until  # noqa: F401 (a fixture)
from traffic import HTTP, SCEP, conversation, echo, in_background, results, status_of

SLACK = 20 if SANITIZER else 1


# Configuration.

def test_an_error_in_the_ra_file_is_told_with_file_line_and_reason(nginx, tmp_path):
    line = nginx(http=HTTP, server=SCEP, ra="nonsense\n").refusal()
    assert "[emerg] " in line
    assert f"{tmp_path}/ra.conf:2: unknown key in {tmp_path}/nginx.conf:" in line


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


def test_the_configuration_of_the_innermost_block_serves(nginx, tmp_path):
    (tmp_path / "other.conf").write_text("maximum_message = 10\n")
    server = nginx(http=HTTP, server="""
        location /outer { scep_ra enrol; }
        location /inner { scep_ra enrol; scep_ra_config other.conf; }""").start()
    assert server.request("POST", "/outer", b"x" * 11).status == 200
    assert server.request("POST", "/inner", b"x" * 11).status == 413


def test_a_face_is_not_inherited_by_nested_locations(nginx):
    server = nginx(http=HTTP, server="location /scep { scep_ra enrol; location /scep/files { } }").start()
    assert server.request("GET", "/scep/a").status == 200
    assert server.request("GET", "/scep/files").status == 404


def test_testing_the_configuration_starts_nothing(nginx):
    server = nginx(http=HTTP, server=SCEP)
    assert server.test().returncode == 0
    assert server.done() == []


# Requests.

def test_the_request_arrives_as_it_was_sent(nginx):
    server = nginx(http=HTTP, server=SCEP).start()
    got = echo(server.request("POST", "/scep/pki%43lient.exe?operation=A%20b&x", b"\x01body", {
        "Content-Type": "application/x-pki-message", "Host": "ra.example.test:81",
        "user-agent": "device", "ORIGIN": "https://a.test", "X-Other": "left out"}))
    assert got == {"face": 0, "method": "POST", "path": "/pkiClient.exe", "query": "operation=A%20b&x",
                   "content_type": "application/x-pki-message", "body": "\x01body", "host": "ra.example.test:81",
                   "remote_addr": "127.0.0.1", "peer_addr": "127.0.0.1", "remote_user": "", "over_tls": False,
                   "headers": [["User-Agent", "device"], ["Origin", "https://a.test"]]}


def test_the_clients_address_is_what_the_server_reports(nginx):
    server = nginx(http=HTTP, server=SCEP + "set_real_ip_from 127.0.0.1; real_ip_header X-Forwarded-For;").start()
    got = echo(server.request("GET", "/scep", headers={"X-Forwarded-For": "2001:db8::1"}))
    assert (got["remote_addr"], got["peer_addr"]) == ("2001:db8::1", "127.0.0.1")


@pytest.mark.parametrize("location, target, path", [
    ("/certsrv/mscep/", "/certsrv/mscep/", "/"),
    ("/certsrv/mscep/", "/certsrv/mscep/mscep.dll/pkiclient.exe", "/mscep.dll/pkiclient.exe"),
    ("/certsrv/mscep", "/certsrv/mscep", ""),
    ("/certsrv/mscep", "/certsrv/mscep/mscep.dll", "/mscep.dll"),
    ("/", "/cgi-bin/pkiclient.exe", "/cgi-bin/pkiclient.exe"),
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


def test_a_body_in_chunks_of_one_octet_arrives_whole(nginx):
    """case W8"""
    server = nginx(http=HTTP, server="client_body_buffer_size 64;" + SCEP).start()
    body = b"octet by octet" * 20
    assert echo(server.request("POST", "/scep", (bytes([octet]) for octet in body)))["body"].encode() == body


def test_a_body_above_the_limit_of_the_ra_is_refused_whatever_nginx_allows(nginx):
    """case P1"""
    server = nginx(http=HTTP, server="client_max_body_size 1g;" + SCEP, ra="maximum_message = 5000\n").start()
    for size, status in ((5000, 200), (5001, 413), (200000, 413)):
        assert server.request("POST", "/scep", b"x" * size).status == status
        assert server.request("POST", "/scep", (b"x" * 100 for _ in range(0, size, 100))).status == status
    head = b"POST /scep HTTP/1.1\r\nHost: a\r\nContent-Length: 1073741824\r\n\r\n"
    assert status_of(conversation(server, head)) == 413
    # It is the RA that refuses, and tells one event each.
    assert server.done().count("refuse the body is too large") == 5
    assert server.log().count("scep_ra event 44: the body is too large") == 5


def test_a_body_above_the_limit_of_nginx_is_refused(nginx):
    server = nginx(http=HTTP, server="client_max_body_size 1k;" + SCEP).start()
    assert server.request("POST", "/scep", b"x" * 1025).status == 413
    assert server.done().count("handle ") == 0


def test_a_get_carries_64_kib_and_its_body_is_ignored(nginx):
    [shipped] = re.findall("large_client_header_buffers .*;", (ROOT / "examples/quickstart/nginx.conf").read_text())
    server = nginx(http=HTTP, server=shipped + SCEP).start()
    message = "x" * 65536
    got = echo(server.request("GET", "/scep?message=" + message, b"ignored"))
    assert got["query"] == "message=" + message
    assert got["body"] == ""


def test_a_head_request_gets_the_header_only(nginx):
    server = nginx(http=HTTP, server=SCEP).start()
    for query in ("", "?now", "?size=100000"):
        with server.connect() as connection:
            connection.sendall(f"HEAD /scep{query} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
        head, _, body = answer.partition(b"\r\n\r\n")
        assert status_of(answer) == 200 and b"Content-Length: " in head and body == b""


@pytest.mark.parametrize("octets, status", [
    (b"TRACE /scep HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 405),
    (b"GET /scep HTTP/1.1\r\nConnection: close\r\n\r\n", 400),
    (b"POST /scep HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx", 400),
    (b"POST /scep HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    (b"POST /scep HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
    (b"GET /scep HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 65536 + b"\r\n\r\n", 400),
])
def test_odd_requests_get_the_servers_own_answer(nginx, octets, status):
    """case W7"""
    server = nginx(http=HTTP, server=SCEP).start()
    assert status_of(conversation(server, octets)) == status
    assert server.done() == ["start"]


def test_a_client_that_expects_100_continue_gets_it_and_one_answer(nginx):
    """case W7"""
    server = nginx(http=HTTP, server=SCEP).start()
    with server.connect() as connection:
        connection.sendall(b"POST /scep HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 2\r\n"
                           b"Expect: 100-continue\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 100 ")
        connection.sendall(b"xx")
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.count(b"HTTP/1.1 ") == 1 and status_of(answer) == 200
    assert server.done() == ["start", "handle "]


def test_other_methods_reach_the_ra_with_their_body(nginx):
    server = nginx(http=HTTP, server=SCEP).start()
    for method in ("PUT", "DELETE", "OPTIONS"):
        got = echo(server.request(method, "/scep", b"body"))
        assert (got["method"], got["body"]) == (method, "body")


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


@pytest.mark.parametrize("header", ["If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since"])
def test_conditions_do_not_swallow_the_reply(nginx, header):
    server = nginx(http=HTTP, server=SCEP).start()
    value = "*" if "Match" in header else "Sun, 06 Nov 1994 08:49:37 GMT"
    assert server.request("GET", "/scep?size=9", headers={header: value}).body == b"x" * 9


def test_a_reply_may_have_no_body_no_type_or_a_megabyte(nginx):
    server = nginx(http=HTTP, server=SCEP).start()
    empty = server.request("GET", "/scep?size=0&type=none&status=503&header=Retry-After:7")
    assert (empty.status, empty.body, empty.headers["Content-Length"]) == (503, b"", "0")
    assert empty.headers["Retry-After"] == "7" and "Content-Type" not in empty.headers
    assert len(server.request("GET", "/scep?size=1000000").body) == 1000000


@pytest.mark.parametrize("event, level", [("info", "info"), ("warning", "warn"), ("error", "error")])
def test_events_are_copied_to_the_log_at_their_level(nginx, event, level):
    server = nginx(http=HTTP, server=SCEP).start()
    for now in ("", "&now"):
        server.request("GET", f"/scep?event={event}{now}")
    lines = [line for line in server.log().splitlines() if "scep_ra event 42: the query asked for it" in line]
    assert len(lines) == 2 and all(f"[{level}]" in line for line in lines)


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
