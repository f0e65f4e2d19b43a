"""Clients that nobody here wrote, from Debian's own packages: each enrols, each is refused without the password."""
import os
import pathlib
import subprocess

import pytest

import judge

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


def scepclient(ra, password: str, folder: pathlib.Path) -> subprocess.CompletedProcess:
    return run("scepclient", "-server-url", ra.url, "-private-key", folder / "key.pem", "-certificate",
               folder / "certificate.pem", "-challenge", password, "-cn", "scepclient.example.test",
               "-organization", "Example", "-keySize", "2048", cwd=folder)


def test_scepclient_enrols(old_ra, folder):
    done = scepclient(old_ra, old_ra.password(), folder)
    assert done.returncode == 0, done.stdout
    judged(old_ra, (folder / "certificate.pem").read_bytes(), "scepclient.example.test", folder)


def test_scepclient_is_refused_with_a_wrong_password(old_ra, folder):
    done = scepclient(old_ra, WRONG, folder)
    assert done.returncode != 0
    assert not (folder / "certificate.pem").exists()
    assert only_refusals(old_ra)


def test_scepclient_is_refused_while_single_des_is_off(make_ra, folder):
    ra = make_ra()
    assert scepclient(ra, ra.password(), folder).returncode != 0
    assert not (folder / "certificate.pem").exists()


# strongSwan's pki.

def strongswan(ra, password: str, folder: pathlib.Path, *more: str) -> subprocess.CompletedProcess:
    ca = run("pki", "--scepca", "--url", ra.url, "--caout", "ca.pem", "--raout", "ra.pem", "--outform", "pem", cwd=folder)
    assert ca.returncode == 0, ca.stdout
    with open(folder / "key.pem", "w") as key:
        subprocess.run(["pki", "--gen", "--type", "rsa", "--size", "2048", "--outform", "pem"], stdout=key, check=True, timeout=60)
    with open(folder / "certificate.pem", "w") as certificate:
        return subprocess.run(
            ["pki", "--scep", "--url", ra.url, "--in", "key.pem", "--dn", "C=CH, O=Ex, CN=pki.example.test",
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
    done = strongswan(ra, ra.password(), folder, *options)
    assert done.returncode == 0, done.stderr
    assert "DNS:pki.example.test" in judged(ra, (folder / "certificate.pem").read_bytes(), "pki.example.test", folder)


def test_strongswan_is_refused_with_a_wrong_password(make_ra, folder):
    ra = make_ra()
    assert strongswan(ra, WRONG, folder).returncode != 0
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


def certmonger(ra, password: str, folder: pathlib.Path) -> str:
    """In a D-Bus of its own; its state stays in the folder."""
    environment = {**os.environ, "HOME": str(folder), "TMPDIR": str(folder), "URL": ra.url, "PASSWORD": password,
                   "XDG_CONFIG_HOME": str(folder / "config"), "XDG_RUNTIME_DIR": str(folder)}
    done = run("dbus-run-session", "--", "bash", "-c", CERTMONGER, cwd=folder, env=environment)
    return done.stdout


def test_certmonger_enrols(make_ra, folder):
    ra = make_ra()
    said = certmonger(ra, ra.password(), folder)
    assert "status: MONITORING" in said, f"{ra.events()}\n{said}"
    text = judged(ra, (folder / "certificate.pem").read_bytes(), "certmonger.example.test", folder)
    assert "DNS:certmonger.example.test" in text


def test_certmonger_is_refused_with_a_wrong_password(make_ra, folder):
    ra = make_ra()
    said = certmonger(ra, WRONG, folder)
    assert "status: CA_REJECTED" in said, said
    assert not (folder / "certificate.pem").exists()
    assert only_refusals(ra)
