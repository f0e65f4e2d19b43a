"""Messages that must not get a certificate; each is one change away from one that does."""
import base64
import dataclasses
import hashlib
import random
import subprocess
import zlib

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

import der
import device as devices
import scep
import verdict
import weak_keys
from device import Device, alternative_names, extension, new_key, sign
from scep import BAD_ALG, BAD_CERT_ID, BAD_MESSAGE_CHECK, BAD_REQUEST
from verdict import (ALTERED, MESSAGE_UNREADABLE, NO_RENEWAL, NOT_A_TYPE, REQUEST_DENIED, THE_ONE, refused,
                     refused_by_cert_rep, request, twin_enrols)

OTHER_KEY = new_key()
SMALL_KEY = new_key("rsa:1024")
CLOSE_PRIMES, ROCA = weak_keys.of_close_primes(), weak_keys.of_roca()


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


def denied(fail_info: str, reason: str) -> tuple:
    return fail_info, REQUEST_DENIED, reason


MESSAGES = {  # change; failInfo, event, reason
    **{f"case A1: message type {text}": (typed(text), NOT_A_TYPE) for text in ("0", "1", "3", "18", "99")},
    "case A1: message type empty": (typed(""), NOT_A_TYPE),
    "case A1: message type of 4 KiB": (typed("1" * 4096), NOT_A_TYPE),
    "case A1: no message type": (lambda m: dataclasses.replace(m, message_type=None), denied(BAD_REQUEST, "attribute-invalid")),
    "case A1: RenewalReq by a self-signed signer": (typed("17"), NO_RENEWAL),
    "case C1: content flipped": (content_flipped, ALTERED),
    "case C1: messageType flipped": (after_signing(message_type=der.printable("17")), ALTERED),
    "case C1: transactionID flipped": (after_signing(transaction_id=der.printable("B" * 32)), ALTERED),
    "case C1: senderNonce flipped": (after_signing(sender_nonce=der.octet_string(bytes(16))), ALTERED),
    "case C1: contentType flipped": (after_signing(content_type=scep.ENVELOPED_DATA), ALTERED),
    "case C1: messageDigest flipped": (after_signing(message_digest=bytes(32)), ALTERED),
    "case C1: signature flipped": (signature_flipped, ALTERED),
    "case C1: signature of another key": (signature_of(OTHER_KEY), ALTERED),
    "case C1: signature with another digest": (signature_of(verdict.DEVICE_KEY, "sha512"), ALTERED),
    "case C1: signer's key flipped": (signer_key_flipped, ALTERED),
    "envelope for another recipient": (to_another_recipient, denied(BAD_MESSAGE_CHECK, "recipient-unknown")),
}

KEY_SHORT, ALGORITHM = denied(BAD_ALG, "key-too-short"), denied(BAD_ALG, "algorithm-not-allowed")
NAMES, EXTENSION = denied(BAD_REQUEST, "san-not-allowed"), denied(BAD_REQUEST, "extension-not-allowed")
NO_SUBJECT = denied(BAD_REQUEST, "subject-missing")
WEAK_KEY = denied(BAD_ALG, "key-not-allowed")

