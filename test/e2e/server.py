"""What the web servers of the scenarios have in common: a folder, a port, a process, requests."""
import dataclasses
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

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("SCEP_RA_BUILD", ROOT / "build"))
SLOW_RA = BUILD / "lib" / "slow_ra" / "libscep-ra.so.1"
SANITIZER = {"address": "libasan.so", "thread": "libtsan.so"}.get(os.environ.get("SCEP_RA_SANITIZE", ""))
# Slack for machines and builds that are slow; no test measures with it.
PATIENCE = 60
WORKER = "www-data" if os.geteuid() == 0 else None


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
    """The servers are not instrumented: a sanitizer's library must be loaded before them."""
    variables = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"}
    if SANITIZER:
        library = subprocess.run(["gcc", "-print-file-name=" + SANITIZER], capture_output=True, text=True, check=True)
        variables |= {"LD_PRELOAD": library.stdout.strip(), "ASAN_OPTIONS": "detect_leaks=0:disable_coredump=0",
                      "UBSAN_OPTIONS": "print_stacktrace=1",
                      "TSAN_OPTIONS": f"suppressions={pathlib.Path(__file__).parent / 'nginx.tsan'}"}
    return variables


def program(name: str) -> str:
    return shutil.which(name, path="/usr/sbin:/usr/bin:" + os.environ.get("PATH", ""))


class Answer:
    def __init__(self, response: http.client.HTTPResponse):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()


@dataclasses.dataclass
class Wish:
    """What a scenario wants of whichever server it gets."""
    faces: dict = dataclasses.field(default_factory=lambda: {"/scep": "enrol"})  # by path; "~ ": by expression
    workers: int = 1  # processes
    body_limit: int | None = None  # the server's own
    line_limit: int | None = None  # of the request line
    address_header: str | None = None  # believed when loopback sends it
    users: pathlib.Path | None = None  # password file of admin faces, for Basic authentication
    files: pathlib.Path | None = None  # what is served elsewhere
    meddling: bool = False  # everything that would change a reply is on
    other_ra: dict = dataclasses.field(default_factory=dict)  # by path: another configuration file
    more: dict = dataclasses.field(default_factory=dict)  # by path: directives in the server's own language


class Server:
    """One process tree with our module. With `slow_ra` the module finds the library of slow_ra/ beside
    it instead of the real one, and `ra.conf` in the folder is the configuration file of that.
    """
    MODULE: pathlib.Path
    DEFECT: re.Pattern  # in the log, never in a good run
    KILLED: str  # what is told of a worker that was killed
    TOO_LONG_URL: str  # what is told when a request line is too long
    STARTED: str  # told when workers start
    GRACEFUL, QUICK, RELOAD = signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP
    ENDING = signal.SIGQUIT  # how a test ends it

    def __init__(self, folder: pathlib.Path, *, slow_ra: bool = True, ra: str = "", configuration: pathlib.Path | None = None):
        self.folder = folder
        self.port = free_port()
        self.tls = False
        self.ready_with = None  # the TLS context that is let in
        self.expected = None  # what of DEFECT a test provokes by itself
        self.process = None
        self.module = self.MODULE
        self.journal = folder / "journal"
        self.configuration = configuration or folder / "ra.conf"
        if slow_ra:
            self.module = folder / self.MODULE.name
            shutil.copy(self.MODULE, self.module)
            shutil.copy(SLOW_RA, folder / SLOW_RA.name)
            (folder / "ra.conf").write_text(f"journal = {self.journal}\n{ra}")
            if WORKER:  # who writes the journal
                shutil.chown(folder, WORKER, WORKER)

    def wish(self, wish: Wish) -> "Server":
        """Writes the configuration that shows what a scenario wants."""
        raise NotImplementedError

    def command(self, *options: str) -> list:
        raise NotImplementedError

    def active(self) -> int:
        """Connections at work, without the one that asks."""
        raise NotImplementedError

    def test(self) -> subprocess.CompletedProcess:
        """The server's own test of its configuration; what it says is in `stderr`."""
        return subprocess.run(self.command("-t"), env=environment(), capture_output=True, text=True, timeout=PATIENCE)

    def start(self) -> "Server":
        with open(self.folder / "stderr", "w") as stderr:
            self.process = subprocess.Popen(self.command(*self.STARTING), env=environment(), stderr=stderr,
                                            start_new_session=True)
        wait_until(self._serves, "it serves")
        return self

    STARTING: tuple = ()

    def _serves(self) -> bool:
        assert self.process.poll() is None, (self.folder / "stderr").read_text() + self.log()
        try:
            return self.request("GET", "/up", context=self.ready_with).status > 0
        except OSError:
            return False

    def stop(self, how: signal.Signals | None = None):
        """Ends it and fails when it, or a sanitizer, has complained."""
        if self.process is None:
            return
        process, self.process = self.process, None
        process.send_signal(how or self.ENDING)
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
                      if self.DEFECT.search(line) and not (self.expected and re.search(self.expected, line))]
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
        known = self.log().count(self.STARTED)
        self.process.send_signal(self.RELOAD)
        wait_until(lambda: self.log().count(self.STARTED) > known, "new workers")
        return old

    def log(self) -> str:
        log = self.folder / "error.log"
        return log.read_text(errors="replace") if log.exists() else ""

    def done(self) -> list:
        """What the slow RA has done, a line each."""
        return self.journal.read_text().splitlines() if self.journal.exists() else []

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
