"""HTTP as octets on a socket: what no client library would send."""
import re
import socket


def by_socket(ra, octets: bytes) -> bytes:
    """Sends octets as they are; the whole answer. The server may keep the connection open for a while."""
    with socket.create_connection((ra.host, ra.port), timeout=10) as connection:
        connection.sendall(octets)
        answer = b""
        while not is_whole(answer) and (piece := connection.recv(65536)):
            answer += piece
        return answer


def is_whole(answer: bytes) -> bool:
    head, end, body = answer.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head.lower())
    return bool(end) and length is not None and len(body) >= int(length[1])


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def get(ra, query: str, version: str = "HTTP/1.0", *lines: str) -> bytes:
    return by_socket(ra, "\r\n".join((f"GET {ra.path}?{query} {version}", *lines, "", "")).encode())


def post(ra, body: bytes, version: str = "HTTP/1.0", *lines: str) -> bytes:
    first = f"POST {ra.path}?operation=PKIOperation {version}"
    return by_socket(ra, "\r\n".join((first, f"Content-Length: {len(body)}", *lines, "", "")).encode() + body)


def body_of(answer: bytes) -> bytes:
    return answer.partition(b"\r\n\r\n")[2]


def headers_of(answer: bytes) -> dict[str, str]:
    lines = answer.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
    return {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
