"""Addresses in what strangers send are data: nobody is called (case P10, req:S10)."""
import dataclasses
import socket
import time

import pytest

import der
import device as devices
import verdict
from device import Device
from scep import BAD_REQUEST
from verdict import REQUEST_DENIED, enrolled, refused_by_cert_rep, request

LONG_ENOUGH = 0.3  # seconds in which a call that should not be there would come


class Listener:
    """Addresses that lead to a port on which somebody watches."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        port = self.socket.getsockname()[1]
        self.urls = [f"{scheme}://127.0.0.1:{port}/x" for scheme in ("http", "ldap", "file")]

    def called(self) -> bool:
        self.socket.settimeout(LONG_ENOUGH)
        try:
            self.socket.accept()[0].close()
        except TimeoutError:
            return False
        return True

    def locations(self) -> list[bytes]:
        return [der.tlv(0x86, url.encode()) for url in self.urls]

    def extensions(self) -> tuple:
        """authorityInfoAccess with OCSP and CA issuers, cRLDistributionPoints, freshestCRL."""
        access = [der.sequence(der.oid(f"1.3.6.1.5.5.7.48.{method}"), url) for method in (1, 2) for url in self.locations()]
        points = [der.sequence(der.explicit(0, der.implicit(0, der.sequence(url), True))) for url in self.locations()]
        return (devices.extension("1.3.6.1.5.5.7.1.1", der.sequence(*access)),
                *(devices.extension(kind, der.sequence(*points)) for kind in ("2.5.29.31", "2.5.29.46")))


@pytest.fixture
def listener():
    watched = Listener()
    yield watched
    watched.socket.close()


@pytest.fixture(scope="module")
def ra(make_ra):
    return make_ra({"challenge": {"maximum": 0}})


def test_the_listener_hears_a_call(listener):
    """What the other tests rely on."""
    socket.create_connection(listener.socket.getsockname()).close()
    assert listener.called()


def with_addresses(listener) -> Device:
    signer = verdict.device()
    signer.certificate = devices.raw_certificate(signer.key, subject=devices.name(signer.subject),
                                                 extensions=listener.extensions())
    return signer


def test_a_signer_with_addresses_enrols_and_nobody_is_called(ra, listener):
    """case P10, req:S10"""
    enrolled(ra, request(ra, ra.password(), by=with_addresses(listener)))
    assert not listener.called()


def test_a_bag_with_addresses_enrols_and_nobody_is_called(ra, listener):
    """case P10, req:S10: neither for the others of the bag, nor for a signer that says one of them has issued it."""
    other = with_addresses(listener)
    signer = verdict.device()
    signer.certificate = devices.raw_certificate(signer.key, subject=devices.name(signer.subject), issuer=devices.name(other.subject),
                                                 extensions=listener.extensions(), by=other.key)
    message = request(ra, ra.password(), by=signer)
    enrolled(ra, dataclasses.replace(message, certificates=(signer.certificate, other.certificate)))
    assert not listener.called()


def test_a_request_with_addresses_is_refused_and_nobody_is_called(ra, listener):
    """case P10, case A10"""
    message = request(ra, ra.password(), by=with_addresses(listener), csr={"extensions": listener.extensions()})
    refused_by_cert_rep(ra, message, BAD_REQUEST, REQUEST_DENIED, "extension-not-allowed")
    assert not listener.called()


def test_a_renewal_by_a_signer_with_addresses_calls_nobody(ra, listener):
    """case P10, case A7: whether it is one of ours is decided without asking anybody."""
    message = dataclasses.replace(request(ra, ra.password(), by=with_addresses(listener)), message_type=der.printable("17"))
    started = time.monotonic()
    refused_by_cert_rep(ra, message, *verdict.NO_RENEWAL)
    assert not listener.called()
    assert time.monotonic() - started < 5
