"""Who may renew, what of, and how often: a certificate of this RA alone, in its window, for its own names."""
import contextlib
import dataclasses
import sqlite3
import time

import pytest

import der
import device as devices
import judge
import scep
import verdict
from device import Device, new_key
from verdict import NO_RENEWAL, REQUEST_DENIED, enrolled, refused_by_cert_rep, request

TEMPLATE = "template.NDES-Device-Certificate"
STRANGERS_KEY = new_key()
NEW_KEY = new_key()
NAMES = devices.alternative_names(dns=["a.example.test", "b.example.test"])


def in_window(make_ra, **template):
    """Every certificate may be renewed from its first moment on."""
    settings = {"validity": "30d", "renewal_period": "60d", "renewals": 3, **template}
    return make_ra({"challenge": {"maximum": 0}, TEMPLATE: settings})


@pytest.fixture(scope="module")
def ra(make_ra):
    return in_window(make_ra)


def owner(ra, *, extensions=()) -> Device:
    """A device that has enrolled and signs with what it got."""
    device = verdict.device()
    device.certificate = enrolled(ra, request(ra, ra.password(), by=device, csr={"extensions": extensions}))
    return device


def renewal(ra, device: Device, message_type: str = "17", password: str | None = None, csr=None, key=NEW_KEY) -> scep.Message:
    """For a new key, signed with the old one."""
    message = request(ra, password, by=device, csr={"key": key, **(csr or {})})
    return dataclasses.replace(message, message_type=der.printable(message_type))


def denied(reason: str) -> tuple:
    return scep.BAD_REQUEST, REQUEST_DENIED, reason


@pytest.mark.parametrize("message_type", ["17", "19"], ids=["RenewalReq", "PKCSReq"])
@pytest.mark.parametrize("password", [None, "", "0123456789ABCDEF"], ids=["no password", "an empty one", "a wrong one"])
def test_a_certificate_of_this_ra_renews_itself(ra, message_type, password):
    """case A7, req:N12, req:N13, req:N14, req:N15, req:X6"""
    device = owner(ra)
    certificate = enrolled(ra, renewal(ra, device, message_type, password))
    assert scep.parsed(certificate).subject.dump() == devices.name(device.subject)
    assert scep.parsed(certificate).public_key.dump() == devices.public_key(NEW_KEY)
    assert certificate != device.certificate


def test_a_good_password_that_comes_along_is_not_spent(ra):
    """case A7, req:N14"""
    password = ra.password()
    enrolled(ra, renewal(ra, owner(ra), password=password))
    enrolled(ra, request(ra, password))


def signed_with(certificate_of):
    """The device's own key under another certificate."""
    def change(ra, device):
        stranger = Device(key=device.key)
        stranger.subject, stranger.certificate = device.subject, certificate_of(ra, device)
        return stranger
    return change


def self_signed(ra, device):
    return devices.raw_certificate(device.key, serial=7, subject=devices.name(device.subject))


def by_another_ca_of_our_name(ra, device):
    ca = scep.parsed(judge.openssl("x509", "-in", ra.ca_pem, "-outform", "DER"))
    serial = scep.parsed(device.certificate).serial_number
    return devices.raw_certificate(device.key, serial=serial, subject=devices.name(device.subject), by=STRANGERS_KEY,
                                   issuer=ca.subject.dump())


def by_an_unknown_ca(ra, device):
    return devices.raw_certificate(device.key, serial=7, subject=devices.name(device.subject), by=STRANGERS_KEY,
                                   issuer=devices.name("CN=Another CA"))


STRANGERS = {"self-signed": self_signed, "of an unknown CA": by_an_unknown_ca,
             "req:N5 of another CA with our CA's name": by_another_ca_of_our_name}


@pytest.mark.parametrize("certificate_of", STRANGERS.values(), ids=STRANGERS.keys())
def test_a_strangers_certificate_renews_nothing(ra, certificate_of):
    """case A7, case A8, req:N5, req:N6: nor does it as PKCSReq without a password."""
    device = owner(ra)
    stranger = signed_with(certificate_of)(ra, device)
    refused_by_cert_rep(ra, renewal(ra, stranger), *NO_RENEWAL)
    refused_by_cert_rep(ra, renewal(ra, stranger, "19"), *verdict.NO_PASSWORD)
    enrolled(ra, renewal(ra, device))


OTHER_NAMES = {
    "another CN": {"subject": "CN=victim.example.test"},
    "an attribute more": {"subject": "O=Example, {own}"},
    "another letter case": {"subject": "{upper}"},
    "a name more": {"extensions": (devices.alternative_names(dns=["a.example.test", "b.example.test", "c.example.test"]),)},
    "a name less": {"extensions": (devices.alternative_names(dns=["a.example.test"]),)},
    "no names": {"extensions": ()},
}


