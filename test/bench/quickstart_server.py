"""The quickstart server as the benchmarks want it: any number of passwords, one event sink."""
import contextlib
import json
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
SCEP_RA, SCEP_LOAD = BUILD / "bin/scep-ra", BUILD / "bin/scep-load"
MODULES = {"nginx": "ngx_http_scep_ra_module", "httpd": "mod_scep_ra"}
NO_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def give_up(why: str):
    sys.exit(f"bench: {why}")


def checked(*command, **options) -> str:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False, **options)
    if done.returncode:
        give_up(f"{' '.join(map(str, command))}: exit code {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def wait_until(condition, what: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            give_up(what)
        time.sleep(0.1)


class Server:
    """In a folder of its own; `kind` is nginx or httpd."""

    def __init__(self, kind: str, folder: pathlib.Path):
        self.kind, self.folder, self.port = kind, folder, free_port()
        self.config = folder / "scep-ra.toml"  # the RA's
        self.server_config = folder / f"{kind}.conf"
        self.site = f"http://127.0.0.1:{self.port}"
        self.url = f"{self.site}/certsrv/mscep/mscep.dll"
        self._process = None

    def configure(self) -> None:
        checked(SCEP_RA, "-c", self.config, "init")
        self.replace(self.config, {r"^(maximum\s*=\s*)\d+": r"\g<1>0",
                                   r"^sinks\s*=.*$": f'sinks = ["file:{self.folder}/log/events.jsonl"]'})

    def start(self) -> None:
        command = [ROOT / "examples/quickstart/run", "--serve", "--no-install", "--no-build", "--server", self.kind,
                   "--dir", self.folder, "--port", str(self.port)]
        with open(self.folder / "quickstart.log", "w") as log:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

        def is_ready() -> bool:
            if self._process.poll() is not None:
                give_up("the server did not start:\n" + (self.folder / "quickstart.log").read_text())
            return (self.folder / "ready").exists()

        wait_until(is_ready, "the server did not start in time")

    def stop(self) -> None:
        if self._process and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(30)

    def master(self) -> int:
        return int((self.folder / self.kind / f"{self.kind}.pid").read_text())

    def workers(self) -> list[str]:
        pid = self.master()
        return pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()

    def get(self, url: str) -> tuple[bytes, str]:
        """Body and Content-Type."""
        with NO_PROXY.open(url, timeout=30) as answer:
            return answer.read(), answer.headers["Content-Type"]

    def load(self, url: str, *options, **how) -> dict:
        """What scep-load reports; every request must have succeeded."""
        report = self.folder / "report.json"
        report.unlink(missing_ok=True)
        done = subprocess.run([SCEP_LOAD, "--url", url, "--server-pid", str(self.master()), "--json", report, *options],
                              check=False, **how)
        if done.returncode:
            give_up("not every request succeeded: " + (report.read_text() if report.exists() else "nothing was sent"))
        return json.loads(report.read_text())

    @staticmethod
    def replace(file: pathlib.Path, edits: dict[str, str]) -> None:
        """The first line that each expression matches."""
        text = file.read_text()
        for expression, replacement in edits.items():
            text, count = re.subn(expression, replacement, text, count=1, flags=re.M)
            if not count:
                give_up(f"{file}: there is no {expression}")
        file.write_text(text)


@contextlib.contextmanager
def running(kind: str, keep: bool):
    # Not /tmp, which may be in memory: there a commit costs nothing. Workers of another user reach it.
    folder = pathlib.Path(tempfile.mkdtemp(prefix=f"scep-ra-bench-{kind}-", dir="/var/tmp"))
    folder.chmod(0o755)
    server = Server(kind, folder)
    try:
        server.configure()
        server.start()
        yield server
    finally:
        server.stop()
        if keep:
            print(f"kept: {folder}")
        else:
            shutil.rmtree(folder)
