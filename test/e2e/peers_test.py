"""Clients that nobody here wrote, from Debian's own packages: each enrols, each is refused without the password."""
import functools
import os
import pathlib
import subprocess
import tomllib

import pytest

import judge
from company import Company
from proxy import RecordingProxy

pytestmark = pytest.mark.peer
WRONG = "0123456789ABCDEF"


def run(*command, cwd: pathlib.Path, **more) -> subprocess.CompletedProcess:
    """PATH is as a login gives it; an absent client is a failure, never a reason to skip."""
    return subprocess.run([str(word) for word in command], cwd=cwd, text=True, timeout=120,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **more)


def judged(ra, certificate: bytes, common_name: str, folder: pathlib.Path) -> str:
    """The certificate's text, when it chains to the CA and says what the template says."""
    assert judge.chains_to(certificate, ra.root_pem, ra.ca_pem, folder)
    text = judge.certificate_text(certificate)
    assert f"CN = {common_name}" in text
    assert "TLS Web Client Authentication, TLS Web Server Authentication" in text
    assert "Digital Signature, Key Encipherment" in text
    return text


def only_refusals(ra) -> bool:
    return [event["name"] for event in ra.events() if event["name"] in ("certificate-issued", "challenge-rejected")] \
        == ["challenge-rejected"]


# scepclient: micromdm/scep. Single DES, SHA-1, a subject of its own making.

@pytest.fixture
def old_ra(make_ra):
    return make_ra({"ra": {"legacy": ["3des", "sha1", "des"]}})


def scepclient(url: str, password: str, folder: pathlib.Path) -> subprocess.CompletedProcess:
    return run("scepclient", "-server-url", url, "-private-key", folder / "key.pem", "-certificate",
               folder / "certificate.pem", "-challenge", password, "-cn", "scepclient.example.test",
               "-organization", "Example", "-keySize", "2048", cwd=folder)


def test_scepclient_enrols(old_ra, folder):
    done = scepclient(old_ra.url, old_ra.password(), folder)
    assert done.returncode == 0, done.stdout
    judged(old_ra, (folder / "certificate.pem").read_bytes(), "scepclient.example.test", folder)


def test_scepclient_is_refused_with_a_wrong_password(old_ra, folder):
    done = scepclient(old_ra.url, WRONG, folder)
    assert done.returncode != 0
    assert not (folder / "certificate.pem").exists()
    assert only_refusals(old_ra)


def test_scepclient_is_refused_while_single_des_is_off(make_ra, folder):
    ra = make_ra()
    assert scepclient(ra.url, ra.password(), folder).returncode != 0
    assert not (folder / "certificate.pem").exists()


# strongSwan's pki.

def strongswan(url: str, password: str, folder: pathlib.Path, *more: str) -> subprocess.CompletedProcess:
    ca = run("pki", "--scepca", "--url", url, "--caout", "ca.pem", "--raout", "ra.pem", "--outform", "pem", cwd=folder)
    assert ca.returncode == 0, ca.stdout
    with open(folder / "key.pem", "w") as key:
        subprocess.run(["pki", "--gen", "--type", "rsa", "--size", "2048", "--outform", "pem"], stdout=key, check=True, timeout=60)
    with open(folder / "certificate.pem", "w") as certificate:
        return subprocess.run(
            ["pki", "--scep", "--url", url, "--in", "key.pem", "--dn", "C=CH, O=Ex, CN=pki.example.test",
             "--san", "pki.example.test", "--password", password, "--cacert-enc", ra_file(folder, "encryption"),
             "--cacert-sig", ra_file(folder, "signing"), *ca_files(folder), "--outform", "pem", *more],
            cwd=folder, stdout=certificate, stderr=subprocess.PIPE, text=True, timeout=120)


def ra_file(folder: pathlib.Path, role: str) -> str:
    """The RA's certificates come as ra.pem and ra-1.pem: which is which, their key usage says."""
    usage = {"encryption": "Key Encipherment", "signing": "Digital Signature"}[role]
    return next(str(path) for path in sorted(folder.glob("ra*.pem")) if usage in judge.certificate_text(path.read_bytes()))


def ca_files(folder: pathlib.Path) -> list[str]:
    return [word for path in sorted(folder.glob("ca*.pem")) for word in ("--cacert", str(path))]


@pytest.mark.parametrize("options", [(), ("--cipher", "des3"), ("--digest", "sha1"), ("--digest", "sha512"),
                                     ("--rsa-padding", "pss")], ids=lambda options: " ".join(options) or "plain")
def test_strongswan_enrols(make_ra, folder, options):
    ra = make_ra()
    done = strongswan(ra.url, ra.password(), folder, *options)
    assert done.returncode == 0, done.stderr
    assert "DNS:pki.example.test" in judged(ra, (folder / "certificate.pem").read_bytes(), "pki.example.test", folder)


def test_strongswan_is_refused_with_a_wrong_password(make_ra, folder):
    ra = make_ra()
    assert strongswan(ra.url, WRONG, folder).returncode != 0
    assert (folder / "certificate.pem").read_bytes() == b""
    assert only_refusals(ra)


# certmonger: it sends its messages by GET.

