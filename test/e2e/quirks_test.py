"""What real clients do that the RFC does not say, one change a row: each enrols, and what is like it and wrong does not.

A row's name begins with the numbers it bears, see test/checks/requirements.
"""
import base64
import dataclasses
import os
import textwrap
import urllib.parse

import pytest

import der
import device as devices
import raw_http
import scep
import verdict
from device import Device, new_key
from scep import BAD_ALG, BAD_REQUEST
from verdict import ALTERED, MESSAGE_UNREADABLE, REQUEST_DENIED, refused, refused_by_cert_rep, request, twin_enrols

OTHER_KEY = new_key()
NO_HTTP_REQUEST = MESSAGE_UNREADABLE, "http-request-invalid"


@pytest.fixture(scope="module")
def ra(make_ra):
    """As `init` makes it: 3DES and SHA-1 are allowed."""
    return make_ra({"challenge": {"maximum": 0}})


@pytest.fixture(scope="module")
def hardened(make_ra):
    return make_ra({"challenge": {"maximum": 0}, "ra": {"legacy": []}})


@pytest.fixture(scope="module")
def old(make_ra):
    return make_ra({"challenge": {"maximum": 0}, "ra": {"legacy": ["3des", "sha1", "des", "md5"]}})


def enrols(ra, message: scep.Message, send=None, key=None) -> scep.CertRep:
    """The answer brings a certificate of our CA for the requested key, and says whose answer it is."""
    reply = send(ra, message) if send else ra.endpoint.post(message.encode()).cert_rep()
    assert reply.status == scep.SUCCESS, f"failInfo {reply.fail_info}, {ra.events()[-1:]}"
    assert reply.attributes[scep.TRANSACTION_ID] == der.content_of(message.transaction_id)
    nonce = message.sender_nonce and der.content_of(message.sender_nonce)
    assert reply.attributes.get(scep.RECIPIENT_NONCE) == nonce
    assert len(reply.attributes[scep.SENDER_NONCE]) == 16 and reply.attributes[scep.SENDER_NONCE] != nonce
    certificate = reply.certificates_for(message.signer)[0]
    assert ra.issued(certificate)
    assert scep.parsed(certificate).public_key.dump() == devices.public_key(key or message.signer.key)
    return reply


# --- messages -------------------------------------------------------------------------------------

def replaced(**changes):
    return lambda message: dataclasses.replace(message, **changes)


def ids(text: str):
    return replaced(transaction_id=der.printable(text))


def nonce(size: int):
    return replaced(sender_nonce=der.octet_string(os.urandom(size)))


def enveloped(**changes):
    return lambda message: dataclasses.replace(message, content=dataclasses.replace(message.content, **changes))


def in_ber(message):
    return dataclasses.replace(message, ber=True, content=dataclasses.replace(message.content, ber=True))


def signed_by(**changes):
    """The same message, its signer with another certificate for the same key."""
    def change(message):
        certificate = devices.raw_certificate(message.signer.key, **{"subject": devices.name("CN=host"), **changes})
        signer = Device(key=message.signer.key)
        signer.certificate = certificate
        return dataclasses.replace(message, signer=signer)
    return change


def bag(order):
    others = tuple(devices.raw_certificate(OTHER_KEY, serial=n, subject=devices.name(f"CN=other {n}")) for n in (5, 6))
    return lambda message: dataclasses.replace(message, certificates=order(message.signer.certificate, others))


def named_by_key_identifier(message):
    identifier = b"\x11" * 20
    extension = devices.extension("2.5.29.14", der.octet_string(identifier))
    return dataclasses.replace(signed_by(extensions=(extension,))(message),
                               signer_identifier=der.implicit(0, der.octet_string(identifier), False))


NO_SIGNATURE_USE = devices.extension(devices.KEY_USAGE, der.bit_string(b"\x08", 3), True)  # keyAgreement
UNKNOWN_CRITICAL = devices.extension("1.2.3.4.5", der.null(), True)
CALLED_BY_RANDOM_NONCE = devices.attribute("1.2.840.113549.1.9.25.3", der.octet_string(bytes(16)))
MICROSOFT = devices.attribute("1.3.6.1.4.1.311.21.35", der.utf8("x"))
SIGNING_TIME_OF_1970 = devices.attribute("1.2.840.113549.1.9.5", der.tlv(0x17, b"700101000000Z"))

