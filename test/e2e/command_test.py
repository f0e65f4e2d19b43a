"""The `scep-ra` command by itself: init, check, passwords, exit codes; as root and as an ordinary user."""
import grp
import hashlib
import http.server
import json
import os
import pathlib
import pwd
import re
import shutil
import stat
import subprocess
import threading
import urllib.parse

import pytest

import judge
from ra import COMMAND, command

ROOT = os.geteuid() == 0
WORKER = "www-data" if ROOT else pwd.getpwuid(os.geteuid()).pw_name
FILES = {"root-ca.pem": 0o644, "root-ca.key": 0o400, "issuing-ca.pem": 0o644, "issuing-ca.key": 0o400,
         "ra-signing.pem": 0o644, "ra-signing.key": 0o400, "ra-encryption.pem": 0o644, "ra-encryption.key": 0o400,
         "state-secret": 0o400, "scep-ra.toml": 0o640}
VERBS = [[], ["init"], ["check"], ["password"], ["password", "new"], ["password", "list"], ["password", "revoke"],
         ["request"], ["request", "list"], ["request", "show"], ["request", "approve"], ["request", "deny"], ["enrol"],
         ["certificate"], ["certificate", "list"], ["certificate", "show"], ["certificate", "revoke"], ["crl"],
         ["ca"], ["ca", "show"], ["ca", "request"], ["ca", "install"], ["ca", "rollover"]]


def run(*words, configuration=None, user=None, program=COMMAND):
    chosen = [program, *(["-c", configuration] if configuration else []), *words]
    as_user = ["setpriv", f"--reuid={user}", f"--regid={pwd.getpwnam(user).pw_gid}", "--clear-groups"] if user else []
    return subprocess.run([str(word) for word in [*as_user, *chosen]], capture_output=True, text=True, timeout=120,
                          stdin=subprocess.DEVNULL)


def snapshot(folder: pathlib.Path) -> dict:
    return {str(path.relative_to(folder)): (path.stat().st_mode, path.stat().st_uid,
                                            path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest())
            for path in folder.rglob("*")}


