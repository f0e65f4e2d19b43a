"""A device renews its certificate with `scep-ra enrol --renew`; requests that wait; keys that cannot decrypt."""
import json
import subprocess
import time

import pytest

import judge
from proxy import RecordingProxy
from ra import COMMAND

TEMPLATE = "template.NDES-Device-Certificate"
ALWAYS = {TEMPLATE: {"renewal_period": "1y"}}
MANUAL = {TEMPLATE: {"approval": "manual"}}
NAME = "CN=device.example.test"


def enrol(ra, out, *more, check: bool = True):
    return ra.tool("enrol", "--url", ra.url, "--out", out, "--ca-fingerprint", ra.fingerprint, *more, check=check)


def first(ra, out, *more):
    return enrol(ra, out, "--subject", NAME, "--san", "dns:device.example.test", "--password", ra.password(), *more)


def renew(ra, held, out, *more, check: bool = True):
    return enrol(ra, out, "--renew", held / "certificate.pem", held / "key.pem", *more, check=check)


def certificate(out) -> str:
    return judge.certificate_text((out / "certificate.pem").read_bytes())


def last_refusal(ra) -> str:
    return ra.events()[-1]["reason"]


@pytest.mark.parametrize("wire", ["rfc8894", "ndes"])
def test_a_device_renews_without_a_password(make_ra, folder, wire):
    """req:N12, req:N14, case:A7: both certificates are of the CA, for the same names and other keys."""
    ra = make_ra(ALWAYS | {"ra": {"wire": wire}})
    first(ra, folder / "first")
    renew(ra, folder / "first", folder / "second")
    old, new = certificate(folder / "first"), certificate(folder / "second")
    for text in (old, new):
        assert "CN = device.example.test" in text and "DNS:device.example.test" in text
    assert (folder / "first" / "key.pem").read_bytes() != (folder / "second" / "key.pem").read_bytes()
    assert ra.issued((folder / "second" / "certificate.pem").read_bytes())
    issued = [event for event in ra.events() if event["name"] == "certificate-issued"]
    assert [event["message_type"] for event in issued] == ["PKCSReq", "RenewalReq"]
    assert issued[1]["detail"] == "renewal of " + issued[0]["serial"]


def test_a_renewal_outside_its_window_is_refused(make_ra, folder):
    """case:A7, req:N17: six weeks before the end of a year."""
    ra = make_ra()
    first(ra, folder / "first")
    done = renew(ra, folder / "first", folder / "second", check=False)
    assert done.returncode == 1 and "badRequest" in done.stderr
    assert last_refusal(ra) == "renewal-too-early"


def test_a_renewal_is_for_the_same_names_only(make_ra, folder):
    """case:A8"""
    ra = make_ra(ALWAYS)
    first(ra, folder / "first")
    assert renew(ra, folder / "first", folder / "other", "--subject", "CN=other.example.test", check=False).returncode == 1
    assert last_refusal(ra) == "renewal-name-changed"
    assert renew(ra, folder / "first", folder / "more", "--san", "dns:device.example.test", "--san", "dns:more.example.test",
                 check=False).returncode == 1
    assert last_refusal(ra) == "renewal-name-changed"
    renew(ra, folder / "first", folder / "same")


def test_a_certificate_of_another_ra_renews_nothing_here(make_ra, folder):
    """case:A7, case:A13: it chains to another CA, or it is self-signed."""
    ra, other = make_ra(ALWAYS), make_ra(ALWAYS, init=("--ra-name", "Other"))
    first(other, folder / "elsewhere")
    assert renew(ra, folder / "elsewhere", folder / "second", check=False).returncode == 1
    assert last_refusal(ra) == "renewal-not-allowed"
    judge.openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", folder / "key.pem", "-out",
                  folder / "certificate.pem", "-subj", "/CN=device.example.test", "-days", "30")
    assert renew(ra, folder, folder / "third", check=False).returncode == 1
    assert last_refusal(ra) == "renewal-not-allowed"
    assert ra.count_issued() == 0


def test_one_certificate_renews_three_times(make_ra, folder):
    """case:A9"""
    ra = make_ra(ALWAYS)
    first(ra, folder / "0")
    for number in ("1", "2", "3"):
        renew(ra, folder / "0", folder / number)
    assert renew(ra, folder / "0", folder / "4", check=False).returncode == 1
    assert last_refusal(ra) == "renewed-too-often"
    renew(ra, folder / "3", folder / "5")


