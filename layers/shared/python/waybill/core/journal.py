"""Journals: a part's rows, conversation after conversation, become mails."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from waybill.core.catalog import Dataset, Journal
from waybill.core.journal_mail import Attached, JournalMail, Participant, Said, participant
from waybill.core.journal_settings import Per
from waybill.core.lake_keys import media_key
from waybill.core.layout import safe_step
from waybill.core.mail import base64_size
from waybill.core.media import FoundMedia, bytes_of
from waybill.core.parts import Part
from waybill.core.plan import Plan
from waybill.core.rows import MediaFile, media_of, text_in, whole_lines
from waybill.core.window import instant, stamp
from waybill.core.workshop import Workshop

MOST_PEOPLE = 10_000
"""So many people of one conversation are told apart; who comes later still shows in what they said."""
_HEAD = 20_000
"""Bytes that a mail needs beside its rows, about."""


@dataclass(frozen=True)
class JournalFile:
    """One mail of the package: its path below the run's folder, its bytes, and how many rows it has."""

    name: str
    rows: int
    chunks: Iterator[bytes]


@dataclass(frozen=True)
class _Conversation:
    """One conversation's rows, on the disk, and who took part in it: those who wrote first, in their order. `key` tells an
    empty name from none.
    """

    name: str
    key: str
    rows: Path
    writers: Mapping[str, Participant]
    people: Mapping[str, Participant]

    def __iter__(self) -> Iterator[dict[str, Any]]:
        with self.rows.open("rb") as file:
            yield from map(json.loads, file)