def mode(path: pathlib.Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def owner(path: pathlib.Path) -> str:
    return pwd.getpwuid(path.stat().st_uid).pw_name


def fingerprint(certificate: pathlib.Path, digest: str) -> str:
    return judge.openssl("x509", "-in", certificate, "-noout", "-fingerprint", f"-{digest}").decode().strip() \
        .partition("=")[2]


@pytest.fixture(scope="module")
def pristine(module_folder):
    """What init makes when it is told nothing, once."""
    place = module_folder / "ra"
    command("init", configuration=place / "scep-ra.toml")
    return place


@pytest.fixture
def made(folder, pristine):
    """A copy of it with a store of its own."""
    copy = folder / "ra"
    subprocess.run(["cp", "-a", pristine, copy], check=True, timeout=30)
    (copy / "scep-ra.toml").write_text((copy / "scep-ra.toml").read_text().replace(str(pristine), str(copy)))
    return copy


@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
def test_help_is_there_for_everything(verb):
    shown = run(*verb, "--help")
    assert shown.returncode == 0
    assert "Usage" in shown.stdout and "--help" in shown.stdout
    assert shown.stderr == ""


@pytest.mark.parametrize("words", [
    [], ["frobnicate"], ["password"], ["password", "new", "-n", "0"], ["password", "new", "-n", "many"],
    ["password", "revoke"], ["password", "revoke", "12"], ["password", "revoke", "--all", "0123456789abcdef"],
    ["check", "surplus"], ["enrol"], ["enrol", "--url", "http://127.0.0.1:1"], ["init", "--signing-key-length", "1024"],
    ["init", "--ra-country", "Switzerland"], ["init", "--ca-key", "dsa"], ["init", "--domain", "A B"]], ids=" ".join)
def test_wrong_usage_is_exit_code_2(words, folder):
    refused = run(*words, configuration=folder / "none" / "scep-ra.toml")
    assert refused.returncode == 2
    assert refused.stderr.startswith("scep-ra: ") and refused.stdout == ""
    assert list(folder.iterdir()) == []


def test_init_makes_files_with_their_rights(folder):
    place = folder / "new" / "etc"
    made = run("init", "--admin-user", "admin", "--admin-user", "CONTOSO\\svc", "--no-require-tls", "--ra-name", "RA \"1\"",
               "--ra-country", "CH", "--ra-company", "Ex, Inc.", "--domain", "example.test",
               configuration=place / "scep-ra.toml")
    assert made.returncode == 0, made.stderr
    assert {path.name: mode(path) for path in place.iterdir() if path.is_file()} == FILES
    assert mode(place) == 0o755 and mode(place / "state") == 0o700 and mode(place / "log") == 0o2750
    assert owner(place / "state") == WORKER and owner(place / "log") == WORKER
    if ROOT:
        assert all(owner(place / name) == "root" for name in FILES)
        assert grp.getgrgid((place / "scep-ra.toml").stat().st_gid).gr_name == "www-data"
        assert grp.getgrgid((place / "log").stat().st_gid).gr_name == "adm"
    for digest in ("sha256", "sha1"):
        assert fingerprint(place / "issuing-ca.pem", digest) in made.stdout
        assert fingerprint(place / "root-ca.pem", digest) in made.stdout
    md5 = fingerprint(place / "issuing-ca.pem", "md5").replace(":", "")
    assert " ".join(md5[at:at + 8] for at in range(0, 32, 8)) in made.stdout
    assert str(place / "root-ca.key") in made.stdout
    good = run("check", configuration=place / "scep-ra.toml")
    assert (good.returncode, good.stderr) == (0, "")
    assert good.stdout.count("\n") == 1 and 'RA "RA "1""' in good.stdout


def test_what_init_certifies_is_what_clients_expect(pristine):
    def text(name):
        return judge.openssl("x509", "-in", pristine / name, "-noout", "-text").decode()

    judge.openssl("verify", "-x509_strict", "-CAfile", pristine / "root-ca.pem", "-untrusted",
                  pristine / "issuing-ca.pem", pristine / "ra-signing.pem", pristine / "ra-encryption.pem")
    assert "CA:TRUE, pathlen:0" in text("issuing-ca.pem")
    assert "Public-Key: (3072 bit)" in text("root-ca.pem")
    assert "Digital Signature\n" in text("ra-signing.pem") and "Key Encipherment\n" in text("ra-encryption.pem")
    assert "1.3.6.1.4.1.311.20.2.1" in text("ra-signing.pem")
    for name in ("root-ca", "issuing-ca", "ra-signing", "ra-encryption"):
        public = judge.openssl("pkey", "-in", pristine / f"{name}.key", "-pubout")
        assert public == judge.openssl("x509", "-in", pristine / f"{name}.pem", "-noout", "-pubkey")


def test_init_tells_machines_the_same(folder):
    place = folder / "etc"
    made = json.loads(command("--json", "init", "--ca-key", "ec:P-256", "--ca-name", "Lab",
                              configuration=place / "scep-ra.toml").stdout)
    assert made["ca"]["sha256"] == fingerprint(place / "issuing-ca.pem", "sha256")
    assert made["ca"]["subject"] == "CN=Lab Issuing CA"
    assert made["root_key"] == str(place / "root-ca.key")
    assert "P-384" in judge.openssl("x509", "-in", place / "root-ca.pem", "-noout", "-text").decode()


def test_a_second_init_changes_nothing(made):
    before = snapshot(made)
    again = run("init", configuration=made / "scep-ra.toml")
    assert again.returncode == 1
    assert re.fullmatch(r"scep-ra: \S+: is there already; init replaces nothing\n", again.stderr)
    assert snapshot(made) == before


@pytest.mark.parametrize("existing", ["state-secret", "scep-ra.toml", "ra-signing.key", "state/state.db"])
def test_init_beside_anything_of_an_older_ra_makes_nothing(folder, existing):
    (folder / existing).parent.mkdir(exist_ok=True)
    (folder / existing).write_text("mine")
    before = snapshot(folder)
    assert run("init", configuration=folder / "scep-ra.toml").returncode == 1
    assert snapshot(folder) == before


def test_init_that_fails_halfway_leaves_nothing(folder):
    (folder / "file").write_text("in the way")
    before = snapshot(folder)
    failed = run("init", "--log-dir", folder / "file" / "log", configuration=folder / "etc" / "scep-ra.toml")
    assert failed.returncode == 1 and failed.stderr.startswith("scep-ra: ")
    assert snapshot(folder) == before


def test_init_for_a_user_who_is_not_there(folder):
    failed = run("init", "--user", "nobody-of-that-name", configuration=folder / "etc" / "scep-ra.toml")
    assert failed.returncode == 1 and "nobody-of-that-name" in failed.stderr
    assert list(folder.iterdir()) == []


def test_check_names_file_and_line(made):
    configuration = made / "scep-ra.toml"
    lines = configuration.read_text().splitlines()
    number = next(at for at, line in enumerate(lines, 1) if line.startswith("maximum  ="))
    lines[number - 1] = 'maximum = "five"'
    configuration.write_text("\n".join(lines))
    refused = run("check", configuration=configuration)
    assert refused.returncode == 2 and refused.stdout == ""
    assert refused.stderr.startswith(f"{configuration}:{number}: ")


def test_check_names_a_pattern_that_is_none(made):
    configuration = made / "scep-ra.toml"
    lines = configuration.read_text().splitlines()
    number = next(at for at, line in enumerate(lines, 1) if line.startswith("pattern  ="))
    lines[number - 1] = r"pattern = { CN = '(a)\1' }"
    configuration.write_text("\n".join(lines))
    refused = run("check", configuration=configuration)
    assert refused.returncode == 2
    assert refused.stderr.startswith(f"{configuration}:{number}: ")


def test_check_of_a_file_that_is_not_there(folder):
    refused = run("check", configuration=folder / "none.toml")
    assert refused.returncode == 2 and refused.stderr.startswith(f"{folder / 'none.toml'}: ")


def test_check_refuses_a_key_that_others_may_read(made):
    (made / "ra-signing.key").chmod(0o444)
    refused = run("check", configuration=made / "scep-ra.toml")
    assert refused.returncode == 2 and "ra-signing.key" in refused.stderr
    (made / "ra-signing.key").chmod(0o400)
    assert run("check", configuration=made / "scep-ra.toml").returncode == 0


def test_check_tells_machines_the_same(made):
    found = json.loads(command("check", "--json", configuration=made / "scep-ra.toml").stdout)
    assert found["ca"] == "local" and found["templates"] == ["NDES-Device-Certificate"]


def test_passwords_are_made_listed_and_revoked(made):
    def tool(*words):
        return run(*words, configuration=made / "scep-ra.toml")

    new = tool("password", "new", "-n", "3")
    assert new.returncode == 0, new.stderr
    passwords = new.stdout.split()
    assert len(set(passwords)) == 3 and all(re.fullmatch("[0-9A-F]{16}", one) for one in passwords)
    listed = json.loads(tool("password", "list", "--json").stdout)
    assert len(listed) == 3 and {one["user"] for one in listed} == {f"os:{pwd.getpwuid(os.getuid()).pw_name}"}
    table = tool("password", "list").stdout
    assert table.count("\n") == 4 and listed[0]["id"] in table and listed[0]["expires"] in table
    assert not any(one in table for one in passwords)

    assert tool("password", "revoke", listed[0]["id"]).returncode == 0
    assert len(json.loads(tool("password", "list", "--json").stdout)) == 2
    again = tool("password", "revoke", listed[0]["id"])
    assert again.returncode == 1 and listed[0]["id"] in again.stderr
    assert "2" in tool("password", "revoke", "--all").stdout
    assert json.loads(tool("password", "list", "--json").stdout) == []
    assert tool("password", "revoke", "--all").returncode == 0


def test_passwords_leave_events_and_no_trace_of_themselves(made):
    password = command("password", "new", configuration=made / "scep-ra.toml").stdout.strip()
    command("password", "revoke", "--all", configuration=made / "scep-ra.toml")
    events = [json.loads(line) for line in (made / "log" / "events.jsonl").read_text().splitlines()]
    user = f"os:{pwd.getpwuid(os.getuid()).pw_name}"
    assert [(event["name"], event["user"]) for event in events if event["name"].startswith("password-")] == \
        [("password-issued", user), ("password-revoked", user)]
    for path in [*made.glob("log/*"), *made.glob("state/*")]:
        assert password.encode() not in path.read_bytes()
        assert owner(path) == WORKER


def test_the_cache_of_passwords_is_full_at_its_maximum(made):
    assert run("password", "new", "-n", "5", configuration=made / "scep-ra.toml").returncode == 0
    sixth = run("password", "new", configuration=made / "scep-ra.toml")
    assert sixth.returncode == 1 and sixth.stdout == "" and sixth.stderr.startswith("scep-ra: ")


@pytest.mark.skipif(not ROOT, reason="only root can be another user")
def test_an_ordinary_user_has_an_ra_of_his_own(folder):
    (folder / "home").mkdir()
    shutil.chown(folder / "home", "nobody")
    configuration = folder / "home" / "ra" / "scep-ra.toml"
    program = shutil.copy(COMMAND, folder)  # where nobody can reach it

    def as_nobody(*words):
        done = run(*words, configuration=configuration, user="nobody", program=program)
        assert done.returncode == 0, done.stderr
        return done.stdout

    as_nobody("init")
    as_nobody("check")
    assert re.fullmatch("[0-9A-F]{16}\n", as_nobody("password", "new"))
    assert "os:nobody" in as_nobody("password", "list")
    assert {owner(path) for path in configuration.parent.rglob("*")} == {"nobody"}
    assert {name: mode(configuration.parent / name) for name in FILES} == FILES


@pytest.mark.skipif(not ROOT, reason="only root can be another user")
def test_an_ordinary_user_does_not_get_at_the_keys_of_root(folder, made):
    for words in (["check"], ["password", "new"], ["password", "list"]):
        refused = run(*words, configuration=made / "scep-ra.toml", user="nobody", program=shutil.copy(COMMAND, folder))
        assert refused.returncode == 2 and refused.stdout == ""


class SlowServer(http.server.BaseHTTPRequestHandler):
    """A SCEP server that has its certificates and is always busy: 503 twice, then 400."""
    certificate = b""
    bodies: list[bytes] = []
    operations: list[str] = []

    def answer(self, status: int, body: bytes = b"", **headers):
        self.send_response(status)
        for name, value in {"Content-Length": len(body), **headers}.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        operation = query["operation"][0]
        self.operations.append(operation)
        if operation == "GetCACaps":
            return self.answer(200, b"AES\nSHA-256\nPOSTPKIOperation")
        if operation == "GetCACert":
            return self.answer(200, self.certificate, Content_Type="application/x-x509-ca-cert")
        return self.busy(query["message"][0].encode())

    def do_POST(self):
        self.operations.append("PKIOperation")
        self.busy(self.rfile.read(int(self.headers["Content-Length"])))

    def busy(self, body: bytes):
        self.bodies.append(body)
        if len(self.bodies) < 3:
            return self.answer(503, Retry_After=1)
        return self.answer(400, b"no")

    def log_message(self, *_):
        pass


@pytest.fixture
def slow_server(pristine):
    SlowServer.certificate = judge.openssl("x509", "-in", pristine / "issuing-ca.pem", "-outform", "DER")
    SlowServer.bodies, SlowServer.operations = [], []
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), SlowServer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/scep"
        server.shutdown()


