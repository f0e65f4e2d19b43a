"""What every scenario expects around an answer: events, workers, nothing issued, and the accepted twin."""
import time

import scep
from device import Device, new_key

CERTIFICATE_ISSUED = 2
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


def events_after(ra, seen: int, expected: int) -> list[dict]:
    """The events beyond the first `seen`; waits for them, and a moment for one too many."""
    deadline = time.monotonic() + 2
    while len(ra.events()) < seen + expected and time.monotonic() < deadline:
        time.sleep(0.01)
    return ra.events()[seen:]


def refused(ra, send):
    """Sends what must be refused. Nothing is issued, one event says why, the workers live on."""
    workers, seen = ra.workers(), len(ra.events())
    answer = send()
    events = events_after(ra, seen, 1)
    assert len(events) == 1, events
    assert events[0]["id"] != CERTIFICATE_ISSUED
    assert events[0]["reason"] not in (None, "", "none")
    assert ra.workers() == workers
    return answer


def refused_by_cert_rep(ra, message, fail_info: str) -> scep.CertRep:
    reply = refused(ra, lambda: ra.endpoint.post(message.encode())).cert_rep()
    assert (reply.status, reply.fail_info) == (scep.FAILURE, fail_info)
    assert reply.transaction == message.transaction
    assert not reply.content
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
