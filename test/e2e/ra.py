"""An RA of a test: made by `scep-ra init`, changed where the test says so, worked on by the command."""
import contextlib
import json
import pathlib
import sqlite3
import subprocess
import tomllib

import judge
from server import BUILD
from toml_text import changed, written

COMMAND = BUILD / "bin" / "scep-ra"
EVENT_FILE = "events.jsonl"


def command(*words, configuration: pathlib.Path | None = None, check: bool = True) -> subprocess.CompletedProcess:
    chosen = ("-c", configuration) if configuration else ()
    done = subprocess.run([str(word) for word in (COMMAND, *chosen, *words)], capture_output=True, text=True, timeout=120)
    assert not check or done.returncode == 0, f"{words}: {done.returncode}: {done.stderr}"
    return done


class Installation:
    """The folder of one RA. `original`: a folder to copy, since `init` makes four keys and takes its time."""

    def __init__(self, folder: pathlib.Path, original: pathlib.Path | None = None, changes: dict | None = None, init=()):
        self.folder = folder
        self.configuration = folder / "scep-ra.toml"
        self.root_pem = folder / "root-ca.pem"
        self.ca_pem = folder / "issuing-ca.pem"  # what is between it and the root stands behind it
        if original is None:
            folder.mkdir(mode=0o755)
            command("init", "--admin-user", "admin", "--no-require-tls", *init, configuration=self.configuration)
        else:
            subprocess.run(["cp", "-a", str(original), str(folder)], check=True, timeout=30)
        self._configure(changes or {})

    def _configure(self, changes: dict) -> None:
        table = tomllib.loads(self.configuration.read_text())
        own = {"ra": {"state": f"sqlite:{self.store}", "run": str(self.folder / "run")}, "events": {"sinks": [f"file:{self.event_file}"]}}
        table = changed(changed(table, own), changes)
        self.name = table["ra"]["name"]
        self.configuration.write_text(written(table))

    store = property(lambda self: self.folder / "state" / "state.db")
    event_file = property(lambda self: self.folder / "log" / EVENT_FILE)
    encryption_pem = property(lambda self: self.folder / "ra-encryption.pem")
    encryption_key = property(lambda self: self.folder / "ra-encryption.key")

    @property
    def encryption(self) -> bytes:
        """The certificate that requests are enveloped for."""
        return judge.openssl("x509", "-in", self.encryption_pem, "-outform", "DER")

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the CA's certificate, as a device's configuration would hold it."""
        return judge.openssl("x509", "-in", self.ca_pem, "-noout", "-fingerprint", "-sha256").decode() \
            .strip().partition("=")[2].replace(":", "")

    def tool(self, *words, check: bool = True) -> subprocess.CompletedProcess:
        done = command(*words, configuration=self.configuration, check=False)
        assert not check or done.returncode == 0, f"{words}: {done.returncode}: {done.stderr}{self.all_events()[-1:]}"
        return done

    def passwords(self, number: int) -> list[str]:
        return self.tool("password", "new", "-n", number).stdout.split()

    def password(self) -> str:
        return self.passwords(1)[0]

    def all_events(self) -> list[dict]:
        if not self.event_file.exists():
            return []
        return [json.loads(line) for line in self.event_file.read_text().splitlines()]

    def events(self) -> list[dict]:
        """Of requests; passwords and the comings and goings of workers are told too."""
        others = ("password-issued", "password-revoked", "service-started", "service-stopped", "configuration-loaded", "crl-issued")
        return [event for event in self.all_events() if event["name"] not in others]

    def count_issued(self) -> int:
        return sum(event["name"] == "certificate-issued" for event in self.all_events())

    def stored(self, sql: str, *values) -> list[tuple]:
        """Rows of the store, read as another process does."""
        with contextlib.closing(sqlite3.connect(f"file:{self.store}?mode=ro", uri=True)) as store:
            return store.execute(sql, values).fetchall()

    def certificates(self) -> int:
        """How many the store knows."""
        return self.stored("SELECT count(*) FROM certificate")[0][0]

    def issued(self, certificate: bytes) -> bool:
        return judge.chains_to(certificate, self.root_pem, self.ca_pem, self.folder)
