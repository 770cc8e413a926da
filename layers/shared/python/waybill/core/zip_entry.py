"""Entries of a run's archive, encoded one after another: for a part's piece, and for what `seal` adds.

Every entry of an archive is made here, under the run's password if it has one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

from pydantic import BaseModel, ConfigDict

from waybill.core.archive import Encryption, derive_salt, renamed
from waybill.core.archive import Entry as ArchiveEntry
from waybill.core.manifest import Entry, EntryKind
from waybill.core.plan import Plan
from waybill.core.workshop import Encoder, SecretReader

LARGE = 0xFF00_0000
"""From this many bytes on a file needs an entry in ZIP64 form: 16 MiB less than 4 GiB, since what cannot shrink grows a little
where it is deflated.
"""


class ZippedEntry(BaseModel):
    """One entry inside a staged piece: what the archive's directory and the manifest need. `source` is what it was made of,
    for media; `staged` is how it stands in the piece, where it got another name since.
    """

    model_config = ConfigDict(frozen=True)

    record: ArchiveEntry
    entry: Entry
    source: str = ""
    staged: ArchiveEntry | None = None

    def called(self, name: str) -> ZippedEntry:
        """The same under that name."""
        if name == self.entry.name:
            return self
        entry = self.entry.model_copy(update={"name": name})
        return self.model_copy(
            update={"record": renamed(self.record, name), "entry": entry, "staged": self.staged or self.record}
        )


class Entries:
    """The entries of one piece; those that are written to their end are in `done`, in their order."""

    def __init__(self, plan: Plan, encode: Encoder, secrets: SecretReader) -> None:
        self._plan, self._encode = plan, encode
        self._encryption = plan.settings.archive.method.encryption or Encryption.AES256
        self._password = _password(plan, secrets)
        self.done: list[ZippedEntry] = []

    def encoded(
        self,
        kind: EntryKind,
        name: str,
        dataset: str,
        chunks: Iterable[bytes],
        *,
        version: str,
        large: bool,
        signature: str = "",
        source: str = "",
    ) -> Iterator[bytes]:
        """`version` differs wherever the bytes of that name may: with the name, it makes the entry's salt. `signature` is
        listed with it, `source` kept with it.
        """
        plan = self._plan
        salt = derive_salt(f"{plan.tenant}/{plan.run_id}", plan.generation, name, version)
        digest = hashlib.sha256()
        encoded = self._encode(
            name,
            plan.window_end,
            _hashed(chunks, digest),
            password=self._password,
            encryption=self._encryption,
            salt=salt,
            large=large,
        )
        yield from encoded
        record = encoded.entry
        listed = Entry(
            name=name,
            kind=kind,
            dataset=dataset,
            size=record.size,
            sha256=digest.hexdigest(),
            signature=signature or None,
        )
        self.done.append(ZippedEntry(record=record, entry=listed, source=source))

    def count_rows(self, rows: int) -> None:
        """Of the last entry, once they are known."""
        last = self.done[-1]
        self.done[-1] = last.model_copy(update={"entry": last.entry.model_copy(update={"rows": rows})})


def _hashed(chunks: Iterable[bytes], digest: hashlib._Hash) -> Iterator[bytes]:
    for chunk in chunks:
        digest.update(chunk)
        yield chunk


def _password(plan: Plan, secrets: SecretReader) -> str | None:
    if plan.settings.archive.method.encryption is None:
        return None
    return secrets.read(plan.password_ref)["password"]
