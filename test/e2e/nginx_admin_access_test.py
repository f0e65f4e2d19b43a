"""The admin face serves proved users only, as nginx tells them: a forged Authorization header never becomes a user."""
import base64
import json

import pytest

from nginx import nginx  # noqa: F401 (a fixture)
from tls import certificate, client

FORGED = {"Authorization": "Basic " + base64.b64encode(b"admin:guessed").decode()}
PROVED = {"Authorization": "Basic " + base64.b64encode(b"admin:secret").decode()}
BASIC = 'auth_basic "NDES"; auth_basic_user_file {folder}/htpasswd;'


@pytest.fixture
def admin(nginx, tmp_path):
    """A server whose configuration may use {folder}; admin's password is `secret`."""
    (tmp_path / "htpasswd").write_text("admin:{PLAIN}secret\n")
    (tmp_path / "existing").write_text("try_files finds it")

    def make(server: str, http: str = "", **settings):
        return nginx(server=server.replace("{folder}", str(tmp_path)),
                     http="scep_ra_config ra.conf;" + http.replace("{folder}", str(tmp_path)), **settings)

    return make


def user_of(answer) -> str:
    assert answer.status == 200, answer.body
    return json.loads(answer.body)["remote_user"]


def is_kept_by_no_cache(answer) -> bool:
    return answer.headers.get_all("Cache-Control") == ["no-store"]


def minted(server) -> bool:
    """Whether the admin face has been asked for anything."""
    return any(line.startswith("handle") for line in server.done())


# What nginx -t says of the location.

REFUSED = {
    "no authentication": ("location /a/ { scep_ra admin; }", "nothing proves a user"),
    "addresses only": ("location /a/ { scep_ra admin; allow 127.0.0.1; deny all; }", "nothing proves a user"),
    "no file of users": ('location /a/ { scep_ra admin; auth_basic "NDES"; }', "nothing proves a user"),
    "auth_basic off": ("location /a/ { scep_ra admin; auth_basic off; auth_basic_user_file {folder}/htpasswd; }",
                       "nothing proves a user"),
    "auth_basic off in a nested location": (
        "location / { " + BASIC + " location /a/ { scep_ra admin; auth_basic off; } }", "nothing proves a user"),
    "auth_basic off for some methods": (
        "location /a/ { scep_ra admin; " + BASIC + " limit_except GET { auth_basic off; } }", "nothing proves a user"),
    "auth_basic for some methods only": (
        "location /a/ { scep_ra admin; limit_except GET { " + BASIC + " } }", "nothing proves a user"),
    "a realm that may become off": (
        "location /a/ { scep_ra admin; auth_basic $arg_realm; auth_basic_user_file {folder}/htpasswd; }",
        "nothing proves a user"),
    "satisfy any": ("location /a/ { scep_ra admin; satisfy any; allow all; " + BASIC + " }", "satisfy any"),
    "satisfy any of the server": ("satisfy any; location /a/ { scep_ra admin; allow all; " + BASIC + " }", "satisfy any"),
    "satisfy any with the operator's word": (
        "location /a/ { scep_ra admin; satisfy any; scep_ra_admin_user $remote_user; }", "satisfy any"),
    "a set of the claimed user": ("location /a/ { set $u $remote_user; scep_ra admin; }", "nothing proves a user"),
    "a set of the claimed user, named": (
        "location /a/ { set $u $remote_user; scep_ra admin; scep_ra_admin_user $u; }", "proves nothing"),
    "a request header": ("location /a/ { scep_ra admin; scep_ra_admin_user $http_x_user; }", "proves nothing"),
    "an argument": ("location /a/ { scep_ra admin; scep_ra_admin_user $arg_user; }", "proves nothing"),
    "a cookie": ("location /a/ { scep_ra admin; scep_ra_admin_user $cookie_user; }", "proves nothing"),
    "the operator's word that $remote_user is proved, and no module that could": (
        "location /a/ { scep_ra admin; scep_ra_admin_user $remote_user; }", "nothing that could set $remote_user"),
    "the same where auth_basic is off": (
        "location /a/ { scep_ra admin; scep_ra_admin_user $remote_user; auth_basic off; "
        "auth_basic_user_file {folder}/htpasswd; }", "nothing that could set $remote_user"),
    "the same where auth_request is off": (
        "auth_request /up; location /a/ { scep_ra admin; scep_ra_admin_user $remote_user; auth_request off; }",
        "nothing that could set $remote_user"),
    "a named capture": ("location ~ ^/a/(?<who>.*) { scep_ra admin; scep_ra_admin_user $who; }", "proves nothing"),
    "a named capture of the server's name": (
        "server_name ~^(?<who>[a-z]+)[.]test$; location /a/ { scep_ra admin; scep_ra_admin_user $who; }", "proves nothing"),
    "auth_request without its variable": (
        "location /a/ { scep_ra admin; auth_request /up; }", "scep_ra_admin_user $ssl_client_s_dn"),
    "no variable": ("location /a/ { scep_ra admin; " + BASIC + " scep_ra_admin_user admin; }", "takes a variable"),
}


