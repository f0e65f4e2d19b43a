"""What is away for a while: a worker that died, the store, a valid RA certificate (cases F1, F3, C12)."""
import contextlib
import dataclasses
import datetime
import hashlib
import json
import os
import sqlite3
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

import der
import device as devices
import scep
import verdict
from scep import BAD_REQUEST
from server import wait_until
from traffic import in_background, results
from verdict import (RA_CERTIFICATE_PROBLEM, REQUEST_DENIED, STORE_UNAVAILABLE, WRONG_PASSWORD, enrolled, refused,
                     refused_by_cert_rep, request, twin_enrols)

CLAIM_LIFE = 5  # seconds; README: "a claim that ends after 5 s"
BACK_WITHIN = 5  # seconds in which an RA serves again (case F3)


def come_again(answer) -> None:
    assert answer.status == 503
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert answer.type == "text/plain" and len(answer.body) < 200


def status_page(ra, name: str) -> tuple[int, list[str]]:
    answer = ra.server.request("GET", f"/scep-ra/{name}")
    return answer.status, json.loads(answer.body)["reasons"]


def still_told(ra) -> None:
    """What no store and no private key is needed for: other clients, and other sites, see no difference."""
    assert "POSTPKIOperation" in ra.endpoint.ca_caps()
    answer = ra.endpoint.request("GET", "operation=GetCACert")
    assert answer.status == 200 and answer.type == "application/x-x509-ca-ra-cert"
    assert len(scep.certificates_of(answer.body)) >= 3
    assert ra.server.request("GET", "/static").body == b"others"


# A claim that a worker left behind.

@contextlib.contextmanager
def another_process(ra):
    """The store as another process writes it."""
    store = sqlite3.connect(ra.store, timeout=10, isolation_level=None)
    with contextlib.closing(store):
        yield store


