"""What a CertRep is made of, for whoever reads it octet by octet; and what of a request it comes back with."""
import pytest
from asn1crypto import cms

import device as devices
import der
import judge
import scep
import verdict
from device import Device, new_key
from scep import BAD_ALG
from verdict import REQUEST_DENIED, WRONG_PASSWORD, enrolled, refused_by_cert_rep, request

ERROR_OF_MICROSOFT = "1.3.6.1.4.1.311.21.33"
SHARED = {scep.CONTENT_TYPE, scep.MESSAGE_DIGEST, scep.MESSAGE_TYPE, scep.PKI_STATUS, scep.TRANSACTION_ID,
          scep.SENDER_NONCE, scep.RECIPIENT_NONCE}


@pytest.fixture(scope="module", params=["rfc8894", "ndes"])
def ra(request, make_ra):
    return make_ra({"challenge": {"maximum": 0}, "ra": {"wire": request.param}})


def is_ndes(ra) -> bool:
    return "AES" not in ra.endpoint.ca_caps()


def signed_data(reply: scep.CertRep):
    return cms.ContentInfo.load(reply.encoding, strict=True)["content"]


def answer_to(ra, password: str) -> scep.CertRep:
    return ra.endpoint.post(request(ra, password).encode()).cert_rep()


def test_an_answer_has_the_form_that_every_client_reads(ra, folder):
    """req:R1, req:R2, req:R4, req:R7, req:R15, req:R19, req:R20, req:X7, req:X8: SUCCESS and FAILURE alike."""
    for password in (ra.password(), "0" * 16):
        reply = answer_to(ra, password)
        data = signed_data(reply)
        signer, = data["signer_infos"]
        assert signer["sid"].name == "issuer_and_serial_number"
        assert signer["signature_algorithm"].dump() == der.algorithm(scep.RSA_ENCRYPTION, der.null())
        assert data["encap_content_info"]["content_type"].native == "data" and not data["crls"]
        assert reply.text(scep.MESSAGE_TYPE) == "3"
        assert "1.2.840.113549.1.9.5" not in reply.attributes  # signingTime
        assert reply.attributes[scep.CONTENT_TYPE] == der.content_of(der.oid(scep.DATA))
        texts = [value for value in signer["signed_attrs"] if value["type"].dotted in (
            scep.MESSAGE_TYPE, scep.PKI_STATUS, scep.FAIL_INFO, scep.TRANSACTION_ID)]
        assert all(der.elements(der.content_of(value.dump()))[1][2] == 0x13 for value in texts)
        assert b"\x30\x80" not in reply.encoding[:2]
        assert cms.ContentInfo.load(reply.encoding).dump(force=True) == reply.encoding
        if reply.certificates:
            judge.verified_content(reply.encoding, folder, ra)


def test_a_failure_says_why_and_holds_nothing(ra):
    """req:F1, req:F2, req:F4, req:R9, req:R10, req:R16, req:R17, req:E14, req:X12"""
    reply = refused_by_cert_rep(ra, request(ra, "0" * 16), *WRONG_PASSWORD)
    more = {ERROR_OF_MICROSOFT} if is_ndes(ra) else {scep.FAIL_INFO_TEXT}
    assert set(reply.attributes) - {scep.FAIL_INFO_TEXT} == (SHARED | {scep.FAIL_INFO} | more) - {scep.FAIL_INFO_TEXT}
    assert more <= set(reply.attributes)
    assert signed_data(reply)["encap_content_info"]["content"].native == (b"\0" if is_ndes(ra) else b"")
    assert len(reply.certificates) == (0 if is_ndes(ra) else 1)


def test_a_success_holds_the_certificate_and_its_issuer_for_the_signer_alone(ra):
    """req:R8, req:R11, req:R12, req:R13, req:R14, req:R16, req:F1"""
    message = request(ra, ra.password())
    reply = ra.endpoint.post(message.encode()).cert_rep()
    assert set(reply.attributes) == SHARED
    envelope = cms.ContentInfo.load(reply.content, strict=True)["content"]
    recipient, = envelope["recipient_infos"]
    assert recipient.chosen["rid"].chosen.dump() == scep.names_of(message.signer.certificate)
    issued, ca, *more = reply.certificates_for(message.signer)
    assert ra.issued(issued) and not more
    assert ca == judge.openssl("x509", "-in", ra.ca_pem, "-outform", "DER")
    assert issued not in reply.encoding


def opened_by_password(reply: scep.CertRep, password: str, folder) -> list[bytes]:
    (folder / "envelope").write_bytes(reply.content)
    return scep.certificates_of(judge.openssl("cms", "-decrypt", "-binary", "-inform", "DER", "-in", folder / "envelope",
                                              "-pwri_password", password))


def test_a_device_with_an_ec_key_opens_its_answer_with_its_password(ra, folder):
    """req:E9, req:M19: openssl opens it, and no other password does."""
    device = Device("ec.example.test", new_key("ec:P-256"))
    password = ra.password()
    reply = ra.endpoint.post(request(ra, password, by=device).encode()).cert_rep()
    assert reply.status == scep.SUCCESS
    certificate = opened_by_password(reply, password, folder)[0]
    assert ra.issued(certificate) and scep.parsed(certificate).public_key.dump() == devices.public_key(device.key)
    assert not judge.accepts("cms", "-decrypt", "-binary", "-inform", "DER", "-in", folder / "envelope",
                             "-pwri_password", "0" * 16, "-out", folder / "nothing")


def test_a_device_that_could_not_open_its_answer_gets_no_certificate(make_ra):
    """req:E10: an EC key and no password; a device with RSA enrols there."""
    ra = make_ra({"challenge": {"kind": "none"}})
    device = Device("ec.example.test", new_key("ec:P-256"))
    refused_by_cert_rep(ra, request(ra, None, by=device), BAD_ALG, REQUEST_DENIED, "reply-undeliverable")
    enrolled(ra, request(ra, None))


def test_a_password_of_another_ra_opens_no_door(make_ra):
    """case A13: two RAs that share a store know nothing of each other's passwords, requests and certificates."""
    first = make_ra({"challenge": {"maximum": 0}})
    second = make_ra({"challenge": {"maximum": 0}, "ra": {"name": "another", "state": f"sqlite:{first.store}"},
                      "template.NDES-Device-Certificate": {"validity": "30d", "renewal_period": "60d"}})
    password = first.password()
    refused_by_cert_rep(second, request(second, password), *WRONG_PASSWORD)
    device = verdict.device()
    device.certificate = enrolled(first, request(first, password, by=device))
    stolen = request(second, None, by=device, message_type=der.printable("17"))
    refused_by_cert_rep(second, stolen, *verdict.NO_RENEWAL)
    poll = request(second, None, by=device, message_type=der.printable("20"))
    refused_by_cert_rep(second, poll, scep.BAD_CERT_ID, REQUEST_DENIED, "transaction-unknown")