MESSAGES = {
    "req:M1 as the RFC has it": lambda m: m,
    "req:M2 eContentType envelopedData": replaced(encapsulated=scep.ENVELOPED_DATA, content_type=scep.ENVELOPED_DATA),
    "req:M3 req:X11 BER of indefinite lengths": in_ber,
    "req:M3 only the envelope in BER": enveloped(ber=True),
    "req:M4 attributes not sorted": replaced(unsorted=True),
    "req:M7 messageType as UTF8String": replaced(message_type=der.utf8("19")),
    "req:M7 messageType as IA5String": replaced(message_type=der.tlv(0x16, b"19")),
    "req:M7 messageType as INTEGER": replaced(message_type=der.integer(19)),
    "req:M7 messageType with blanks": replaced(message_type=der.printable(" 19 ")),
    "req:M7 transactionID as UTF8String": replaced(transaction_id=der.utf8("A" * 32)),
    "req:M10 req:X20 lower-hex transactionID": ids("e577807d441dbd9a9487a931045450af1346367e"),
    "req:M10 req:X16 64 lower-hex digits": ids("ab" * 32),
    "req:M10 req:X6 req:X10 40 upper-hex digits": ids("A13090761A30F66664F85D37433D2065E1112BA1"),
    "req:M10 req:X17 transactionID in base64": ids("HVvzN0228V+AW+dUuDe8OPyDXD0="),
    "req:M10 cryptlib's transactionID": ids("7XXEY-ERLPU-2JDR9"),
    "req:M10 255 octets": ids("x" * 255),
    "req:M10 outside PrintableString": replaced(transaction_id=der.tlv(0x13, b"a_b@c\r\n<\xc3\xa9>")),
    "req:M13 req:X6 nonce of 8 octets": nonce(8),
    "req:M13 nonce of one octet": nonce(1),
    "req:M13 nonce of 64 octets": nonce(64),
    "req:M13 no nonce": replaced(sender_nonce=None),
    "req:M14 the signer named by its key": named_by_key_identifier,
    "req:M14 its certificate is the last of the bag": bag(lambda own, others: (*others, own)),
    "req:M14 its certificate is the first of the bag": bag(lambda own, others: (own, *others)),
    "req:M17 a signer not for signatures": signed_by(version=3, extensions=(NO_SIGNATURE_USE,)),
    "req:M17 a signer that has expired": signed_by(since="700101000000Z", until="710101000000Z"),
    "req:M17 a signer of the future": signed_by(since="480101000000Z"),
    "req:M18 req:X2 a signer of X.509 v1, serial 0": signed_by(version=1, serial=0),
    "req:M18 a signer of X.509 v1, serial below 0": signed_by(version=1, serial=-5),
    "req:M18 req:X12 a signer with an unknown critical extension": signed_by(
        extensions=(UNKNOWN_CRITICAL,), subject=devices.name("CN=SCEP Protocol Certificate")),
    "req:M18 req:X2 a signer with unstructuredName only": signed_by(
        version=1, subject=devices.name("unstructuredName=router")),
    "req:M18 a signer whose own signature is by MD5": signed_by(digest="md5"),
    "req:M19 req:X19 digest without parameters": replaced(digest_parameters=b""),
    "req:M19 sha256WithRSAEncryption": replaced(
        signature_algorithm=der.algorithm(devices.RSA_SIGNATURES["sha256"], der.null())),
    "req:M19 sha256WithRSAEncryption without parameters": replaced(
        signature_algorithm=der.algorithm(devices.RSA_SIGNATURES["sha256"])),
    "req:M20 signingTime of 1970": replaced(more_attributes=(SIGNING_TIME_OF_1970,)),
    "req:M21 attributes of Microsoft and cryptlib": replaced(more_attributes=(MICROSOFT, CALLED_BY_RANDOM_NONCE)),
    "req:M21 unsigned attributes": replaced(unsigned_attributes=(MICROSOFT,)),
    "req:E7 req:X19 content said to be encryptedData": enveloped(content_type=scep.ENCRYPTED_DATA),
}


