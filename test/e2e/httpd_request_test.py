"""What is Apache httpd's own about requests: its directives, sections, other modules in front and beside.

The scenarios run with slow_ra/, which echoes the request and waits as long as the query says.
"""
import json
import random
import socket
import time

import pytest

from apache import apache  # noqa: F401 (a fixture)
from http2 import Http2, abandon_streams
from server import SANITIZER, wait_until
from traffic import conversation, echo, in_background, results, status_of

CONFIG = "SCEPRAConfig ra.conf\n"
SCEP = "<Location /scep>\nSCEPRA enrol\n</Location>\n"


# Configuration.

@pytest.mark.parametrize("text, reason", [
    (SCEP, "SCEPRA without SCEPRAConfig"),
    (CONFIG + "<Location /scep>\nSCEPRA enroll\n</Location>", 'takes enrol, admin or status, not "enroll"'),
    (CONFIG + "<Location /scep>\nSCEPRA enrol\nSCEPRA enrol\n</Location>", "SCEPRA is given twice"),
    (CONFIG + CONFIG + SCEP, "SCEPRAConfig is given twice"),
    (CONFIG + "SCEPRA enrol", "SCEPRA not allowed here"),
    (CONFIG + "<Directory /srv>\nSCEPRA enrol\n</Directory>", "SCEPRA cannot occur within <Directory> section"),
    (CONFIG + "<Location /a>\n<Limit GET>\nSCEPRA enrol\n</Limit>\n</Location>", "SCEPRA cannot occur within <Limit"),
    (CONFIG + "<Location /a>\n<If true>\nSCEPRA enrol\n</If>\n</Location>", "SCEPRA cannot occur within <If> section"),
    ("<Directory /srv>\nSCEPRAConfig ra.conf\n</Directory>", "SCEPRAConfig cannot occur within <Directory> section"),
    ("SCEPRAConfig absent.toml\n" + SCEP, "absent.toml: cannot be read"),
    ("<Location /a>\nSCEPRAConfig ra.conf\n</Location>\n<Location /b>\nSCEPRA enrol\n</Location>", "SCEPRA without SCEPRAConfig"),
    ("<Location /a>\nSCEPRAConfig ra.conf\n</Location>\n<Location /ab>\nSCEPRA enrol\n</Location>", "SCEPRA without SCEPRAConfig"),
    ("<VirtualHost *>\n" + CONFIG + "</VirtualHost>\n" + SCEP, "SCEPRA without SCEPRAConfig"),
])
def test_a_configuration_that_cannot_work_is_refused_with_its_place(apache, text, reason):
    server = apache(text=text)
    assert reason in server.refusal()
    assert str(server.file) in server.refusal()


@pytest.mark.parametrize("text", [
    CONFIG + "<VirtualHost *>\n" + SCEP + "</VirtualHost>",
    "<VirtualHost *>\n" + CONFIG + SCEP + "</VirtualHost>",
    "<Location /scep>\nSCEPRA enrol\nSCEPRAConfig ra.conf\n</Location>",
    "<Location />\nSCEPRAConfig ra.conf\n</Location>\n" + SCEP,
    "<Location /scep/>\nSCEPRA enrol\n</Location>\n" + CONFIG,
    "<Location /scep>\nSCEPRAConfig ra.conf\n</Location>\n<Location /scep/b>\nSCEPRA enrol\n</Location>",
])
def test_the_configuration_is_inherited_from_server_and_outer_location(apache, text):
    server = apache(text=text).start()
    assert echo(server.request("GET", "/scep/b"))["face"] == 0


def test_each_virtual_host_has_its_own(apache, folder):
    (folder / "other.conf").write_text("maximum_message = 10\n")
    server = apache(text=CONFIG + SCEP + "<VirtualHost *>\nServerName one.test\n</VirtualHost>\n"
                    "<VirtualHost *>\nServerName two.test\nSCEPRAConfig other.conf\n</VirtualHost>").start()
    assert [server.request("POST", "/scep", b"x" * 11, {"Host": host}).status for host in ("one.test", "two.test")] == [200, 413]


def test_the_last_section_that_applies_says_which_face(apache):
    server = apache(text=CONFIG + "<Location /scep>\nSCEPRA enrol\n</Location>\n<Location /scep/status>\nSCEPRA status\n</Location>").start()
    assert [(got["face"], got["path"]) for got in (echo(server.request("GET", target)) for target in ("/scep/a", "/scep/status/b"))] \
        == [(0, "/a"), (2, "/b")]


