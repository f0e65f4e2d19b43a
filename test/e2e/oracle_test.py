"""From the first use of the private key on, no failure tells more than another (cases C2, C6 and C7)."""
import dataclasses
import os
import random
import time

import pytest

import der
import scep
import verdict
from device import new_key
from scep import BAD_CERT_ID, CIPHERS
from verdict import REQUEST_DENIED, THE_ONE, enrolled, likeness, refused_by_cert_rep, request

OTHER_KEY = new_key()


@pytest.fixture(scope="module")
def ra(make_ra):
    return make_ra({"challenge": {"maximum": 0}})


@pytest.fixture(scope="module")
def the_answer(ra):
    """The one answer: to a CSR whose own signature is wrong."""
    return likeness(refused_by_cert_rep(ra, request(ra, ra.password(), csr={"signed_by": OTHER_KEY}), *THE_ONE))


def raw(ra, block: bytes) -> bytes:
    """RSA on a block of one's own making."""
    numbers = scep.public_key_of(ra.encryption).public_numbers()
    size = (numbers.n.bit_length() + 7) // 8
    return pow(int.from_bytes(block.rjust(size, b"\0")[-size:], "big"), numbers.e, numbers.n).to_bytes(size, "big")


def padded(ra, key: bytes, *, start: bytes = b"\x00\x02", fill: bytes = b"\xaa", end: bytes = b"\x00") -> bytes:
    size = scep.public_key_of(ra.encryption).key_size // 8
    return start + fill * (size - len(start) - len(end) - len(key)) + end + key


def short_fill(ra) -> bytes:
    size = scep.public_key_of(ra.encryption).key_size // 8
    return b"\x00\x02" + b"\xaa" * 7 + b"\x00" + os.urandom(size - 10)


WRAPPINGS = {
    "no padding": lambda ra: os.urandom(255),
    "first octet not 0": lambda ra: padded(ra, bytes(16), start=b"\x01\x02"),
    "block type 1": lambda ra: padded(ra, bytes(16), start=b"\x00\x01"),
    "block type 0": lambda ra: padded(ra, bytes(16), start=b"\x00\x00"),
    "no separator": lambda ra: padded(ra, b"\xbb" * 16, end=b"\xaa"),
    "padding of 7 octets": short_fill,
    "no key": lambda ra: padded(ra, b""),
    **{f"key of {size} octets": (lambda size: lambda ra: padded(ra, b"\x11" * size))(size)
       for size in (1, 8, 15, 17, 24, 32, 48)},
    "another key of the right length": lambda ra: padded(ra, b"\x11" * 16),
    "zero": lambda ra: b"",
    "one": lambda ra: b"\x01",
}


@pytest.mark.parametrize("block", WRAPPINGS.values(), ids=WRAPPINGS.keys())
def test_a_content_key_wrapped_wrongly_gets_the_one_answer(ra, the_answer, block):
    """case C6"""
    password = ra.password()
    good = request(ra, password)
    envelope = dataclasses.replace(good.content, encrypted_key=raw(ra, block(ra)))
    reply = refused_by_cert_rep(ra, dataclasses.replace(good, content=envelope), *THE_ONE)
    assert likeness(reply) == the_answer
    enrolled(ra, good)