@pytest.mark.parametrize("change", MESSAGES.values(), ids=MESSAGES.keys())
def test_a_message_of_another_form_enrols(ra, change):
    enrols(ra, change(request(ra, ra.password())))


def twice(**values):
    """A second attribute of the kind."""
    kinds = {"message_type": scep.MESSAGE_TYPE, "transaction_id": scep.TRANSACTION_ID, "sender_nonce": scep.SENDER_NONCE,
             "content_type": scep.CONTENT_TYPE, "message_digest": scep.MESSAGE_DIGEST}
    return replaced(more_attributes=tuple(devices.attribute(kinds[kind], value) for kind, value in values.items()))


def two_values(message):
    value = devices.attribute(scep.MESSAGE_TYPE, der.printable("17"), der.printable("19"))
    return dataclasses.replace(message, message_type=None, more_attributes=(value,))


def unsigned_only(message):
    """messageType stands in the attributes that nobody has signed."""
    return dataclasses.replace(message, message_type=None,
                               unsigned_attributes=(devices.attribute(scep.MESSAGE_TYPE, der.printable("19")),))


def denied(reason: str, fail_info: str = BAD_REQUEST) -> tuple:
    return fail_info, REQUEST_DENIED, reason


ATTRIBUTE, SIGNER = denied("attribute-invalid"), denied("signer-invalid")
WRONG_MESSAGES = {
    "req:M2 eContentType signedData": (
        replaced(encapsulated=scep.SIGNED_DATA, content_type=scep.SIGNED_DATA), denied("message-unreadable")),
    "req:M5 contentType is not eContentType": (replaced(content_type=scep.ENVELOPED_DATA), ALTERED),
    "req:M5 eContentType is not contentType": (replaced(encapsulated=scep.ENVELOPED_DATA), ALTERED),
    "req:M5 contentType twice": (twice(content_type=der.oid(scep.DATA)), ALTERED),
    "req:M5 messageDigest twice": (twice(message_digest=der.octet_string(bytes(32))), ALTERED),
    "req:M6 case C3 messageType twice": (twice(message_type=der.printable("19")), ATTRIBUTE),
    "req:M6 case C3 senderNonce twice": (twice(sender_nonce=der.octet_string(bytes(16))), ATTRIBUTE),
    "req:M6 case C3 two values": (two_values, ATTRIBUTE),
    "req:M7 case C3 messageType as OCTET STRING": (
        replaced(message_type=der.octet_string(b"19")), denied("message-type-unknown")),
    "req:M7 case C3 messageType as SEQUENCE": (
        replaced(message_type=der.sequence(der.integer(19))), denied("message-type-unknown")),
    "req:M7 messageType in hexadecimal": (replaced(message_type=der.printable("0x13")), denied("message-type-unknown")),
    "req:M8 req:S11 messageType unsigned": (unsigned_only, ATTRIBUTE),
    "req:M12 case C3 senderNonce as PrintableString": (replaced(sender_nonce=der.printable("A" * 16)), ATTRIBUTE),
    "req:M13 case C3 nonce of 65 octets": (nonce(65), ATTRIBUTE),
    "req:M13 case C3 nonce of no octet": (nonce(0), ATTRIBUTE),
    "req:M14 case C4 the signer's certificate is missing": (bag(lambda own, others: others), SIGNER),
    "req:M14 case C4 no certificate at all": (bag(lambda own, others: ()), SIGNER),
    "req:M15 case C4 two signers": (replaced(signer_infos=2), SIGNER),
    "req:M15 case C4 no signer": (replaced(signer_infos=0), None),
    "req:M19 an unknown signature algorithm": (
        replaced(signature_algorithm=der.algorithm("1.2.3.4")), denied("algorithm-not-allowed", BAD_ALG)),
    "req:M23 nothing in the message": (replaced(content=None), denied("message-unreadable")),
}


