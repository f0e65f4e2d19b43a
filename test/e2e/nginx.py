"""Debian's nginx on loopback with our module: its own port, folder and configuration."""
import os
import pathlib
import re

import pytest

from server import BUILD, WORKER, Server, Wish, program

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

MEDDLING = """
    gzip on; gzip_min_length 1; gzip_types *; gzip_http_version 1.0;
    charset utf-8; charset_types *; override_charset on;
    sub_filter xxx yyy; sub_filter_types *; sub_filter_once off;
    ssi on; ssi_types *; etag on;
"""


class Nginx(Server):
    """`server` goes into the server block, `http` above it, `main` to the top, `listen` to its options."""
    NAME = "nginx"
    MODULE = BUILD / "lib" / "ngx_http_scep_ra_module.so"
    PROGRAM = program("nginx")
    DEFECT = re.compile(r"Sanitizer|runtime error:|exited on signal|\[alert\]|\[emerg\]|terminate called")
    KILLED = "exited on signal 9"
    TOO_LONG_URL = "client sent too long URI"
    STARTED = "start worker processes"
    # A thread pool of the RA's own: other requests do not wait for enrolments.
    QUICK_BESIDE_ENROLMENTS = True

    def __init__(self, folder: pathlib.Path, *, server: str = "", http: str = "", main: str = "", listen: str = "",
                 workers: int = 1, master: bool = True, **more):
        super().__init__(folder, **more)
        self.tls = "ssl" in listen.split()
        self.user = "root" if os.geteuid() == 0 else None
        self.file = folder / "nginx.conf"
        self.configure(server=server, http=http, main=main, listen=listen, workers=workers, master=master)

    def configure(self, *, server: str = "", http: str = "", main: str = "", listen: str = "", workers: int = 1,
                  master: bool = True):
        self.file.write_text(CONFIGURATION.format(
            user=f"user {self.user};" if self.user else "", module=self.module, folder=self.folder, port=self.port,
            main=main, http=http, server=server, listen=listen, workers=workers, master="on" if master else "off"))

    def wish(self, wish: Wish) -> "Nginx":
        self.user = WORKER
        main = "thread_pool scep_ra threads=16 max_queue=2048; worker_rlimit_nofile 8192;"
        http = f"scep_ra_config {self.configuration}; scep_ra_thread_pool scep_ra;"
        server = f"client_body_buffer_size 128k; client_max_body_size {wish.body_limit or 0};\n"
        if wish.line_limit:
            server += f"large_client_header_buffers 4 {wish.line_limit};\n"
        if wish.address_header:
            server += f"set_real_ip_from 127.0.0.1; real_ip_header {wish.address_header};\n"
        if wish.files:
            server += f"root {wish.files};\n"
        if wish.meddling:
            server += MEDDLING
        for place, face in wish.faces.items():
            more = f'auth_basic "NDES"; auth_basic_user_file {wish.users};' if face == "admin" else ""
            more += f" scep_ra_config {wish.other_ra[place]};" if place in wish.other_ra else ""
            more += " allow 127.0.0.1; deny all;" if face == "status" else ""
            more += wish.more.get(place, "")
            server += f"location {place} {{ scep_ra {face}; {more} }}\n"
        self.configure(server=server, http=http, main=main, listen="default_server backlog=2048", workers=wish.workers)
        return self

    def command(self, *options: str) -> list:
        return [self.PROGRAM, "-p", str(self.folder), "-c", str(self.file), *options]

    def refusal(self) -> str:
        """The one line with which `nginx -t` refuses the configuration."""
        result = self.test()
        assert result.returncode != 0, "the configuration was accepted"
        lines = [line for line in result.stderr.splitlines() if "[emerg]" in line]
        assert len(lines) == 1, result.stderr
        return lines[0]

    def lines_at(self, level: str) -> list:
        """Lines of the log at a level: info, warning or error."""
        return [line for line in self.log().splitlines() if f"[{level.replace('warning', 'warn')}]" in line]

    def active(self) -> int:
        return int(re.search(rb"Active connections: (\d+)", self.request("GET", "/active").body)[1]) - 1


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
