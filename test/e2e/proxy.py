"""A proxy on loopback that hands on what it gets, unchanged if not told otherwise, and keeps a copy."""
import dataclasses
import http.client
import http.server
import threading
import urllib.parse


@dataclasses.dataclass(frozen=True)
class Exchange:
    method: str
    path: str
    query: dict
    body: bytes
    status: int
    answer: bytes

    @property
    def operation(self) -> str:
        return self.query["operation"]


class RecordingProxy:
    def __init__(self, host: str, port: int, change=lambda exchange: exchange.answer):
        self.exchanges: list[Exchange] = []
        proxy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def hand_on(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                there = http.client.HTTPConnection(host, port, timeout=30)
                there.request(self.command, self.path, body, dict(self.headers))
                answer = there.getresponse()
                octets = answer.read()
                proxy.exchanges.append(exchange(self.command, self.path, body, answer.status, octets))
                octets = change(proxy.exchanges[-1])
                self.send_response_only(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in ("connection", "content-length"):
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(octets)))
                self.end_headers()
                self.wfile.write(octets)

            do_GET = do_POST = hand_on

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()


def exchange(method: str, target: str, body: bytes, status: int, answer: bytes) -> Exchange:
    parts = urllib.parse.urlsplit(target)
    query = dict(urllib.parse.parse_qsl(parts.query, keep_blank_values=True))
    return Exchange(method, parts.path, query, body, status, answer)