@pytest.mark.parametrize("change, refusal", WRONG_MESSAGES.values(), ids=WRONG_MESSAGES.keys())
def test_a_message_of_a_wrong_form_is_refused(ra, change, refusal):
    password = ra.password()
    message = change(request(ra, password))
    if refusal:
        refused_by_cert_rep(ra, message, *refusal)
    else:
        # Without a signer there is no transactionID to answer.
        assert refused(ra, lambda: ra.endpoint.post(message.encode()), MESSAGE_UNREADABLE, "attribute-invalid").status == 400
    twin_enrols(ra, password)


@pytest.mark.parametrize("transaction_id", [None, der.printable(""), der.printable("x" * 256), der.octet_string(b"x" * 32),
                                            der.integer(7)], ids=["absent", "empty", "256 octets", "OCTET STRING", "INTEGER"])
def test_a_message_without_a_usable_transaction_gets_400(ra, transaction_id):
    """req:M10, req:F5, req:T24, case C3"""
    password = ra.password()
    message = dataclasses.replace(request(ra, password), transaction_id=transaction_id)
    answer = refused(ra, lambda: ra.endpoint.post(message.encode()), MESSAGE_UNREADABLE, "attribute-invalid")
    assert answer.status == 400 and answer.type == "text/plain"
    twin_enrols(ra, password)


# --- requests -------------------------------------------------------------------------------------

VERISIGN_EXTENSIONS = "2.16.840.1.113733.1.9.8"
MICROSOFT_EXTENSIONS = "1.3.6.1.4.1.311.2.1.14"
NAMES = devices.alternative_names(dns=["a.example.test"])
ONE_RDN = "CN=router+serialNumber=FTX1234+unstructuredName=r.example.test"
REQUESTS = {
    "req:X4 several attributes in one RDN": {"csr": {"subject": ONE_RDN}},
    "req:X4 Cisco's address beside the name": {"csr": {"subject": "unstructuredAddress=192.0.2.1, CN=r.example.test"}},
    "req:N4 req:X12 another subject than the signer's": {"csr": {"subject": "C=CH, O=Example, CN=another.example.test"}},
    "req:N18 Microsoft's extension request": {
        "csr": {"attributes": [devices.attribute(MICROSOFT_EXTENSIONS, der.sequence(NAMES))]}},
    "req:N18 VeriSign's extension request": {
        "csr": {"attributes": [devices.attribute(VERISIGN_EXTENSIONS, der.sequence(NAMES))]}},
    "req:N18 the usual extension request": {"csr": {"extensions": [NAMES]}},
}


@pytest.mark.parametrize("arguments", REQUESTS.values(), ids=REQUESTS.keys())
def test_a_request_of_another_form_enrols(ra, arguments):
    enrols(ra, request(ra, ra.password(), **arguments))


def test_the_names_of_one_relative_name_stay_one(ra):
    """req:X4: what was asked for is what is certified, set by set."""
    certificate = verdict.enrolled(ra, request(ra, ra.password(), csr={"subject": ONE_RDN}))
    issued = scep.parsed(certificate).subject.dump()
    assert [len(der.elements(der.content_of(part))) for part in der.elements(der.content_of(issued))] == [3]


def test_apples_two_keys_enrol(ra):
    """req:N3, req:X6, req:R11: one signs and gets the answer, the other one is certified."""
    enrols(ra, request(ra, ra.password(), csr={"key": OTHER_KEY}), key=OTHER_KEY)


# --- algorithms -----------------------------------------------------------------------------------

def mirrored(ra, digest: str = "sha256", cipher: str = "aes-128-cbc", transport: str = "pkcs1") -> None:
    reply = enrols(ra, request(ra, ra.password(), digest=digest, cipher=cipher, transport=transport))
    assert (reply.digest, reply.cipher, reply.transport) == (digest, cipher, transport)


@pytest.mark.parametrize("digest", ["sha1", "sha256", "sha384", "sha512"])
def test_the_answer_has_the_digest_of_the_request(ra, digest):
    """req:R18, req:X3, req:X14, req:M19"""
    mirrored(ra, digest=digest)