REQUESTS = {  # arguments of the request; failInfo, event, reason
    "case C2: CSR signature wrong": ({"csr": {"signed_by": OTHER_KEY}}, THE_ONE),
    "key too small": ({"csr": {"key": SMALL_KEY}}, KEY_SHORT),
    "case C5: signer's key too small": ({"by": Device("small.example.test", SMALL_KEY), "csr": {"key": OTHER_KEY}}, KEY_SHORT),
    "case C11: primes close to each other": ({"csr": {"key": CLOSE_PRIMES}}, WEAK_KEY),
    "case C11: primes of ROCA": ({"csr": {"key": ROCA}}, WEAK_KEY),
    "case C11: a signer's key of ROCA": ({"by": Device("weak.example.test", ROCA), "csr": {"key": OTHER_KEY}}, WEAK_KEY),
    "case C5: CSR signed with MD5": ({"csr": {"digest": "md5"}}, ALGORITHM),
    "case C5: message signed with MD5": ({"digest": "md5"}, ALGORITHM),
    "case C9: single DES": ({"cipher": "des-cbc"}, ALGORITHM),
    "SAN of a kind that is not allowed": ({"csr": {"extensions": [alternative_names(email=["a@example.test"])]}}, NAMES),
    "SAN outside the pattern": ({"csr": {"extensions": [alternative_names(dns=["a.example.test.evil"])]}}, NAMES),
    "SANs too many": ({"csr": {"extensions": [alternative_names(dns=[f"{n}.example.test" for n in range(5)])]}}, NAMES),
    "subject without CN": ({"csr": {"subject": "O=Example"}}, NO_SUBJECT),
    "subject with what is not allowed": ({"csr": {"subject": "DC=test, CN=a.example.test"}},
                                         denied(BAD_REQUEST, "subject-not-allowed")),
    "no subject": ({"csr": {"subject": ""}}, NO_SUBJECT),
    "case A10: asks to be a CA": ({"csr": {"extensions": [
        extension("2.5.29.19", der.sequence(der.tlv(1, b"\xff")))]}}, EXTENSION),
    "case A10: asks for an enrolment agent's purpose": ({"csr": {"extensions": [
        extension("2.5.29.37", der.sequence(der.oid("1.3.6.1.4.1.311.20.2.1")))]}}, denied(BAD_REQUEST, "key-usage-not-allowed")),
    "case A10: asks for a key usage the template lacks": ({"csr": {"extensions": [
        extension(devices.KEY_USAGE, der.bit_string(b"\x04", 2))]}}, denied(BAD_REQUEST, "key-usage-not-allowed")),
    "case A10: an extension nobody knows": ({"csr": {"extensions": [extension("1.2.3.4", der.null())]}}, EXTENSION),
    # What cannot be read as a request is answered as what cannot be decrypted (threats rule 3).
    "two passwords": ({"csr": {"attributes": [devices.attribute(devices.CHALLENGE_PASSWORD, der.printable("A" * 16))]}}, THE_ONE),
}


@pytest.mark.parametrize("change, refusal", MESSAGES.values(), ids=MESSAGES.keys())
def test_an_altered_message_is_refused_and_its_password_kept(ra, change, refusal):
    password = ra.password()
    refused_by_cert_rep(ra, change(request(ra, password)), *refusal)
    twin_enrols(ra, password)


@pytest.mark.parametrize("arguments, refusal", REQUESTS.values(), ids=REQUESTS.keys())
def test_a_request_that_is_not_allowed_is_refused_and_its_password_kept(ra, arguments, refusal):
    password = ra.password()
    refused_by_cert_rep(ra, request(ra, password, **arguments), *refusal)
    twin_enrols(ra, password)


def printed(command: str, key) -> str:
    """Of shell commands that operators use, with the key on their standard input."""
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return subprocess.run(command, shell=True, input=pem, stdout=subprocess.PIPE, check=True, timeout=60).stdout.decode()


def test_a_key_on_a_list_of_the_operators_is_refused_and_its_password_kept(make_ra, folder):
    """case C11: named by its fingerprint, or as in Debian's lists of CVE-2008-0166 (openssl-vulnkey(1))."""
    stolen, of_debian = new_key(), new_key()
    (folder / "stolen").write_text("# by its owner\n" + printed("openssl pkey -pubout -outform DER | sha256sum | cut -c 1-64", stolen))
    (folder / "blacklist.RSA-2048").write_text(printed("openssl rsa -noout -modulus | sha1sum | cut -c 21-40", of_debian))
    lists = [str(folder / "stolen"), str(folder / "blacklist.RSA-2048")]
    ra = make_ra({"challenge": {"maximum": 0}, "ra": {"blocked_keys": lists}})
    password = ra.password()
    for wrong in ({"csr": {"key": stolen}}, {"csr": {"key": of_debian}},
                  {"by": Device("stolen.example.test", stolen), "csr": {"key": OTHER_KEY}}):
        refused_by_cert_rep(ra, request(ra, password, **wrong), *WEAK_KEY)
    twin_enrols(ra, password)


