"""The SCEP URL of a server, asked by plain HTTP requests."""
import http.client
import urllib.parse

import scep

TIMEOUT = 30


class Answer:
    def __init__(self, response: http.client.HTTPResponse):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    @property
    def type(self) -> str | None:
        return self.headers.get("Content-Type")

    def cert_rep(self) -> scep.CertRep:
        assert self.status == 200, f"{self.status}: {self.body[:200]!r}"
        assert self.type == "application/x-pki-message"
        return scep.CertRep.parse(self.body)


class Endpoint:
    def __init__(self, url: str):
        self.url = url
        self._parts = urllib.parse.urlsplit(url)

    def request(self, method: str, query: str, body: bytes | None = None, headers: dict | None = None) -> Answer:
        connection = http.client.HTTPConnection(self._parts.hostname, self._parts.port, timeout=TIMEOUT)
        try:
            target = self._parts.path + ("?" + query if query else "")
            connection.request(method, target, body, headers or {})
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def post(self, body: bytes, headers: dict | None = None) -> Answer:
        return self.request("POST", "operation=PKIOperation", body,
                            headers or {"Content-Type": "application/x-pki-message"})

    def get(self, message: bytes) -> Answer:
        return self.request("GET", "operation=PKIOperation&message=" + scep.query_text(message))

    def ca_caps(self) -> list[str]:
        return self.request("GET", "operation=GetCACaps").body.decode().split("\n")

    def ca_certificates(self) -> list[bytes]:
        """RA signing, RA encryption, then the CA and its chain."""
        answer = self.request("GET", "operation=GetCACert")
        assert answer.status == 200 and answer.type == "application/x-x509-ca-ra-cert"
        return scep.certificates_of(answer.body)
