"""Certificates of servers and clients that speak TLS."""
import ssl
import subprocess


def certificate(folder, name: str, subject: str, issuer: str | None = None):
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
               "-subj", subject, "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.pem", "-days", "2"]
    if issuer:
        command += ["-CA", folder / f"{issuer}.pem", "-CAkey", folder / f"{issuer}.key"]
    subprocess.run(command, check=True, capture_output=True)


def client(folder, name: str | None) -> ssl.SSLContext:
    context = ssl._create_unverified_context()
    if name:
        context.load_cert_chain(folder / f"{name}.pem", folder / f"{name}.key")
    return context
