"""A client of one HTTP/2 connection."""
import socket

import h2.config
import h2.connection
import h2.events

from traffic import leave

GOAWAY = 7  # RFC 9113, 6.8


class Http2:
    """A client of one HTTP/2 connection without TLS."""

    def __init__(self, port: int):
        self.socket = socket.create_connection(("127.0.0.1", port), 60)
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True, header_encoding="utf-8"))
        self.h2.initiate_connection()
        self.flush()
        self.unread = b""
        self.status, self.body, self.ended = {}, {}, set()

    def flush(self):
        self.socket.sendall(self.h2.data_to_send())

    def send(self, method: str, path: str, body: bytes | None = None) -> int:
        stream = self.h2.get_next_available_stream_id()
        self.h2.send_headers(stream, [(":method", method), (":path", path), (":scheme", "http"), (":authority", "a")],
                             end_stream=body is None)
        if body is not None:
            while self.h2.local_flow_control_window(stream) < len(body):
                self.receive()
            self.h2.send_data(stream, body, end_stream=True)
        self.flush()
        return stream

    def reset(self, stream: int):
        if stream not in self.ended:
            self.h2.reset_stream(stream)
            self.flush()

    def frames(self, octets: bytes):
        """Whole frames, without GOAWAY: h2 would give up the streams that the server still answers."""
        self.unread += octets
        while len(self.unread) >= 9 and len(self.unread) >= (size := 9 + int.from_bytes(self.unread[:3], "big")):
            frame, self.unread = self.unread[:size], self.unread[size:]
            if frame[3] != GOAWAY:
                yield frame

    def receive(self):
        octets = self.socket.recv(65536)
        assert octets, "the connection was closed"
        for frame in self.frames(octets):
            for event in self.h2.receive_data(frame):
                if isinstance(event, h2.events.ResponseReceived):
                    self.status[event.stream_id] = int(dict(event.headers)[":status"])
                elif isinstance(event, h2.events.DataReceived):
                    self.body[event.stream_id] = self.body.get(event.stream_id, b"") + event.data
                    self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                elif isinstance(event, h2.events.StreamEnded):
                    self.ended.add(event.stream_id)
        self.flush()

    def answer(self, stream: int) -> tuple:
        while stream not in self.ended:
            self.receive()
        return self.status[stream], self.body.get(stream, b"")


def abandon_streams(connect) -> None:
    """Connections that end, one way and another, with streams at work."""
    for how in ("reset", "close"):
        for _ in range(20):
            other = connect()
            for _ in range(5):
                other.send("POST", "/scep?sleep=30", b"x")
            leave(other.socket, how)
