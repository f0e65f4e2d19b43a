"""Fixtures of the end-to-end scenarios. Every test has a folder and a port of its own."""
import contextlib
import itertools
import pathlib
import shutil
import tempfile

import pytest

pytest.register_assert_rewrite("apache", "endpoint", "judge", "nginx", "ra", "scep", "served_ra", "server", "verdict")

import server as servers  # noqa: E402 (their assertions are rewritten only when imported after that)
from ra import Installation  # noqa: E402
from served_ra import SERVERS, ServedRa  # noqa: E402

MARKERS = {"peer": "runs a client that nobody here wrote", "load": "loads the machine", "waits": "only waits for a minute to pass",
           "quickstart": "runs examples/quickstart/run with what is in build/",
           "module": "looks at what the server modules do, so that a sanitizer watches it on both servers"}


def pytest_configure(config):
    for name, meaning in MARKERS.items():
        config.addinivalue_line("markers", f"{name}: {meaning}")


def pytest_collection_modifyitems(config, items):
    """Under a sanitizer one server is enough to show what the core does; an ordinary run has all of it on both.

    What is built for the quickstart has no sanitizer.
    """
    if not servers.SANITIZER:
        return

    def says_nothing(item) -> bool:
        kind = item.callspec.params.get("server_kind", "nginx") if hasattr(item, "callspec") else "nginx"
        return bool(item.get_closest_marker("quickstart")) or kind != "nginx" and not item.get_closest_marker("module")

    left_out = [item for item in items if says_nothing(item)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in set(left_out)]


def _folders():
    """Short names that workers of another user can reach, which pytest's own folders are not."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="scep-ra-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def folder():
    yield from _folders()


@pytest.fixture(scope="module")
def module_folder():
    yield from _folders()


@pytest.fixture(scope="session")
def original():
    """What `scep-ra init` makes, once; every RA of a test is a copy of it."""
    for folder in _folders():
        yield Installation(folder / "original").folder


@pytest.fixture(scope="session", params=SERVERS)
def server_kind(request) -> str:
    """Which web server a scenario gets; a file of one server's own scenarios says which."""
    return request.param


@pytest.fixture
def serve(server_kind, folder):
    """Makes servers with slow_ra/ in this test's folder: what of a Wish, or of its `ra.conf`, is wanted."""
    made = []

    def make(ra: str = "", where: pathlib.Path = folder, **wishes) -> servers.Server:
        made.append(SERVERS[server_kind](where, ra=ra).wish(servers.Wish(**wishes)))
        return made[-1]

    yield make
    for server in made:
        server.stop()


@pytest.fixture(scope="module")
def make_ra(server_kind, module_folder, original):
    """Makes RAs behind a server: `changes` of settings by dotted table, see ServedRa for the rest."""
    numbers = itertools.count()
    with contextlib.ExitStack() as made:
        def make(changes: dict | None = None, **more) -> ServedRa:
            ra = ServedRa(module_folder / f"{server_kind}-{next(numbers)}", original, changes or {},
                          server=server_kind, **more)
            made.callback(ra.stop)
            return ra

        yield make


@pytest.fixture
def free_port() -> int:
    return servers.free_port()
