"""Messages that must not get a certificate; each is one change away from one that does."""
import dataclasses
import hashlib
import os
import random

import pytest

import der
import device as devices
import scep
import verdict
from device import Device, alternative_names, extension, new_key, sign
from scep import BAD_ALG, BAD_MESSAGE_CHECK, BAD_REQUEST
from verdict import refused, refused_by_cert_rep, request, twin_enrols

OTHER_KEY = new_key()
SMALL_KEY = new_key("rsa:1024")
EC_KEY = new_key("ec:P-256")


@pytest.fixture(scope="module")
def ra(make_ra):
    return make_ra({"challenge": {"maximum": 0},
                    "template.NDES-Device-Certificate.subject_alternative_names":
                        {"allowed": ["dns"], "maximum": 4, "pattern": {"dns": r"\.example\.test$"}}})


def flipped(octets: bytes, position: int = -1) -> bytes:
    changed = bytearray(octets)
    changed[position] ^= 0x01
    return bytes(changed)


def typed(text: str):
    return lambda message: dataclasses.replace(message, message_type=der.printable(text))


def after_signing(**changes):
    """Alters signed attributes and keeps the signature over the former ones."""
    return lambda message: dataclasses.replace(
        message, signature=sign(message.signer.key, message.attributes(), message.digest), **changes)


def content_flipped(message):
    digest = hashlib.new(message.digest, message.content_octets()).digest()
    return dataclasses.replace(message, content=flipped(message.content_octets()), message_digest=digest)


def signature_of(key, digest="sha256"):
    return lambda message: dataclasses.replace(message, signature=sign(key, message.attributes(), digest))


def signature_flipped(message):
    return dataclasses.replace(message, signature=flipped(sign(message.signer.key, message.attributes())))


def signer_key_flipped(message):
    certificate = message.signer.certificate
    modulus = message.signer.key.public_key().public_numbers().n.to_bytes(256, "big")
    return dataclasses.replace(
        message, certificates=(flipped(certificate, certificate.index(modulus) + 100),))


def to_another_recipient(message):
    envelope = dataclasses.replace(message.content, recipient=scep.names_of(Device("other", OTHER_KEY).certificate))
    return dataclasses.replace(message, content=envelope)


MESSAGES = {  # change, failInfo
    **{f"case A1: message type {text}": (typed(text), BAD_REQUEST) for text in ("0", "1", "3", "18", "99")},
    "case A1: message type empty": (typed(""), BAD_REQUEST),
    "case A1: message type of 4 KiB": (typed("1" * 4096), BAD_REQUEST),
    "case A1: no message type": (lambda m: dataclasses.replace(m, message_type=None), BAD_REQUEST),
    "case A1: RenewalReq by a self-signed signer": (typed("17"), BAD_REQUEST),
    "case C1: content flipped": (content_flipped, BAD_MESSAGE_CHECK),
    "case C1: messageType flipped": (after_signing(message_type=der.printable("17")), BAD_MESSAGE_CHECK),
    "case C1: transactionID flipped": (after_signing(transaction_id=der.printable("B" * 32)), BAD_MESSAGE_CHECK),
    "case C1: senderNonce flipped": (after_signing(sender_nonce=der.octet_string(bytes(16))), BAD_MESSAGE_CHECK),
    "case C1: contentType flipped": (after_signing(content_type=scep.ENVELOPED_DATA), BAD_MESSAGE_CHECK),
    "case C1: messageDigest flipped": (after_signing(message_digest=bytes(32)), BAD_MESSAGE_CHECK),
    "case C1: signature flipped": (signature_flipped, BAD_MESSAGE_CHECK),
    "case C1: signature of another key": (signature_of(OTHER_KEY), BAD_MESSAGE_CHECK),
    "case C1: signature with another digest": (signature_of(verdict.DEVICE_KEY, "sha512"), BAD_MESSAGE_CHECK),
    "case C1: signer's key flipped": (signer_key_flipped, BAD_MESSAGE_CHECK),
    "envelope for another recipient": (to_another_recipient, BAD_MESSAGE_CHECK),
}