@pytest.mark.parametrize("variable", """
    host args query_string is_args uri document_uri request request_uri request_method request_body request_filename
    request_id content_type content_length remote_addr remote_port binary_remote_addr proxy_protocol_addr
    proxy_protocol_port ssl_server_name ssl_client_verify http_host http_authorization arg_x cookie_x server_name scheme
    realip_remote_addr HOST""".split())
def test_what_a_client_sends_or_chooses_is_no_proof_of_a_user(admin, variable):
    for authentication in ("", "auth_request /up;", BASIC):
        server = admin("location /a/ { scep_ra admin; scep_ra_admin_user $%s; %s }" % (variable, authentication))
        assert "proves nothing" in server.refusal()


@pytest.mark.parametrize("server, reason", REFUSED.values(), ids=REFUSED.keys())
def test_a_location_that_proves_no_user_is_refused(admin, server, reason):
    line = admin(server).refusal()
    assert reason in line
    assert "nginx.conf:" in line


ACCEPTED = {
    "auth_basic": "location /a/ { scep_ra admin; " + BASIC + " }",
    "auth_basic of the server": BASIC + " location /a/ { scep_ra admin; }",
    "auth_basic with an if": "location /a/ { scep_ra admin; " + BASIC + " if ($arg_x) { set $y 1; } }",
    "auth_basic with limit_except": "location /a/ { scep_ra admin; " + BASIC + " limit_except GET POST { deny all; } }",
    "auth_basic and satisfy all": "satisfy any; location /a/ { scep_ra admin; satisfy all; " + BASIC + " }",
    "the operator's word beside auth_request": (
        "location /a/ { scep_ra admin; auth_request /up; scep_ra_admin_user $remote_user; }"),
    "the operator's word beside auth_basic": "location /a/ { scep_ra admin; scep_ra_admin_user $remote_user; " + BASIC + " }",
    "a variable of the operator's that is named like nginx's own": (
        "location /a/ { scep_ra admin; auth_request /up; "
        "auth_request_set $request_user $upstream_http_x_user; scep_ra_admin_user $request_user; }"),
    "a variable with a default": (
        'set $u ""; location /a/ { scep_ra admin; auth_request /up; '
        "auth_request_set $u $upstream_http_x_user; scep_ra_admin_user $u; }"),
    "the variable of auth_request": "location /a/ { scep_ra admin; auth_request /up; "
                                    "auth_request_set $u $upstream_http_x_user; scep_ra_admin_user $u; }",
    "a certificate's name": "location /a/ { scep_ra admin; scep_ra_admin_user $ssl_client_s_dn; }",
    "enrolment without a user": "location /a/ { scep_ra enrol; }",
}


