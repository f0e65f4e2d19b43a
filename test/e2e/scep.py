"""pkiMessages of RFC 8894, made and read by the tests themselves.

A request is a value: `dataclasses.replace(message, ...)` changes one thing and keeps the rest, so that
every refusal has a twin that differs from it in nothing else.
"""
import base64
import dataclasses
import hashlib
import os

from asn1crypto import cms, x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

import der
from device import ECDSA_SHA256, Device, attribute, sign

DATA, SIGNED_DATA, ENVELOPED_DATA = (f"1.2.840.113549.1.7.{n}" for n in (1, 2, 3))
ENCRYPTED_DATA = "1.2.840.113549.1.7.6"
RSA_ENCRYPTION, RSAES_OAEP, MGF1 = (f"1.2.840.113549.1.1.{n}" for n in (1, 7, 8))
CONTENT_TYPE, MESSAGE_DIGEST = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"
MESSAGE_TYPE, PKI_STATUS, FAIL_INFO, SENDER_NONCE, RECIPIENT_NONCE, TRANSACTION_ID = (
    f"2.16.840.1.113733.1.9.{n}" for n in (2, 3, 4, 5, 6, 7))
FAIL_INFO_TEXT = "1.3.6.1.5.5.7.24.1"

BAD_ALG, BAD_MESSAGE_CHECK, BAD_REQUEST, BAD_TIME, BAD_CERT_ID = "0", "1", "2", "3", "4"
SUCCESS, FAILURE, PENDING = "0", "2", "3"

DIGESTS = {"md5": "1.2.840.113549.2.5", "sha1": "1.3.14.3.2.26", "sha256": "2.16.840.1.101.3.4.2.1",
           "sha384": "2.16.840.1.101.3.4.2.2", "sha512": "2.16.840.1.101.3.4.2.3"}
CIPHERS = {  # name: object identifier, octets of the key, maker
    "aes-128-cbc": ("2.16.840.1.101.3.4.1.2", 16, algorithms.AES),
    "aes-192-cbc": ("2.16.840.1.101.3.4.1.22", 24, algorithms.AES),
    "aes-256-cbc": ("2.16.840.1.101.3.4.1.42", 32, algorithms.AES),
    "des-ede3-cbc": ("1.2.840.113549.3.7", 24, algorithms.TripleDES),
    "des-cbc": ("1.3.14.3.2.7", 8, algorithms.TripleDES),
}


def _oaep(digest: str) -> tuple:
    """OAEP with one digest in both places, and its AlgorithmIdentifier (RFC 4055); SHA-1 is the default and left out."""
    made = {"sha1": hashes.SHA1, "sha256": hashes.SHA256}[digest]()
    kind = der.algorithm(DIGESTS[digest], der.null())
    parameters = () if digest == "sha1" else (der.explicit(0, kind), der.explicit(1, der.algorithm(MGF1, kind)))
    return padding.OAEP(padding.MGF1(made), made, None), der.algorithm(RSAES_OAEP, der.sequence(*parameters))


TRANSPORTS = {  # name: padding, AlgorithmIdentifier
    "pkcs1": (padding.PKCS1v15(), der.algorithm(RSA_ENCRYPTION, der.null())),
    "oaep-sha1": _oaep("sha1"),
    "oaep-sha256": _oaep("sha256"),
}


def names_of(certificate: bytes) -> bytes:
    """IssuerAndSerialNumber of a certificate, cut out of its own octets."""
    tbs = der.elements(der.content_of(der.elements(der.content_of(certificate))[0]))
    first = 1 if tbs[0][0] == 0xA0 else 0
    return der.sequence(tbs[first + 2], tbs[first])