@pytest.mark.parametrize("method", [[], ["--get"]], ids=["post", "get"])
def test_enrol_sends_a_busy_server_the_same_octets_again(slow_server, folder, method):
    refused = run("enrol", "--url", slow_server, "--subject", "CN=dev", "--password", "x", "--out", folder / "out", *method)
    assert refused.returncode == 1 and "HTTP 400" in refused.stderr
    assert len(SlowServer.bodies) == 3 and len(set(SlowServer.bodies)) == 1
    assert list((folder / "out").iterdir()) == []


def test_enrol_sends_nothing_to_a_ca_with_another_fingerprint(slow_server, folder):
    refused = run("enrol", "--url", slow_server, "--subject", "CN=dev", "--ca-fingerprint", "ab" * 32, "--out", folder)
    assert refused.returncode == 1 and "fingerprint" in refused.stderr
    assert SlowServer.operations == ["GetCACaps", "GetCACert"]


@pytest.mark.parametrize("words", [
    ["--key-type", "ec:P-192"], ["--key-type", "dsa"], ["--subject", "nonsense"], ["--san", "ip:nowhere"],
    ["--ca-fingerprint", "12"], ["--password", "x", "--password-file", "y"]], ids=" ".join)
def test_enrol_that_cannot_work_is_exit_code_2(words, folder):
    subject = [] if "--subject" in words else ["--subject", "CN=dev"]
    refused = run("enrol", "--url", "http://127.0.0.1:1/scep", *subject, "--out", folder, *words)
    assert refused.returncode == 2 and refused.stderr.startswith("scep-ra: ")
    assert list(folder.iterdir()) == []


