"""Many devices at once, on raw sockets: what they send is made beforehand, so that they cost little."""
import asyncio
import dataclasses
import resource
import time


@dataclasses.dataclass
class Outcome:
    status: int = 0  # HTTP; 0: no answer
    body: bytes = b""
    attempts: int = 0


def allow_sockets(number: int) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, number), hard))


class Crowd:
    """One server's SCEP URL and what is posted there."""

    def __init__(self, host: str, port: int, path: str):
        self.host, self.port = host, port
        self._head = f"POST {path}?operation=PKIOperation HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n"

    def _request(self, body: bytes) -> bytes:
        return f"{self._head}Content-Length: {len(body)}\r\n\r\n".encode() + body

    async def _exchange(self, reader, writer, body: bytes) -> Outcome:
        try:
            writer.write(self._request(body))
            answer = await reader.read(-1)
        finally:
            writer.close()
        head, _, content = answer.partition(b"\r\n\r\n")
        if not content and b"Content-Length: 0" not in head:
            return Outcome()
        length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
        return Outcome(int(head.split(b" ", 2)[1]), content) if len(content) == length else Outcome()

    async def _all_connected(self, bodies: list[bytes]) -> list[Outcome]:
        connections = await asyncio.gather(*(asyncio.open_connection(self.host, self.port) for _ in bodies))
        return await asyncio.gather(*(self._exchange(*connection, body) for connection, body in zip(connections, bodies)))

    def post_at_once(self, bodies: list[bytes]) -> list[Outcome]:
        """Opens a connection for each, then sends on all of them."""
        allow_sockets(len(bodies) + 200)
        return asyncio.run(self._all_connected(bodies))

    async def _until_answered(self, body: bytes, patience: float) -> Outcome:
        """The same octets again after 503 or a broken connection, as a device does."""
        deadline, attempts, outcome = time.monotonic() + patience, 0, Outcome()
        while time.monotonic() < deadline:
            attempts += 1
            try:
                outcome = await self._exchange(*await asyncio.open_connection(self.host, self.port), body)
            except OSError:
                outcome = Outcome()
            if outcome.status not in (0, 503):
                break
            await asyncio.sleep(0.3)
        outcome.attempts = attempts
        return outcome

    async def _few_at_a_time(self, bodies: list[bytes], few: int, patience: float) -> list[Outcome]:
        places = asyncio.Semaphore(few)

        async def one(body: bytes) -> Outcome:
            async with places:
                return await self._until_answered(body, patience)
        return await asyncio.gather(*map(one, bodies))

    def post(self, bodies: list[bytes], few: int, patience: float = 60) -> list[Outcome]:
        """A steady load of `few` devices at a time; each retries for `patience` seconds."""
        return asyncio.run(self._few_at_a_time(bodies, few, patience))
