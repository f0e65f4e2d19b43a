"""The admin face serves proved users only, as Apache httpd tells them: whatever its sections say about access."""
import base64
import json
import ssl

import pytest

from apache import apache  # noqa: F401 (a fixture)
from tls import certificate, client

FORGED = {"Authorization": "Basic " + base64.b64encode(b"admin:guessed").decode()}
PROVED = {"Authorization": "Basic " + base64.b64encode(b"admin:secret").decode()}
BASIC = "AuthType Basic\nAuthName NDES\nAuthUserFile {folder}/htpasswd\n"
VALID = BASIC + "Require valid-user\n"


@pytest.fixture
def admin(apache, folder):
    """A server whose configuration may use {folder}; admin's password is `secret`."""
    (folder / "htpasswd").write_text("admin:$apr1$salt1234$G61s9lpZAELkzUFCbj/53/\n")
    (folder / "empty").mkdir()

    def make(location: str, more: str = "", **settings):
        text = f"SCEPRAConfig ra.conf\n<Location /a>\nSCEPRA admin\n{location}\n</Location>\n{more}"
        return apache(text=text.replace("{folder}", str(folder)), **settings)

    return make


def user_of(answer) -> str:
    assert answer.status == 200, answer.body
    return json.loads(answer.body)["remote_user"]


def minted(server) -> bool:
    """Whether the admin face has been asked for anything."""
    return any(line.startswith("handle") for line in server.done())


# What `apache2 -t` says of a configuration in which nobody could be proved.

@pytest.mark.parametrize("location, more", [
    ("", ""), ("Require all granted", ""), ("Require local", ""), ("AuthType None", ""),
    ("", "<Directory />\n" + VALID + "</Directory>"), ("", "<Files *>\n" + VALID + "</Files>"),
])
def test_an_admin_face_is_refused_where_nothing_proves_a_user(admin, location, more):
    server = admin(location, more)
    assert f"{server.file}:" in server.refusal() and "SCEPRA admin: nothing proves a user here" in server.refusal()


@pytest.mark.parametrize("location, more", [
    (VALID, ""), ("", "<Location />\n" + VALID + "</Location>"), ("", '<LocationMatch "^/a">\n' + VALID + "</LocationMatch>"),
])
def test_an_admin_face_is_accepted_where_a_login_is_asked_for(admin, location, more):
    server = admin(location, more).start()
    assert server.request("GET", "/a", headers=FORGED).status == 401
    assert not minted(server)
    assert user_of(server.request("GET", "/a", headers=PROVED)) == "admin"


# What lets requests in without a login.

OPEN = {
    "everybody": BASIC + "Require all granted",
    "either": BASIC + "<RequireAny>\nRequire valid-user\nRequire all granted\n</RequireAny>",
    "addresses": BASIC + "Require local",
    "satisfy any": BASIC + "Require valid-user\nAllow from all\nSatisfy any",
    "a login elsewhere only": "Require all granted\n</Location>\n<Location /elsewhere>\n" + VALID,
    "a login that is taken away": VALID + "</Location>\n<Location /a>\nAuthType None\nRequire all granted",
    "some methods only": BASIC + "<LimitExcept GET POST>\nRequire valid-user\n</LimitExcept>",
}


@pytest.mark.parametrize("location", OPEN.values(), ids=OPEN.keys())
def test_a_request_that_was_let_in_without_a_login_gets_no_page(admin, location):
    server = admin(location, modules=("access_compat",)).start()
    for headers in ({}, FORGED, PROVED):
        for method in ("GET", "POST"):
            assert server.request(method, "/a", b"x", headers).status == 403
    assert not minted(server)
    # The RA says so, each time, in an event.
    assert server.done().count("refuse nobody is proved") == 6
    assert server.log().count("scep_ra event 44: nobody is proved") == 6


