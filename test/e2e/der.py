"""DER, octet by octet: what the tests build messages with, so that every octet can be made wrong."""


def tlv(tag: int, content: bytes) -> bytes:
    return bytes([tag]) + length(len(content)) + content


def length(octets: int) -> bytes:
    if octets < 0x80:
        return bytes([octets])
    text = octets.to_bytes((octets.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(text)]) + text


def sequence(*parts: bytes) -> bytes:
    return tlv(0x30, b"".join(parts))


def set_of(*parts: bytes) -> bytes:
    return tlv(0x31, b"".join(sorted(parts)))


def indefinite(tag: int, *parts: bytes) -> bytes:
    """BER: of no length, ended by two zero octets."""
    return bytes([tag, 0x80]) + b"".join(parts) + b"\0\0"


def fragments(content: bytes, size: int = 1000) -> bytes:
    """The OCTET STRINGs that a constructed one is made of."""
    return b"".join(octet_string(content[at:at + size]) for at in range(0, len(content), size))


def integer(value: int) -> bytes:
    return tlv(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def octet_string(content: bytes) -> bytes:
    return tlv(0x04, content)


def bit_string(content: bytes, unused: int = 0) -> bytes:
    return tlv(0x03, bytes([unused]) + content)


def printable(text: str) -> bytes:
    return tlv(0x13, text.encode("ascii"))


def utf8(text: str) -> bytes:
    return tlv(0x0C, text.encode())


def null() -> bytes:
    return b"\x05\x00"


def explicit(number: int, content: bytes) -> bytes:
    return tlv(0xA0 | number, content)


def implicit(number: int, element: bytes, constructed: bool) -> bytes:
    """The element under a context tag of its own instead of its universal one."""
    return bytes([(0xA0 if constructed else 0x80) | number]) + element[1:]


def oid(dotted: str) -> bytes:
    first, second, *rest = (int(arc) for arc in dotted.split("."))
    octets = b""
    for arc in (first * 40 + second, *rest):
        groups = [arc & 0x7F]
        while arc := arc >> 7:
            groups.append(0x80 | (arc & 0x7F))
        octets += bytes(reversed(groups))
    return tlv(0x06, octets)


def algorithm(dotted: str, parameters: bytes = b"") -> bytes:
    return sequence(oid(dotted), parameters)


def element_at(encoding: bytes, start: int = 0) -> tuple[int, int, int]:
    """Tag, start of the content and end of the element that begins at `start`."""
    first = encoding[start + 1]
    if first < 0x80:
        content = start + 2
        return encoding[start], content, content + first
    octets = first & 0x7F
    content = start + 2 + octets
    return encoding[start], content, content + int.from_bytes(encoding[start + 2:content], "big")


def elements(content: bytes) -> list[bytes]:
    """The elements that stand one after another in `content`."""
    found, position = [], 0
    while position < len(content):
        _, _, end = element_at(content, position)
        found.append(content[position:end])
        position = end
    return found


def content_of(element: bytes) -> bytes:
    _, start, end = element_at(element)
    return element[start:end]
