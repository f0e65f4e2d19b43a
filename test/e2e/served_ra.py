"""An RA behind a web server as an operator runs it: workers of their own user, every face."""
import pathlib

from apache import Apache
from endpoint import Endpoint
from nginx import Nginx
from ra import Installation
from server import SANITIZER, Wish

SERVERS = {kind.NAME: kind for kind in (Nginx, Apache)}
ENROL, ADMIN = "~ (?i)^/certsrv/mscep(/|$)", "~ (?i)^/certsrv/mscep_admin(/|$)"
USERS = "admin:$apr1$salt1234$G61s9lpZAELkzUFCbj/53/\n"  # secret


def wish_of(folder: pathlib.Path) -> Wish:
    """Every face; whoever logs in is `admin` with the password `secret`."""
    (folder / "users").write_text(USERS)
    return Wish(faces={ENROL: "enrol", ADMIN: "admin", "/scep-ra/": "status"}, workers=2, body_limit=128 * 1024,
                line_limit=64 * 1024, users=folder / "users")


class ServedRa(Installation):
    host = "127.0.0.1"
    path = "/certsrv/mscep/mscep.dll"

    def __init__(self, folder: pathlib.Path, original: pathlib.Path, changes: dict, *, server: str, enrol_directives: str = "",
                 static: bytes = b"", init=(), before_start=None):
        """`before_start`: what is done to this RA's files before anything serves."""
        super().__init__(folder, None if init else original, changes, init)
        if before_start:
            before_start(self)
        (folder / "files").mkdir()
        (folder / "files" / "static").write_bytes(static)
        wish = wish_of(folder)
        wish.files, wish.more = folder / "files", {ENROL: enrol_directives}
        self.server = SERVERS[server](folder, slow_ra=False, configuration=self.configuration).wish(wish)
        self.server.start()
        self.port = self.server.port
        self.url = f"http://{self.host}:{self.port}{self.path}"
        self.endpoint = Endpoint(self.url)

    def stop(self) -> None:
        self.server.stop()

    def restart(self) -> None:
        """Stops the server and starts it anew, on the same port."""
        self.server.stop()
        self.server.start()

    def workers(self) -> list[int]:
        return self.server.workers()

    def reload(self) -> None:
        self.server.reload()

    def resident_kib(self, figure: str = "VmRSS") -> int:
        """Of all workers; `VmHWM`: the most it ever was."""
        texts = [pathlib.Path(f"/proc/{pid}/status").read_text() for pid in self.workers()]
        return sum(int(text.split(figure + ":")[1].split()[0]) for text in texts)

    @staticmethod
    def slower(seconds: float) -> float:
        """A figure for an ordinary build, as it must be read under a sanitizer."""
        return seconds * 20 if SANITIZER else seconds
