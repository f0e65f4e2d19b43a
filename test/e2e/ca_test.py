"""What only the embedded CA can do: revoke, make a CRL, go over to a successor, come under a company's root."""
import json
import os
import pathlib
import pwd
import stat
import time

import pytest

import der
import judge
import scep
import verdict
from company import Company
from device import pem
from ra import command

ROOT = os.geteuid() == 0
WORKER = "www-data" if ROOT else pwd.getpwuid(os.geteuid()).pw_name
CRL_URL = "http://pki.example.test/{key}.crl"
RENEWAL = der.printable("17")
TEMPLATE = "template.NDES-Device-Certificate"


def told(ra, *words) -> dict:
    """What a verb tells machines."""
    return json.loads(ra.tool("--json", *words).stdout)


def reloaded(ra) -> None:
    """Until nobody answers any more who has read the former configuration."""
    old, deadline = set(ra.workers()), time.monotonic() + 30
    ra.reload()
    while old & set(ra.workers()):
        assert time.monotonic() < deadline, "the old workers stay"
        time.sleep(0.05)


def serial(certificate: bytes) -> str:
    return judge.openssl("x509", "-inform", "DER", "-noout", "-serial", given=certificate).decode().strip() \
        .partition("=")[2]


def subject(path: pathlib.Path) -> str:
    return judge.openssl("x509", "-in", path, "-noout", "-subject", "-nameopt", "RFC2253").decode().strip() \
        .partition("=")[2]


def enrolled(ra, **more) -> bytes:
    """`verdict.enrolled` judges by the CA that init made; here the CA changes."""
    message = verdict.request(ra, ra.password(), **more)
    reply = ra.endpoint.post(message.encode()).cert_rep()
    assert reply.status == scep.SUCCESS, f"failInfo {reply.fail_info}, {ra.events()[-1:]}"
    return reply.certificates_for(message.signer)[0]


def verifies(leaf: bytes, folder: pathlib.Path, root: pathlib.Path, *between: pathlib.Path,
             crl: pathlib.Path | None = None) -> bool:
    there, untrusted = folder / "leaf.pem", folder / "between.pem"
    there.write_bytes(pem("CERTIFICATE", leaf))
    untrusted.write_bytes(b"".join(path.read_bytes() for path in between))
    checked = ("-crl_check", "-CRLfile", crl) if crl else ()
    return judge.accepts("verify", "-x509_strict", "-purpose", "sslclient", "-CAfile", root, "-untrusted", untrusted,
                         *checked, there)


def crl_text(path: pathlib.Path, ca: pathlib.Path) -> str:
    """A CRL as text, whose signature openssl accepts."""
    form = "PEM" if path.read_bytes().startswith(b"-----") else "DER"
    assert judge.accepts("crl", "-inform", form, "-in", path, "-noout", "-CAfile", ca)
    return judge.openssl("crl", "-inform", form, "-in", path, "-noout", "-text").decode()


def crl_folder(ra) -> None:
    """A folder that the workers own, as ca.crl_file asks for."""
    place = ra.folder / "crl"
    place.mkdir(mode=0o755)
    if ROOT:
        account = pwd.getpwnam(WORKER)
        os.chown(place, account.pw_uid, account.pw_gid)


def with_crl(make_ra, changes: dict | None = None, file: str = "{key}.crl"):
    """An RA whose CRL has a URL and a file."""
    def prepare(ra):
        crl_folder(ra)
        ra.configuration.write_text(ra.configuration.read_text().replace(
            "[ca]\n", f'[ca]\ncrl_url = "{CRL_URL}"\ncrl_file = "{ra.folder}/crl/{file}"\n', 1))
    return make_ra(changes, before_start=prepare)


def crl_files(ra) -> list[pathlib.Path]:
    return sorted((ra.folder / "crl").iterdir())