@dataclass
class Journaling:
    """The mails of one part. Rows come by conversation, then time, as NDJSON; a conversation lies on the disk, and of it two
    mails are in memory, whose attachments are read when they are written.

    `rows` and `beside`, the media that are in no mail and delivered as they are, are final once `files` is exhausted.
    """

    plan: Plan
    part: Part
    shop: Workshop
    media: Mapping[str, FoundMedia]
    rows: int = 0
    carried: set[str] = field(default_factory=set)

    @property
    def beside(self) -> list[FoundMedia]:
        return [m for key, m in self.media.items() if key not in self.carried]

    def files(self, blocks: Iterable[bytes]) -> Iterator[JournalFile]:
        """In the order of their conversations; each is read to its end before the next is asked for."""
        for conversation in self._conversations(whole_lines(blocks)):
            for mails in self._mails(conversation):
                self.rows += len(mails[0].said)
                for mail in mails:
                    yield JournalFile(self._name(mail, conversation.key), len(mail.said), mail.chunks())

    @property
    def _dataset(self) -> Dataset:
        return self.plan.data[self.part.dataset].dataset

    @property
    def _roles(self) -> Journal:
        roles = self._dataset.journal
        assert roles is not None
        return roles

    def _conversations(self, lines: Iterator[bytes]) -> Iterator[_Conversation]:
        path = self.shop.folder / "conversation.ndjson"
        line = next(lines, None)
        while line is not None:
            name = json.loads(line)[self._roles.conversation]
            people: dict[str, Participant] = {}
            writers: dict[str, str] = {}
            with path.open("wb") as file:
                while line is not None:
                    row = json.loads(line)
                    if row[self._roles.conversation] != name:
                        break
                    file.write(line + b"\n")
                    self._meet(row, people, writers)
                    line = next(lines, None)
            wrote = {key: people[key] for key in writers if key in people}
            yield _Conversation(name or "(no conversation)", json.dumps(name), path, wrote, people)

    def _meet(self, row: Mapping[str, Any], people: dict[str, Participant], writers: dict[str, str]) -> None:
        """Everybody whom the row names, who wrote it first; what says more of somebody counts."""
        key = self._writer(row)
        given = row.get(self._roles.participants) if self._roles.participants else None
        named = [_listed(one) for one in given] if isinstance(given, list) else []
        for one in (participant(key, text_in(row, self._roles.sender_name)), *(p for p in named if p is not None)):
            known = people.get(one.key)
            if (one.known > known.known) if known else len(people) < MOST_PEOPLE:
                people[one.key] = one
        if key in people:
            writers.setdefault(key, key)

    def _writer(self, row: Mapping[str, Any]) -> str:
        return text_in(row, self._roles.sender_id) or text_in(row, self._roles.sender) or "unknown"

    def _mails(self, conversation: _Conversation) -> Iterator[list[JournalMail]]:
        """For each span of the conversation its mails: one, or one for each who took part."""
        spans = self._spans(conversation)
        span, number = next(spans, None), 0
        while span is not None:
            following, number = next(spans, None), number + 1
            yield [
                self._mail(conversation, span, number, following is not None, one)
                for one in self._recipients(conversation)
            ]
            span = following

    def _recipients(self, conversation: _Conversation) -> Sequence[Participant | None]:
        assert self.plan.settings.journal is not None
        per_user = self.plan.settings.journal.per is Per.USER
        return list(conversation.people.values()) if per_user else [None]

    def _spans(self, conversation: _Conversation) -> Iterator[list[Said]]:
        """Rows that fit into one mail together, in their order."""
        assert self.plan.settings.journal is not None
        room = self.plan.settings.journal.most_bytes - _HEAD
        span: list[Said] = []
        size = 0
        for row in conversation:
            said = self._said(row, conversation.people)
            if span and size + said.size() > room:
                yield span
                span, size = [], 0
            span.append(said)
            size += said.size()
        if span:
            yield span

    def _said(self, row: Mapping[str, Any], people: Mapping[str, Participant]) -> Said:
        notes, attached = [], []
        for file in media_of(self._dataset, row):
            if file.attachment:
                note, carried = self._attachment(file)
                notes.append(note)
                attached += carried
        zone, key = ZoneInfo(self.plan.settings.schedule.zone), self._writer(row)
        return Said(
            at=instant(str(row[self._dataset.time_field])).astimezone(zone),
            who=people[key].name if key in people else key,
            text=text_in(row, self._roles.text),
            notes=tuple(notes),
            attached=tuple(attached),
        )

    def _attachment(self, file: MediaFile) -> tuple[str, list[Attached]]:
        """What the row's text says of it, and the part that carries it, where it is carried."""
        assert self.plan.settings.journal is not None
        key = media_key(self.plan.tenant, self.part.dataset, file.key)
        found = self.media.get(key or "")
        name = file.name or file.key.rpartition("/")[2]
        if found is None:
            return f"(attachment {name}, not delivered)", []
        if base64_size(found.size) > self.plan.settings.journal.most_bytes // 2:
            return f"(attachment {name}, delivered as {found.name})", []
        self.carried.add(found.key)
        return f"(attachment {name})", [Attached(name, found.size, _Read(self.shop, found))]

    def _mail(
        self, conversation: _Conversation, span: Sequence[Said], number: int, more: bool, user: Participant | None
    ) -> JournalMail:
        plan, part = self.plan, self.part
        first, *others = conversation.writers.values()
        silent = [p for key, p in conversation.people.items() if key not in conversation.writers]
        to, copied = (others or silent or [first]), (silent if others else [])
        if user is not None:
            to, copied = [user], [p for p in (*others, *silent) if p != user]
        identity = [
            plan.tenant, plan.run_id, part.dataset, stamp(part.start), str(part.number), conversation.key, str(number),
            user.key if user else "",
        ]  # fmt: skip
        facts = {
            "Tenant": plan.tenant,
            "Rule": plan.settings.name,
            "Run": plan.run_id,
            "Dataset": part.dataset,
            "Window": f"{stamp(part.start)}/{stamp(part.end)}",
        }
        return JournalMail(
            title=self._dataset.title,
            conversation=conversation.name,
            identity=json.dumps(identity),
            number=number,
            more=more,
            sender=first,
            to=to,
            copied=copied,
            said=span,
            facts={**facts, "Participant": user.key} if user else facts,
        )

    def _name(self, mail: JournalMail, key: str) -> str:
        """`<file>/<conversation>-<digits>[-<part>][-0002][.<participant>].eml`: unique by its digits, whatever is shown."""
        before = self.part.name.before + (f"-part-{self.part.number:04d}" if self.part.of > 1 else "")
        shown = safe_step(mail.conversation[:40])
        step = f"{shown}-{_digits(key)}" + (f"-{mail.number:04d}" if mail.number > 1 or mail.more else "")
        if "Participant" in mail.facts:
            user = mail.facts["Participant"]
            step += f".{safe_step(user[:40])}-{_digits(user)}"
        return f"{before}/{step}{self.part.name.after}"


@dataclass(frozen=True)
class _Read:
    """A medium's bytes, each time anew: one attachment may be in several mails."""

    shop: Workshop
    found: FoundMedia

    def __iter__(self) -> Iterator[bytes]:
        return bytes_of(self.shop, self.found)


def _listed(one: Any) -> Participant | None:
    """An entry of a row's participants: `{"id", "name", "email"}`, or a text."""
    if isinstance(one, str) and one:
        return participant(one, address=one)
    if not isinstance(one, dict):
        return None
    id_, name, email = (str(one.get(key) or "") for key in ("id", "name", "email"))
    key = id_ or email or name
    return participant(key, name, email) if key else None


def _digits(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]