@dataclasses.dataclass(frozen=True)
class Envelope:
    """EnvelopedData for one certificate by RSA."""
    recipient: bytes  # IssuerAndSerialNumber
    encrypted_key: bytes
    cipher: str
    iv: bytes
    ciphertext: bytes
    key_algorithm: bytes = TRANSPORTS["pkcs1"][1]
    recipients: tuple | None = None  # whole RecipientInfos instead of the one
    content_type: str = DATA  # what is said to be encrypted
    ber: bool = False  # indefinite lengths and the ciphertext in pieces

    @classmethod
    def seal(cls, plaintext: bytes, certificate: bytes, cipher: str = "aes-128-cbc", key: bytes | None = None,
             transport: str = "pkcs1"):
        """`key`: what is wrapped as content key, when it is not the one the content is encrypted with."""
        _, size, maker = CIPHERS[cipher]
        content_key = os.urandom(size)
        block = maker.block_size // 8
        iv = os.urandom(block)
        fill = block - len(plaintext) % block
        encryptor = Cipher(maker(content_key), modes.CBC(iv)).encryptor()
        ciphertext = encryptor.update(plaintext + bytes([fill]) * fill) + encryptor.finalize()
        pad, algorithm = TRANSPORTS[transport]
        wrapped = public_key_of(certificate).encrypt(content_key if key is None else key, pad)
        return cls(names_of(certificate), wrapped, cipher, iv, ciphertext, algorithm)

    def recipient_info(self) -> bytes:
        return der.sequence(der.integer(0), self.recipient, self.key_algorithm,
                            der.octet_string(self.encrypted_key))

    def encode(self) -> bytes:
        recipients = [self.recipient_info()] if self.recipients is None else self.recipients
        cipher = der.algorithm(CIPHERS[self.cipher][0], der.octet_string(self.iv))
        kind = der.oid(self.content_type)
        if self.ber:
            content = der.indefinite(0x30, kind, cipher, der.indefinite(0xA0, der.fragments(self.ciphertext)))
            data = der.indefinite(0x30, der.integer(0), der.set_of(*recipients), content)
            return der.indefinite(0x30, der.oid(ENVELOPED_DATA), der.indefinite(0xA0, data))
        content = der.sequence(kind, cipher, der.tlv(0x80, self.ciphertext))
        data = der.sequence(der.integer(0), der.set_of(*recipients), content)
        return der.sequence(der.oid(ENVELOPED_DATA), der.explicit(0, data))


def public_key_of(certificate: bytes):
    tbs = der.elements(der.content_of(der.elements(der.content_of(certificate))[0]))
    return serialization.load_der_public_key(tbs[6 if tbs[0][0] == 0xA0 else 5])


@dataclasses.dataclass(frozen=True)
class Message:
    """SignedData with one signer. What is None is left out, what is bytes stands there as it is."""
    signer: Device
    content: bytes | Envelope | None
    message_type: bytes | None = der.printable("19")  # the value's element
    transaction_id: bytes | None = None
    sender_nonce: bytes | None = None
    digest: str = "sha256"
    more_attributes: tuple = ()
    content_type: str = DATA
    message_digest: bytes | None = None  # another than the content's
    signature: bytes | None = None  # another than the right one
    certificates: tuple | None = None  # another bag than the signer's certificate alone
    encapsulated: str = DATA  # what the content is said to be outside the signed attributes
    digest_parameters: bytes = der.null()
    signature_algorithm: bytes | None = None
    unsorted: bool = False  # signed attributes as no DER has them
    unsigned_attributes: tuple = ()
    signer_identifier: bytes | None = None
    signer_infos: int = 1
    ber: bool = False  # indefinite lengths and the content in pieces

    def content_octets(self) -> bytes:
        return self.content.encode() if isinstance(self.content, Envelope) else self.content or b""

    def attributes(self) -> bytes:
        digest = hashlib.new(self.digest, self.content_octets()).digest()
        values = [(CONTENT_TYPE, der.oid(self.content_type)),
                  (MESSAGE_DIGEST, der.octet_string(self.message_digest or digest)),
                  (MESSAGE_TYPE, self.message_type), (TRANSACTION_ID, self.transaction_id),
                  (SENDER_NONCE, self.sender_nonce)]
        known = [attribute(kind, value) for kind, value in values if value is not None]
        if self.unsorted:
            return der.tlv(0x31, b"".join(sorted((*known, *self.more_attributes), reverse=True)))
        return der.set_of(*known, *self.more_attributes)

    def encode(self) -> bytes:
        attributes = self.attributes()
        signature = self.signature or sign(self.signer.key, attributes, self.digest)
        digest = der.algorithm(DIGESTS[self.digest], self.digest_parameters)
        unsigned = der.tlv(0xA1, b"".join(self.unsigned_attributes)) if self.unsigned_attributes else b""
        signer_info = der.sequence(der.integer(1), self.signer_identifier or names_of(self.signer.certificate), digest,
                                   der.implicit(0, attributes, True),
                                   self.signature_algorithm or signer_algorithm(self.signer.key),
                                   der.octet_string(signature), unsigned)
        bag = b"".join((self.signer.certificate,) if self.certificates is None else self.certificates)
        kind, signers = der.oid(self.encapsulated), der.set_of(*[signer_info] * self.signer_infos)
        if self.ber:
            content = der.indefinite(0xA0, der.indefinite(0x24, der.fragments(self.content_octets())))
            data = der.indefinite(0x30, der.integer(1), der.set_of(digest), der.indefinite(0x30, kind, content),
                                  der.indefinite(0xA0, bag), signers)
            return der.indefinite(0x30, der.oid(SIGNED_DATA), der.indefinite(0xA0, data))
        content = b"" if self.content is None else der.explicit(0, der.octet_string(self.content_octets()))
        data = der.sequence(der.integer(1), der.set_of(digest), der.sequence(kind, content), der.tlv(0xA0, bag), signers)
        return der.sequence(der.oid(SIGNED_DATA), der.explicit(0, data))

    @property
    def transaction(self) -> str:
        return der.content_of(self.transaction_id).decode()