def test_a_revoked_certificate_is_refused_by_openssl_with_the_crl(make_ra, folder):
    ra = with_crl(make_ra)
    lost, other = enrolled(ra), enrolled(ra)
    crl = folder / "ca.crl"
    ra.tool("crl", "--out", crl)
    assert verifies(lost, folder, ra.root_pem, ra.ca_pem, crl=crl)

    done = told(ra, "certificate", "revoke", serial(lost), "--reason", "keyCompromise")
    assert done["crl_number"] == 2 and done["reason"] == "keyCompromise"
    ra.tool("crl", "--out", crl)
    text = crl_text(crl, ra.ca_pem)
    assert f"Serial Number: {serial(lost)}" in text and "Key Compromise" in text
    assert serial(other) not in text
    assert not verifies(lost, folder, ra.root_pem, ra.ca_pem, crl=crl)
    assert verifies(other, folder, ra.root_pem, ra.ca_pem, crl=crl)
    (served,) = crl_files(ra)
    assert crl_text(served, ra.ca_pem) == text
    assert stat.S_IMODE(served.stat().st_mode) == 0o644
    assert pwd.getpwuid(served.stat().st_uid).pw_name == WORKER

    again = ra.tool("certificate", "revoke", serial(lost), check=False)
    assert again.returncode == 1 and "is revoked already" in again.stderr
    event = next(event for event in ra.all_events() if event["name"] == "certificate-revoked")
    assert (event["id"], event["serial"], event["detail"]) == (108, done["serial"], "keyCompromise")
    assert event["user"] == "os:" + pwd.getpwuid(os.geteuid()).pw_name
    assert ra.stored("SELECT count(*) FROM event WHERE id = 108") == [(1,)]


def test_certificates_say_where_the_crl_is_and_a_file_is_there(make_ra):
    ra = with_crl(make_ra)
    place = told(ra, "ca", "show")["crl"]
    text = judge.certificate_text(enrolled(ra))
    assert f"URI:{place['url']}\n" in text and "{key}" not in place["url"]
    ra.tool("crl", "--renew")
    assert [str(path) for path in crl_files(ra)] == [place["file"]]
    assert pathlib.PurePath(place["url"]).name == pathlib.PurePath(place["file"]).name


def test_init_gives_the_crl_a_place(folder):
    place = folder / "ra"
    command("init", "--crl-url", CRL_URL, configuration=place / "scep-ra.toml")
    assert command("check", configuration=place / "scep-ra.toml").stderr == ""
    shown = json.loads(command("--json", "ca", "show", configuration=place / "scep-ra.toml").stdout)
    for name in ("ra-signing.pem", "ra-encryption.pem"):
        assert f"URI:{shown['crl']['url']}\n" in judge.certificate_text((place / name).read_bytes())
    command("crl", configuration=place / "scep-ra.toml")
    crl = pathlib.Path(shown["crl"]["file"])
    assert crl.parent == place / "state" / "crl" and "No Revoked Certificates" in crl_text(crl, place / "issuing-ca.pem")
    wrong = command("init", "--crl-url", "https://pki.example.test/", configuration=folder / "other" / "t", check=False)
    assert wrong.returncode == 2 and not (folder / "other").exists()


def test_a_revoked_certificate_does_not_renew(make_ra):
    ra = make_ra({TEMPLATE: {"validity": "1d", "renewal_period": "1d"}})
    device = verdict.device()
    message = verdict.request(ra, ra.password(), by=device)
    certificate = ra.endpoint.post(message.encode()).cert_rep().certificates_for(device)[0]
    ra.tool("certificate", "revoke", serial(certificate))
    device.certificate = certificate
    renewal = scep.pkcs_req(device, ra.encryption, device.csr(), message_type=RENEWAL, transaction_id="renewal")
    reply = ra.endpoint.post(renewal.encode()).cert_rep()
    assert (reply.status, reply.fail_info) == (scep.FAILURE, scep.BAD_REQUEST)
    assert ra.events()[-1]["reason"] == "certificate-revoked"


def test_a_device_gets_the_crl_by_scep(make_ra, folder):
    ra = make_ra()
    lost, device = enrolled(ra), verdict.device()
    message = verdict.request(ra, ra.password(), by=device)
    device.certificate = ra.endpoint.post(message.encode()).cert_rep().certificates_for(device)[0]
    ra.tool("certificate", "revoke", serial(lost))
    asked = scep.Envelope.seal(scep.names_of(device.certificate), ra.encryption)
    question = scep.Message(device, asked, message_type=der.printable("22"), transaction_id=der.printable("crl"),
                            sender_nonce=der.octet_string(os.urandom(16)))
    reply = ra.endpoint.post(question.encode()).cert_rep()
    assert reply.status == scep.SUCCESS, ra.events()[-1:]
    certificate, key = folder / "device.pem", folder / "device.key"
    certificate.write_bytes(pem("CERTIFICATE", device.certificate))
    key.write_bytes(device.key_pem())
    content = judge.decrypted(reply.content, certificate, key, folder)
    listed = judge.openssl("pkcs7", "-inform", "DER", "-print_certs", given=content).decode()
    assert "BEGIN CERTIFICATE" not in listed
    crl = folder / "ca.crl"
    crl.write_text(listed[listed.index("-----BEGIN X509 CRL"):])
    assert f"Serial Number: {serial(lost)}" in crl_text(crl, ra.ca_pem)