@pytest.mark.parametrize("change", OTHER_NAMES.values(), ids=OTHER_NAMES.keys())
def test_a_renewal_is_for_the_same_names(ra, change):
    """case A8, req:N12"""
    device = owner(ra, extensions=(NAMES,))
    csr = {"extensions": (NAMES,), **change}
    if "subject" in csr:
        csr["subject"] = csr["subject"].format(own=device.subject, upper="CN=" + device.subject.removeprefix("CN=").upper())
    refused_by_cert_rep(ra, renewal(ra, device, csr=csr), *denied("renewal-name-changed"))
    enrolled(ra, renewal(ra, device, csr={"extensions": (NAMES,)}))


def test_a_csr_in_a_renewal_proves_its_key_as_any_other(ra):
    """case C2, req:N16"""
    device = owner(ra)
    refused_by_cert_rep(ra, renewal(ra, device, csr={"signed_by": STRANGERS_KEY}), *verdict.THE_ONE)
    enrolled(ra, renewal(ra, device))


def test_renewal_begins_in_the_last_part_of_life(make_ra):
    """case A7, req:N17: and a password still enrols, as for a device that nobody knows."""
    ra = in_window(make_ra, renewal_period="1d")
    device = owner(ra)
    refused_by_cert_rep(ra, renewal(ra, device), *denied("renewal-too-early"))
    enrolled(ra, renewal(ra, device, "19", ra.password()))


@pytest.mark.waits
def test_renewal_ends_with_the_certificate(make_ra):
    """case A7, req:N12, req:N20: one second after its end it authorises nothing, not even an initial enrolment."""
    # A certificate of a minute's life: what the clock tolerance of `not before` takes is no part of it.
    ra = in_window(make_ra, validity="1m", renewal_period="30s")
    device = owner(ra)
    end = scep.parsed(device.certificate).not_valid_after.timestamp()
    time.sleep(max(0, end - time.time() + 1))
    refused_by_cert_rep(ra, renewal(ra, device), *denied("certificate-expired"))
    refused_by_cert_rep(ra, renewal(ra, device, "19"), *denied("certificate-expired"))
    enrolled(ra, renewal(ra, device, "19", ra.password()))


@pytest.mark.parametrize("settings", [{"renewal_period": "0s"}, {"renewals": 0}], ids=["no period", "none"])
def test_a_template_without_renewal_renews_nothing(make_ra, settings):
    """case A7, req:N12"""
    ra = in_window(make_ra, **settings)
    refused_by_cert_rep(ra, renewal(ra, owner(ra)), *NO_RENEWAL)


def test_a_certificate_not_for_signatures_renews_nothing(make_ra):
    """case A7"""
    ra = in_window(make_ra, key_usage=["keyEncipherment"])
    device = verdict.device()
    message = request(ra, ra.password(), by=device)
    device.certificate = ra.endpoint.post(message.encode()).cert_rep().certificates_for(device)[0]
    assert scep.parsed(device.certificate).key_usage_value.native == {"key_encipherment"}
    refused_by_cert_rep(ra, renewal(ra, device), *NO_RENEWAL)


def test_a_certificate_authorises_as_many_renewals_as_the_template_says(ra):
    """case A9, req:N15: the same key again, a retry that counts once, and an end."""
    device = owner(ra)
    first = renewal(ra, device, key=device.key)
    assert enrolled(ra, first) == enrolled(ra, first)
    for key in (NEW_KEY, STRANGERS_KEY):
        enrolled(ra, renewal(ra, device, key=key))
    refused_by_cert_rep(ra, renewal(ra, device, key=new_key()), *denied("renewed-too-often"))


def test_a_successor_renews_as_its_ancestor_did(ra):
    """case A9"""
    device = owner(ra)
    successor = Device(key=NEW_KEY)
    successor.subject, successor.certificate = device.subject, enrolled(ra, renewal(ra, device))
    enrolled(ra, renewal(ra, successor, key=STRANGERS_KEY))


def revoked(ra, certificate: bytes) -> None:
    """As a command in another process would."""
    with contextlib.closing(sqlite3.connect(ra.store)) as store, store:
        changed = store.execute("UPDATE certificate SET revoked_at = ?, revocation_reason = 1 WHERE der = ?",
                                (int(time.time()), certificate))
        assert changed.rowcount == 1


@pytest.mark.parametrize("message_type, password", [("17", False), ("19", False), ("19", True)],
                         ids=["RenewalReq", "PKCSReq", "PKCSReq with a password"])
def test_a_revoked_certificate_renews_nothing(ra, message_type, password):
    """case A7: nor does it enrol with a password."""
    device = owner(ra)
    message = renewal(ra, device, message_type, ra.password() if password else None)
    revoked(ra, device.certificate)
    refused_by_cert_rep(ra, message, *denied("certificate-revoked"))


def test_a_certificate_with_a_revoked_ancestor_renews_nothing(ra):
    """case A9"""
    device = owner(ra)
    successor = Device(key=NEW_KEY)
    successor.subject, successor.certificate = device.subject, enrolled(ra, renewal(ra, device))
    revoked(ra, device.certificate)
    refused_by_cert_rep(ra, renewal(ra, successor, key=STRANGERS_KEY), *denied("certificate-revoked"))
