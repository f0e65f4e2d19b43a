"""Debian's nginx on loopback with our module: its own port, folder and configuration."""
import http.client
import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import subprocess
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("SCEP_RA_BUILD", ROOT / "build"))
MODULE = BUILD / "lib" / "ngx_http_scep_ra_module.so"
SLOW_RA = BUILD / "lib" / "slow_ra" / "libscep-ra.so.1"
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:" + os.environ.get("PATH", ""))
SANITIZER = {"address": "libasan.so", "thread": "libtsan.so"}.get(os.environ.get("SCEP_RA_SANITIZE", ""))
# Slack for machines and builds that are slow; no test measures with it.
PATIENCE = 60
DEFECT = re.compile(r"Sanitizer|runtime error:|exited on signal|\[alert\]|\[emerg\]|terminate called")

CONFIGURATION = """
{user}
load_module {module};
daemon off;
master_process {master};
worker_processes {workers};
pid {folder}/nginx.pid;
error_log {folder}/error.log info;
{main}
events {{ worker_connections 4096; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {http}
    server {{
        listen 127.0.0.1:{port} {listen};
        location = /up {{ return 204; }}
        location = /active {{ stub_status; }}
        {server}
    }}
}}
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def gone(pids: list) -> bool:
    return not any(pathlib.Path(f"/proc/{pid}").exists() for pid in pids)


def wait_until(condition, what: str, seconds: float = PATIENCE):
    end = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        assert time.monotonic() < end, f"{what}: not within {seconds} s"
        time.sleep(0.02)


def environment() -> dict:
    """nginx itself is not instrumented: a sanitizer's library must be loaded before it."""
    variables = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"}
    if SANITIZER:
        library = subprocess.run(["gcc", "-print-file-name=" + SANITIZER], capture_output=True, text=True, check=True)
        variables |= {"LD_PRELOAD": library.stdout.strip(), "ASAN_OPTIONS": "detect_leaks=0",
                      "UBSAN_OPTIONS": "print_stacktrace=1",
                      "TSAN_OPTIONS": f"suppressions={pathlib.Path(__file__).parent / 'nginx.tsan'}"}
    return variables


class Answer:
    def __init__(self, response: http.client.HTTPResponse):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()


class Nginx:
    """`server` goes into the server block, `http` above it, `main` to the top, `listen` to its options.

    With `slow_ra` the module finds the library of slow_ra/ beside it instead of the real one, and
    `ra.conf` in the folder is the configuration file of that.
    """

    def __init__(self, folder: pathlib.Path, *, server: str = "", http: str = "", main: str = "", listen: str = "",
                 workers: int = 1, master: bool = True, slow_ra: bool = True, ra: str = ""):
        self.folder = folder
        self.port = free_port()
        self.tls = "ssl" in listen.split()
        self.expected = None  # what of DEFECT a test provokes by itself
        self.process = None
        self.module = MODULE
        if slow_ra:
            self.module = folder / MODULE.name
            shutil.copy(MODULE, self.module)
            shutil.copy(SLOW_RA, folder / SLOW_RA.name)
        self.journal = folder / "journal"
        (folder / "ra.conf").write_text(f"journal = {self.journal}\n{ra}")
        self.file = folder / "nginx.conf"
        self.configure(server=server, http=http, main=main, listen=listen, workers=workers, master=master)

    def configure(self, *, server: str = "", http: str = "", main: str = "", listen: str = "", workers: int = 1,
                  master: bool = True):
        self.file.write_text(CONFIGURATION.format(
            user="user root;" if os.geteuid() == 0 else "", module=self.module, folder=self.folder, port=self.port,
            main=main, http=http, server=server, listen=listen, workers=workers, master="on" if master else "off"))

    def _command(self, *options: str) -> list:
        return [NGINX, "-p", str(self.folder), "-c", str(self.file), *options]

    def test(self) -> subprocess.CompletedProcess:
        """`nginx -t`; what it says is in `stderr`."""
        return subprocess.run(self._command("-t"), env=environment(), capture_output=True, text=True, timeout=PATIENCE)

    def refusal(self) -> str:
        """The one line with which `nginx -t` refuses the configuration."""
        result = self.test()
        assert result.returncode != 0, "the configuration was accepted"
        lines = [line for line in result.stderr.splitlines() if "[emerg]" in line]
        assert len(lines) == 1, result.stderr
        return lines[0]

    def start(self) -> "Nginx":
        with open(self.folder / "stderr", "w") as stderr:
            self.process = subprocess.Popen(self._command(), env=environment(), stderr=stderr)
        wait_until(self._serves, "nginx serves")
        return self

    def _serves(self) -> bool:
        assert self.process.poll() is None, (self.folder / "stderr").read_text() + self.log()
        try:
            return self.request("GET", "/up").status > 0
        except OSError:
            return False

    def stop(self, how: signal.Signals = signal.SIGQUIT):
        """Ends it and fails when it, or a sanitizer, has complained."""
        if self.process is None:
            return
        process, self.process = self.process, None
        process.send_signal(how)
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            for pid in self._children(process.pid):
                os.kill(pid, signal.SIGKILL)
            process.kill()
            process.wait()
            raise
        lines = self.log().splitlines() + (self.folder / "stderr").read_text().splitlines()
        complaints = [line for line in lines
                      if DEFECT.search(line) and not (self.expected and re.search(self.expected, line))]
        frames = [line for line in lines if re.match(r"\s*#\d+ ", line)]
        assert not complaints, "\n".join(complaints[:40] + frames[:60])
        assert process.returncode == 0

    @staticmethod
    def _children(pid: int) -> list:
        return [int(child) for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def workers(self) -> list:
        """Process ids of the workers that take new connections or still finish old ones."""
        return self._children(self.process.pid)

    def reload(self) -> list:
        """Returns the old workers once new ones serve."""
        old = self.workers()
        known = self.log().count("start worker processes")
        self.process.send_signal(signal.SIGHUP)
        wait_until(lambda: self.log().count("start worker processes") > known, "new workers")
        return old

    def log(self) -> str:
        log = self.folder / "error.log"
        return log.read_text(errors="replace") if log.exists() else ""

    def done(self) -> list:
        """What the slow RA has done, a line each."""
        return self.journal.read_text().splitlines() if self.journal.exists() else []

    def active(self) -> int:
        """Active connections, without the one that asks."""
        return int(re.search(rb"Active connections: (\d+)", self.request("GET", "/active").body)[1]) - 1

    def connect(self, timeout: float = PATIENCE) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout)

    def request(self, method: str, target: str, body=None, headers: dict | None = None,
                context: ssl.SSLContext | None = None) -> Answer:
        if self.tls:
            if context is None:
                context = ssl._create_unverified_context()
            connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=PATIENCE, context=context)
        else:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request(method, target, body, headers or {})
            return Answer(connection.getresponse())
        finally:
            connection.close()


@pytest.fixture
def nginx(tmp_path):
    """Makes servers in this test's folder and stops them."""
    made = []

    def make(folder: pathlib.Path = tmp_path, **settings) -> Nginx:
        made.append(Nginx(folder, **settings))
        return made[-1]

    yield make
    for server in made:
        server.stop()
