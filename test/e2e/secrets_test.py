"""Passwords and keys appear nowhere but where they belong (cases S1 to S5)."""
import base64
import pathlib
import re
import resource
import urllib.parse

import pytest
from cryptography.hazmat.primitives import serialization

import scep
import verdict
from server import SANITIZER
from verdict import WRONG_PASSWORD, enrolled, refused_by_cert_rep, request


@pytest.fixture
def ra(make_ra):
    return make_ra({"challenge": {"maximum": 0}})


def forms_of(secret: bytes) -> list[bytes]:
    """As it is, in hexadecimal digits, in base64, for a URL, backwards, in UTF-16."""
    return [secret, secret.hex().encode(), secret.hex().upper().encode(), base64.b64encode(secret).rstrip(b"="),
            urllib.parse.quote_from_bytes(secret).encode(), secret[::-1], secret.decode("latin-1").encode("utf-16-le")]


def numbers_of(key_pem: pathlib.Path) -> list[bytes]:
    """The secret numbers of an RSA key, big-endian."""
    numbers = serialization.load_pem_private_key(key_pem.read_bytes(), None).private_numbers()
    return [n.to_bytes((n.bit_length() + 7) // 8, "big") for n in (numbers.p, numbers.q, numbers.d)]


def written(ra) -> dict[str, bytes]:
    """Everything the RA and its server wrote: store, events, logs, temporary files."""
    own = {path.name for path in (ra.folder).glob("*.key")} | {"state-secret", "scep-ra.toml"}
    return {str(path.relative_to(ra.folder)): path.read_bytes() for path in ra.folder.rglob("*")
            if path.is_file() and path.name not in own}


def keys_of(ra) -> list[bytes]:
    return [number for path in ra.folder.glob("*.key") if "PRIVATE KEY" in path.read_text()
            for number in numbers_of(path)]


def test_no_secret_is_written_or_answered(ra):
    """case S1, case S2, case S5: the password of a request that was issued, of one that was refused, one never used."""
    passwords = [*ra.passwords(2), "0123456789ABCDEF"]
    good, bad = request(ra, passwords[0]), request(ra, passwords[2])
    enrolled(ra, good)
    refused_by_cert_rep(ra, bad, *WRONG_PASSWORD)
    answers = {f"answer {number}": ra.endpoint.post(octets).body for number, octets in
               enumerate((good.encode(), bad.encode(), b"\x30\x00", b""))}
    answers |= {operation: ra.endpoint.request("GET", f"operation={operation}").body for operation in ("GetCACaps", "GetCACert")}
    ra.reload()
    places = answers | written(ra)
    assert any(b"certificate-issued" in octets for octets in places.values())
    assert any(octets.startswith(b"SQLite") for octets in places.values())
    secrets = [form for password in passwords for form in forms_of(password.encode())]
    pieces = [number[at:at + 8] for number in keys_of(ra) for at in range(0, len(number) - 8, 8)]
    assert len(pieces) > 100
    for place, octets in places.items():
        assert not [secret for secret in secrets if secret in octets], place
        assert not [piece for piece in pieces if piece in octets], place


def test_no_process_shows_a_secret_to_its_neighbours(ra):
    """case S3: neither in its words nor in its environment; each worker's own files are named there at most."""
    secret = (ra.folder / "state-secret").read_bytes().strip()
    for pid in ra.workers():
        for what in ("cmdline", "environ"):
            shown = pathlib.Path(f"/proc/{pid}/{what}").read_bytes()
            assert secret not in shown and b"PRIVATE KEY" not in shown
    text = ra.configuration.read_text()
    assert "PRIVATE KEY" not in text and secret.decode() not in text


def memory_of(pid: int):
    """The writable memory of a process, piece by piece."""
    maps = pathlib.Path(f"/proc/{pid}/maps").read_text().splitlines()
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in maps:
            span, rights, *_ = line.split()
            if rights.startswith("rw"):
                begin, end = (int(address, 16) for address in span.split("-"))
                memory.seek(begin)
                yield memory.read(end - begin)


@pytest.mark.skipif(bool(SANITIZER), reason="its shadow memory is too large to be read")
def test_no_password_stays_in_the_memory_of_a_worker(ra):
    """case S4: after it was used, or refused, a worker holds none."""
    passwords = ra.passwords(20)
    for password in passwords:
        enrolled(ra, request(ra, password))
    wrong = [f"FEED{number:012X}" for number in range(20)]
    for password in wrong:
        refused_by_cert_rep(ra, request(ra, password), *WRONG_PASSWORD)
    found, twin = set(), b"challenge-rejected"  # a word of its events, which is no secret
    for pid in ra.workers():
        for octets in memory_of(pid):
            found |= {text for text in (twin, *map(str.encode, (*passwords, *wrong))) if text in octets}
    assert found == {twin}


@pytest.fixture
def dumps_wanted():
    """By whoever starts the server."""
    before = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (before[1], before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_CORE, before)


@pytest.mark.parametrize("allowed", [False, True], ids=["as it comes", "with core_dumps"])
def test_a_worker_that_crashes_leaves_no_dump_unless_it_is_allowed(make_ra, dumps_wanted, allowed):
    """case S4: whatever the limits that the server was started with."""
    ra = make_ra({"ra": {"core_dumps": allowed}})
    sizes = [re.search(r"^Max core file size +(\S+) +(\S+)", pathlib.Path(f"/proc/{pid}/limits").read_text(), re.M).groups()
             for pid in ra.workers()]
    assert sizes
    for soft, hard in sizes:
        assert soft == (hard if allowed or hard == "0" else "1")  # octets: too few for the kernel to begin
