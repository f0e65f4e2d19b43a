"""Which passwords open the door; every other one gets one and the same answer (cases A3 and A5)."""
import time

import pytest

import device as devices
import der
import scep
import verdict
from verdict import (NO_PASSWORD, NO_RENEWAL, WRONG_PASSWORD, enrolled, likeness, refused_by_cert_rep, request,
                     twin_enrols)


@pytest.fixture(scope="module")
def ra(make_ra):
    return make_ra({"challenge": {"maximum": 0}})


def spent(ra) -> str:
    password = ra.password()
    enrolled(ra, request(ra, password))
    return password


def revoked(ra) -> str:
    password = ra.password()
    ra.tool("password", "revoke", "--all")
    return password


def in_lower_case(ra) -> str:
    """Of a password that has a letter: of sixteen digits, one in eighteen hundred has none."""
    return next(password for password in iter(ra.password, None) if set(password) & set("ABCDEF")).lower()


DEAD = {
    "unknown": (lambda ra: "0123456789ABCDEF", WRONG_PASSWORD),
    "spent": (spent, WRONG_PASSWORD),
    "revoked": (revoked, WRONG_PASSWORD),
    "in lower case": (in_lower_case, WRONG_PASSWORD),
    "with a leading space": (lambda ra: " " + ra.password(), WRONG_PASSWORD),
    "with a trailing space": (lambda ra: ra.password() + " ", WRONG_PASSWORD),
    "a character short": (lambda ra: ra.password()[:-1], WRONG_PASSWORD),
    "a character long": (lambda ra: ra.password() + "0", WRONG_PASSWORD),
    "empty": (lambda ra: "", NO_PASSWORD),
    "none at all": (lambda ra: None, NO_PASSWORD),
}


def the_answer(ra) -> tuple:
    """What a password that nobody ever got is answered with."""
    return likeness(refused_by_cert_rep(ra, request(ra, "F" * 16), *WRONG_PASSWORD))


@pytest.mark.parametrize("make, refusal", DEAD.values(), ids=DEAD.keys())
def test_a_dead_password_is_refused_like_every_other(ra, make, refusal):
    """case A5, case A3, req:F3, req:S4: and a good one goes on working."""
    good = ra.password()
    reply = refused_by_cert_rep(ra, request(ra, make(ra)), *refusal)
    assert likeness(reply) == the_answer(ra)
    twin_enrols(ra, good if make is not revoked else ra.password())


def test_a_password_in_any_string_type_is_read(ra):
    """req:N10"""
    for tag in (0x0C, 0x13, 0x14, 0x16):  # UTF8String, PrintableString, T61String, IA5String
        password = devices.attribute(devices.CHALLENGE_PASSWORD, der.tlv(tag, ra.password().encode()))
        enrolled(ra, request(ra, None, csr={"attributes": [password]}))
    wide = devices.attribute(devices.CHALLENGE_PASSWORD, der.tlv(0x1E, ra.password().encode("utf-16-be")))
    enrolled(ra, request(ra, None, csr={"attributes": [wide]}))


def test_a_store_without_passwords_is_no_open_door(make_ra):
    """case A3: nothing was ever minted here."""
    ra = make_ra()
    refused_by_cert_rep(ra, request(ra, None), *NO_PASSWORD)
    refused_by_cert_rep(ra, request(ra, ""), *NO_PASSWORD)
    refused_by_cert_rep(ra, request(ra, "F" * 16), *WRONG_PASSWORD)
    twin_enrols(ra, ra.password())


DOORS = {"nothing minted": {}, "a password outstanding": {}, "no password required": {"challenge": {"kind": "none"}}}
RENEWALS = {"no password": None, "an empty one": "", "one never minted": "F" * 16}


@pytest.mark.parametrize("password", RENEWALS.values(), ids=RENEWALS.keys())
@pytest.mark.parametrize("door", DOORS)
def test_a_renewal_needs_more_than_an_open_door(make_ra, door, password):
    """case A3: RenewalReq by a self-signed signer."""
    ra = make_ra(DOORS[door])
    outstanding = ra.password() if door == "a password outstanding" else None
    refused_by_cert_rep(ra, request(ra, password, message_type=der.printable("17")), *NO_RENEWAL)
    assert ra.certificates() == 0
    twin_enrols(ra, ra.password() if door == "nothing minted" else outstanding)


def test_a_password_dies_with_its_validity(make_ra):
    """case A5: expired by one second, and answered as one that never was."""
    ra = make_ra({"challenge": {"validity": "2s"}})
    twin_enrols(ra, ra.password())
    late = ra.password()
    time.sleep(3)
    assert likeness(refused_by_cert_rep(ra, request(ra, late), *WRONG_PASSWORD)) == the_answer(ra)


def test_a_full_cache_gives_no_password_and_loses_none(make_ra):
    ra = make_ra({"challenge": {"maximum": 2}})
    first, second = ra.password(), ra.password()
    assert ra.tool("password", "new", check=False).returncode == 1
    twin_enrols(ra, first)
    twin_enrols(ra, second)


def test_open_enrolment_needs_no_password_and_says_so_at_the_start(make_ra):
    """case A3: only where the operator spelt it out."""
    ra = make_ra({"challenge": {"kind": "none"}})
    enrolled(ra, request(ra, None))
    enrolled(ra, request(ra, "whatever"))
    assert any("none" in str(event["detail"]) for event in ra.all_events() if event["name"] == "configuration-loaded")


def test_a_password_enrols_one_device_only(ra):
    """A second device with it is refused; the first gets its certificate again."""
    password = ra.password()
    first = request(ra, password)
    certificate = enrolled(ra, first)
    refused_by_cert_rep(ra, request(ra, password), *WRONG_PASSWORD)
    assert enrolled(ra, first) == certificate


def test_the_same_request_gets_the_same_certificate(ra):
    """In the same octets, and in a new wrapper around the same request (threats rule 5)."""
    by = verdict.device()
    csr = by.csr(ra.password())
    first = scep.pkcs_req(by, ra.encryption, csr)
    certificate = enrolled(ra, first)
    issued = ra.count_issued()
    assert enrolled(ra, first) == certificate
    assert enrolled(ra, scep.pkcs_req(by, ra.encryption, csr, transaction_id=first.transaction)) == certificate
    assert enrolled(ra, scep.pkcs_req(by, ra.encryption, csr)) == certificate
    assert ra.count_issued() == issued