def claim(ra, message: scep.Message, csr: bytes) -> float:
    """Spends the only outstanding password for a request and claims it, as a worker does before it asks the CA."""
    info = hashlib.sha256(der.elements(der.content_of(csr))[0]).digest()
    signer = hashlib.sha256(devices.public_key(message.signer.key)).digest()
    with another_process(ra) as store:
        store.execute("BEGIN IMMEDIATE")
        (mac,), = store.execute("SELECT mac FROM password WHERE spent_for IS NULL").fetchall()
        store.execute("UPDATE password SET spent_for = ? WHERE mac = ?", (info, mac))
        store.execute("INSERT INTO request(ra, csr_info_hash, transaction_id, signer_key_hash, state, claimed_at_us,"
                      " password_mac, template, received_at)"
                      " VALUES(?, ?, ?, ?, 'claimed', ?, ?, 'NDES-Device-Certificate', ?)",
                      (ra.name, info, message.transaction, signer, time.time_ns() // 1000, mac, int(time.time())))
        store.execute("COMMIT")
    return time.monotonic()


@pytest.fixture
def claimed(make_ra):
    """An RA, a request that another process works on, the octets of its CSR, its password and since when."""
    ra = make_ra()
    password, by = ra.password(), verdict.device()
    csr = by.csr(password)
    message = scep.pkcs_req(by, ra.encryption, csr)
    return ra, message, csr, password, claim(ra, message, csr)


def test_a_request_that_is_worked_on_is_to_come_again_until_its_claim_ends(claimed):
    """case R3, case F1: the same octets, and the same request in another wrapper; then one certificate."""
    ra, message, csr, _, since = claimed
    again = scep.pkcs_req(message.signer, ra.encryption, csr)
    for known in (message, again):
        come_again(ra.endpoint.post(known.encode()))
    assert ra.certificates() == 0 and ra.count_issued() == 0
    assert time.monotonic() - since < CLAIM_LIFE - 1, "too slow a machine to see the claim hold"

    wait_until(lambda: ra.endpoint.post(message.encode()).status == 200, "the claim has ended", CLAIM_LIFE + 5)
    assert time.monotonic() - since > CLAIM_LIFE - 0.5
    certificate = enrolled(ra, message)
    assert enrolled(ra, again) == certificate
    assert ra.certificates() == 1 and ra.count_issued() == 1


def test_a_claim_lets_nobody_else_in(claimed):
    """case R2, case R4: not with its password, not with its transactionID; and whoever tried does not disturb it."""
    ra, message, _, password, since = claimed
    refused_by_cert_rep(ra, request(ra, password), *WRONG_PASSWORD)
    stolen = dataclasses.replace(request(ra, ra.password()), transaction_id=message.transaction_id)
    refused_by_cert_rep(ra, stolen, BAD_REQUEST, REQUEST_DENIED, "transaction-open")
    come_again(ra.endpoint.post(message.encode()))
    assert time.monotonic() - since < CLAIM_LIFE, "too slow a machine to see the claim hold"
    wait_until(lambda: ra.endpoint.post(message.encode()).status == 200, "the claim has ended", CLAIM_LIFE + 5)
    enrolled(ra, message)
    # The password that came with the stolen transactionID was not spent.
    enrolled(ra, dataclasses.replace(stolen, transaction_id=der.printable("F" * 32)))


# The store.

@contextlib.contextmanager
def folder_away(ra):
    away = ra.folder / "state-away"
    os.rename(ra.store.parent, away)
    try:
        yield
    finally:
        os.rename(away, ra.store.parent)


@contextlib.contextmanager
def database_away(ra):
    """Its folder stays: an empty database in its place would know no password, and refuse for good (keys-and-state B7)."""
    away = ra.folder / "database-away"
    away.mkdir()
    for file in ra.store.parent.glob("state.db*"):
        file.rename(away / file.name)
    try:
        yield
    finally:
        for file in ra.store.parent.glob("state.db*"):
            file.unlink()
        for file in away.iterdir():
            file.rename(ra.store.parent / file.name)


@contextlib.contextmanager
def locked(ra):
    """Another process that does not let go; what waits for it gives up after 5 s."""
    with another_process(ra) as store:
        store.execute("BEGIN EXCLUSIVE")
        yield


OUTAGES = {"folder away": folder_away, "database away": database_away, "locked": locked}


@pytest.mark.parametrize("outage", OUTAGES.values(), ids=OUTAGES.keys())
def test_a_store_that_is_away_costs_time_and_nothing_else(make_ra, outage):
    """case F3: 503 with Retry-After and event 112, everything else served, and back by itself."""
    ra = make_ra(static=b"others")
    password = ra.password()
    before, message = request(ra, password), request(ra, ra.password())
    certificate = enrolled(ra, before)
    assert status_page(ra, "ready") == (200, [])

    with outage(ra):
        seen = len(ra.events())
        come_again(ra.endpoint.post(message.encode()))
        events = verdict.events_after(ra, seen, 1)
        assert len(events) == 1, events
        verdict.told(ra, events[0], STORE_UNAVAILABLE, "store-unavailable")
        assert events[0]["transaction_id"] == message.transaction
        still_told(ra)
        # At the same time, since each may wait for a lock.
        minting, *pages = in_background(lambda ask: ask(), [
            lambda: ra.tool("password", "new", check=False),
            lambda: status_page(ra, "ready"), lambda: status_page(ra, "health")])
        assert results(pages) == [(503, ["store-unavailable"])] * 2
        minted = minting.result(60)
        assert minted.returncode == 1 and minted.stdout == ""

    back = time.monotonic()
    wait_until(lambda: status_page(ra, "ready") == (200, []), "the RA is ready again", BACK_WITHIN)
    enrolled(ra, message)
    assert time.monotonic() - back < BACK_WITHIN
    assert enrolled(ra, before) == certificate
    refused_by_cert_rep(ra, request(ra, password), *WRONG_PASSWORD)
    assert ra.certificates() == 2
    twin_enrols(ra, ra.password())


def test_a_store_that_is_away_at_the_start_takes_no_server_down(make_ra):
    """case F3: and is found when it comes."""
    with contextlib.ExitStack() as outage:
        ra = make_ra(static=b"others", before_start=lambda ra: outage.enter_context(folder_away(ra)))
        still_told(ra)
        for _ in range(2):
            come_again(ra.endpoint.post(b"\x30\x00"))
        assert status_page(ra, "ready") == (503, ["store-unavailable"])
        told = [event for event in ra.all_events() if event["name"] == "store-unavailable"]
        assert told and told[0]["id"] == STORE_UNAVAILABLE and told[0]["level"] == "error"
    wait_until(lambda: status_page(ra, "ready") == (200, []), "the RA is ready", BACK_WITHIN)
    time.sleep(1.2)  # each worker tries again once a second
    twin_enrols(ra, ra.password())


# RA certificates.

DAY = datetime.timedelta(days=1)
INVALID = {"expired": (-800 * DAY, -DAY), "not yet valid": (DAY, 800 * DAY)}  # from and to, from now on


def with_another_life(ra, which: str, begin: datetime.timedelta, end: datetime.timedelta) -> None:
    """Another certificate for the same key by the same CA, which differs in nothing but its time."""
    file = ra.folder / f"ra-{which}.pem"
    former = x509.load_pem_x509_certificate(file.read_bytes())
    now = datetime.datetime.utcnow()
    builder = (x509.CertificateBuilder().subject_name(former.subject).issuer_name(former.issuer)
               .public_key(former.public_key()).serial_number(x509.random_serial_number())
               .not_valid_before(now + begin).not_valid_after(now + end))
    for extension in former.extensions:
        builder = builder.add_extension(extension.value, extension.critical)
    ca_key = serialization.load_pem_private_key((ra.folder / "issuing-ca.key").read_bytes(), None)
    file.write_bytes(builder.sign(ca_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))


def started(ra) -> list[dict]:
    return [event for event in ra.all_events() if event["name"] == "service-started"]


def problems(ra) -> list[dict]:
    return [event for event in ra.all_events() if event["id"] == RA_CERTIFICATE_PROBLEM]


def subject(certificate: bytes) -> str:
    name = x509.load_pem_x509_certificate(certificate).subject
    return name.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value


LIVES = pytest.mark.parametrize("life", INVALID)
CERTIFICATES = pytest.mark.parametrize("which", ["signing", "encryption"])


@LIVES
@CERTIFICATES
def test_an_ra_certificate_that_is_not_valid_stops_enrolment_only(make_ra, which, life):
    """case C12, case F6: the server starts, PKIOperation gets 503, event 16 says which certificate it is."""
    ra = make_ra(static=b"others", before_start=lambda ra: with_another_life(ra, which, *INVALID[life]))
    still_told(ra)
    assert status_page(ra, "ready") == (503, ["ra-certificate-expired"])
    # What is told at the start is not told of this request.
    wait_until(lambda: len(started(ra)) == len(ra.workers()), "the workers have started", 5)
    password = ra.password()
    message = request(ra, password)
    come_again(refused(ra, lambda: ra.endpoint.post(message.encode()), RA_CERTIFICATE_PROBLEM, "ra-certificate-expired"))
    assert subject((ra.folder / f"ra-{which}.pem").read_bytes()) in problems(ra)[-1]["detail"]

    # A certificate that is valid is there after a reload, and the password of the refused request still good.
    with_another_life(ra, which, -DAY, 800 * DAY)
    ra.reload()
    wait_until(lambda: status_page(ra, "ready") == (200, []), "the new certificate is in force", 10)
    twin_enrols(ra, password)


@LIVES
def test_an_ra_certificate_that_is_not_valid_is_told_at_the_start(make_ra, life):
    """case C12; README: event 16 when an RA certificate is not valid now, not only when somebody asks."""
    ra = make_ra(static=b"others", before_start=lambda ra: with_another_life(ra, "signing", *INVALID[life]))
    wait_until(lambda: len(problems(ra)) == len(ra.workers()), "every worker tells event 16", 5)
    for event in problems(ra):
        assert (event["name"], event["level"]) == verdict.documented_events()[RA_CERTIFICATE_PROBLEM]
        assert event["reason"] == "ra-certificate-expired"
        assert subject((ra.folder / "ra-signing.pem").read_bytes()) in event["detail"]
