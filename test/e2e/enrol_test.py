"""`scep-ra enrol` against both servers: every message it sends and every answer it gets is judged by openssl."""
import base64
import datetime
import stat

import pytest

import judge
import scep
import verdict
from device import alternative_names
from proxy import Exchange, RecordingProxy

TEMPLATE = "template.NDES-Device-Certificate"


def enrol(ra, folder, password: str | None, *more: str, port: int | None = None, check: bool = True):
    url = ra.url if port is None else f"http://127.0.0.1:{port}{ra.path}"
    words = ["enrol", "--url", url, "--subject", "CN=device.example.test", "--out", folder / "device"]
    if password is not None:
        words += ["--password", password]
    return ra.tool(*words, *more, check=check)


def message_of(exchange: Exchange) -> bytes:
    return exchange.body if exchange.method == "POST" else base64.b64decode(exchange.query["message"])


def judged_request(ra, message: bytes, folder) -> str:
    """The text of the PKCS#10 in a request, every layer opened and verified by openssl."""
    envelope = judge.verified_content(message, folder)
    return judge.csr_text(judge.decrypted(envelope, ra.encryption_pem, ra.encryption_key, folder), folder)


def judged_reply(ra, message: bytes, answer: bytes, folder) -> bytes:
    """The certificate in an answer: it opens with the certificate that signed the request, and its key."""
    signer = folder / "signer.pem"
    judge.openssl("cms", "-verify", "-noverify", "-inform", "DER", "-signer", signer, "-out", folder / "content",
                  given=message)
    envelope = judge.verified_content(answer, folder, ra)
    inner = judge.decrypted(envelope, signer, folder / "device" / "key.pem", folder)
    return judge.certificates_in(inner, folder)[0]


@pytest.mark.parametrize("options, method", [((), "POST"), (("--get",), "GET")], ids=["by POST", "by GET"])
def test_every_message_of_an_enrolment_opens_with_openssl(make_ra, folder, options, method):
    ra = make_ra()
    password = ra.password()
    with RecordingProxy(ra.host, ra.port) as proxy:
        enrol(ra, folder, password, "--san", "dns:device.example.test", "--ca-fingerprint", ra.fingerprint, *options,
              port=proxy.port)
    assert [exchange.operation for exchange in proxy.exchanges] == ["GetCACaps", "GetCACert", "PKIOperation"]
    enrolment = proxy.exchanges[-1]
    assert enrolment.method == method
    asked = judged_request(ra, message_of(enrolment), folder)
    assert "CN = device.example.test" in asked and password in asked
    received = judged_reply(ra, message_of(enrolment), enrolment.answer, folder)
    assert (folder / "device" / "certificate.pem").read_bytes() == received
    assert judge.chains_to(received, ra.root_pem, ra.ca_pem, folder)


@pytest.mark.parametrize("options", [(), ("--get",)], ids=["by POST", "by GET"])
def test_a_refusal_is_signed_by_the_ra_and_holds_nothing(make_ra, folder, options):
    ra = make_ra()
    with RecordingProxy(ra.host, ra.port) as proxy:
        done = enrol(ra, folder, "0123456789ABCDEF", *options, port=proxy.port, check=False)
    assert done.returncode == 1
    assert not (folder / "device" / "certificate.pem").exists()
    assert judge.verified_content(proxy.exchanges[-1].answer, folder, ra) == b""
    assert [event["reason"] for event in ra.events()] == ["password-unknown"]


