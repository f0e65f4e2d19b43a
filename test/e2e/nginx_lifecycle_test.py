"""The nginx module, whatever the RA behind it does: configuration, requests, threads, reloads, lost clients.

Most scenarios run with slow_ra/, which echoes the request and waits as long as the query says.
"""
import concurrent.futures
import contextlib
import gzip
import json
import os
import pathlib
import random
import signal
import socket
import struct
import time

import h2.config
import h2.connection
import h2.events
import pytest

from nginx import SANITIZER, free_port, nginx, wait_until  # noqa: F401 (a fixture)

SCEP = "location /scep { scep_ra enrol; }"
HTTP = "scep_ra_config ra.conf;"
SLACK = 20 if SANITIZER else 1
GOAWAY = 7  # RFC 9113, 6.8


def echo(answer) -> dict:
    assert answer.status == 200, answer.body
    return json.loads(answer.body)


def in_background(work, arguments):
    """Runs `work` for each argument, all at the same time."""
    arguments = list(arguments)
    pool = concurrent.futures.ThreadPoolExecutor(len(arguments))
    futures = [pool.submit(work, argument) for argument in arguments]
    pool.shutdown(wait=False)
    return futures


def results(futures) -> list:
    return [future.result(60) for future in futures]


def conversation(server, octets: bytes) -> bytes:
    """Sends octets as they are and returns all that comes back."""
    with server.connect() as connection:
        connection.sendall(octets)
        answer = b""
        try:
            while piece := connection.recv(65536):
                answer += piece
        except ConnectionResetError:
            pass
        return answer


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


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
                   "remote_addr": "127.0.0.1", "remote_user": "", "over_tls": False,
                   "headers": [["User-Agent", "device"], ["Origin", "https://a.test"]]}


def test_the_clients_address_is_what_the_server_reports(nginx):
    server = nginx(http=HTTP, server=SCEP + "set_real_ip_from 127.0.0.1; real_ip_header X-Forwarded-For;").start()
    got = echo(server.request("GET", "/scep", headers={"X-Forwarded-For": "2001:db8::1"}))
    assert got["remote_addr"] == "2001:db8::1"


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


def test_a_body_above_the_limit_of_nginx_is_refused(nginx):
    server = nginx(http=HTTP, server="client_max_body_size 1k;" + SCEP).start()
    assert server.request("POST", "/scep", b"x" * 1025).status == 413
    assert server.done().count("handle ") == 0


def test_a_get_carries_64_kib_and_its_body_is_ignored(nginx):
    server = nginx(http=HTTP, server="large_client_header_buffers 4 70k;" + SCEP).start()
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


# Workers.

def test_only_workers_start_an_ra_one_each(nginx, tmp_path):
    """case F10; nginx's cache processes are no workers."""
    server = nginx(http=HTTP + f"proxy_cache_path {tmp_path}/cache keys_zone=z:1m;", server=SCEP, workers=3).start()
    wait_until(lambda: len(server.done()) == 3, "three workers have started")
    time.sleep(0.3)
    assert server.done() == ["start"] * 3


def test_the_master_holds_no_store_and_no_thread(make_ra):
    """case F10"""
    ra = make_ra()
    assert ra.endpoint.ca_caps()
    master = pathlib.Path(f"/proc/{ra.nginx.process.pid}")
    files = {os.readlink(fd) for fd in (master / "fd").iterdir()}
    own = {name for name in files if name.startswith(str(ra.folder))}
    assert own <= {f"{ra.folder}/error.log", f"{ra.folder}/stderr"}
    assert len(list((master / "task").iterdir())) == 1
    opened = {os.readlink(fd) for pid in ra.workers() for fd in pathlib.Path(f"/proc/{pid}/fd").iterdir()}
    assert str(ra.store) in opened


def test_testing_the_configuration_leaves_no_trace(make_ra):
    """`nginx -t` with the real RA, whose files it reads."""
    ra = make_ra()
    ra.nginx.stop()

    def picture() -> dict:
        return {path: path.stat().st_mtime_ns for path in ra.folder.rglob("*")
                if path.is_file() and path.name not in ("error.log", "nginx.pid")}

    before = picture()
    result = ra.nginx.test()
    assert result.returncode == 0, result.stderr
    assert picture() == before


