"""A device whose every cryptographic step is the `openssl` command; only the octets are put together here."""
import der
import judge
import scep
from judge import openssl

REQUEST_CONFIGURATION = """
[req]
prompt = no
distinguished_name = name
attributes = attributes
req_extensions = extensions
[name]
CN = openssl.example.test
[attributes]
challengePassword = {password}
[extensions]
subjectAltName = DNS:openssl.example.test
"""
ATTRIBUTES = """
asn1 = SET:attributes
[attributes]
type = SEQUENCE:type
content = SEQUENCE:content
digest = SEQUENCE:digest
transaction = SEQUENCE:transaction
nonce = SEQUENCE:nonce
[content]
oid = OID:1.2.840.113549.1.9.3
values = SET:content_values
[content_values]
value = OID:1.2.840.113549.1.7.1
[digest]
oid = OID:1.2.840.113549.1.9.4
values = SET:digest_values
[digest_values]
value = FORMAT:HEX,OCTETSTRING:{digest}
[type]
oid = OID:2.16.840.1.113733.1.9.2
values = SET:type_values
[type_values]
value = PRINTABLESTRING:19
[transaction]
oid = OID:2.16.840.1.113733.1.9.7
values = SET:transaction_values
[transaction_values]
value = PRINTABLESTRING:{transaction}
[nonce]
oid = OID:2.16.840.1.113733.1.9.5
values = SET:nonce_values
[nonce_values]
value = FORMAT:HEX,OCTETSTRING:{nonce}
"""


def test_a_message_made_by_openssl_alone_brings_a_certificate_that_openssl_accepts(make_ra, folder):
    ra = make_ra()
    key, own, csr = folder / "device.key", folder / "device.pem", folder / "device.csr"
    envelope, attributes, encryption = folder / "envelope.der", folder / "attributes.der", folder / "ra.pem"
    transaction, nonce = "OPENSSL-1", openssl("rand", "-hex", "16").decode().strip()

    (folder / "req.cnf").write_text(REQUEST_CONFIGURATION.format(password=ra.password()))
    openssl("genrsa", "-out", key, "2048")
    openssl("req", "-new", "-x509", "-key", key, "-subj", "/CN=openssl.example.test", "-days", "1", "-out", own)
    openssl("req", "-new", "-config", folder / "req.cnf", "-key", key, "-outform", "DER", "-out", csr)
    openssl("x509", "-inform", "DER", "-out", encryption, given=ra.encryption)
    openssl("cms", "-encrypt", "-binary", "-aes128", "-outform", "DER", "-in", csr, "-out", envelope, encryption)
    (folder / "attributes.cnf").write_text(ATTRIBUTES.format(
        digest=openssl("dgst", "-sha256", "-r", envelope).split()[0].decode(), transaction=transaction, nonce=nonce))
    openssl("asn1parse", "-genconf", folder / "attributes.cnf", "-noout", "-out", attributes)
    signature = openssl("dgst", "-sha256", "-sign", key, attributes)

    certificate = openssl("x509", "-in", own, "-outform", "DER")
    message = assembled(envelope.read_bytes(), attributes.read_bytes(), signature, certificate)
    answer = ra.endpoint.post(message)

    assert answer.status == 200
    content = judge.verified_content(answer.body, folder, ra)
    inner = judge.decrypted(content, own, key, folder)
    issued = judge.certificates_in(inner, folder)[0]
    assert judge.chains_to(issued, ra.root_pem, ra.ca_pem, folder)
    assert openssl("x509", "-noout", "-pubkey", given=issued) == openssl("rsa", "-in", key, "-pubout")
    assert "DNS:openssl.example.test" in judge.certificate_text(issued)
    reply = answer.cert_rep()
    assert (reply.status, reply.transaction) == (scep.SUCCESS, transaction)
    assert reply.attributes[scep.RECIPIENT_NONCE].hex() == nonce


def assembled(envelope: bytes, attributes: bytes, signature: bytes, certificate: bytes) -> bytes:
    digest = der.algorithm("2.16.840.1.101.3.4.2.1", der.null())
    signer = der.sequence(der.integer(1), scep.names_of(certificate), digest, der.implicit(0, attributes, True),
                          der.algorithm(scep.RSA_ENCRYPTION, der.null()), der.octet_string(signature))
    data = der.sequence(der.integer(1), der.set_of(digest),
                        der.sequence(der.oid(scep.DATA), der.explicit(0, der.octet_string(envelope))),
                        der.tlv(0xA0, certificate), der.set_of(signer))
    return der.sequence(der.oid(scep.SIGNED_DATA), der.explicit(0, data))