DETOURS = {
    "an error page for whom nobody knows": ("", VALID, "<Location /way>\n" + VALID + "ErrorDocument 401 /a\n</Location>"),
    "an error page within": (VALID + "ErrorDocument 401 /a/b", VALID, ""),
    "an error page of another login": ("", VALID, "<Location /way>\n" + VALID.replace("htpasswd", "others") + "ErrorDocument 404 /a\n</Location>"),
    "an include": ("", VALID, "Options +Includes\nSetOutputFilter INCLUDES"),
    "a folder's index": ("", VALID, "DirectoryIndex /a"),
}


@pytest.mark.parametrize("more, location, detour", DETOURS.values(), ids=DETOURS.keys())
def test_no_detour_leads_a_forged_header_to_the_page(admin, folder, more, location, detour):
    (folder / "others").write_text("admin:$apr1$salt1234$G61s9lpZAELkzUFCbj/53/\n".replace("admin", "guest"))
    server = admin(more or location, detour, modules=("include", "dir")).start()
    (folder / "empty" / "way").mkdir(exist_ok=True)
    (folder / "empty" / "include.html").write_text('<!--#include virtual="/a" -->')
    guest = {"Authorization": "Basic " + base64.b64encode(b"guest:secret").decode()}
    for headers in ({}, FORGED, guest):
        for target in ("/way", "/way/", "/way/none", "/a", "/include.html", "/"):
            for method in ("GET", "POST"):
                answer = server.request(method, target, b"x", headers)
                assert b"remote_user" not in answer.body
    assert not minted(server)


def test_an_internal_redirect_gets_no_page_even_of_a_proved_user(admin, folder):
    server = admin(VALID, "ErrorDocument 404 /a\n").start()
    answer = server.request("GET", "/none", headers=PROVED)
    assert b"remote_user" not in answer.body
    assert not minted(server)
    assert any("scep_ra: refused: an internal redirect" in line for line in server.lines_at("warning"))


# Client certificates.

@pytest.fixture
def tls(folder) -> str:
    certificate(folder, "server", "/CN=localhost")
    certificate(folder, "ca", "/CN=Staff CA")
    certificate(folder, "carol", "/CN=carol", "ca")
    certificate(folder, "mallory", "/CN=carol")
    return f"""
        SSLEngine on
        SSLCertificateFile {folder}/server.pem
        SSLCertificateKeyFile {folder}/server.key
        SSLCACertificateFile {folder}/ca.pem
        """


@pytest.mark.parametrize("verify", ["require", "optional", "optional_no_ca"])
def test_only_a_verified_client_certificate_is_a_user(admin, folder, tls, verify):
    server = admin("SSLUserName SSL_CLIENT_S_DN_CN", tls + f"SSLVerifyClient {verify}\n", modules=("socache_shmcb", "ssl"))
    server.ready_with = client(folder, "carol")
    server.start()
    assert user_of(server.request("GET", "/a", context=client(folder, "carol"))) == "carol"
    for name in ("mallory", None):
        try:
            answer = server.request("GET", "/a", context=client(folder, name))
        except (ssl.SSLError, ConnectionError):
            continue
        assert answer.status == 403
    assert server.done().count("handle ") == 1


def test_a_certificate_that_nobody_verified_is_no_login_even_if_httpd_takes_it_for_one(admin, folder, tls):
    """With SSLUserName mod_authz_user finds a user, and no password is asked for."""
    server = admin(VALID + "SSLUserName SSL_CLIENT_S_DN_CN", tls + "SSLVerifyClient optional_no_ca\n", modules=("socache_shmcb", "ssl"))
    server.start()
    for headers in ({}, FORGED, PROVED):
        assert server.request("GET", "/a", headers=headers, context=client(folder, "mallory")).status == 403
    assert not minted(server)
    assert user_of(server.request("GET", "/a", context=client(folder, "carol"))) == "carol"
    assert user_of(server.request("GET", "/a", headers=PROVED, context=client(folder, None))) == "admin"
    assert server.request("GET", "/a", headers=FORGED, context=client(folder, None)).status == 401


def test_a_request_over_tls_says_so(admin, folder, tls):
    server = admin(VALID, tls, modules=("socache_shmcb", "ssl")).start()
    answer = server.request("GET", "/a", headers=PROVED)
    assert json.loads(answer.body)["over_tls"] is True
