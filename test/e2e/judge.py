"""What the `openssl` command says of our messages: a judge that shares no code with us."""
import pathlib
import subprocess

from device import pem


def openssl(*arguments, given: bytes = b"") -> bytes:
    done = subprocess.run(["openssl", *map(str, arguments)], input=given, capture_output=True, timeout=60)
    assert done.returncode == 0, f"openssl {' '.join(map(str, arguments))}: {done.stderr.decode()}"
    return done.stdout


def accepts(*arguments) -> bool:
    return subprocess.run(["openssl", *map(str, arguments)], capture_output=True, timeout=60).returncode == 0


def verified_content(message: bytes, folder: pathlib.Path, ra=None) -> bytes:
    """The content of a SignedData whose signature openssl accepts; with `ra` only if its CA certified the signer."""
    there, content, nothing = folder / "signed.der", folder / "content", folder / "nothing"
    there.write_bytes(message)
    nothing.write_bytes(b"")
    # The message brings its signer's certificate only, and `cms -verify` takes no others between it and the root.
    authorities = folder / "authorities.pem"
    if ra:
        authorities.write_bytes(ra.root_pem.read_bytes() + ra.ca_pem.read_bytes())
    judged = ("-CAfile", authorities, "-purpose", "any") if ra else ("-noverify",)
    # A FAILURE has no content at all: what was signed is then the empty content.
    detached = () if has_content(there) else ("-content", nothing)
    openssl("cms", "-verify", "-binary", "-inform", "DER", "-in", there, *judged, *detached, "-out", content)
    return content.read_bytes()


def has_content(signed: pathlib.Path) -> bool:
    return b"eContent: <ABSENT>" not in openssl("cms", "-cmsout", "-print", "-noout", "-inform", "DER", "-in", signed)


def decrypted(envelope: bytes, certificate: pathlib.Path, key: pathlib.Path, folder: pathlib.Path) -> bytes:
    there, plain = folder / "enveloped.der", folder / "plain"
    there.write_bytes(envelope)
    openssl("cms", "-decrypt", "-binary", "-inform", "DER", "-in", there, "-recip", certificate, "-inkey", key,
            "-provider", "default", "-provider", "legacy", "-out", plain)
    return plain.read_bytes()


def certificates_in(certs_only: bytes, folder: pathlib.Path) -> list[bytes]:
    """PEM certificates of a degenerate SignedData, as openssl lists them."""
    there = folder / "certs-only.der"
    there.write_bytes(certs_only)
    text = openssl("pkcs7", "-print_certs", "-inform", "DER", "-in", there)
    end = b"-----END CERTIFICATE-----\n"
    return [part[part.index(b"-----BEGIN"):] + end for part in text.split(end) if b"-----BEGIN" in part]


def csr_text(csr: bytes, folder: pathlib.Path) -> str:
    """A PKCS#10 whose own signature openssl accepts, as text."""
    there = folder / "csr.der"
    there.write_bytes(csr)
    return openssl("req", "-inform", "DER", "-in", there, "-verify", "-noout", "-text").decode()


def chains_to(certificate: bytes, root: pathlib.Path, between: pathlib.Path, folder: pathlib.Path,
              purpose: str = "sslclient") -> bool:
    there = folder / "leaf.pem"
    there.write_bytes(certificate if certificate.startswith(b"-----") else pem("CERTIFICATE", certificate))
    return accepts("verify", "-x509_strict", "-purpose", purpose, "-CAfile", root, "-untrusted", between, there)


def certificate_text(certificate: bytes) -> str:
    form = "PEM" if certificate.startswith(b"-----") else "DER"
    return openssl("x509", "-inform", form, "-noout", "-text", given=certificate).decode()