def test_enrol_replaces_no_file(folder):
    (folder / "key.pem").write_text("mine")
    refused = run("enrol", "--url", "http://127.0.0.1:1/scep", "--subject", "CN=dev", "--out", folder)
    assert refused.returncode == 1 and "key.pem" in refused.stderr
    assert (folder / "key.pem").read_text() == "mine" and len(list(folder.iterdir())) == 1


def test_enrol_without_a_server_says_so(folder):
    refused = run("enrol", "--url", "http://127.0.0.1:1/scep", "--subject", "CN=dev", "--out", folder)
    assert refused.returncode == 1 and refused.stderr.startswith("scep-ra: http://127.0.0.1:1/scep")


def test_the_key_usage_of_a_request_chooses_its_template(make_ra, folder):
    ra = make_ra({"templates": {"signature": "Signing", "encryption": "Encrypting"},
                  "template.Signing": {"key_usage": ["digitalSignature"]},
                  "template.Encrypting": {"key_usage": ["keyEncipherment"]}})
    for number, usages in enumerate((["digitalSignature"], ["keyEncipherment"], ["digitalSignature", "keyEncipherment"])):
        words = [word for usage in usages for word in ("--key-usage", usage)]
        ra.tool("enrol", "--url", ra.url, "--subject", "CN=dev", "--password", ra.password(), "--ca-fingerprint",
                ra.fingerprint, "--out", folder / str(number), *words)
        judge.openssl("verify", "-CAfile", folder / str(number) / "ca.pem", folder / str(number) / "certificate.pem")
    assert [event["template"] for event in ra.events()] == ["Signing", "Encrypting", "NDES-Device-Certificate"]