def test_an_ra_that_cannot_start_takes_no_server_down(nginx):
    server = nginx(http=HTTP, server=SCEP, ra="start = fails\n").start()
    assert server.request("GET", "/scep").status == 200
    assert "[error]" in server.log() and "scep_ra: the store is away" in server.log()


def test_a_killed_worker_is_replaced(nginx):
    """case F1"""
    server = nginx(http=HTTP, server=SCEP).start()
    server.expected = "exited on signal 9"
    for _ in range(5):
        slow = in_background(lambda _: server.request("GET", "/scep?sleep=500"), range(4))
        wait_until(lambda: server.active() >= 4, "requests are in flight")
        [worker] = server.workers()
        os.kill(worker, signal.SIGKILL)
        for future in slow:
            assert isinstance(future.exception(60), OSError)
        wait_until(lambda: server.workers() not in ([], [worker]), "a new worker")
        assert server.request("GET", "/scep").status == 200


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


@pytest.mark.timeout(180)
def test_housekeeping_runs_about_once_a_minute_in_either_process_model(nginx, tmp_path):
    servers = []
    for master in (True, False):
        folder = tmp_path / str(master)
        folder.mkdir()
        servers.append(nginx(folder, http=HTTP, server=SCEP, master=master).start())
    time.sleep(50)
    for server in servers:
        assert "maintain" not in server.done()
    for server in servers:
        wait_until(lambda: server.done().count("maintain") == 1, "maintenance", 20)
        wait_until(lambda: "scep_ra event 43: maintained" in server.log(), "its event in the log")
        assert server.request("GET", "/scep?sleep=1").status == 200


# Reload.

def gone(pids: list) -> bool:
    return not any(pathlib.Path(f"/proc/{pid}").exists() for pid in pids)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_request_in_flight_survives_a_reload_and_the_old_worker_leaves(nginx, method):
    """case F7"""
    server = nginx(http=HTTP, server=SCEP).start()
    slow = in_background(lambda _: server.request(method, "/scep?sleep=3000", b"x"), range(4))
    wait_until(lambda: server.active() >= 4, "requests are in flight")
    old = server.reload()
    assert server.request(method, "/scep").status == 200
    assert not gone(old) and not any(future.done() for future in slow)
    assert {answer.status for answer in results(slow)} == {200}
    wait_until(lambda: gone(old), "the old worker has left", 10)
    assert server.done().count("start") == 2


def test_an_idle_old_worker_leaves_at_once(nginx):
    """Our timers do not keep it."""
    server = nginx(http=HTTP, server=SCEP, workers=2).start()
    old = server.reload()
    wait_until(lambda: gone(old), "the old workers have left", 10)


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


def test_reloads_under_load_lose_no_request(nginx):
    """case F7"""
    server = nginx(http=HTTP, server=SCEP, workers=2).start()
    end = time.monotonic() + 10

    def client(number: int) -> int:
        done = 0
        while time.monotonic() < end:
            target = f"/scep?sleep={random.choice((0, 5, 700))}"
            assert server.request("POST" if number % 2 else "GET", target, b"x" * 2000).status == 200
            done += 1
        return done

    clients = in_background(client, range(16))
    old = []
    while time.monotonic() < end:
        old += server.reload()
        time.sleep(0.5)
    answered = sum(results(clients))
    assert answered == sum(line.startswith("handle") for line in server.done())
    assert len(old) >= 10
    wait_until(lambda: gone(old), "old workers have left", 20)


# Clients that leave.

def leave(connection: socket.socket, how: str):
    if how == "reset":
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def read_some(connection: socket.socket, most: int):
    connection.setblocking(False)
    with contextlib.suppress(OSError):
        connection.recv(most)


def test_500_clients_that_leave_at_any_moment_do_no_harm(nginx):
    """case F9"""
    server = nginx(http=HTTP + "scep_ra_thread_pool p;", main="thread_pool p threads=8 max_queue=600;",
                   server="client_body_buffer_size 1k;" + SCEP).start()
    worker = server.workers()
    chance = random.Random(9)
    for _ in range(500):
        method = chance.choice(["GET", "POST", "POST"])
        query = f"sleep={chance.choice((0, 5, 50))}&size={chance.choice((0, 100, 400000))}&event=info"
        body = b"x" * chance.choice((0, 10, 3000)) if method == "POST" else b""
        octets = f"{method} /scep?{query} HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
        connection = server.connect()
        connection.sendall(octets[:chance.randrange(len(octets))] if chance.random() < 0.3 else octets)
        if chance.random() < 0.3:
            connection.shutdown(socket.SHUT_WR)
        if chance.random() < 0.7:
            time.sleep(chance.random() * 0.04)
        if chance.random() < 0.2:
            read_some(connection, chance.choice((1, 100)))
        leave(connection, chance.choice(["reset", "close"]))
    wait_until(lambda: server.active() == 0, "no connection is left")
    assert server.workers() == worker
    handled = sum(line.startswith("handle") for line in server.done())
    assert handled > 200
    assert server.log().count("scep_ra event 42") == handled  # also when nobody was left to answer
    assert server.request("GET", "/scep").status == 200