def signer_algorithm(key) -> bytes:
    return der.algorithm(RSA_ENCRYPTION, der.null()) if isinstance(key, rsa.RSAPrivateKey) else der.algorithm(ECDSA_SHA256)


def pkcs_req(device: Device, ra_encryption: bytes, csr: bytes, *, transaction_id: str | None = None,
             cipher: str = "aes-128-cbc", transport: str = "pkcs1", **changes) -> Message:
    """A good PKCSReq, enveloped to the RA and signed with the device's self-signed certificate."""
    message = Message(device, Envelope.seal(csr, ra_encryption, cipher, transport=transport),
                      transaction_id=der.printable(transaction_id or os.urandom(16).hex().upper()),
                      sender_nonce=der.octet_string(os.urandom(16)))
    return dataclasses.replace(message, **changes)


@dataclasses.dataclass(frozen=True)
class CertRep:
    """An answer, taken apart; nothing is verified here (`judge` does, with openssl)."""
    encoding: bytes
    attributes: dict  # dotted name: octets of the only value's content
    content: bytes | None
    signature: bytes
    certificates: tuple
    digest: str  # by its name in DIGESTS

    @classmethod
    def parse(cls, encoding: bytes):
        info = cms.ContentInfo.load(encoding, strict=True)
        data = info["content"]
        signer, = data["signer_infos"]
        attributes = {}
        for element in signer["signed_attrs"]:
            kind = element["type"].dotted
            assert kind not in attributes, f"{kind} twice"
            value, = der.elements(der.content_of(der.elements(der.content_of(element.dump()))[1]))
            attributes[kind] = der.content_of(value)
        content = data["encap_content_info"]["content"].native
        return cls(encoding, attributes, content, signer["signature"].native,
                   tuple(choice.chosen.dump() for choice in data["certificates"]),
                   signer["digest_algorithm"]["algorithm"].native)

    def text(self, kind: str) -> str | None:
        value = self.attributes.get(kind)
        return None if value is None else value.decode()

    @property
    def status(self):
        return self.text(PKI_STATUS)

    @property
    def fail_info(self):
        return self.text(FAIL_INFO)

    @property
    def transaction(self):
        return self.text(TRANSACTION_ID)

    def _envelope(self):
        data = cms.ContentInfo.load(self.content, strict=True)["content"]
        recipient, = data["recipient_infos"]
        return recipient.chosen, data["encrypted_content_info"]

    @property
    def cipher(self) -> str:
        kind = self._envelope()[1]["content_encryption_algorithm"]["algorithm"].dotted
        return next(name for name, (oid, _, _) in CIPHERS.items() if oid == kind)

    @property
    def transport(self) -> str:
        kind = self._envelope()[0]["key_encryption_algorithm"].dump()
        return next(name for name, (_, algorithm) in TRANSPORTS.items() if algorithm == kind)

    def certificates_for(self, device: Device) -> list[bytes]:
        """The enveloped certificates, opened with the key that signed the request."""
        recipient, encrypted = self._envelope()
        key = device.key.decrypt(recipient["encrypted_key"].native, TRANSPORTS[self.transport][0])
        algorithm = encrypted["content_encryption_algorithm"]
        decryptor = Cipher(CIPHERS[self.cipher][2](key), modes.CBC(algorithm.encryption_iv)).decryptor()
        plain = decryptor.update(encrypted["encrypted_content"].native) + decryptor.finalize()
        return certificates_of(plain[:-plain[-1]])


def certificates_of(certs_only: bytes) -> list[bytes]:
    """The certificates of a degenerate SignedData, in the order they were sent in."""
    data = cms.ContentInfo.load(certs_only, strict=True)["content"]
    return [choice.chosen.dump() for choice in data["certificates"]]


def parsed(certificate: bytes) -> x509.Certificate:
    return x509.Certificate.load(certificate, strict=True)


def query_text(message: bytes) -> str:
    """A message as it stands in the URL of a GET: base64, percent-encoded."""
    text = base64.b64encode(message).decode()
    return text.replace("+", "%2B").replace("/", "%2F").replace("=", "%3D")