@pytest.mark.parametrize("kind", ["ec:P-256", "ec:P-384", "ec:P-521"])
def test_a_device_with_an_ec_key_enrols(make_ra, folder, kind):
    """req:E9: its answer opens with the password, as openssl confirms."""
    ra = make_ra()
    password = ra.password()
    with RecordingProxy(ra.host, ra.port) as proxy:
        ra.tool("enrol", "--url", f"http://127.0.0.1:{proxy.port}{ra.path}", "--out", folder / "ec", "--subject", NAME,
                "--password", password, "--key-type", kind)
    assert ra.issued((folder / "ec" / "certificate.pem").read_bytes())
    envelope = judge.verified_content(proxy.exchanges[-1].answer, folder, ra)
    inner = judge.openssl("cms", "-decrypt", "-inform", "DER", "-pwri_password", password, given=envelope)
    assert judge.certificates_in(inner, folder)[0] == (folder / "ec" / "certificate.pem").read_bytes()


def test_an_ec_key_without_a_password_is_refused_before_the_ca_is_asked(make_ra, folder):
    """req:E10"""
    ra = make_ra({"challenge": {"kind": "none"}} | ALWAYS)
    done = enrol(ra, folder / "ec", "--subject", NAME, "--key-type", "ec:P-256", check=False)
    assert done.returncode == 1 and "badAlg" in done.stderr
    assert last_refusal(ra) == "reply-undeliverable"


class Waiting:
    """`scep-ra enrol` that waits for approval."""

    def __init__(self, ra, out, *more):
        words = [COMMAND, "enrol", "--url", ra.url, "--out", out, "--subject", NAME, "--password", ra.password(),
                 "--ca-fingerprint", ra.fingerprint, "--poll-interval", "1", "--wait", "120", *more]
        self.ra = ra
        self.process = subprocess.Popen([str(word) for word in words], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        text=True)

    def id(self) -> str:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            requests = json.loads(self.ra.tool("request", "list", "--json").stdout)
            if requests:
                return requests[0]["id"]
            time.sleep(0.1)
        raise AssertionError("no request waits")

    def end(self) -> tuple[int, str]:
        _, told = self.process.communicate(timeout=120)
        return self.process.returncode, told

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()


@pytest.mark.parametrize("kind", ["rsa:2048", "ec:P-256"])
def test_a_request_waits_over_a_restart_until_it_is_approved(make_ra, folder, kind):
    """req:P1, req:P6, req:P11, req:N21, case:R5: PENDING, approve, poll; the server is stopped and started in between."""
    ra = make_ra(MANUAL)
    with Waiting(ra, folder / "device", "--key-type", kind) as waiting:
        identifier = waiting.id()
        shown = json.loads(ra.tool("request", "show", identifier, "--json").stdout)
        assert shown["subject"] == NAME and len(shown["csr_sha256"]) == 64
        ra.restart()
        assert waiting.process.poll() is None
        ra.tool("request", "approve", identifier)
        assert waiting.end()[0] == 0
    assert ra.issued((folder / "device" / "certificate.pem").read_bytes())
    assert json.loads(ra.tool("request", "list", "--json").stdout) == []
    names = [event["name"] for event in ra.events()]
    assert names == ["request-pending", "request-approved", "certificate-issued"]
    assert ra.events()[1]["user"].startswith("os:")


def test_a_denied_request_is_a_failure(make_ra, folder):
    ra = make_ra(MANUAL)
    with Waiting(ra, folder / "device") as waiting:
        identifier = waiting.id()
        ra.tool("request", "deny", identifier)
        code, told = waiting.end()
    assert code == 1 and "badRequest" in told
    assert ra.count_issued() == 0
    assert ra.tool("request", "approve", identifier, check=False).returncode == 1


def test_a_client_that_was_stopped_goes_on_polling(make_ra, folder):
    ra = make_ra(MANUAL)
    with Waiting(ra, folder / "device") as waiting:
        identifier = waiting.id()
    ra.tool("request", "approve", identifier)
    enrol(ra, folder / "device", "--subject", NAME, "--poll", "--poll-interval", "1")
    assert ra.issued((folder / "device" / "certificate.pem").read_bytes())


def test_the_password_of_a_request_that_waits_is_not_in_the_store(make_ra, folder):
    """case:S2"""
    ra = make_ra(MANUAL)
    password = ra.password()
    enrol(ra, folder / "device", "--subject", NAME, "--password", password, "--wait", "0", check=False)
    kept = b"".join(path.read_bytes() for path in ra.store.parent.iterdir())
    assert password.encode() not in kept
    assert b"device.example.test" in kept
