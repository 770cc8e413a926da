"""One mail of a journal: who took part in its headers, what was said as text and as HTML, what was attached (RFC 5322)."""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime

from waybill.core.mail import (
    EOL,
    base64_lines,
    base64_size,
    disposition,
    end,
    header_text,
    headers,
    is_address,
    mailbox,
    one_line,
    part_head,
)

ADDRESSLESS = "participants.waybill.invalid"
"""The domain of those whose address is not known: one that no mail ever reaches (RFC 2606)."""
DOMAIN = "journal.waybill.invalid"
MOST_NAMED = 200
"""So many people are in a mail's headers; `X-Waybill-Participants` says how many there are."""
LONGEST_NAME = 160
LONGEST_SUBJECT = 200


@dataclass(frozen=True)
class Participant:
    """`key` tells people apart; `address` is theirs, or one that stands for them."""

    key: str
    name: str
    address: str

    @property
    def known(self) -> tuple[bool, bool]:
        """How much is known of them: the address, the name."""
        return not self.address.endswith(f"@{ADDRESSLESS}"), self.name != participant(self.key).name

    @property
    def mailbox(self) -> str:
        return mailbox(self.name, self.address)


def participant(key: str, name: str = "", address: str = "") -> Participant:
    """Anybody, whatever is known of them."""
    if not is_address(address):
        plain = re.fullmatch(r"[A-Za-z0-9_-]{1,48}", key)
        local = key if plain else f"u-{hashlib.sha256(_utf8(key)).hexdigest()[:24]}"
        address = key if is_address(key) else f"{local}@{ADDRESSLESS}"
    return Participant(key, one_line(name or key)[:LONGEST_NAME], address)


@dataclass(frozen=True)
class Attached:
    """An attachment within the mail. `chunks` are its bytes, when they are asked for."""

    name: str
    size: int
    chunks: Iterable[bytes]


@dataclass(frozen=True)
class Said:
    """One row of a conversation, as it is shown. `notes` tell of attachments."""

    at: datetime
    who: str
    text: str
    notes: tuple[str, ...] = ()
    attached: tuple[Attached, ...] = ()

    def plain(self) -> bytes:
        """Lines after the first are set in, so that no text can look like another row."""
        shown = "\r\n    ".join([*re.split(r"\r\n|[\r\n\x0b\x0c\x85\u2028\u2029]", self.text), *self.notes])
        return _utf8(f"[{self.at.isoformat(sep=' ', timespec='seconds')}] {one_line(self.who)}: {shown}\r\n")

    def marked_up(self) -> bytes:
        notes = "".join(f"<div><em>{html.escape(n)}</em></div>" for n in self.notes)
        text = f'<div style="white-space: pre-wrap">{html.escape(self.text)}</div>'
        cells = (html.escape(self.at.isoformat(sep=" ", timespec="seconds")), html.escape(self.who), text + notes)
        return _utf8("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>\r\n")

    def size(self) -> int:
        """How many bytes of a mail it takes, about."""
        text = base64_size(len(self.plain()) + len(self.marked_up()))
        return text + sum(base64_size(a.size) + 1_000 for a in self.attached)


@dataclass(frozen=True)
class JournalMail:
    """`number` counts the mails of one conversation; `more` says that another one follows. `facts` become `X-Waybill-...`
    headers; what `identity` says makes the Message-ID: the same for the same mail, no two alike.
    """

    title: str
    conversation: str
    identity: str
    number: int
    more: bool
    sender: Participant
    to: Sequence[Participant]
    copied: Sequence[Participant]
    said: Sequence[Said] = field(repr=False)
    facts: Mapping[str, str] = field(default_factory=dict)

    def chunks(self) -> Iterator[bytes]:
        """The mail, in lines of at most 998 ASCII characters that end with CRLF."""
        digest = hashlib.sha256(_utf8(self.identity)).hexdigest()[:40]
        outer, inner = f"=_{digest}-1", f"=_{digest}-2"
        yield headers(self._headers(digest, outer)) + EOL
        yield part_head(outer, [("Content-Type", f'multipart/alternative;\r\n boundary="{inner}"')])
        for kind, lines in (("plain", self._plain()), ("html", self._marked_up())):
            yield part_head(inner, _coded(f"text/{kind}; charset=utf-8"))
            yield from base64_lines(lines)
        yield end(inner)
        for one in (a for said in self.said for a in said.attached):
            yield part_head(
                outer, [*_coded("application/octet-stream"), ("Content-Disposition", disposition(one.name))]
            )
            yield from base64_lines(one.chunks)
        yield end(outer)

    def _headers(self, digest: str, boundary: str) -> list[tuple[str, str]]:
        title = one_line(f"{self.title}: {self.conversation}")[:LONGEST_SUBJECT]
        subject = title + (f" ({self.number})" if self.number > 1 or self.more else "")
        people = len({p.key for p in (self.sender, *self.to, *self.copied)})
        facts = {
            **self.facts,
            "Conversation": self.conversation,
            "Message": f"{self.number}; {'more follow' if self.more else 'last'}",
            "Rows": str(len(self.said)),
            "Participants": str(people),
        }
        return [
            ("From", self.sender.mailbox),
            ("To", _mailboxes(self.to) or "undisclosed-recipients:;"),
            *([("Cc", _mailboxes(self.copied))] if self.copied else []),
            ("Subject", header_text(subject)),
            ("Date", format_datetime(self.said[-1].at)),
            ("Message-ID", f"<{digest}@{DOMAIN}>"),
            *((f"X-Waybill-{name}", header_text(one_line(value)[:1_000])) for name, value in facts.items()),
            ("MIME-Version", "1.0"),
            ("Content-Type", f'multipart/mixed;\r\n boundary="{boundary}"'),
        ]

    def _plain(self) -> Iterator[bytes]:
        yield _utf8(f"{one_line(self.title)}: {one_line(self.conversation)}\r\n\r\n")
        yield from (said.plain() for said in self.said)
        if self.more:
            yield b"\r\n(goes on in the next mail)\r\n"

    def _marked_up(self) -> Iterator[bytes]:
        title = html.escape(one_line(f"{self.title}: {self.conversation}"))
        yield _utf8(f'<!DOCTYPE html>\r\n<html><head><meta charset="utf-8"><title>{title}</title></head>\r\n')
        yield _utf8(f"<body><h1>{title}</h1>\r\n<table>\r\n")
        yield from (said.marked_up() for said in self.said)
        yield b"</table>" + (b"<p>(goes on in the next mail)</p>" if self.more else b"") + b"</body></html>\r\n"


def _coded(kind: str) -> list[tuple[str, str]]:
    return [("Content-Type", kind), ("Content-Transfer-Encoding", "base64")]


def _mailboxes(people: Sequence[Participant]) -> str:
    return ",\r\n ".join(p.mailbox for p in people[:MOST_NAMED])


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "replace")
