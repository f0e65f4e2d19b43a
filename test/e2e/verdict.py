"""What every scenario expects around an answer: events, workers, nothing issued, and the accepted twin."""
import functools
import re
import time

import scep
from device import Device, new_key
from server import ROOT

# Numbers of events, as README has them.
REQUEST_DENIED, CHALLENGE_REJECTED, RA_CERTIFICATE_PROBLEM = 4, 6, 16
MESSAGE_UNREADABLE, STORE_UNAVAILABLE = 107, 112

# What several rows of the tables expect: failInfo, event, reason.
ALTERED = scep.BAD_MESSAGE_CHECK, REQUEST_DENIED, "signature-invalid"
THE_ONE = scep.BAD_MESSAGE_CHECK, REQUEST_DENIED, "envelope-unreadable"
NOT_A_TYPE = scep.BAD_REQUEST, REQUEST_DENIED, "message-type-unknown"
NO_RENEWAL = scep.BAD_REQUEST, REQUEST_DENIED, "renewal-not-allowed"
NO_PASSWORD = scep.BAD_REQUEST, CHALLENGE_REJECTED, "password-missing"
WRONG_PASSWORD = scep.BAD_REQUEST, CHALLENGE_REJECTED, "password-unknown"

NOTHING = (None, b"", b"\0")  # the content of an answer that holds none, as RFC 8894 and as NDES have it
ONE_TOO_MANY = 0.05  # seconds in which an event that should not be there would come
DEVICE_KEY = new_key()
_names = iter(range(10 ** 9))


def device(**changes) -> Device:
    """A device nobody has met. They share a key: what is judged here is never its novelty."""
    return Device(f"device-{next(_names)}.example.test", **{"key": DEVICE_KEY, **changes})


def request(ra, password: str | None, *, by: Device | None = None, csr: dict | None = None, **changes) -> scep.Message:
    by = by or device()
    return scep.pkcs_req(by, ra.encryption, by.csr(password, **(csr or {})), **changes)


def enrolled(ra, message: scep.Message) -> bytes:
    """The certificate that the answer to a good message brings."""
    reply = ra.endpoint.post(message.encode()).cert_rep()
    assert reply.status == scep.SUCCESS, f"failInfo {reply.fail_info}, {ra.events()[-1:]}"
    assert reply.transaction == message.transaction
    certificate = reply.certificates_for(message.signer)[0]
    assert ra.issued(certificate)
    return certificate


@functools.cache
def documented(heading: str) -> list[list[str]]:
    """The rows of the table under a heading of README.md."""
    section = (ROOT / "README.md").read_text().split(f"\n### {heading}\n")[1].split("\n#")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line.startswith("| ")]


def documented_events() -> dict[int, tuple[str, str]]:
    return {int(number): (name, level) for number, name, level, _ in documented("Events")[1:]}


def documented_reasons() -> set[str]:
    return {reason for row in documented("Reasons") for reason in re.findall("`([a-z-]+)`", row[0])}


def events_after(ra, seen: int, expected: int) -> list[dict]:
    """The events beyond the first `seen`; waits for them, and a moment for one too many."""
    deadline = time.monotonic() + 2
    while len(ra.events()) < seen + expected and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(ONE_TOO_MANY)
    return ra.events()[seen:]


def told(ra, event: dict, number: int, reason: str) -> None:
    """An event says what README promises, and of whom."""
    assert (event["id"], event["reason"]) == (number, reason), event
    assert (event["name"], event["level"]) == documented_events()[number]
    assert reason in documented_reasons()
    assert (event["ra"], event["client_address"]) == (ra.name, ra.host)


def refused(ra, send, event: int, reason: str, transaction: str | None = None):
    """Sends what must be refused. Nothing is issued, exactly that event says why, the workers live on."""
    workers, seen, issued = ra.workers(), len(ra.events()), ra.certificates()
    answer = send()
    events = events_after(ra, seen, 1)
    assert len(events) == 1, events
    told(ra, events[0], event, reason)
    assert transaction is None or events[0]["transaction_id"] == transaction
    assert ra.certificates() == issued
    assert ra.workers() == workers
    return answer


def refused_by_cert_rep(ra, message, fail_info: str, event: int, reason: str) -> scep.CertRep:
    reply = refused(ra, lambda: ra.endpoint.post(message.encode()), event, reason, message.transaction).cert_rep()
    assert (reply.status, reply.fail_info) == (scep.FAILURE, fail_info)
    assert reply.transaction == message.transaction
    assert reply.content in NOTHING
    return reply


def likeness(reply: scep.CertRep) -> tuple:
    """All of a FAILURE that an observer could compare: everything but transactionID, nonces and signature."""
    varying = (scep.TRANSACTION_ID, scep.SENDER_NONCE, scep.RECIPIENT_NONCE)
    same = {kind: value for kind, value in reply.attributes.items() if kind not in varying}
    sizes = {kind: len(value) for kind, value in reply.attributes.items() if kind in varying}
    return same, sizes, list(reply.attributes), len(reply.encoding), reply.content, reply.certificates


def twin_enrols(ra, password: str) -> None:
    """The password of a refused request is still good, and the server still quick."""
    started = time.monotonic()
    enrolled(ra, request(ra, password))
    assert time.monotonic() - started < 2