@pytest.mark.parametrize("section, target, path", [
    ('Location "~" "^/certsrv/mscep(/|$)"', "/certsrv/mscep/mscep.dll", "/mscep.dll"),
    ('Location "/sites/*/scep"', "/sites/one/scep", "/one/scep"),
    ('Location "/certsrv/*"', "/certsrv/mscep.dll", "/mscep.dll"),
    ("Location /a%20b", "/a%20b/c", None),
    ('Location "/a b"', "/a%20b/c%2Bd", "/c+d"),
])
def test_the_path_below_other_kinds_of_sections(apache, section, target, path):
    server = apache(text=CONFIG + f"<{section}>\nSCEPRA enrol\n</Location>").start()
    answer = server.request("GET", target)
    assert echo(answer)["path"] == path if path else answer.status == 404


# Requests.

@pytest.mark.parametrize("octets, status", [
    (b"POST /scep HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: gzip\r\n\r\n", 400),
    (b"POST /scep HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n", 400),
])
def test_odd_requests_get_httpds_own_answer(apache, octets, status):
    """case W7"""
    server = apache(text=CONFIG + SCEP).start()
    assert status_of(conversation(server, octets)) == status
    assert server.done() == ["start"]


OTHERS = {  # what else would answer, or change the URL
    "a folder of that name": ("dir", "DirectoryIndex index.html\nDirectorySlash On"),
    "a fallback": ("dir", "FallbackResource /index.html"),
    "a proxy": ("proxy", "ProxyPass / http://127.0.0.1:9/"),
    "an alias": ("mime", 'Alias /scep "{folder}/files"\nTypesConfig /dev/null'),
    "a handler by ending": ("mime", "TypesConfig /dev/null\nAddHandler cgi-script .exe .dll\nAddEncoding x-gzip .dll"),
    "a handler of everything": ("mime", "TypesConfig /dev/null\nSetHandler default-handler"),
    "misspelt names": ("speling", "CheckSpelling On"),
    "views": ("negotiation", "Options +MultiViews"),
    "a rewrite by folder": ("rewrite", "<Directory />\nRewriteEngine On\nRewriteRule ^ - [F]\n</Directory>"),
    "folders that are barred": ("mime", "TypesConfig /dev/null\n<Directory />\nRequire all denied\n</Directory>"),
}


@pytest.mark.parametrize("module, text", OTHERS.values(), ids=OTHERS.keys())
def test_a_face_answers_whatever_else_would(apache, folder, module, text):
    (folder / "files" / "scep").mkdir(parents=True)
    (folder / "files" / "index.html").write_text("index")
    (folder / "files" / "scep" / "index.html").write_text("index")
    (folder / "files" / "scep" / "mscep.dll").write_text("file")
    server = apache(text=CONFIG + f"DocumentRoot {folder}/files\n" + text.format(folder=folder) + "\n" + SCEP, modules=(module,)).start()
    for target in ("/scep", "/scep/", "/scep/mscep.dll", "/scep/mscep.dll/pkiclient.exe", "/scep/" + "x" * 300, "/scep/mscep.dl"):
        for method in ("GET", "POST"):
            answer = server.request(method, target)
            assert echo(answer)["path"] == target.removeprefix("/scep")
            assert (answer.headers["Content-Type"], answer.headers["Content-Encoding"]) == ("application/json", None)


def test_a_rewritten_url_reaches_the_face_and_a_file_stays_barred(apache, folder):
    (folder / "files").mkdir()
    (folder / "files" / "secret").write_text("secret")
    server = apache(modules=("rewrite",), text=CONFIG + SCEP + f"DocumentRoot {folder}/files\n" + """
        RewriteEngine On
        RewriteRule ^/old/(.*) /scep/$1 [PT]
        RewriteRule ^/scep/leave /secret [PT]
        <Directory />
            Require all denied
        </Directory>""").start()
    assert echo(server.request("GET", "/old/mscep.dll"))["path"] == "/mscep.dll"
    assert server.request("GET", "/scep/leave").status == 403
    assert server.request("GET", "/secret").status == 403


def test_a_trace_is_refused_by_the_ra(apache):
    """Others would see what a client sent."""
    server = apache(text=CONFIG + SCEP + "TraceEnable on\n").start()
    assert echo(server.request("TRACE", "/scep"))["method"] == "TRACE"


def test_an_error_page_of_httpd_does_not_replace_an_answer(apache, folder):
    server = apache(text=CONFIG + SCEP + 'ErrorDocument 404 "not here"\nErrorDocument 500 /scep?status=200\n').start()
    answer = server.request("GET", "/scep?status=404&size=9&type=text/plain")
    assert (answer.status, answer.body) == (404, b"x" * 9)
    assert server.request("GET", "/elsewhere").body == b"not here"  # the twin


def test_headers_that_an_operator_sets_are_sent(apache):
    server = apache(text=CONFIG + SCEP + "Header always set Strict-Transport-Security max-age=9\nHeader set X-A b\n",
                    modules=("headers",)).start()
    answer = server.request("GET", "/scep?size=9")
    assert (answer.headers["Strict-Transport-Security"], answer.headers["X-A"], answer.body) == ("max-age=9", "b", b"x" * 9)


