"""GetCACaps, GetCACert and what is like them: what a client knows before it has sent anything."""
import pytest

import judge
import raw_http
import scep
import verdict
from verdict import MESSAGE_UNREADABLE, enrolled, refused, request

CAPS = ["AES", "DES3", "POSTPKIOperation", "Renewal", "SCEPStandard", "SHA-1", "SHA-256", "SHA-384", "SHA-512"]
RFC8894, NDES = {"wire": "rfc8894"}, {"wire": "ndes"}


@pytest.fixture(scope="module")
def ra(make_ra):
    return make_ra({"challenge": {"maximum": 0}})


CAPABILITIES = {  # settings of [ra]; the body
    "req:C8a as the RFC has it": (RFC8894, "\n".join(CAPS)),
    "req:C8 as NDES has it": (NDES, "POSTPKIOperation\nRenewal\nSHA-512\nSHA-256\nSHA-1\nDES3"),
    "req:C5 hardened": ({"legacy": []}, "\n".join(word for word in CAPS if word not in ("DES3", "SHA-1"))),
    "req:C5 without 3DES": ({"legacy": ["sha1"]}, "\n".join(word for word in CAPS if word != "DES3")),
    "req:C6 with MD5 and DES": ({"legacy": ["3des", "sha1", "des", "md5"]}, "\n".join(CAPS)),
}


@pytest.mark.parametrize("settings, body", CAPABILITIES.values(), ids=CAPABILITIES.keys())
def test_the_capabilities_are_those_of_the_configuration(make_ra, settings, body):
    """req:C1, req:C2, req:C3, req:C4: octet for octet, nothing behind it."""
    answer = make_ra({"ra": settings}).endpoint.request("GET", "operation=GetCACaps")
    assert (answer.status, answer.type, answer.body) == (200, "text/plain", body.encode())


def test_renewal_is_offered_only_where_a_template_has_it(make_ra):
    """req:C5"""
    without = {f"template.{name}": {"renewal_period": "0s"} for name in ("NDES-Device-Certificate",)}
    assert "Renewal" not in make_ra(without).endpoint.ca_caps()


@pytest.mark.parametrize("wire", [RFC8894, NDES], ids=["rfc8894", "ndes"])
def test_every_capability_is_true(make_ra, wire):
    """req:C5, req:C8: what is announced is accepted, and answered so that it can be opened."""
    ra = make_ra({"challenge": {"maximum": 0}, "ra": wire})
    caps = ra.endpoint.ca_caps()
    for word, arguments in (("AES", {"cipher": "aes-128-cbc"}), ("DES3", {"cipher": "des-ede3-cbc"}), ("SHA-1", {"digest": "sha1"}),
                            ("SHA-256", {"digest": "sha256"}), ("SHA-384", {"digest": "sha384"}), ("SHA-512", {"digest": "sha512"})):
        if word in caps:
            enrolled(ra, request(ra, ra.password(), **arguments))
    assert {"POSTPKIOperation", "SHA-256"} <= set(caps)


OPERATIONS = {"GetCACaps": "text/plain", "GetCACert": "application/x-x509-ca-ra-cert"}
IDENTIFIERS = {"absent": "", "empty": "&message=", "a number": "&message=0", "req:C19 another number": "&message=17",
               "words": "&message=SCEP%20Authority", "a plus": "&message=my+ca", "req:X1 a trustpoint": "&message=TP-1",
               "req:X14 req:X15 a CA's name": "&message=ca.example.test", "req:X12 default": "&message=default",
               "no base64": "&message=%21%3C%3E", "before it": None}


@pytest.mark.parametrize("identifier", IDENTIFIERS.values(), ids=IDENTIFIERS.keys())
@pytest.mark.parametrize("operation, kind", OPERATIONS.items())
def test_a_ca_identifier_is_any_text(ra, operation, kind, identifier):
    """req:T11, req:C10, req:C19: the same answer whatever it is."""
    plain = ra.endpoint.request("GET", f"operation={operation}")
    query = f"message=a&operation={operation}" if identifier is None else f"operation={operation}{identifier}"
    answer = ra.endpoint.request("GET", query)
    assert (answer.status, answer.type, answer.body) == (200, kind, plain.body)


@pytest.mark.parametrize("operation, kind", OPERATIONS.items())
def test_an_answer_is_what_the_strictest_client_compares(ra, operation, kind):
    """req:T19, req:T20, req:T21, req:T22, req:T23, req:T27, req:C9, req:X8, req:X9, req:X13"""
    plain = ra.endpoint.request("GET", f"operation={operation}")
    zipped = ra.endpoint.request("GET", f"operation={operation}", headers={"Accept-Encoding": "gzip, deflate, br"})
    head = ra.endpoint.request("HEAD", f"operation={operation}")
    for answer in (plain, zipped, head):
        assert (answer.status, answer.type) == (200, kind)
        assert int(answer.headers["Content-Length"]) == len(plain.body)
        assert not {"Content-Encoding", "Set-Cookie", "Location", "Transfer-Encoding"} & set(answer.headers)
    assert zipped.body == plain.body and head.body == b""
    assert len(plain.body) < (1024 if operation == "GetCACaps" else 16384)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_old_router_asks_by_http_1_0(ra, operation):
    """req:T16, req:X1: without a Host, with one that nobody has, and gets a length instead of chunks."""
    plain = ra.endpoint.request("GET", f"operation={operation}").body
    for lines in ((), ("Host: nobody.example.test",)):
        answer = raw_http.get(ra, f"operation={operation}&message=TP-1", "HTTP/1.0", *lines)
        assert raw_http.status_of(answer) == 200 and raw_http.body_of(answer) == plain
        assert "transfer-encoding" not in raw_http.headers_of(answer)


