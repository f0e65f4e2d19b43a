"""The same requests to both servers in front of the same RA: the same replies, octet by octet.

What may differ is what a server says of itself and of its connection (HIDDEN), and what stands in a
scenario of its own below.
"""
import base64
import re

import pytest

import scep
from apache import Apache
from device import new_key
from endpoint import Endpoint
from nginx import Nginx
from ra import Installation
from served_ra import wish_of
from server import wait_until
from traffic import conversation, status_of
from verdict import request

SCEP, ADMIN = "/certsrv/mscep/mscep.dll", "/certsrv/mscep_admin/"
HIDDEN = {"date", "server", "connection", "keep-alive"}
PROVED = {"Authorization": "Basic " + base64.b64encode(b"admin:secret").decode()}
WRONG = {"Authorization": "Basic " + base64.b64encode(b"admin:wrong").decode()}
OTHER = {"Authorization": "Basic " + base64.b64encode(b"other:secret").decode()}
LIMIT = 128 * 1024
OTHER_KEY = new_key()


class Pair(Installation):
    """One RA's folder, and both servers in front of it."""
    host = "127.0.0.1"

    def __init__(self, folder, original):
        super().__init__(folder, original, {"challenge": {"maximum": 0}})
        self.servers = []
        for kind in (Nginx, Apache):
            (folder / kind.NAME).mkdir()
            server = kind(folder / kind.NAME, slow_ra=False, configuration=self.configuration)
            wish = wish_of(folder)
            wish.body_limit = 2 * LIMIT  # so that the RA refuses what is too large
            wish.users.write_text(wish.users.read_text() + wish.users.read_text().replace("admin", "other"))
            self.servers.append(server.wish(wish).start())

    def stop(self):
        for server in self.servers:
            server.stop()

    def answers(self, *what) -> list:
        return [server.request(*what) for server in self.servers]

    def posted(self, octets: bytes) -> list:
        return [Endpoint(f"http://127.0.0.1:{server.port}{SCEP}").post(octets) for server in self.servers]


@pytest.fixture(scope="module")
def pair(module_folder, original):
    both = Pair(module_folder / "pair", original)
    yield both
    both.stop()


def picture(answer) -> tuple:
    headers = sorted((name.lower(), value) for name, value in answer.headers.items() if name.lower() not in HIDDEN)
    return answer.status, headers


def same(answers: list) -> None:
    assert picture(answers[0]) == picture(answers[1])
    assert answers[0].body == answers[1].body