@pytest.mark.parametrize("cipher", ["aes-128-cbc", "aes-192-cbc", "aes-256-cbc", "des-ede3-cbc"])
def test_the_answer_has_the_cipher_of_the_request(ra, cipher):
    """req:E1, req:E2, req:E3, req:E13, req:X18"""
    mirrored(ra, cipher=cipher)


@pytest.mark.parametrize("transport", ["pkcs1", "oaep-sha1", "oaep-sha256"])
def test_the_answer_has_the_key_transport_of_the_request(ra, transport):
    """req:E4, req:E5, req:E13, req:X12"""
    mirrored(ra, transport=transport)


NOT_ALLOWED = denied("algorithm-not-allowed", BAD_ALG)
LEGACY = [{"cipher": "des-ede3-cbc"}, {"digest": "sha1"}, {"cipher": "des-ede3-cbc", "digest": "sha1"}]
LEGACY_NAMES = ["3DES", "SHA-1", "both"]


@pytest.mark.parametrize("algorithms", LEGACY, ids=LEGACY_NAMES)
def test_a_hardened_ra_takes_no_old_algorithm(hardened, algorithms):
    """req:E3, req:E6, req:S1, case C5, case C9: and the RA that `init` makes does."""
    password = hardened.password()
    refused_by_cert_rep(hardened, request(hardened, password, **algorithms), *NOT_ALLOWED)
    twin_enrols(hardened, password)


@pytest.mark.parametrize("algorithms", LEGACY, ids=LEGACY_NAMES)
def test_the_usual_ra_takes_what_devices_still_send(ra, algorithms):
    """req:E3, req:S3, req:X8, req:X14"""
    mirrored(ra, **algorithms)


OLDEST = {
    "DES and MD5": {"cipher": "des-cbc", "digest": "md5"},
    "DES": {"cipher": "des-cbc"},
    "MD5": {"digest": "md5"},
    "MD5 with AES": {"digest": "md5", "cipher": "aes-256-cbc"},
}


@pytest.mark.parametrize("algorithms", OLDEST.values(), ids=OLDEST.keys())
def test_the_oldest_algorithms_are_read_by_a_switch_only_and_answered_with_better_ones(old, ra, algorithms):
    """req:E6, req:X2, req:X9, req:X16, req:X18, req:X20, req:X21, case C5, case C9"""
    password = ra.password()
    refused_by_cert_rep(ra, request(ra, password, **algorithms), *NOT_ALLOWED)
    twin_enrols(ra, password)
    reply = enrols(old, request(old, old.password(), **algorithms))
    assert reply.digest != "md5" and reply.cipher != "des-cbc"


# --- HTTP -----------------------------------------------------------------------------------------

def text_of(message: scep.Message) -> str:
    return base64.b64encode(message.encode()).decode()


def by_get(form):
    """The base64 text as a client puts it into the URL."""
    return lambda ra, message: ra.endpoint.request(
        "GET", "operation=PKIOperation&message=" + form(text_of(message))).cert_rep()


def lines(size: int, end: str):
    return lambda text: end.join(textwrap.wrap(text, size)) + end


def escaped(text: str) -> str:
    return urllib.parse.quote(text, safe="")


def raw(answer: bytes) -> scep.CertRep:
    assert raw_http.status_of(answer) == 200, answer[:200]
    headers = raw_http.headers_of(answer)
    assert headers["content-type"] == "application/x-pki-message"
    assert int(headers["content-length"]) == len(raw_http.body_of(answer)) and "transfer-encoding" not in headers
    return scep.CertRep.parse(raw_http.body_of(answer))


def by_post(headers=None, query="operation=PKIOperation", body=lambda octets: octets, path=lambda path: path):
    def send(ra, message):
        endpoint = type(ra.endpoint)(ra.url.removesuffix(ra.path) + path(ra.path))
        return endpoint.request("POST", query, body(message.encode()), headers or {}).cert_rep()
    return send


def chunked(ra, message):
    octets = message.encode()
    pieces = b"".join(b"%x\r\n%s\r\n" % (len(octets[at:at + 500]), octets[at:at + 500]) for at in range(0, len(octets), 500))
    head = f"POST {ra.path}?operation=PKIOperation HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    return raw(raw_http.by_socket(ra, head.encode() + pieces + b"0\r\n\r\n"))