def test_an_encrypted_key_that_is_noise_gets_the_one_answer(ra, the_answer):
    """case C6"""
    good = request(ra, ra.password())
    numbers = scep.public_key_of(ra.encryption).public_numbers()
    for noise in (1, 2, numbers.n - 1, random.Random(6).randrange(numbers.n)):
        envelope = dataclasses.replace(good.content, encrypted_key=noise.to_bytes(numbers.n.bit_length() // 8, "big"))
        reply = refused_by_cert_rep(ra, dataclasses.replace(good, content=envelope), *THE_ONE)
        assert likeness(reply) == the_answer
    enrolled(ra, good)


def rewrapped(ra, captured: scep.Envelope, ciphertext: bytes, message_type: str = "19") -> scep.Message:
    """A captured envelope, altered and signed anew by somebody else."""
    message = scep.pkcs_req(verdict.device(), ra.encryption, b"")
    return dataclasses.replace(message, content=dataclasses.replace(captured, ciphertext=ciphertext),
                               message_type=der.printable(message_type))


def altered(ciphertext: bytes, position: int, difference: int) -> bytes:
    changed = bytearray(ciphertext)
    changed[position] ^= difference
    return bytes(changed)


def test_a_padding_altered_in_all_ways_gets_the_one_answer(ra, the_answer):
    """case C7: the octet of the block before the last that decides the padding."""
    good = request(ra, ra.password())
    block = CIPHERS[good.content.cipher][2].block_size // 8
    for difference in range(1, 256):
        ciphertext = altered(good.content.ciphertext, -block - 1, difference)
        reply = ra.endpoint.post(rewrapped(ra, good.content, ciphertext).encode()).cert_rep()
        assert likeness(reply) == the_answer, difference
    enrolled(ra, good)


# Each query is answered with badCertId, whatever it holds; the event's reason.
UNKNOWN = {"20": "transaction-unknown", "21": "certificate-unknown", "22": "certificate-unknown"}


@pytest.mark.parametrize("message_type, differences", [("17", 1), ("19", 4), ("20", 1), ("21", 1), ("22", 1)])
def test_the_last_blocks_altered_get_one_answer_under_each_message_type(ra, the_answer, message_type, differences):
    """case C7: each octet of the last two blocks; also where the plaintext decrypts but is of the wrong kind."""
    good = request(ra, ra.password())
    chance, issued = random.Random(int(message_type)), ra.certificates()
    size = 2 * CIPHERS[good.content.cipher][2].block_size // 8
    replies = [ra.endpoint.post(rewrapped(ra, good.content, altered(good.content.ciphertext, -position, difference),
                                          message_type).encode()).cert_rep()
               for position in range(1, size + 1) for difference in chance.sample(range(1, 256), differences)]
    expected = the_answer
    if message_type in UNKNOWN:
        assert (replies[0].status, replies[0].fail_info) == (scep.FAILURE, BAD_CERT_ID)
        expected = likeness(replies[0])
    assert all(likeness(reply) == expected for reply in replies)
    assert ra.certificates() == issued
    enrolled(ra, good)


@pytest.mark.parametrize("message_type", ["20", "21", "22"])
def test_a_captured_request_is_no_query_and_does_not_show_that_it_decrypts(ra, message_type):
    """case C7: the unaltered envelope under a query's type is answered as the altered one."""
    good = request(ra, ra.password())
    plain, broken = (ra.endpoint.post(rewrapped(ra, good.content, ciphertext, message_type).encode()).cert_rep()
                     for ciphertext in (good.content.ciphertext, altered(good.content.ciphertext, -17, 1)))
    assert likeness(plain) == likeness(broken)
    enrolled(ra, good)


@pytest.mark.parametrize("message_type, query", [
    ("20", der.sequence(der.sequence(), der.sequence())),
    ("21", der.sequence(der.sequence(), der.integer(1))),
    ("22", der.sequence(der.sequence(), der.integer(1)))], ids=["CertPoll", "GetCert", "GetCRL"])
def test_a_good_query_is_answered_as_one_that_does_not_decrypt(ra, message_type, query):
    """case C7: else a captured envelope that is cut to the shape of a query shows octet by octet what it holds."""
    sealed = scep.Envelope.seal(query, ra.encryption)
    answers = [likeness(refused_by_cert_rep(ra, rewrapped(ra, sealed, ciphertext, message_type), BAD_CERT_ID,
                                            REQUEST_DENIED, UNKNOWN[message_type]))
               for ciphertext in (sealed.ciphertext, altered(sealed.ciphertext, -1, 1), altered(sealed.ciphertext, 0, 1))]
    assert answers[0] == answers[1] == answers[2]


def test_no_failure_inside_the_envelope_is_answered_early(ra):
    """case C10 over the wire: what does not decrypt takes as long as what fails at its last check, the signature."""
    good = request(ra, ra.password())
    kinds = {
        "padding": dataclasses.replace(good.content, ciphertext=altered(good.content.ciphertext, -17, 1)),
        "shape": scep.Envelope.seal(os.urandom(700), ra.encryption),
        "signature": request(ra, None, csr={"signed_by": OTHER_KEY}).content,
    }
    times = {kind: [] for kind in kinds}
    for _ in range(40):
        for kind, envelope in kinds.items():
            octets = rewrapped(ra, envelope, envelope.ciphertext).encode()
            started = time.monotonic()
            ra.endpoint.post(octets)
            times[kind].append(time.monotonic() - started)
    # 2 ms from decryption on, whatever was wrong; a private-key operation alone is far below.
    assert all(min(taken) > 0.002 for taken in times.values()), times
    enrolled(ra, good)


def test_plaintext_that_is_no_request_gets_the_one_answer(ra, the_answer):
    """case C7, req:M22"""
    password = ra.password()
    csr = verdict.device().csr(password)
    plaintexts = (b"", b"\x30", os.urandom(700), csr[:-1], csr + b"\0", der.sequence(der.integer(1)),
                  der.sequence(der.integer(0), csr))
    for plaintext in plaintexts:
        message = request(ra, None)
        message = dataclasses.replace(message, content=scep.Envelope.seal(plaintext, ra.encryption))
        assert likeness(refused_by_cert_rep(ra, message, *THE_ONE)) == the_answer
    enrolled(ra, request(ra, password))
