"""What mail is written with: headers in ASCII whatever their script, attachments' names, bodies in base64 (RFC 5322, 2045 to
2047, 2231). Nothing that is given can end a header or begin another one.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Sequence
from email.header import Header
from urllib.parse import quote

MESSAGE = "message/rfc822"
"""The media type of a file that is a mail itself, which is sent as it is. Only Waybill gives it: what a tenant put into the
lake under the name of a mail is an attachment, whatever headers it has.
"""
LINE = 57
"""Bytes that one line of base64 holds."""
EOL = b"\r\n"
LONGEST_NAME = 300
"""Bytes of an attachment's name."""
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_PLAIN = re.compile(r"[ -~]{0,60}")
_ATOMS = re.compile(r"[A-Za-z0-9 ._-]{1,60}")
_ATEXT = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"(?=.{{3,254}}\Z)(?=[^@]{{1,64}}@){_ATEXT}(?:\.{_ATEXT})*@{_LABEL}(?:\.{_LABEL})*", re.DOTALL)


def is_address(text: str) -> bool:
    """Whether it is a mail address in ASCII that stands alone: no name, no quotes, no white space."""
    return bool(_ADDRESS.fullmatch(text))


def is_unsafe(text: str) -> bool:
    """Whether it holds what no header may: CR, LF, NUL and other control characters."""
    return bool(_UNSAFE.search(text))


def one_line(text: str) -> str:
    """Any text as one line that a header may hold: control characters become spaces, lone surrogates question marks."""
    return _UNSAFE.sub(" ", text).encode("utf-8", "replace").decode()


def header_text(text: str) -> str:
    """A header's value, folded. Raises ValueError for a control character."""
    if is_unsafe(text):
        raise ValueError("a header holds no control characters")
    if _PLAIN.fullmatch(text) and "=?" not in text and text == " ".join(text.split()):
        return text
    return Header(text, "utf-8", maxlinelen=75).encode(splitchars="", linesep="\r\n")


def mailbox(name: str, address: str) -> str:
    """`Name <address>` as a header's value. Raises ValueError for what is no address (`is_address`)."""
    if not is_address(address):
        raise ValueError("a mailbox has an address")
    if not name:
        return f"<{address}>"
    if _ATOMS.fullmatch(name) and "." not in name and name == " ".join(name.split()):
        return f"{name} <{address}>"
    # Never a quoted string: an encoded word has neither quotes nor commas that a reader could take for its own.
    words = Header(one_line(name), "utf-8", maxlinelen=75).encode(splitchars="", linesep="\r\n")
    return f"{words}\r\n <{address}>"


def headers(fields: Iterable[tuple[str, str]]) -> bytes:
    """Header lines, of values that the functions above made. Raises ValueError where one would begin another header."""
    lines = []
    for name, value in fields:
        if re.search(r"\r(?!\n)|(?<!\r)\n|\n(?![ \t])|\x00", value) or not value.isascii():
            raise ValueError(f"the header {name} would not stay one")
        lines.append(f"{name}: {value}\r\n")
    return "".join(lines).encode("ascii")


def disposition(name: str) -> str:
    """An attachment's `Content-Disposition` (RFC 6266 and 2231: any script)."""
    if re.fullmatch(r"[A-Za-z0-9._-]{1,60}", name):
        return f'attachment; filename="{name}"'
    name = one_line(name).strip() or "file"
    while len(name.encode()) > LONGEST_NAME:
        name = name[: len(name) * 3 // 4]  # a line has at most 998 characters, and a byte takes three of them
    return f"attachment;\r\n filename*=utf-8''{quote(name, safe='')}"


def base64_lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Lines of 76 characters, however the bytes are cut."""
    held = b""
    for chunk in chunks:
        held += chunk
        whole = len(held) - len(held) % LINE
        if whole:
            yield base64.encodebytes(held[:whole]).replace(b"\n", EOL)
            held = held[whole:]
    if held:
        yield base64.encodebytes(held).replace(b"\n", EOL)


def base64_size(size: int) -> int:
    """How many bytes `base64_lines` makes of so many."""
    lines, rest = divmod(size, LINE)
    return lines * 78 + ((rest + 2) // 3 * 4 + 2 if rest else 0)


def part_head(boundary: str, fields: Sequence[tuple[str, str]]) -> bytes:
    """The beginning of a part of a multipart body. No line of base64 can be a boundary that begins with `=_`."""
    return f"--{boundary}\r\n".encode() + headers(fields) + EOL


def end(boundary: str) -> bytes:
    return f"--{boundary}--\r\n".encode()