@pytest.mark.parametrize("server", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_a_location_that_proves_its_user_is_accepted(admin, server):
    result = admin(server).test()
    assert result.returncode == 0, result.stderr


# What a forged header gets.

READERS = {
    "nobody": ("", ""),
    "set": ("set $u $remote_user;", ""),
    "a map in a set": ("set $v $u;", "map $remote_user $u { default $remote_user; }"),
    "if": ("if ($remote_user) { set $x 1; }", ""),
    "a limit": ("limit_req zone=z burst=9;", "limit_req_zone $remote_user zone=z:1m rate=99r/s;"),
    "try_files": ("try_files /$remote_user /existing =404; root {folder};", ""),
    "a log": ("access_log {folder}/access.log by_user;", "log_format by_user $remote_user;"),
}


@pytest.mark.parametrize("location, http", READERS.values(), ids=READERS.keys())
def test_whoever_reads_remote_user_a_forged_header_never_becomes_a_user(admin, location, http):
    server = admin("location /a/ { scep_ra admin; " + BASIC + location + " }", http).start()
    assert server.request("GET", "/a/").status == 401
    assert server.request("GET", "/a/", headers=FORGED).status == 401
    assert server.request("POST", "/a/", b"x", FORGED).status == 401
    assert not minted(server)
    assert user_of(server.request("GET", "/a/", headers=PROVED)) == "admin"


@pytest.mark.parametrize("location, http", READERS.values(), ids=READERS.keys())
def test_the_operators_word_alone_makes_no_user_of_a_forged_header(admin, location, http):
    server = admin("location /a/ { scep_ra admin; auth_request /up; scep_ra_admin_user $remote_user; " + location + " }",
                   http).start()
    for headers in (FORGED, PROVED, {}):
        for body in (None, b"x"):
            answer = server.request("POST" if body else "GET", "/a/", body, headers)
            assert answer.status == 403 and is_kept_by_no_cache(answer)
    assert not minted(server)
    # The RA says so, each time, in an event.
    assert server.done().count("refuse nobody is proved") == 6
    assert server.log().count("scep_ra event 44: nobody is proved") == 6


def test_a_map_of_the_claimed_user_makes_no_user(admin):
    server = admin("location /a/ { set $v $u; scep_ra admin; scep_ra_admin_user $u; }",
                   "map $remote_user $u { default $remote_user; }").start()
    answer = server.request("GET", "/a/", headers=FORGED)
    assert answer.status == 403 and is_kept_by_no_cache(answer)
    assert not minted(server)
    [line] = [line for line in server.log().splitlines() if "scep_ra: refused: " in line]
    assert "[warn]" in line and "unverified Authorization header" in line


def test_auth_request_gives_the_user_that_it_names_and_not_the_claimed_one(admin):
    server = admin("""
        location /a/ { scep_ra admin; auth_request /auth; auth_request_set $u $upstream_http_x_user; scep_ra_admin_user $u; }
        location = /auth { internal; proxy_pass http://127.0.0.1:$server_port/judge; proxy_set_header X-Claimed $remote_user; }
        location = /judge { if ($http_cookie != "good") { return 401; } add_header X-User carol; return 204; }""").start()
    assert server.request("GET", "/a/", headers=FORGED).status == 401
    assert not minted(server)
    assert user_of(server.request("GET", "/a/", headers=FORGED | {"Cookie": "good"})) == "carol"


# Ways round the access phase.

DETOURS = {
    "an error page": "location = /way { error_page 403 = /a/; return 403; }",
    "a named location": "location = /way { error_page 403 = @a; return 403; }",
    "try_files": "location = /way { try_files /none /a/; }",
    "rewrite": "location = /way { rewrite ^ /a/ last; }",
    "an error page of a location that has another user": (
        'location = /way { auth_basic "other"; auth_basic_user_file {folder}/others; error_page 404 = /a/; '
        "root {folder}; }"),
    "a subrequest for authentication": (
        "location = /way { auth_request /a/; error_page 403 = /never; root {folder}; }"),
    "an include": "location = /way.shtml { ssi on; default_type text/html; root {folder}; }",
    "an addition": "location = /way.txt { add_after_body /a/; addition_types *; root {folder}; }",
}


@pytest.mark.parametrize("detour", DETOURS.values(), ids=DETOURS.keys())
@pytest.mark.parametrize("word", ["", "scep_ra_admin_user $remote_user;"], ids=["basic", "word"])
def test_no_detour_leads_a_forged_header_to_the_page(admin, tmp_path, detour, word):
    (tmp_path / "others").write_text("admin:{PLAIN}guessed\n")
    (tmp_path / "way.shtml").write_text('<!--#include virtual="/a/" -->')
    (tmp_path / "way.txt").write_text("text")
    way = "/way.shtml" if "shtml" in detour else "/way.txt" if "way.txt" in detour else "/way"
    server = admin("set $u $remote_user; location @a { scep_ra admin; " + BASIC + word + " }"
                   "location /a/ { scep_ra admin; " + BASIC + word + " }" + detour).start()
    for method in ("GET", "POST", "HEAD"):
        answer = server.request(method, way, headers=FORGED)
        assert b"remote_user" not in answer.body
    assert not minted(server)


@pytest.mark.parametrize("way", ["/way.shtml", "/way.txt", "/gate"])
def test_a_subrequest_gets_no_page_even_of_a_proved_user(admin, tmp_path, way):
    (tmp_path / "way.shtml").write_text('<!--#include virtual="/a/" -->')
    (tmp_path / "way.txt").write_text("text")
    server = admin(BASIC + """
        location /a/ { scep_ra admin; }
        location = /gate { auth_request /a/; root {folder}; }
        location = /way.shtml { ssi on; default_type text/html; root {folder}; }
        location = /way.txt { add_after_body /a/; addition_types *; root {folder}; }""").start()
    assert b"remote_user" not in server.request("GET", way, headers=PROVED).body
    assert not minted(server)
    [line] = [line for line in server.log().splitlines() if "scep_ra: refused: " in line]
    assert "[warn]" in line and "subrequest" in line


def test_an_if_or_limit_except_inside_keeps_the_proof(admin):
    server = admin("location /a/ { scep_ra admin; " + BASIC +
                   " if ($arg_x) { set $u $remote_user; } limit_except GET { allow all; } }").start()
    for method in ("GET", "POST"):
        assert server.request(method, "/a/?x=1", headers=FORGED).status == 401
        assert user_of(server.request(method, "/a/?x=1", headers=PROVED)) == "admin"


# Client certificates.

@pytest.mark.parametrize("verify", ["on", "optional", "optional_no_ca"])
def test_only_a_verified_client_certificate_is_a_user(admin, tmp_path, verify):
    certificate(tmp_path, "server", "/CN=localhost")
    certificate(tmp_path, "ca", "/CN=Staff CA")
    certificate(tmp_path, "carol", "/CN=carol", "ca")
    certificate(tmp_path, "mallory", "/CN=carol")
    tls = f"""ssl_certificate {tmp_path}/server.pem; ssl_certificate_key {tmp_path}/server.key;
        ssl_client_certificate {tmp_path}/ca.pem; ssl_verify_client {verify};"""
    server = admin(tls + "error_page 495 496 = /a/; location /a/ { scep_ra admin; scep_ra_admin_user $ssl_client_s_dn; }",
                   listen="ssl").start()
    assert user_of(server.request("GET", "/a/", context=client(tmp_path, "carol"))) == "CN=carol"
    for name in ("mallory", None):
        for target in ("/a/", "/elsewhere"):
            assert server.request("GET", target, context=client(tmp_path, name)).status in (400, 403, 404, 495, 496)
    assert server.done().count("handle ") == 1


def test_a_client_certificate_needs_its_variable(admin, tmp_path):
    certificate(tmp_path, "server", "/CN=localhost")
    line = admin(f"""ssl_certificate {tmp_path}/server.pem; ssl_certificate_key {tmp_path}/server.key;
        ssl_client_certificate {tmp_path}/server.pem; ssl_verify_client on; location /a/ {{ scep_ra admin; }}""",
                 listen="ssl").refusal()
    assert "scep_ra_admin_user $ssl_client_s_dn" in line