REQUESTS = {  # arguments of the request, failInfo
    "case C2: CSR signature wrong": ({"csr": {"signed_by": OTHER_KEY}}, BAD_MESSAGE_CHECK),
    "key too small": ({"csr": {"key": SMALL_KEY}}, BAD_ALG),
    "case C5: signer's key too small": ({"by": Device("small.example.test", SMALL_KEY), "csr": {"key": OTHER_KEY}}, BAD_ALG),
    "case C5: CSR signed with MD5": ({"csr": {"digest": "md5"}}, BAD_ALG),
    "case C5: message signed with MD5": ({"digest": "md5"}, BAD_ALG),
    "case C9: single DES": ({"cipher": "des-cbc"}, BAD_ALG),
    "signer cannot open an envelope": ({"by": Device("ec.example.test", EC_KEY)}, BAD_ALG),
    "SAN of a kind that is not allowed": ({"csr": {"extensions": [alternative_names(email=["a@example.test"])]}}, BAD_REQUEST),
    "SAN outside the pattern": ({"csr": {"extensions": [alternative_names(dns=["a.example.test.evil"])]}}, BAD_REQUEST),
    "SANs too many": ({"csr": {"extensions": [alternative_names(dns=[f"{n}.example.test" for n in range(5)])]}}, BAD_REQUEST),
    "subject without CN": ({"csr": {"subject": "O=Example"}}, BAD_REQUEST),
    "subject with what is not allowed": ({"csr": {"subject": "DC=test, CN=a.example.test"}}, BAD_REQUEST),
    "no subject": ({"csr": {"subject": ""}}, BAD_REQUEST),
    "case A10: asks to be a CA": ({"csr": {"extensions": [extension("2.5.29.19", der.sequence(der.tlv(1, b"\xff")))]}}, BAD_REQUEST),
    "case A10: asks for an enrolment agent's purpose": ({"csr": {"extensions": [
        extension("2.5.29.37", der.sequence(der.oid("1.3.6.1.4.1.311.20.2.1")))]}}, BAD_REQUEST),
    "case A10: an extension nobody knows": ({"csr": {"extensions": [extension("1.2.3.4", der.null())]}}, BAD_REQUEST),
    # What cannot be read as a request is answered as what cannot be decrypted (threats rule 3).
    "two passwords": ({"csr": {"attributes": [devices.attribute(devices.CHALLENGE_PASSWORD, der.printable("A" * 16))]}},
                      BAD_MESSAGE_CHECK),
}


@pytest.mark.parametrize("change, fail_info", MESSAGES.values(), ids=MESSAGES.keys())
def test_an_altered_message_is_refused_and_its_password_kept(ra, change, fail_info):
    password = ra.password()
    refused_by_cert_rep(ra, change(request(ra, password)), fail_info)
    twin_enrols(ra, password)


@pytest.mark.parametrize("arguments, fail_info", REQUESTS.values(), ids=REQUESTS.keys())
def test_a_request_that_is_not_allowed_is_refused_and_its_password_kept(ra, arguments, fail_info):
    password = ra.password()
    refused_by_cert_rep(ra, request(ra, password, **arguments), fail_info)
    twin_enrols(ra, password)


@pytest.mark.parametrize("text", ["20", "21", "22"])
def test_a_csr_is_no_query(ra, text):
    """case A1: CertPoll, GetCert and GetCRL never lead to a certificate."""
    password = ra.password()
    message = typed(text)(request(ra, password))
    reply = refused(ra, lambda: ra.endpoint.post(message.encode())).cert_rep()
    assert reply.status == scep.FAILURE and reply.fail_info in (BAD_MESSAGE_CHECK, BAD_REQUEST)
    twin_enrols(ra, password)


def test_another_key_than_the_signers_is_accepted(ra):
    """case C2: Apple's devices sign with one key and ask for a certificate for another."""
    certificate = verdict.enrolled(ra, request(ra, ra.password(), csr={"key": OTHER_KEY}))
    assert scep.parsed(certificate).public_key.dump() == devices.public_key(OTHER_KEY)


NO_MESSAGES = {  # made of a good message
    "empty": lambda good: b"",
    "one octet": lambda good: good[:1],
    "text": lambda good: b"operation=PKIOperation",
    "HTML": lambda good: b"<html></html>",
    "noise": lambda good: random.Random(8894).randbytes(2000),
    "no CMS": lambda good: der.sequence(der.integer(1)),
    "no SignedData": lambda good: der.sequence(der.oid(scep.DATA), der.explicit(0, der.octet_string(b"x"))),
    "case P1: length of 2^31": lambda good: b"\x30\x84\x80\x00\x00\x00" + good[4:],
    "case P1: length of 2^63": lambda good: b"\x30\x88\x80" + bytes(7) + good[4:],
    "an octet after the message": lambda good: good + b"\x01",
    "cut after 2 octets": lambda good: good[:2],
    "cut after 20 octets": lambda good: good[:20],
    "cut in the middle": lambda good: good[:len(good) // 2],
    "cut before its last octet": lambda good: good[:-1],
}


@pytest.mark.parametrize("made_of", NO_MESSAGES.values(), ids=NO_MESSAGES.keys())
def test_what_is_no_message_gets_400_and_no_certificate(ra, made_of):
    password = ra.password()
    body = made_of(request(ra, password).encode())
    answer = refused(ra, lambda: ra.endpoint.post(body))
    assert answer.status == 400
    assert answer.type == "text/plain" and len(answer.body) < 200
    twin_enrols(ra, password)


def test_octets_altered_anywhere_never_break_the_server(ra):
    """Flips that change nothing of what was judged may still enrol, all of them the same certificate."""
    good = request(ra, ra.password())
    octets, choice, workers = good.encode(), random.Random(8894), ra.workers()
    certificates = set()
    for _ in range(300):
        answer = ra.endpoint.post(flipped(octets, choice.randrange(len(octets))))
        assert answer.status in (200, 400)
        if answer.status == 200 and answer.cert_rep().status == scep.SUCCESS:
            certificates.add(answer.cert_rep().certificates_for(good.signer)[0])
    certificates.add(verdict.enrolled(ra, good))
    assert len(certificates) == 1
    assert ra.workers() == workers
    twin_enrols(ra, ra.password())