FORGED_PLACE = {"Origin": "https://evil.test", "Sec-Fetch-Site": "cross-site"}
REQUESTS = {  # method, target, body, headers; and the status of all
    "capabilities": ("GET", f"{SCEP}?operation=GetCACaps", None, {}, 200),
    "capabilities, another path": ("GET", "/certsrv/mscep/mscep.dll/pkiclient.exe?operation=GetCACaps&message=0", None, {}, 200),
    "capabilities, another case": ("GET", "/CertSrv/MSCEP/MSCEP.DLL?operation=getcacaps", None, {}, 200),
    "capabilities, HEAD": ("HEAD", f"{SCEP}?operation=GetCACaps", None, {}, 200),
    "capabilities, POST": ("POST", f"{SCEP}?operation=GetCACaps", b"", {}, 200),
    "capabilities, a part of them": ("GET", f"{SCEP}?operation=GetCACaps", None, {"Range": "bytes=0-3"}, 200),
    "capabilities, if new": ("GET", f"{SCEP}?operation=GetCACaps", None, {"If-None-Match": "*"}, 200),
    "capabilities, compressed": ("GET", f"{SCEP}?operation=GetCACaps", None, {"Accept-Encoding": "gzip"}, 200),
    "certificates": ("GET", f"{SCEP}?operation=GetCACert", None, {}, 200),
    "certificates, HEAD": ("HEAD", f"{SCEP}?operation=GetCACert", None, {}, 200),
    "successor": ("GET", f"{SCEP}?operation=GetNextCACert", None, {}, 404),
    "chain": ("GET", f"{SCEP}?operation=GetCACertChain", None, {}, 404),
    "landing page": ("GET", "/certsrv/mscep/", None, {"Host": "ra.example.test"}, 200),
    "landing page without a slash": ("GET", "/certsrv/mscep", None, {"Host": "ra.example.test"}, 200),
    "landing page, HEAD": ("HEAD", SCEP, None, {"Host": "ra.example.test"}, 200),
    "operation unknown": ("GET", f"{SCEP}?operation=GetEverything", None, {}, 400),
    "operation twice": ("GET", f"{SCEP}?operation=PKIOperation&operation=GetCACaps", None, {}, 400),
    "operation absent": ("GET", f"{SCEP}?message=MAA%3D", None, {}, 400),
    "operation with a zero octet": ("GET", f"{SCEP}?operation=GetCACaps%00", None, {}, 400),
    "message absent": ("GET", f"{SCEP}?operation=PKIOperation", None, {}, 400),
    "message not base64": ("GET", f"{SCEP}?operation=PKIOperation&message=%21%21%21", None, {}, 400),
    "message cut in an escape": ("GET", f"{SCEP}?operation=PKIOperation&message=MAA%3", None, {}, 400),
    "message by HEAD": ("HEAD", f"{SCEP}?operation=PKIOperation&message=MAA%3D", None, {}, 405),
    "no message": ("POST", f"{SCEP}?operation=PKIOperation", b"<html>", {}, 400),
    "no body": ("POST", f"{SCEP}?operation=PKIOperation", b"", {}, 400),
    "body too large": ("POST", f"{SCEP}?operation=PKIOperation", b"\x30" * (LIMIT + 1), {}, 413),
    **{f"method {method}": (method, f"{SCEP}?operation=PKIOperation", b"", {}, 405)
       for method in ("PUT", "DELETE", "OPTIONS", "PROPFIND", "BREW")},
    "ready": ("GET", "/scep-ra/ready", None, {}, 200),
    "ready, HEAD": ("HEAD", "/scep-ra/ready", None, {}, 200),
    "ready, POST": ("POST", "/scep-ra/ready", b"x", {}, 405),
    "health": ("GET", "/scep-ra/health", None, {}, 200),
    "status of nothing": ("GET", "/scep-ra/nothing", None, {}, 404),
    "thumbprint": ("GET", f"{ADMIN}?operation=NDESGetCACertThumbprint", None, PROVED, 200),
    "passwords, another method": ("DELETE", ADMIN, b"", PROVED, 405),
    "passwords, another path": ("GET", f"{ADMIN}nothing", None, PROVED, 404),
    "passwords, another operation": ("GET", f"{ADMIN}?operation=Nothing", None, PROVED, 400),
    "passwords, another site": ("GET", ADMIN, None, PROVED | FORGED_PLACE, 403),
    "passwords, somebody else": ("GET", ADMIN, None, OTHER, 200),
    "passwords, somebody else by operation": ("GET", f"{ADMIN}?operation=NDESGenerateChallenge", None, OTHER, 403),
    "passwords, body too large": ("POST", ADMIN, b"x" * (LIMIT + 1), PROVED, 413),
    "capabilities of the admin face": ("GET", f"{ADMIN}mscep.dll?operation=GetCACaps", None, PROVED, 200),
}


@pytest.mark.parametrize("what", REQUESTS.values(), ids=REQUESTS.keys())
def test_both_servers_answer_alike(pair, what):
    *sent, status = what
    answers = pair.answers(*sent)
    assert answers[0].status == status, answers[0].body
    same(answers)


