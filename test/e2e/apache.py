"""Debian's Apache httpd on loopback with our module: its own port, folder and configuration."""
import pathlib
import re
import signal
import time

import pytest

from server import BUILD, WORKER, Server, Wish, program

MODULES = pathlib.Path("/usr/lib/apache2/modules")
ALWAYS = ("authn_core", "authn_file", "authz_core", "authz_host", "authz_user", "auth_basic", "status", "alias")
CONFIGURATION = """
ServerRoot {folder}
DefaultRuntimeDir {folder}
PidFile {folder}/httpd.pid
Mutex file:{folder} default
ServerName localhost
{user}
{modules}
Listen 127.0.0.1:{port}
ListenBacklog 2048
{processes}
GracefulShutdownTimeout 50
ErrorLog {folder}/error.log
LogLevel info
TraceEnable off
DocumentRoot {folder}/empty
<Location /active>
    SetHandler server-status
</Location>
{text}
"""
THREADS = 64  # of a child

MEDDLING = """
TypesConfig /dev/null
AddType text/html .html
AddDefaultCharset utf-8
Options +Includes
SetOutputFilter INCLUDES;SUBSTITUTE;DEFLATE
Substitute s/xxx/yyy/
FileETag All
"""


def processes(mpm: str, workers: int) -> str:
    """Always the same number of children, with room for those of before a reload."""
    if mpm == "prefork":
        number = workers * 16
        return f"StartServers {number}\nMinSpareServers {number}\nMaxSpareServers {number + 1}\n" \
               f"MaxRequestWorkers {number}\nServerLimit {number * 2}"
    every = workers * THREADS
    return f"StartServers {workers}\nThreadsPerChild {THREADS}\nMinSpareThreads {every}\nMaxSpareThreads {every + THREADS}\n" \
           f"MaxRequestWorkers {every}\nServerLimit {workers * 8}"


class Apache(Server):
    """`text` goes to the end of the configuration; `modules`: what it needs besides ours."""
    NAME = "httpd"
    MODULE = BUILD / "lib" / "mod_scep_ra.so"
    PROGRAM = program("apache2")
    DEFECT = re.compile(r"Sanitizer|runtime error:|exit signal|:(alert|emerg|crit)\]|terminate called")
    KILLED = r"exit signal Killed \(9\)"
    TOO_LONG_URL = "exceeds LimitRequestLine"
    STARTED = "resuming normal operations"
    GRACEFUL, RELOAD, ENDING = signal.SIGWINCH, signal.SIGUSR1, signal.SIGTERM
    STARTING = ("-DFOREGROUND",)
    # A thread for each request, enrolments and others alike.
    QUICK_BESIDE_ENROLMENTS = False

    def __init__(self, folder: pathlib.Path, *, text: str = "", modules: tuple = (), mpm: str = "event", workers: int = 1, **more):
        super().__init__(folder, **more)
        (folder / "empty").mkdir(exist_ok=True)
        self.mpm = mpm
        self.file = folder / "httpd.conf"
        self.configure(text=text, modules=modules, workers=workers)

    def configure(self, *, text: str = "", modules: tuple = (), workers: int = 1):
        loaded = [f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in (f"mpm_{self.mpm}", *ALWAYS, *modules)]
        loaded.append(f"LoadModule scep_ra_module {self.module}")
        self.tls = "SSLEngine on" in text
        self.file.write_text(CONFIGURATION.format(
            folder=self.folder, port=self.port, user=f"User {WORKER}\nGroup {WORKER}" if WORKER else "", text=text,
            modules="\n".join(loaded), processes=processes(self.mpm, workers)))

    def wish(self, wish: Wish) -> "Apache":
        modules = ()
        text = f"SCEPRAConfig {self.configuration}\nLimitRequestBody {wish.body_limit or 0}\n"
        if wish.line_limit:
            text += f"LimitRequestLine {wish.line_limit}\n"
        if wish.address_header:
            modules += ("remoteip",)
            text += f"RemoteIPHeader {wish.address_header}\nRemoteIPInternalProxy 127.0.0.1\n"
        if wish.files:
            text += f"DocumentRoot {wish.files}\n"
        if wish.meddling:
            modules += ("filter", "deflate", "include", "substitute", "mime")
            text += MEDDLING
        for place, face in wish.faces.items():
            more = f"AuthType Basic\nAuthName NDES\nAuthUserFile {wish.users}\nRequire valid-user" if face == "admin" else ""
            more += f"\nSCEPRAConfig {wish.other_ra[place]}" if place in wish.other_ra else ""
            more += "\nRequire local" if face == "status" else ""
            more += "\n" + wish.more.get(place, "")
            match, pattern = ("Match", place.removeprefix("~ ")) if place.startswith("~ ") else ("", place)
            text += f'<Location{match} "{pattern}">\nSCEPRA {face}\n{more}\n</Location{match}>\n'
        self.configure(text=text, modules=modules, workers=wish.workers)
        return self

    def stop(self, how: signal.Signals | None = None):
        """At a quick end event closes the sockets of its threads, and may fall over one that has just served."""
        if self.process is not None and how != self.GRACEFUL:
            time.sleep(0.2)
        super().stop(how)

    def command(self, *options: str) -> list:
        return [self.PROGRAM, "-f", str(self.file), *options]

    def refusal(self) -> str:
        """What `apache2 -t` says of a configuration that it refuses, on one line."""
        result = self.test()
        assert result.returncode != 0, "the configuration was accepted"
        return " ".join(result.stderr.split("\n"))

    def lines_at(self, level: str) -> list:
        """Lines of the log at a level: info, warning or error."""
        return [line for line in self.log().splitlines() if f":{level.replace('warning', 'warn')}]" in line]

    def active(self) -> int:
        return int(re.search(rb"BusyWorkers: (\d+)", self.request("GET", "/active?auto").body)[1]) - 1


@pytest.fixture
def apache(folder):
    """Makes servers in this test's folder and stops them."""
    made = []

    def make(where: pathlib.Path = folder, **settings) -> Apache:
        made.append(Apache(where, **settings))
        return made[-1]

    yield make
    for server in made:
        server.stop()