def test_a_hold_comes_and_goes(make_ra, folder):
    ra = make_ra()
    held = enrolled(ra)
    crl = folder / "ca.crl"
    ra.tool("certificate", "revoke", serial(held).lower(), "--reason", "certificateHold")
    ra.tool("crl", "--der", "--out", crl)
    assert not verifies(held, folder, ra.root_pem, ra.ca_pem, crl=crl)
    assert told(ra, "certificate", "show", serial(held))["state"] == "on hold"
    ra.tool("certificate", "revoke", serial(held), "--reason", "removeFromCRL")
    ra.tool("crl", "--out", crl)
    assert verifies(held, folder, ra.root_pem, ra.ca_pem, crl=crl)


def test_certificates_are_listed_and_shown(make_ra):
    ra = make_ra({TEMPLATE: {"validity": "10d"}})
    kept, lost = enrolled(ra), enrolled(ra)
    ra.tool("certificate", "revoke", serial(lost), "--reason", "superseded")

    def serials(*options):
        return {one["serial"] for one in told(ra, "certificate", "list", *options)}

    of_kept, of_lost = serial(kept).lower(), serial(lost).lower()
    assert serials() == {of_kept} and serials("--revoked") == {of_lost}
    assert serials("--all") == {of_kept, of_lost} and len(serials("--all", "--limit", "1")) == 1
    assert serials("--expiring", "30d") == {of_kept} and serials("--expiring", "1d") == set()
    shown = told(ra, "certificate", "show", of_lost)
    assert (shown["state"], shown["reason"]) == ("revoked", "superseded")
    with_colons = ":".join(of_kept[at:at + 2] for at in range(0, len(of_kept), 2)).upper()
    as_pem = ra.tool("certificate", "show", with_colons, "--pem").stdout.encode()
    assert judge.openssl("x509", "-outform", "DER", given=as_pem) == kept
    text = ra.tool("certificate", "list").stdout
    assert of_kept in text and "valid" in text and of_lost not in text
    unknown = ra.tool("certificate", "show", "abcdef", check=False)
    assert unknown.returncode == 1 and "no certificate of this RA has the serial number abcdef" in unknown.stderr


@pytest.mark.parametrize("words", [
    ["certificate", "revoke", "12", "--reason", "stolen"], ["certificate", "revoke"], ["certificate", "show", "xyz"],
    ["certificate", "list", "--expiring", "soon"], ["certificate", "list", "--all", "--revoked"],
    ["ca", "rollover", "--activate", "--self-signed"], ["ca", "install"], ["ca"]], ids=" ".join)
def test_wrong_usage_is_exit_code_2(words):
    refused = command(*words, check=False)
    assert refused.returncode == 2 and refused.stderr.startswith("scep-ra: ") and refused.stdout == ""


def next_ca(ra, folder: pathlib.Path, *authorities: pathlib.Path) -> list[bytes]:
    """The certificates that GetNextCACert announces, signed by a CA that openssl finds under those."""
    answer = ra.endpoint.request("GET", "operation=GetNextCACert")
    assert (answer.status, answer.type) == (200, "application/x-x509-next-ca-cert")
    message, content, trusted = folder / "next.der", folder / "content", folder / "trusted.pem"
    message.write_bytes(answer.body)
    trusted.write_bytes(b"".join(path.read_bytes() for path in authorities))
    judge.openssl("cms", "-verify", "-binary", "-inform", "DER", "-in", message, "-CAfile", trusted, "-purpose", "any",
                  "-signer", folder / "signer.pem", "-out", content)
    return judge.certificates_in(content.read_bytes(), folder)


def same(one: bytes, other: bytes) -> bool:
    return "".join(one.decode().split()) == "".join(other.decode().split())