CISCO = "User-Agent: Mozilla/4.0 (compatible; MSIE 5.0; Cisco PKI)"
WAYS = {
    "req:T1 POST": by_post(),
    "req:T2 req:T8 req:X18 GET": by_get(escaped),
    "req:T9 req:X1 req:X9 base64 wrapped by %0A": by_get(lambda text: escaped(lines(64, "\n")(text))),
    "req:T9 base64 wrapped by %0D%0A": by_get(lambda text: escaped(lines(76, "\r\n")(text))),
    "req:T9 tabs in base64": by_get(lambda text: escaped(lines(64, "\t")(text))),
    "req:T9 req:X5 literal +": by_get(lambda text: text),
    "req:T9 + as an escaped space": by_get(lambda text: text.replace("+", "%20")),
    "req:T9 req:X17 letters of base64url": by_get(lambda text: text.replace("+", "-").replace("/", "_")),
    "req:T9 no padding": by_get(lambda text: escaped(text.rstrip("="))),
    "req:T9 base64url without padding": by_get(lambda text: text.rstrip("=").replace("+", "-").replace("/", "_")),
    "req:T9 every letter escaped": by_get(lambda text: "".join(f"%{ord(letter):02x}" for letter in text)),
    "req:T7 message before operation": lambda ra, m: ra.endpoint.request(
        "GET", f"message={escaped(text_of(m))}&operation=PKIOperation").cert_rep(),
    "req:T7 an unknown parameter too": lambda ra, m: ra.endpoint.request(
        "GET", f"x=1&operation=PKIOperation&message={escaped(text_of(m))}&profile=a").cert_rep(),
    "req:T6 operation in another case": by_post(query="operation=pkioperation"),
    "req:T16 req:X1 HTTP/1.0 GET without Host": lambda ra, m: raw(
        raw_http.get(ra, "operation=PKIOperation&message=" + escaped(text_of(m)), "HTTP/1.0", CISCO)),
    "req:T16 HTTP/1.0 GET with a Host": lambda ra, m: raw(
        raw_http.get(ra, "operation=PKIOperation&message=" + escaped(text_of(m)), "HTTP/1.0", "Host: nobody.example.test")),
    "req:T16 HTTP/1.0 POST without Host": lambda ra, m: raw(raw_http.post(ra, m.encode())),
    "req:T16 HTTP/1.1 POST with another Host": lambda ra, m: raw(
        raw_http.post(ra, m.encode(), "HTTP/1.1", "Host: 192.0.2.1:8080", "Connection: close")),
    "req:T15 req:T14 case W8 chunked": chunked,
    "req:T15 Expect: 100-continue": lambda ra, m: raw(raw_http.post(
        ra, m.encode(), "HTTP/1.1", "Host: a", "Connection: close", "Expect: 100-continue")
        .removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n")),
    "req:T4 application/x-pki-message": by_post({"Content-Type": "application/x-pki-message"}),
    "req:T4 req:X5 application/octet-stream": by_post(
        {"Content-Type": "application/octet-stream", "Content-Transfer-Encoding": "binary"}),
    "req:T4 req:X11 a form's type": by_post({"Content-Type": "application/x-www-form-urlencoded"}),
    "req:T4 multipart/form-data": by_post({"Content-Type": "multipart/form-data; boundary=x"}),
    "req:T4 req:X10 an empty type": by_post({"Content-Type": ""}),
    "req:T4 req:X9 no type": by_post(),
    "req:T5 POST without an operation": by_post(query=""),
    "req:T5 POST with an unknown parameter only": by_post(query="x=1"),
    "req:T10 a body of base64": by_post(body=base64.b64encode),
    "req:T10 a body of base64 in lines": by_post(body=base64.encodebytes),
    "req:T26 CR LF NUL behind it": by_post(body=lambda octets: octets + b"\r\n\0"),
    "req:T26 a space behind it": by_post(body=lambda octets: octets + b" "),
    "req:T3 req:X1 req:X12 PATH_INFO": by_post(path=lambda path: path + "/pkiclient.exe"),
    "req:T3 upper case": by_post(path=str.upper),
    "req:T3 mixed case and PATH_INFO": by_post(path=lambda path: path.title() + "/PKIClient.EXE"),
}


@pytest.mark.parametrize("send", WAYS.values(), ids=WAYS.keys())
def test_a_message_enrols_however_it_comes(ra, send):
    enrols(ra, request(ra, ra.password()), send)


def test_a_client_like_sscep_on_an_old_router_enrols(ra):
    """req:X1, req:X9, req:X11, req:X22: all of it at once."""
    for form in (lines(64, "%0A"), lambda text: text):
        plain = request(ra, ra.password(), digest="sha1", cipher="des-ede3-cbc")
        message = in_ber(nonce(8)(ids(os.urandom(16).hex())(plain)))
        enrols(ra, message, lambda ra, m: raw(
            raw_http.get(ra, "operation=PKIOperation&message=" + form(text_of(m)), "HTTP/1.0", CISCO)))


UNREADABLE = MESSAGE_UNREADABLE, "message-unreadable"
METHOD = MESSAGE_UNREADABLE, "method-not-allowed"
OPERATION = "operation=PKIOperation"


def in_url(form):
    """`form`: the query around the base64 text, or what is made of the text."""
    return lambda octets, text: (form(text) if callable(form) else form.format(text), None)


def in_body(form, query: str = OPERATION):
    return lambda octets, text: (query, form(octets))


WRONG_WAYS = {  # query and body; method, status, event and reason
    "req:T7 operation twice": (in_url(OPERATION + "&operation=PKIOperation&message={}"), "GET", 400, NO_HTTP_REQUEST),
    "req:T7 message twice": (in_url(OPERATION + "&message={0}&message={0}"), "GET", 400, NO_HTTP_REQUEST),
    "req:T9 a letter that base64 lacks": (in_url(OPERATION + "&message=%21{}"), "GET", 400, NO_HTTP_REQUEST),
    "req:T9 escaped twice": (
        in_url(lambda text: f"{OPERATION}&message=" + text.replace("%", "%25")), "GET", 400, NO_HTTP_REQUEST),
    "req:T12 no message": (in_url(OPERATION), "GET", 400, NO_HTTP_REQUEST),
    "req:T12 an empty message": (in_url(OPERATION + "&message="), "GET", 400, NO_HTTP_REQUEST),
    "req:T12 an empty body": (in_body(lambda octets: b""), "POST", 400, NO_HTTP_REQUEST),
    "req:T5 POST without an operation and no message": (in_body(lambda octets: b"a=b", ""), "POST", 400, NO_HTTP_REQUEST),
    "req:T24 an unknown operation": (in_url("operation=Enrol&message={}"), "GET", 400, NO_HTTP_REQUEST),
    "req:T24 no operation": (in_url("message={}"), "GET", 400, NO_HTTP_REQUEST),
    "req:T24 no CMS": (in_body(lambda octets: der.sequence(der.integer(1))), "POST", 400, UNREADABLE),
    "req:T26 an octet behind it": (in_body(lambda octets: octets + b"x"), "POST", 400, UNREADABLE),
    "req:T27 HEAD of a message": (in_url(OPERATION + "&message={}"), "HEAD", 405, METHOD),
    "req:T24 PUT": (in_body(lambda octets: octets), "PUT", 405, METHOD),
}


@pytest.mark.parametrize("made_of, method, status, event", WRONG_WAYS.values(), ids=WRONG_WAYS.keys())
def test_a_message_that_comes_wrongly_is_refused_by_http(ra, made_of, method, status, event):
    message = request(ra, ra.password())
    query, body = made_of(message.encode(), escaped(text_of(message)))
    answer = refused(ra, lambda: ra.endpoint.request(method, query, body), *event)
    assert answer.status == status
    assert answer.type == "text/plain" and len(answer.body) < 200
    assert "Set-Cookie" not in answer.headers and "Location" not in answer.headers
    if status == 405:
        assert set(answer.headers["Allow"].split(", ")) <= {"GET", "HEAD", "POST"}
    enrols(ra, message)
