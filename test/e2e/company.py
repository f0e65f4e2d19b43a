"""A company that has a PKI already, for which the issuing CA of an RA is one more."""
import pathlib

import judge


class Company:
    """A root and an intermediate of a company, made and used with openssl only."""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        self.root, self.policy = folder / "company-root.pem", folder / "company-policy.pem"
        self.extensions = folder / "ca.ext"
        self.extensions.write_text("basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n"
                                    "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n")
        judge.openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", folder / "root.key", "-out", self.root,
                      "-subj", "/O=Company/CN=Company Root", "-days", "3650",
                      "-addext", "keyUsage=critical,keyCertSign,cRLSign")
        judge.openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", folder / "policy.key", "-out",
                      folder / "policy.csr", "-subj", "/O=Company/CN=Company Policy CA")
        self.sign(folder / "policy.csr", self.policy, self.root, folder / "root.key")

    def sign(self, request: pathlib.Path, certificate: pathlib.Path, ca: pathlib.Path, key: pathlib.Path, *more) -> None:
        judge.openssl("x509", "-req", "-in", request, "-CA", ca, "-CAkey", key, "-CAcreateserial", "-days", "1825",
                      "-extfile", self.extensions, "-out", certificate, *more)

    def answer(self, request: pathlib.Path, *more) -> pathlib.Path:
        """The certificate with all that is above it, in no order that helps."""
        signed, answer = self.folder / "signed.pem", self.folder / "answer.pem"
        self.sign(request, signed, self.policy, self.folder / "policy.key", *more)
        answer.write_bytes(self.root.read_bytes() + signed.read_bytes() + self.policy.read_bytes())
        return answer