def without_password(page: bytes) -> str:
    return re.sub("<B> [0-9A-F]{16} </B>", "<B> PASSWORD </B>", page.decode("utf-16"))


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_both_hand_out_the_same_page_with_passwords_of_their_own(pair, method):
    answers = pair.answers(method, ADMIN, None, PROVED)
    assert picture(answers[0]) == picture(answers[1]) and answers[0].status == 200
    pages = [without_password(answer.body) for answer in answers]
    assert pages[0] == pages[1] and "PASSWORD" in pages[0]
    assert answers[0].body != answers[1].body
    by_operation = pair.answers(method, f"{ADMIN}?operation=NDESGenerateChallenge", None, PROVED)
    assert picture(by_operation[0]) == picture(by_operation[1])
    assert len({answer.body for answer in by_operation}) == 2


def likeness(answer) -> tuple:
    """All of a CertRep but what is random or depends on it: sender's nonce, envelope, digest and signature."""
    reply = answer.cert_rep()
    echoed = [reply.attributes[kind] for kind in (scep.TRANSACTION_ID, scep.RECIPIENT_NONCE)]
    return picture(answer), echoed, list(reply.attributes), reply.status, reply.fail_info, len(reply.encoding)


def test_both_give_one_request_the_same_certificate(pair):
    """Whichever server it asks: they share the store."""
    message = request(pair, pair.password())
    answers = pair.posted(message.encode())
    assert likeness(answers[0]) == likeness(answers[1])
    certificates = {answer.cert_rep().certificates_for(message.signer)[0] for answer in answers}
    assert len(certificates) == 1 and pair.issued(certificates.pop())


REFUSALS = {
    "no password": lambda pair: request(pair, None),
    "wrong password": lambda pair: request(pair, "0123456789ABCDEF"),
    "another signature in the CSR": lambda pair: request(pair, pair.password(), csr={"signed_by": OTHER_KEY}),
    "no subject": lambda pair: request(pair, pair.password(), csr={"subject": ""}),
    "MD5": lambda pair: request(pair, pair.password(), digest="md5"),
    "DES": lambda pair: request(pair, pair.password(), cipher="des-cbc"),
}


@pytest.mark.parametrize("made", REFUSALS.values(), ids=REFUSALS.keys())
def test_both_refuse_a_message_alike(pair, made):
    answers = pair.posted(made(pair).encode())
    assert likeness(answers[0]) == likeness(answers[1])
    assert answers[0].cert_rep().status == scep.FAILURE


def test_both_tell_the_same_events(pair):
    message = request(pair, "0123456789ABCDEF").encode()
    seen = len(pair.events())
    pair.posted(message)
    wait_until(lambda: len(pair.events()) == seen + 2, "two events", 5)
    varying = ("time", "stages_us")
    told = [{key: value for key, value in event.items() if key not in varying} for event in pair.events()[seen:]]
    assert told[0] == told[1]


# What is the server's own, and may therefore look otherwise: the status counts.

def test_a_login_that_fails_is_refused_by_either(pair):
    """The page is the server's own; the challenge is the same."""
    for headers in ({}, WRONG):
        answers = pair.answers("GET", ADMIN, None, headers)
        assert [answer.status for answer in answers] == [401, 401]
        assert {answer.headers["WWW-Authenticate"] for answer in answers} == {'Basic realm="NDES"'}


@pytest.mark.parametrize("octets, status", [
    (b"GET " + SCEP.encode() + b"?message=" + b"A" * 70_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414),
    (b"GET " + SCEP.encode() + b" HTTP/1.1\r\n\r\n", 400),
    (b"TRACE " + SCEP.encode() + b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 405),
    (b"POST " + SCEP.encode() + b"?operation=PKIOperation HTTP/1.1\r\nHost: a\r\nContent-Length: 1073741824\r\n\r\n", 413),
])
def test_what_a_server_refuses_by_itself_has_the_same_status(pair, octets, status):
    """Of TRACE and of a body above its own limit nginx judges before any module does."""
    assert [status_of(conversation(server, octets)) for server in pair.servers] == [status, status]