@pytest.mark.parametrize("text, fail_info, reason", [
    ("20", BAD_CERT_ID, "transaction-unknown"), ("21", BAD_CERT_ID, "certificate-unknown"),
    ("22", BAD_CERT_ID, "certificate-unknown")])
def test_a_csr_is_no_query(ra, text, fail_info, reason):
    """case A1: CertPoll, GetCert and GetCRL never lead to a certificate."""
    password = ra.password()
    refused_by_cert_rep(ra, typed(text)(request(ra, password)), fail_info, REQUEST_DENIED, reason)
    twin_enrols(ra, password)


def test_another_key_than_the_signers_is_accepted(ra):
    """case C2: Apple's devices sign with one key and ask for a certificate for another."""
    certificate = verdict.enrolled(ra, request(ra, ra.password(), csr={"key": OTHER_KEY}))
    assert scep.parsed(certificate).public_key.dump() == devices.public_key(OTHER_KEY)


def random_octets(good: bytes) -> bytes:
    return random.Random(8894).randbytes(2000)


# What begins as a SEQUENCE is read as a message, everything else as base64 text of one (req:T10).
NO_TEXT, NO_CMS = "http-request-invalid", "message-unreadable"
NO_MESSAGES = {  # made of a good message; the reason
    "empty": (lambda good: b"", NO_TEXT),
    "one octet": (lambda good: good[:1], NO_CMS),
    "text": (lambda good: b"operation=PKIOperation", NO_TEXT),
    "HTML": (lambda good: b"<html></html>", NO_TEXT),
    "noise": (random_octets, NO_TEXT),
    "noise that begins as a SEQUENCE": (lambda good: b"\x30" + random_octets(good), NO_CMS),
    "no CMS": (lambda good: der.sequence(der.integer(1)), NO_CMS),
    "no CMS, in base64": (lambda good: base64.b64encode(der.sequence(der.integer(1))), NO_CMS),
    "no SignedData": (lambda good: der.sequence(der.oid(scep.DATA), der.explicit(0, der.octet_string(b"x"))), NO_CMS),
    "case P6: CompressedData": (lambda good: der.sequence(
        der.oid("1.2.840.113549.1.9.16.1.9"), der.explicit(0, der.sequence(
            der.integer(0), der.algorithm("1.2.840.113549.1.9.16.3.8"), der.sequence(
                der.oid(scep.SIGNED_DATA), der.explicit(0, der.octet_string(zlib.compress(good))))))), NO_CMS),
    "case P1: length of 2^31": (lambda good: b"\x30\x84\x80\x00\x00\x00" + good[4:], NO_CMS),
    "case P1: length of 2^63": (lambda good: b"\x30\x88\x80" + bytes(7) + good[4:], NO_CMS),
    "an octet after the message": (lambda good: good + b"\x01", NO_CMS),
    "cut after 2 octets": (lambda good: good[:2], NO_CMS),
    "cut after 20 octets": (lambda good: good[:20], NO_CMS),
    "cut in the middle": (lambda good: good[:len(good) // 2], NO_CMS),
    "cut before its last octet": (lambda good: good[:-1], NO_CMS),
}


@pytest.mark.parametrize("made_of, reason", NO_MESSAGES.values(), ids=NO_MESSAGES.keys())
def test_what_is_no_message_gets_400_and_no_certificate(ra, made_of, reason):
    password = ra.password()
    body = made_of(request(ra, password).encode())
    answer = refused(ra, lambda: ra.endpoint.post(body), MESSAGE_UNREADABLE, reason)
    assert answer.status == 400
    assert answer.type == "text/plain" and len(answer.body) < 200
    twin_enrols(ra, password)


def test_octets_altered_anywhere_never_break_the_server(ra):
    """req:T28, case P2: flips that change nothing of what was judged may still enrol, all of them the same certificate."""
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