def test_filters_by_any_name_leave_replies_alone(apache, folder):
    (folder / "cut").write_text("#!/bin/sh\nexec tr x y\n")
    (folder / "cut").chmod(0o755)
    (folder / "empty").mkdir()
    (folder / "empty" / "file.txt").write_text("xxx")
    server = apache(modules=("ext_filter", "charset_lite", "brotli", "sed", "filter"), text=CONFIG + SCEP + f"""
        ExtFilterDefine innocent cmd={folder}/cut
        SetOutputFilter innocent;BROTLI_COMPRESS;Sed
        <Location />
            OutputSed "s/x/z/g"
        </Location>
        CharsetSourceEnc UTF-16
        CharsetDefault ISO-8859-1
        FilterDeclare gzip
        """).start()
    answer = server.request("GET", "/scep?size=3000&type=text/plain", headers={"Accept-Encoding": "br"})
    assert (answer.body, answer.headers["Content-Length"], answer.headers["Content-Encoding"]) == (b"x" * 3000, "3000", None)
    assert server.request("GET", "/file.txt").body != b"xxx"  # the twin


def test_a_subrequest_gets_no_answer(apache, folder):
    (folder / "empty").mkdir()
    (folder / "empty" / "way.html").write_text('<!--#include virtual="/scep" -->')
    server = apache(modules=("include",), text=CONFIG + SCEP + "Options +Includes\nSetOutputFilter INCLUDES\n").start()
    assert b'"face"' not in server.request("GET", "/way.html").body
    assert server.done() == ["start"]
    assert any("scep_ra: refused: a subrequest" in line for line in server.lines_at("warning"))


@pytest.fixture
def http2(apache):
    server = apache(text=CONFIG + SCEP + "Protocols h2c http/1.1\n", modules=("http2",), ra="maximum_message = 6000\n").start()
    return server, lambda: Http2(server.port)


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
    assert client.answer(client.send("POST", "/scep", b"y" * 6001))[0] == 413


def test_http2_streams_that_are_reset_do_no_harm(http2):
    """case F9"""
    server, connect = http2
    child, client, chance, kept = server.workers(), connect(), random.Random(2), []
    for number in range(200):
        body = b"x" * chance.choice((1, 3000)) if number % 2 else None
        stream = client.send("POST" if body else "GET", f"/scep?sleep={chance.choice((0, 20, 60))}&size=30000", body)
        if number % 4:
            time.sleep(chance.random() * 0.01)
            client.reset(stream)
        else:
            kept.append(stream)
            assert client.answer(stream) == (200, b"x" * 30000)  # else httpd takes so many resets for an attack
    abandon_streams(connect)
    client.socket.close()
    wait_until(lambda: server.active() == 0, "no connection is left")
    assert server.workers() == child
    assert server.request("GET", "/scep").status == 200


def test_requests_above_the_threads_wait_and_are_answered(apache):
    server = apache(text=CONFIG + SCEP + "ThreadsPerChild 4\nMaxRequestWorkers 4\nMinSpareThreads 4\n").start()
    answers = results(in_background(lambda _: server.request("POST", "/scep?sleep=100", b"x"), range(24)))
    assert [answer.status for answer in answers] == [200] * 24


def test_slow_clients_do_not_hold_up_others(apache):
    """case W9: each holds a thread until mod_reqtimeout closes it, so that more than there are threads wait that long."""
    server = apache(text=CONFIG + SCEP + "RequestReadTimeout header=2 body=2\n", modules=("reqtimeout",)).start()
    slow = [server.connect() for _ in range(500)]
    for connection in slow[:48]:
        connection.sendall(b"POST /scep HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nx")
    begin = time.monotonic()
    assert server.request("POST", "/scep", b"x").status == 200
    assert time.monotonic() - begin < (20 if SANITIZER else 1)
    for connection in slow[48:]:
        connection.sendall(b"POST /scep HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nx")
    assert server.request("POST", "/scep", b"x").status == 200
    wait_until(lambda: server.active() == 0, "slow clients are closed", 60)
    for connection in slow:
        connection.close()
    assert server.done().count("handle ") == 2


def test_a_reader_that_stops_reading_is_closed_in_time(apache):
    """case W9"""
    server = apache(text=CONFIG + SCEP + "Timeout 1\n").start()
    with server.connect() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.sendall(b"GET /scep?size=50000000 HTTP/1.1\r\nHost: a\r\n\r\n")
        wait_until(lambda: "handle size=50000000" in server.done(), "the reply is made")
        wait_until(lambda: server.active() == 0, "the reader is closed")