CERTMONGER = """
/usr/lib/certmonger/certmonger-session -n & daemon=$!
trap 'kill $daemon' EXIT
for attempt in $(seq 50); do getcert list-cas -s >/dev/null 2>&1 && break; sleep 0.1; done
getcert add-scep-ca -s -c T -u "$URL"
for attempt in $(seq 50); do getcert list-cas -s -c T -v | grep -q 'fingerprint\\|next-\\|CA certificate' && break; sleep 0.1; done
sleep 2
getcert request -s -c T -I r1 -k "$PWD/key.pem" -f "$PWD/certificate.pem" -N 'CN=certmonger.example.test,O=Ex' \
  -D certmonger.example.test -L "$PASSWORD" -w -v
getcert list -s -i r1
"""


def certmonger(url: str, password: str, folder: pathlib.Path) -> str:
    """In a D-Bus of its own; its state stays in the folder."""
    environment = {**os.environ, "HOME": str(folder), "TMPDIR": str(folder), "URL": url, "PASSWORD": password,
                   "XDG_CONFIG_HOME": str(folder / "config"), "XDG_RUNTIME_DIR": str(folder)}
    done = run("dbus-run-session", "--", "bash", "-c", CERTMONGER, cwd=folder, env=environment)
    return done.stdout


def test_certmonger_enrols(make_ra, folder):
    ra = make_ra()
    said = certmonger(ra.url, ra.password(), folder)
    assert "status: MONITORING" in said, f"{ra.events()}\n{said}"
    text = judged(ra, (folder / "certificate.pem").read_bytes(), "certmonger.example.test", folder)
    assert "DNS:certmonger.example.test" in text


def test_certmonger_is_refused_with_a_wrong_password(make_ra, folder):
    ra = make_ra()
    said = certmonger(ra.url, WRONG, folder)
    assert "status: CA_REJECTED" in said, said
    assert not (folder / "certificate.pem").exists()
    assert only_refusals(ra)


# Each of them against an RA and a CA of every kind, by each method.

def one_level(ra) -> None:
    """The issuing CA is its own root."""
    ra.tool("ca", "rollover", "--self-signed", "--subject", "CN=Only CA")
    ra.tool("ca", "rollover", "--activate")
    ra.root_pem = ra.ca_pem = ra.folder / tomllib.loads(ra.configuration.read_text())["ca"]["certificate"]


def three_levels(ra) -> None:
    """The issuing CA stands under a company's policy CA, and that under its root."""
    request, between = ra.folder / "issuing.csr", ra.folder / "between.pem"
    company = Company(ra.folder)
    ra.tool("ca", "request", "--out", request)
    ra.tool("ca", "install", company.answer(request))
    between.write_bytes((ra.folder / "signed.pem").read_bytes() + company.policy.read_bytes())
    ra.root_pem, ra.ca_pem = company.root, between


# What announces POST: the word, and SCEPStandard, which stands for it too (RFC 8894 section 3.5.2).
ANNOUNCE_POST = (b"POSTPKIOperation", b"SCEPStandard")


def without_post(exchange) -> bytes:
    if exchange.operation != "GetCACaps":
        return exchange.answer
    return b"\n".join(word for word in exchange.answer.split(b"\n") if word not in ANNOUNCE_POST)


# scepclient envelopes for every certificate of the bundle.
CLIENTS = {"scepclient": (scepclient, "scepclient.example.test"), "strongSwan": (strongswan, "pki.example.test"),
           "certmonger": (certmonger, "certmonger.example.test")}
KINDS = {"as init makes it": ("rfc8894", None), "ndes": ("ndes", None), "one level": ("rfc8894", one_level),
         "three levels": ("rfc8894", three_levels), "three levels, ndes": ("ndes", three_levels)}


@pytest.fixture(scope="module")
def ra_of(make_ra):
    """One RA a kind for all clients."""
    @functools.cache
    def get(kind: str):
        wire, before_start = KINDS[kind]
        return make_ra({"challenge": {"maximum": 0}, "ra": {"wire": wire, "legacy": ["3des", "sha1", "des"]}},
                       before_start=before_start)

    return get


def enrols(ra, client: str, folder: pathlib.Path, change=lambda exchange: exchange.answer) -> set[str]:
    """Which methods its messages came by."""
    enrol, common_name = CLIENTS[client]
    with RecordingProxy(ra.host, ra.port, change) as proxy:
        done = enrol(ra.url.replace(str(ra.port), str(proxy.port)), ra.password(), folder)
        assert done.returncode == 0 if client != "certmonger" else "status: MONITORING" in done, f"{done}\n{ra.events()[-1:]}"
        judged(ra, (folder / "certificate.pem").read_bytes(), common_name, folder)
        return {exchange.method for exchange in proxy.exchanges if exchange.operation == "PKIOperation"}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("client", ["scepclient", "certmonger"])
def test_a_client_enrols_by_get_where_post_is_not_announced(ra_of, folder, client, kind):
    """strongSwan posts whatever is announced; its GET has no Host, which no server takes (req:T17)."""
    assert enrols(ra_of(kind), client, folder, change=without_post) == {"GET"}


# strongSwan 5.9.8 sees no cipher that it knows among the words of NDES (req:C8a).
POSTED = [("scepclient", kind) for kind in KINDS] + [("strongSwan", kind) for kind in KINDS if "ndes" not in kind]


@pytest.mark.parametrize("client, kind", POSTED)
def test_a_client_enrols_by_post_where_it_is_announced(ra_of, folder, client, kind):
    """certmonger never posts."""
    assert enrols(ra_of(kind), client, folder) == {"POST"}
