"""An RA behind nginx as an operator runs it: workers of their own user, a thread pool, every face."""
import os
import pathlib

from endpoint import Endpoint
from nginx import SANITIZER, Nginx
from ra import Installation

WORKER = "www-data" if os.geteuid() == 0 else None
MAIN = "thread_pool scep_ra threads=16 max_queue=2048;\nworker_rlimit_nofile 8192;"
HTTP = """
    scep_ra_config {configuration};
    scep_ra_thread_pool scep_ra;
"""
SERVER = """
        client_max_body_size 128k;
        client_body_buffer_size 128k;
        large_client_header_buffers 4 64k;
        location ~* ^/certsrv/mscep(/|$) {{ scep_ra enrol; {enrol} }}
        location /scep-ra/ {{ scep_ra status; allow 127.0.0.1; deny all; }}
        location = /static {{ root {folder}; }}
"""


class WorkersOwnUser(Nginx):
    def configure(self, **settings):
        super().configure(**settings)
        if WORKER:
            self.file.write_text(self.file.read_text().replace("user root;", f"user {WORKER};", 1))


class ServedRa(Installation):
    host = "127.0.0.1"
    path = "/certsrv/mscep/mscep.dll"

    def __init__(self, folder: pathlib.Path, original: pathlib.Path, changes: dict, *, enrol_directives: str = "",
                 static: bytes = b"", init=(), before_start=None):
        """`before_start`: what is done to this RA's files before anything serves."""
        super().__init__(folder, None if init else original, changes, init)
        if before_start:
            before_start(self)
        (folder / "static").write_bytes(static)
        self.nginx = WorkersOwnUser(
            folder, main=MAIN, http=HTTP.format(configuration=self.configuration), listen="default_server backlog=2048",
            server=SERVER.format(enrol=enrol_directives, folder=folder), workers=2, slow_ra=False)
        self.nginx.start()
        self.port = self.nginx.port
        self.url = f"http://{self.host}:{self.port}{self.path}"
        self.endpoint = Endpoint(self.url)

    def stop(self) -> None:
        self.nginx.stop()

    def restart(self) -> None:
        """Stops the server and starts it anew, on the same port."""
        self.nginx.stop()
        self.nginx.start()

    def workers(self) -> list[int]:
        return self.nginx.workers()

    def reload(self) -> None:
        self.nginx.reload()

    def resident_kib(self, figure: str = "VmRSS") -> int:
        """Of all workers; `VmHWM`: the most it ever was."""
        texts = [pathlib.Path(f"/proc/{pid}/status").read_text() for pid in self.workers()]
        return sum(int(text.split(figure + ":")[1].split()[0]) for text in texts)

    def temporary_files(self) -> list[pathlib.Path]:
        return [path for path in (self.folder / "body").rglob("*") if path.is_file()]

    @staticmethod
    def slower(seconds: float) -> float:
        """A figure for an ordinary build, as it must be read under a sanitizer."""
        return seconds * 20 if SANITIZER else seconds