def test_http_1_1_without_a_host_is_the_servers_own_400(ra):
    """req:T17: no module sees it; with a Host it is served."""
    assert raw_http.status_of(raw_http.get(ra, "operation=GetCACaps", "HTTP/1.1", "Connection: close")) == 400
    assert raw_http.status_of(raw_http.get(ra, "operation=GetCACaps", "HTTP/1.1", "Host: a", "Connection: close")) == 200


def key_usage(certificate: bytes) -> set:
    return scep.parsed(certificate).key_usage_value.native


def test_the_bundle_is_the_ra_pair_and_its_authorities_in_this_order(ra, folder):
    """req:C12, req:C13, req:C14, req:C15, req:C16, req:C17, req:X7"""
    answer = ra.endpoint.request("GET", "operation=GetCACert")
    data = scep.cms.ContentInfo.load(answer.body, strict=True)["content"]
    assert len(data["signer_infos"]) == 0 and data["encap_content_info"]["content"].native is None
    signing, encryption, *authorities = scep.certificates_of(answer.body)
    assert key_usage(signing) == {"digital_signature"}
    assert key_usage(encryption) == {"key_encipherment"} and encryption == ra.encryption
    assert [judge.openssl("x509", "-in", path, "-outform", "DER") for path in (ra.ca_pem, ra.root_pem)] == authorities
    for leaf in (signing, encryption):
        assert judge.chains_to(leaf, ra.root_pem, ra.ca_pem, folder, purpose="any")
    assert len(judge.certificates_in(answer.body, folder)) == 4


def test_the_signer_of_every_answer_is_in_the_bundle(ra):
    """req:C18, req:R21: also of a refusal."""
    signing = ra.endpoint.ca_certificates()[0]
    for password in (ra.password(), "0" * 16):
        reply = ra.endpoint.post(request(ra, password).encode()).cert_rep()
        signer, = scep.cms.ContentInfo.load(reply.encoding)["content"]["signer_infos"]
        assert signer["sid"].chosen.dump() == scep.names_of(signing)
        assert reply.certificates == (signing,)


NOT_HERE = ["GetCACertChain", "GetCAChain", "GetNextCACert"]


@pytest.mark.parametrize("operation", NOT_HERE)
def test_what_is_not_offered_is_404_and_not_announced(ra, operation):
    """req:C21, req:C30, req:C33: and never an unsigned list of certificates, nor a page (req:C32)."""
    answer = ra.endpoint.request("GET", f"operation={operation}")
    assert (answer.status, answer.type) == (404, "text/plain")
    assert not any("Next" in word or "Chain" in word for word in ra.endpoint.ca_caps())


@pytest.mark.parametrize("name", ["getcacaps", "GETCACAPS", "GetCaCaps"])
def test_the_name_of_an_operation_is_known_in_any_case(ra, name):
    """req:T6"""
    assert ra.endpoint.request("GET", f"operation={name}").body == ra.endpoint.request("GET", "operation=GetCACaps").body


def test_an_answer_is_never_the_same_twice(ra):
    """req:T22, req:R6: no cache, no nonce again; req:T18 also for a refusal."""
    message = request(ra, ra.password())
    answers = [ra.endpoint.get(message.encode()) for _ in range(3)] + [ra.endpoint.get(request(ra, "0" * 16).encode())]
    assert all(answer.headers["Cache-Control"] == "no-store" and "ETag" not in answer.headers for answer in answers)
    replies = [answer.cert_rep() for answer in answers]
    nonces = [reply.attributes[scep.SENDER_NONCE] for reply in replies]
    assert len(set(nonces)) == len(nonces) and {len(nonce) for nonce in nonces} == {16}
    assert [reply.status for reply in replies] == [scep.SUCCESS] * 3 + [scep.FAILURE]


def test_head_begins_no_transaction(ra):
    """req:T27"""
    message = request(ra, ra.password())
    query = "operation=PKIOperation&message=" + scep.query_text(message.encode())
    answer = refused(ra, lambda: ra.endpoint.request("HEAD", query), MESSAGE_UNREADABLE, "method-not-allowed")
    assert answer.status == 405
    enrolled(ra, message)


def test_plain_http_is_served_and_no_redirect(ra):
    """req:T25, req:T23: all of these scenarios use plain HTTP, and a password is still needed."""
    assert ra.url.startswith("http://")
    verdict.refused_by_cert_rep(ra, request(ra, None), *verdict.NO_PASSWORD)
    enrolled(ra, request(ra, ra.password()))