def test_a_client_that_half_closes_still_gets_its_answer(nginx):
    server = nginx(http=HTTP, server=SCEP).start()
    with server.connect() as connection:
        connection.sendall(b"POST /scep?sleep=300 HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx")
        connection.shutdown(socket.SHUT_WR)
        assert status_of(connection.recv(1000)) == 200


def test_work_that_has_begun_completes_when_its_client_has_gone(nginx):
    """case F9"""
    server = nginx(http=HTTP, server=SCEP).start()
    connection = server.connect()
    connection.sendall(b"POST /scep?sleep=500&event=warning HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx")
    time.sleep(0.1)
    leave(connection, "reset")
    wait_until(lambda: "handle sleep=500&event=warning" in server.done(), "the work is done")
    wait_until(lambda: "scep_ra event 42" in server.log(), "its event is in the log")


class Http2:
    """A client of one HTTP/2 connection without TLS."""

    def __init__(self, port: int):
        self.socket = socket.create_connection(("127.0.0.1", port), 60)
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True, header_encoding="utf-8"))
        self.h2.initiate_connection()
        self.flush()
        self.unread = b""
        self.status, self.body, self.ended = {}, {}, set()

    def flush(self):
        self.socket.sendall(self.h2.data_to_send())

    def send(self, method: str, path: str, body: bytes | None = None) -> int:
        stream = self.h2.get_next_available_stream_id()
        self.h2.send_headers(stream, [(":method", method), (":path", path), (":scheme", "http"), (":authority", "a")],
                             end_stream=body is None)
        if body is not None:
            while self.h2.local_flow_control_window(stream) < len(body):
                self.receive()
            self.h2.send_data(stream, body, end_stream=True)
        self.flush()
        return stream

    def reset(self, stream: int):
        if stream not in self.ended:
            self.h2.reset_stream(stream)
            self.flush()

    def frames(self, octets: bytes):
        """Whole frames, without GOAWAY: h2 would give up the streams that the server still answers."""
        self.unread += octets
        while len(self.unread) >= 9 and len(self.unread) >= (size := 9 + int.from_bytes(self.unread[:3], "big")):
            frame, self.unread = self.unread[:size], self.unread[size:]
            if frame[3] != GOAWAY:
                yield frame

    def receive(self):
        octets = self.socket.recv(65536)
        assert octets, "the connection was closed"
        for frame in self.frames(octets):
            for event in self.h2.receive_data(frame):
                if isinstance(event, h2.events.ResponseReceived):
                    self.status[event.stream_id] = int(dict(event.headers)[":status"])
                elif isinstance(event, h2.events.DataReceived):
                    self.body[event.stream_id] = self.body.get(event.stream_id, b"") + event.data
                    self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                elif isinstance(event, h2.events.StreamEnded):
                    self.ended.add(event.stream_id)
        self.flush()

    def answer(self, stream: int) -> tuple:
        while stream not in self.ended:
            self.receive()
        return self.status[stream], self.body.get(stream, b"")


@pytest.fixture
def http2(nginx):
    """A server that also speaks HTTP/2, and what connects to it."""
    port = free_port()
    server = nginx(http=HTTP + "scep_ra_thread_pool p;", main="thread_pool p threads=8 max_queue=600;",
                   server=f"listen 127.0.0.1:{port} http2; client_body_buffer_size 1k; http2_max_concurrent_streams 256;"
                   + SCEP).start()
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
    for how in ("reset", "close"):  # with streams at work
        for _ in range(20):
            other = connect()
            for _ in range(5):
                other.send("POST", "/scep?sleep=30", b"x")
            leave(other.socket, how)
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