def test_the_certificate_says_what_the_template_says(make_ra):
    """Also where the device asks for nothing."""
    ra = make_ra({TEMPLATE: {"validity": "90d", "key_usage": ["digitalSignature"],
                             "application_policies": ["clientAuth", "1.2.3.4"]}})
    names = alternative_names(dns=["a.example.test"], ip=[bytes((192, 0, 2, 7))])
    issued = verdict.enrolled(ra, verdict.request(ra, ra.password(), csr={"extensions": [names]}))
    text, extensions = judge.certificate_text(issued), extensions_of(issued)
    assert extensions["key_usage"].native == {"digital_signature"}
    assert extensions["extended_key_usage"].native == ["client_auth", "1.2.3.4"]
    assert "DNS:a.example.test, IP Address:192.0.2.7" in text
    assert set(extensions) <= {"key_usage", "extended_key_usage", "subject_alt_name", "key_identifier",
                               "authority_key_identifier", "basic_constraints"}
    assert "CA:TRUE" not in text
    validity = scep.parsed(issued)["tbs_certificate"]["validity"]
    life = validity["not_after"].native - validity["not_before"].native
    assert abs(life - datetime.timedelta(days=90)) <= datetime.timedelta(minutes=15)
    authority = scep.parsed(judge.openssl("x509", "-in", ra.ca_pem, "-outform", "DER"))
    assert extensions["authority_key_identifier"]["key_identifier"].native == authority.key_identifier
    assert len(extensions["key_identifier"].native) == 20


def der_of(pem: bytes) -> bytes:
    return judge.openssl("x509", "-outform", "DER", given=pem)


def extensions_of(certificate: bytes) -> dict:
    return {extension["extn_id"].native: extension["extn_value"].parsed
            for extension in scep.parsed(certificate)["tbs_certificate"]["extensions"]}


def test_serial_numbers_are_long_and_have_nothing_in_common(make_ra, folder):
    ra = make_ra({"challenge": {"kind": "none"}})
    serials = []
    for number in range(4):
        (folder / str(number)).mkdir()
        enrol(ra, folder / str(number), None)
        pem = (folder / str(number) / "device" / "certificate.pem").read_bytes()
        serials.append(scep.parsed(der_of(pem))["tbs_certificate"]["serial_number"].contents)
    assert {len(serial) for serial in serials} <= {19, 20}
    assert all(serial[0] < 0x80 for serial in serials)
    assert len({serial[:4] for serial in serials}) == 4


def test_key_and_password_stay_private_and_nothing_is_replaced(make_ra, folder):
    ra = make_ra({"challenge": {"maximum": 0}})
    (folder / "password").write_text(ra.password() + "\n")
    enrol(ra, folder, None, "--password-file", folder / "password")
    key = folder / "device" / "key.pem"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    before = key.read_bytes()
    assert enrol(ra, folder, ra.password(), check=False).returncode == 1
    assert key.read_bytes() == before


def test_a_ca_with_another_fingerprint_gets_no_request(make_ra, folder):
    ra = make_ra()
    with RecordingProxy(ra.host, ra.port) as proxy:
        done = enrol(ra, folder, ra.password(), "--ca-fingerprint", "00" * 32, port=proxy.port, check=False)
    assert done.returncode == 1
    assert "PKIOperation" not in [exchange.operation for exchange in proxy.exchanges]


@pytest.mark.parametrize("legacy", [[], ["3des", "sha1"], ["3des", "sha1", "des", "md5"]], ids=str)
def test_the_strongest_common_algorithms_are_picked(make_ra, folder, legacy):
    ra = make_ra({"ra": {"legacy": legacy}})
    said = enrol(ra, folder, ra.password(), "--json").stdout
    assert '"sha256"' in said.lower().replace("-", "") or '"sha512"' in said.lower().replace("-", "")
    assert "aes" in said.lower()


def test_keys_of_every_size_enrol(make_ra, folder):
    ra = make_ra()
    for size in ("3072", "4096"):
        (folder / size).mkdir()
        enrol(ra, folder / size, ra.password(), "--key-type", f"rsa:{size}")
        assert f"({size} bit)" in judge.certificate_text((folder / size / "device" / "certificate.pem").read_bytes())


@pytest.mark.parametrize("key", ["rsa:3072", "ec:P-256"])
def test_an_embedded_ca_of_another_key_issues(make_ra, folder, key):
    ra = make_ra(init=("--ca-key", key))
    enrol(ra, folder, ra.password())
    assert judge.chains_to((folder / "device" / "certificate.pem").read_bytes(), ra.root_pem, ra.ca_pem, folder)
