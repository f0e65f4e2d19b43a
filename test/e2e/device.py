"""A device of the tests: its key, its certification requests, the certificate it signs with at first."""
import datetime
import hashlib

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

import der

NAME_TYPES = {"C": "2.5.4.6", "O": "2.5.4.10", "OU": "2.5.4.11", "CN": "2.5.4.3",
              "DC": "0.9.2342.19200300.100.1.25", "serialNumber": "2.5.4.5",
              "unstructuredName": "1.2.840.113549.1.9.2", "unstructuredAddress": "1.2.840.113549.1.9.8"}
CHALLENGE_PASSWORD = "1.2.840.113549.1.9.7"
EXTENSION_REQUEST = "1.2.840.113549.1.9.14"
SUBJECT_ALTERNATIVE_NAME = "2.5.29.17"
KEY_USAGE = "2.5.29.15"

HASHES = {"md5": hashes.MD5, "sha1": hashes.SHA1, "sha256": hashes.SHA256, "sha384": hashes.SHA384,
          "sha512": hashes.SHA512}
RSA_SIGNATURES = {"md5": "1.2.840.113549.1.1.4", "sha1": "1.2.840.113549.1.1.5",
                  "sha256": "1.2.840.113549.1.1.11", "sha384": "1.2.840.113549.1.1.12",
                  "sha512": "1.2.840.113549.1.1.13"}
ECDSA_SHA256 = "1.2.840.10045.4.3.2"


def new_key(kind: str = "rsa:2048"):
    family, _, detail = kind.partition(":")
    if family == "rsa":
        return rsa.generate_private_key(public_exponent=65537, key_size=int(detail))
    return ec.generate_private_key({"P-256": ec.SECP256R1, "P-384": ec.SECP384R1}[detail]())


def sign(key, octets: bytes, digest: str = "sha256") -> bytes:
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(octets, padding.PKCS1v15(), HASHES[digest]())
    return key.sign(octets, ec.ECDSA(HASHES[digest]()))


def signature_algorithm(key, digest: str = "sha256") -> bytes:
    if isinstance(key, rsa.RSAPrivateKey):
        return der.algorithm(RSA_SIGNATURES[digest], der.null())
    return der.algorithm(ECDSA_SHA256)


def public_key(key) -> bytes:
    """SubjectPublicKeyInfo."""
    return key.public_key().public_bytes(serialization.Encoding.DER,
                                         serialization.PublicFormat.SubjectPublicKeyInfo)


def name(text: str) -> bytes:
    """"C=CH, O=Example, CN=device+serialNumber=1": relative names in this order, `+` joins what is one."""
    relative_names = [der.set_of(*map(name_attribute, part.split("+"))) for part in filter(None, text.split(", "))]
    return der.sequence(*relative_names)


def name_attribute(text: str) -> bytes:
    kind, _, value = text.partition("=")
    string = der.printable(value) if kind in ("C", "serialNumber") else der.utf8(value)
    return der.sequence(der.oid(NAME_TYPES[kind]), string)


def attribute(kind: str, *values: bytes) -> bytes:
    return der.sequence(der.oid(kind), der.set_of(*values))


def extension(kind: str, value: bytes, critical: bool = False) -> bytes:
    return der.sequence(der.oid(kind), der.tlv(0x01, b"\xff") if critical else b"", der.octet_string(value))


def alternative_names(**kinds) -> bytes:
    """dns=[...], ip=[octets], email=[...], uri=[...], as an extension."""
    tags = {"email": 1, "dns": 2, "uri": 6, "ip": 7}
    values = [der.tlv(0x80 | tags[kind], value if isinstance(value, bytes) else value.encode())
              for kind, several in kinds.items() for value in several]
    return extension(SUBJECT_ALTERNATIVE_NAME, der.sequence(*values))


class Device:
    def __init__(self, common_name: str = "device", key=None, kind: str = "rsa:2048"):
        self.subject = f"CN={common_name}"
        self.key = key or new_key(kind)
        self.certificate = self_signed(self.key, common_name)

    def csr(self, password: str | None = None, *, subject: str | None = None, extensions=(),
            attributes=(), digest: str = "sha256", key=None, signed_by=None) -> bytes:
        """PKCS#10. `signed_by`: another key makes a request whose own signature is wrong."""
        key = key or self.key
        parts = list(attributes)
        if password is not None:
            parts.append(attribute(CHALLENGE_PASSWORD, der.printable(password)))
        if extensions:
            parts.append(attribute(EXTENSION_REQUEST, der.sequence(*extensions)))
        info = der.sequence(der.integer(0), name(self.subject if subject is None else subject),
                            public_key(key), der.implicit(0, der.set_of(*parts), True))
        signature = sign(signed_by or key, info, digest)
        return der.sequence(info, signature_algorithm(key, digest), der.bit_string(signature))

    def key_pem(self) -> bytes:
        return self.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                      serialization.NoEncryption())


def self_signed(key, common_name: str) -> bytes:
    now = datetime.datetime.utcnow()
    own = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name)])
    certificate = (x509.CertificateBuilder().subject_name(own).issuer_name(own)
                   .public_key(key.public_key()).serial_number(x509.random_serial_number())
                   .not_valid_before(now - datetime.timedelta(days=1))
                   .not_valid_after(now + datetime.timedelta(days=7))
                   .sign(key, hashes.SHA256()))
    return certificate.public_bytes(serialization.Encoding.DER)


def raw_certificate(key, *, version: int = 3, serial: int = 1, subject: bytes, issuer: bytes | None = None, extensions=(),
                    by=None, digest: str = "sha256", since: str = "200101000000Z", until: str = "491231235959Z") -> bytes:
    """A certificate made octet by octet; signed by its own key, or by that of an issuer."""
    explicit_version = b"" if version == 1 else der.explicit(0, der.integer(version - 1))
    validity = der.sequence(der.tlv(0x17, since.encode()), der.tlv(0x17, until.encode()))
    algorithm = signature_algorithm(by or key, digest)
    more = der.explicit(3, der.sequence(*extensions)) if extensions else b""
    tbs = der.sequence(explicit_version, der.integer(serial), algorithm, issuer or subject, validity, subject,
                       public_key(key), more)
    return der.sequence(tbs, algorithm, der.bit_string(sign(by or key, tbs, digest)))


def pem(label: str, encoding: bytes) -> bytes:
    import base64
    return (f"-----BEGIN {label}-----\n{base64.encodebytes(encoding).decode()}-----END {label}-----\n").encode()


def transaction_id_of(key) -> str:
    return hashlib.sha256(public_key(key)).hexdigest().upper()