def test_a_successor_is_announced_and_comes_into_force(make_ra, folder):
    ra = with_crl(make_ra, {TEMPLATE: {"validity": "1d", "renewal_period": "1d"}})
    assert ra.endpoint.request("GET", "operation=GetNextCACert").status == 404
    assert "GetNextCACert" not in ra.endpoint.ca_caps()
    device = verdict.device()
    message = verdict.request(ra, ra.password(), by=device)
    old = ra.endpoint.post(message.encode()).cert_rep().certificates_for(device)[0]
    old_encryption = ra.encryption

    ra.tool("ca", "rollover")
    assert ra.tool("ca", "rollover", check=False).returncode == 1
    reloaded(ra)
    assert "GetNextCACert" in ra.endpoint.ca_caps()
    announced = next_ca(ra, folder, ra.root_pem, ra.ca_pem)
    assert same((folder / "signer.pem").read_bytes(), ra.ca_pem.read_bytes())
    successor = folder / "successor.pem"
    successor.write_bytes(announced[2])
    assert len(announced) == 4 and same(announced[3], ra.root_pem.read_bytes())
    assert subject(successor) == subject(ra.ca_pem) + " G2"
    assert judge.accepts("verify", "-x509_strict", "-CAfile", ra.root_pem, successor)
    assert verifies(enrolled(ra), folder, ra.root_pem, ra.ca_pem)

    ra.tool("ca", "rollover", "--activate")
    ra.tool("check")
    reloaded(ra)
    assert ra.endpoint.request("GET", "operation=GetNextCACert").status == 404
    now = ra.endpoint.ca_certificates()
    assert [same(pem("CERTIFICATE", mine), theirs) for mine, theirs in zip(now, announced, strict=True)] == [True] * 4
    # A device that knows the former RA certificate only goes on, and its certificate renews under the new CA.
    assert verifies(old, folder, ra.root_pem, ra.ca_pem)
    device.certificate = old
    renewal = scep.pkcs_req(device, old_encryption, device.csr(), message_type=RENEWAL, transaction_id="renewal")
    reply = ra.endpoint.post(renewal.encode()).cert_rep()
    assert reply.status == scep.SUCCESS, ra.events()[-1:]
    renewed = reply.certificates_for(device)[0]
    assert verifies(renewed, folder, ra.root_pem, successor)
    assert not verifies(renewed, folder, ra.root_pem, ra.ca_pem)
    shown = told(ra, "ca", "show")
    assert len(shown["former"]) == 1 and shown["successor"] == []

    # Each CA has its own CRL, at its own place.
    ra.tool("certificate", "revoke", serial(old))
    ra.tool("crl", "--renew")
    texts = {path.name: judge.openssl("crl", "-inform", "DER", "-in", path, "-noout", "-text").decode()
             for path in crl_files(ra)}
    assert len(texts) == 2
    assert sum(f"Serial Number: {serial(old)}" in text for text in texts.values()) == 1
    for certificate in (old, renewed):
        place = judge.certificate_text(certificate).split("URI:")[1].split()[0].rpartition("/")[2]
        listed = f"Serial Number: {serial(old)}" in texts[place]
        assert listed == (certificate == old)
        assert verifies(certificate, folder, ra.root_pem, ra.ca_pem, successor,
                        crl=ra.folder / "crl" / place) != listed
    changes = [event for event in ra.all_events() if event["name"] == "ca-certificate-changed"]
    assert len(changes) == 2 and all(event["user"].startswith("os:") for event in changes)


def test_a_successor_without_the_roots_key_says_what_there_is_to_do(make_ra):
    ra = make_ra()
    (ra.folder / "root-ca.key").rename(ra.folder / "locked-away.key")
    before = ra.configuration.read_bytes()
    refused = ra.tool("ca", "rollover", check=False)
    assert refused.returncode == 1
    assert all(way in refused.stderr for way in ("--root-key", "--request", "--self-signed"))
    wrong = ra.tool("ca", "rollover", "--root-key", ra.folder / "ra-signing.key", check=False)
    assert wrong.returncode == 1 and "is not the key of" in wrong.stderr
    assert ra.tool("ca", "rollover", "--activate", check=False).returncode == 1
    assert ra.configuration.read_bytes() == before
    ra.tool("ca", "rollover", "--root-key", ra.folder / "locked-away.key")
    assert ra.tool("check").returncode == 0


def test_the_issuing_ca_comes_under_a_companys_root(make_ra, folder):
    ra = make_ra()
    before, old_ca = enrolled(ra), ra.ca_pem.read_bytes()
    company, request = Company(folder), folder / "issuing.csr"
    ra.tool("ca", "request", "--out", request)
    text = judge.openssl("req", "-in", request, "-verify", "-noout", "-text").decode()
    assert "CA:TRUE, pathlen:0" in text and "Certificate Sign, CRL Sign" in text
    done = ra.tool("ca", "install", company.answer(request))
    assert "reload" in done.stdout
    assert ra.ca_pem.read_bytes() == old_ca
    reloaded(ra)
    served = ra.endpoint.ca_certificates()
    assert [subject_of(certificate) for certificate in served[2:]] == [
        subject(ra.ca_pem), "CN=Company Policy CA,O=Company", "CN=Company Root,O=Company"]
    issuing = folder / "issuing.pem"
    issuing.write_bytes(pem("CERTIFICATE", served[2]))
    after = enrolled(ra)
    for leaf in (before, after, served[0], served[1]):
        there = folder / "leaf.pem"
        there.write_bytes(pem("CERTIFICATE", leaf))
        between = folder / "between.pem"
        between.write_bytes(issuing.read_bytes() + company.policy.read_bytes())
        assert judge.accepts("verify", "-x509_strict", "-CAfile", company.root, "-untrusted", between, there)
    ra.tool("certificate", "revoke", serial(before))
    ra.tool("crl", "--out", folder / "ca.crl")
    assert not verifies(before, folder, company.root, issuing, company.policy, crl=folder / "ca.crl")
    assert verifies(after, folder, company.root, issuing, company.policy, crl=folder / "ca.crl")


