"""Who guesses passwords is stopped; nobody else is (case A6)."""
import http.client
import urllib.parse

import pytest

from verdict import enrolled, request

LIMIT = 5
WRONG = "0123456789ABCDEF"


@pytest.fixture
def ra(make_ra):
    return make_ra({"challenge": {"maximum": 0}, "limits": {"wrong_passwords": LIMIT}})


def post(ra, message, source: str, headers: dict | None = None):
    """From an address of loopback's network, as another client would."""
    url = urllib.parse.urlsplit(ra.url)
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=30, source_address=(source, 0))
    try:
        connection.request("POST", url.path + "?operation=PKIOperation", message.encode(), headers or {})
        answer = connection.getresponse()
        answer.read()
        return answer
    finally:
        connection.close()


def guess(ra, source: str, headers: dict | None = None):
    return post(ra, request(ra, WRONG), source, headers)


def test_a_source_that_guesses_gets_429_and_others_are_served(ra):
    """Over all workers, and over a reload of the server."""
    for _ in range(LIMIT):
        assert guess(ra, "127.0.0.9").status == 200
    refused = guess(ra, "127.0.0.9")
    assert refused.status == 429 and int(refused.headers["Retry-After"]) > 0
    assert ra.events()[-1]["reason"] == "too-many-wrong-passwords"
    # A right password is not looked at either: else the guessing would go on.
    password = ra.password()
    good = request(ra, password)
    assert post(ra, good, "127.0.0.9").status == 429
    enrolled(ra, good)
    ra.reload()
    assert guess(ra, "127.0.0.9").status == 429
    assert guess(ra, "127.0.0.10").status == 200


def test_a_forged_header_makes_no_other_source(ra):
    for number in range(LIMIT):
        assert guess(ra, "127.0.0.9", {"X-Forwarded-For": f"192.0.2.{number}"}).status == 200
    assert guess(ra, "127.0.0.9", {"X-Forwarded-For": "192.0.2.77"}).status == 429
    assert guess(ra, "127.0.0.10", {"X-Forwarded-For": "127.0.0.9"}).status == 200