def subject_of(certificate: bytes) -> str:
    return judge.openssl("x509", "-inform", "DER", "-noout", "-subject", "-nameopt", "RFC2253", given=certificate) \
        .decode().strip().partition("=")[2]


@pytest.mark.parametrize("case, why", [
    ("another key", "is for the key of the issuing CA"), ("another name", "its subject is CN=Somebody else"),
    ("no CA", "not one of a CA"), ("no chain", "is missing"), ("no file", "cannot read")])
def test_what_does_not_fit_is_not_installed(make_ra, folder, case, why):
    ra = make_ra()
    company, request = Company(folder), folder / "issuing.csr"
    ra.tool("ca", "request", "--out", request)
    answer = company.root if case == "another key" else folder / "none"
    if case == "another name":
        judge.openssl("req", "-new", "-key", ra.folder / "issuing-ca.key", "-subj", "/CN=Somebody else", "-out", request)
        answer = company.answer(request)
    if case == "no CA":
        company.extensions.write_text("basicConstraints=CA:FALSE\n")
        answer = company.answer(request)
    if case == "no chain":
        company.answer(request)
        answer = folder / "signed.pem"
    files, before = sorted(ra.folder.iterdir()), ra.configuration.read_bytes()
    refused = ra.tool("ca", "install", answer, check=False)
    assert refused.returncode in (1, 2) and why in refused.stderr, refused.stderr
    assert ra.configuration.read_bytes() == before
    assert sorted(ra.folder.iterdir()) == files


def test_a_company_certifies_the_successor_too(make_ra, folder):
    ra = make_ra()
    company, request = Company(folder), folder / "successor.csr"
    asked = told(ra, "ca", "rollover", "--request", "--key-type", "ec:P-256")
    assert "BEGIN CERTIFICATE REQUEST" in asked["note"]
    ra.tool("ca", "request", "--next", "--out", request)
    assert "ASN1 OID: prime256v1" in judge.openssl("req", "-in", request, "-verify", "-noout", "-text").decode()
    waiting = ra.tool("ca", "rollover", "--activate", check=False)
    assert waiting.returncode == 1 and "ca install" in waiting.stderr
    ra.tool("ca", "install", company.answer(request))
    reloaded(ra)
    announced = next_ca(ra, folder, ra.root_pem, ra.ca_pem)
    assert len(announced) == 5 and same(announced[-1], company.root.read_bytes())
    ra.tool("ca", "rollover", "--activate")
    reloaded(ra)
    successor = folder / "successor.pem"
    successor.write_bytes(announced[2])
    assert verifies(enrolled(ra), folder, company.root, successor, company.policy)


def test_the_ca_is_shown_with_what_devices_compare(make_ra):
    ra = make_ra()
    shown = told(ra, "ca", "show")
    assert [one["subject"] for one in shown["chain"]] == [subject(ra.ca_pem), subject(ra.root_pem)]
    assert shown["chain"][0]["sha256"].replace(":", "") == ra.fingerprint
    assert shown["crl"]["number"] is None
    ra.tool("crl")
    assert told(ra, "ca", "show")["crl"]["number"] == 1
    text = ra.tool("ca", "show").stdout
    assert shown["chain"][0]["sha256"] in text and shown["chain"][0]["md5"] in text


@pytest.mark.waits
def test_housekeeping_of_the_server_makes_the_crl(make_ra):
    """Within the minute after it started; by one worker, since the number is 1."""
    ra = with_crl(make_ra)
    deadline = time.monotonic() + 90
    while not crl_files(ra) and time.monotonic() < deadline:
        time.sleep(1)
    (served,) = crl_files(ra)
    assert "X509v3 CRL Number: \n                1\n" in crl_text(served, ra.ca_pem)
