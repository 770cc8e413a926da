"""ZIP archives out of pieces: whole entries written anywhere, one directory written last.

An entry's bytes do not say where they stand, so workers write entries apart and `seal` puts them one after the other
and adds `central_directory`. Sizes follow an entry's data (a data descriptor), so an entry is written in one pass.
ZIP64 forms appear only where a number needs them: old tools open small archives. (APPNOTE.TXT 6.3.10)
"""

from __future__ import annotations

import hashlib
import re
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Protocol

from waybill.core.errors import PermanentError

STORED = 0
DEFLATED = 8
BLOCK = 1 << 19
"""Bytes. Data is encoded in blocks of this size however it arrives: a compressor's output depends on its calls."""

_AES = 99
_MAX_32 = 0xFFFFFFFF
_MAX_16 = 0xFFFF
_UNIX_FILE_0644 = 0o100644 << 16
_ENCRYPTED, _DESCRIPTOR, _UTF8 = 1 << 0, 1 << 3, 1 << 11


class Encryption(StrEnum):
    """How a password is used. `ZIP_CRYPTO`, PKWARE's first, is weak: twelve known bytes give an entry away."""

    AES256 = "aes256"
    ZIP_CRYPTO = "zip_crypto"


class Compressor(Protocol):
    """A raw deflate stream, as zlib's compressobj with wbits -15 makes it. It is given blocks of `BLOCK` bytes, only the last
    of them smaller; what `compress` returns may be of blocks that came before.
    """

    def compress(self, data: bytes, /) -> bytes: ...

    def flush(self) -> bytes: ...


class EntryCipher(Protocol):
    """One entry's encryption: `prefix`, then encrypted data, then what `finish` returns. AES-256 is WinZip's AE-2."""

    @property
    def encryption(self) -> Encryption: ...

    @property
    def prefix(self) -> bytes: ...

    def encrypt(self, data: bytes) -> bytes: ...

    def finish(self) -> bytes: ...


@dataclass(frozen=True)
class Entry:
    """What the directory says of an entry. `size` is that of the data, `packed` that within the archive; `length` is
    all bytes that the entry takes, headers included. `method` is STORED or DEFLATED, also below encryption."""

    name: str
    modified: datetime
    method: int
    encryption: Encryption | None
    crc: int
    size: int
    packed: int
    length: int


class EntryWriter:
    """One entry as a stream of bytes; iterate once, to the end, then read `entry`.

    `modified` is given (the window's end), never the clock's. `large` must be set where data may pass 4 GiB: it gives
    the entry ZIP64 form, and without it such an entry raises PermanentError. Raises ValueError for a name that no
    archive may hold.
    """

    def __init__(
        self,
        name: str,
        modified: datetime,
        data: Iterable[bytes],
        *,
        compressor: Compressor | None,
        cipher: EntryCipher | None,
        large: bool,
        crc32: Callable[[bytes, int], int] = zlib.crc32,
    ) -> None:
        check_name(name)
        self._data, self._large = data, large
        self._compressor, self._cipher, self._crc32 = compressor, cipher, crc32
        method = STORED if compressor is None else DEFLATED
        self._start = Entry(name, modified, method, cipher.encryption if cipher else None, 0, 0, 0, 0)
        self._entry: Entry | None = None

    @property
    def entry(self) -> Entry:
        """Final once the bytes were read to their end; ValueError before."""
        if self._entry is None:
            raise ValueError(f"{self._start.name} is not written to its end")
        return self._entry

    def __iter__(self) -> Iterator[bytes]:
        header = _local_header(self._start, self._large)
        yield header
        crc = size = packed = 0
        with_crc = self._start.encryption is not Encryption.AES256  # AE-2 has none, it would tell of the text
        for plain, coded in self._coded():
            size += len(plain)
            packed += len(coded)
            if with_crc and plain:
                crc = self._crc32(plain, crc)
            if not self._large and max(size, packed) >= _MAX_32:
                raise PermanentError(f"{self._start.name} has more than 4 GiB and was not announced as large.")
            if coded:
                yield coded
        descriptor = (_DESCRIPTOR_64 if self._large else _DESCRIPTOR_32).pack(b"PK\x07\x08", crc, packed, size)
        yield descriptor
        length = len(header) + packed + len(descriptor)
        self._entry = replace(self._start, crc=crc, size=size, packed=packed, length=length)

    def _coded(self) -> Iterator[tuple[bytes, bytes]]:
        """Pairs of data and what it became; the ends have no data of their own."""
        compress = self._compressor.compress if self._compressor else _as_is
        encrypt = self._cipher.encrypt if self._cipher else _as_is
        if self._cipher:
            yield b"", self._cipher.prefix
        for block in blocks(self._data, BLOCK):
            yield block, encrypt(compress(block))
        if self._compressor:
            yield b"", encrypt(self._compressor.flush())
        if self._cipher:
            yield b"", self._cipher.finish()


def _as_is(data: bytes) -> bytes:
    return data


def blocks(data: Iterable[bytes], size: int) -> Iterator[bytes]:
    """The same bytes in blocks of `size`, the last one smaller."""
    held = bytearray()
    for chunk in data:
        if not held and len(chunk) == size:
            yield bytes(chunk)  # no copy of what is cut right
            continue
        held += chunk
        if len(held) >= size:
            whole = len(held) - len(held) % size
            with memoryview(held) as view:
                yield from [bytes(view[at : at + size]) for at in range(0, whole, size)]
            del held[:whole]
    if held:
        yield bytes(held)


def check_name(name: str) -> None:
    """Raises ValueError for a name that would leave the folder it is unpacked in, or that tools read differently."""
    if not name or len(name.encode("utf-8")) > _MAX_16:
        raise ValueError("an entry's name has 1 to 65,535 bytes")
    if re.search(r"[\x00-\x1f\x7f-\x9f\\]", name):
        raise ValueError(f"{name!r} holds a control character or a backslash")
    if re.match(r"[A-Za-z]:", name) or any(part in ("", ".", "..") for part in name.split("/")):
        raise ValueError(f"{name!r} is not a plain relative path")


_MEDIA = {"aac", "avif", "flac", "gif", "heic", "jpeg", "jpg", "m4a", "m4v", "mkv", "mov", "mp3", "mp4", "mpeg", "mpg"}
_MEDIA |= {"ogg", "opus", "png", "weba", "webm", "webp", "wma", "wmv"}
_PACKED = {"7z", "br", "bz2", "docx", "gz", "odt", "parquet", "pdf", "pptx", "rar", "tgz", "xlsx", "xz", "zip", "zst"}


def already_compressed(name: str) -> bool:
    """Whether deflating a file of this name would only take time."""
    return name.rpartition(".")[2].lower() in _MEDIA | _PACKED


def derive_salt(run: str, generation: int, entry_name: str, source_version: str) -> bytes:
    """16 bytes for one entry's key. The same for a retry, another for anything else: a salt never covers two texts."""
    fields = ("waybill archive salt 1", run, str(generation), entry_name, source_version)
    digest = hashlib.sha256()
    for text in fields:
        encoded = text.encode("utf-8")
        digest.update(len(encoded).to_bytes(8, "big") + encoded)
    return digest.digest()[:16]


def renamed(entry: Entry, name: str) -> Entry:
    """The entry under another name. Its bytes are those it has, with `first_bytes` of this one in place of its own."""
    check_name(name)
    longer = len(name.encode("utf-8")) - len(entry.name.encode("utf-8"))
    return replace(entry, name=name, length=entry.length + longer)


def first_bytes(entry: Entry) -> bytes:
    """What an entry's bytes begin with, before its data; only these hold its name."""
    header = _local_header(entry, large=True)
    large = len(header) + entry.packed + _DESCRIPTOR_64.size == entry.length
    return header if large else _local_header(entry, large=False)


# --- records

_DESCRIPTOR_32, _DESCRIPTOR_64 = struct.Struct("<4sIII"), struct.Struct("<4sIQQ")


def _flags(entry: Entry) -> int:
    return _DESCRIPTOR | _UTF8 | (_ENCRYPTED if entry.encryption else 0)


def _version(entry: Entry, zip64: bool) -> int:
    """The least version of a tool that can open it, times ten."""
    if entry.encryption is Encryption.AES256:
        return 51
    return 45 if zip64 else 20


def dos_time(moment: datetime) -> tuple[int, int]:
    """Time and date in two-second steps, in UTC; the format begins in 1980 and ends in 2107."""
    utc = min(max(moment.astimezone(UTC), datetime(1980, 1, 1, tzinfo=UTC)), datetime(2107, 12, 31, tzinfo=UTC))
    date = (utc.year - 1980) << 9 | utc.month << 5 | utc.day
    return utc.hour << 11 | utc.minute << 5 | utc.second // 2, date


def _extra(entry: Entry, zip64: Sequence[int]) -> bytes:
    """ZIP64 numbers, the instant in UTC (the DOS time has no zone) and how the entry is encrypted."""
    fields = struct.pack(f"<HH{len(zip64)}Q", 0x0001, 8 * len(zip64), *zip64) if zip64 else b""
    epoch = int(entry.modified.timestamp())
    if 0 <= epoch < 1 << 31:
        fields += struct.pack("<HHBi", 0x5455, 5, 1, epoch)
    if entry.encryption is Encryption.AES256:
        fields += struct.pack("<HHH2sBH", 0x9901, 7, 2, b"AE", 3, entry.method)
    return fields


def _local_header(entry: Entry, large: bool) -> bytes:
    """`<4s` signature, five `H` and three `I` as in the directory, lengths of name and extra."""
    name = entry.name.encode("utf-8")
    extra = _extra(entry, (0, 0) if large else ())
    unknown = _MAX_32 if large else 0
    common = (_version(entry, large), _flags(entry), _method(entry), *dos_time(entry.modified))
    fixed = struct.pack("<4s5H3I2H", b"PK\x03\x04", *common, 0, unknown, unknown, len(name), len(extra))
    return fixed + name + extra


def _method(entry: Entry) -> int:
    return _AES if entry.encryption is Encryption.AES256 else entry.method


def _directory_header(entry: Entry, offset: int) -> bytes:
    name = entry.name.encode("utf-8")
    numbers = (entry.size, entry.packed, offset)
    extra = _extra(entry, [n for n in numbers if n >= _MAX_32])
    size, packed, where = (min(n, _MAX_32) for n in numbers)
    version = _version(entry, any(n >= _MAX_32 for n in numbers))
    common = (3 << 8 | version, version, _flags(entry), _method(entry), *dos_time(entry.modified))
    lengths = (len(name), len(extra), 0, 0, 0)
    fixed = struct.pack(
        "<4s6H3I5H2I", b"PK\x01\x02", *common, entry.crc, packed, size, *lengths, _UNIX_FILE_0644, where
    )
    return fixed + name + extra


def central_directory(entries: Iterable[Entry]) -> bytes:
    """The archive's end, for entries that stand one after the other from its first byte.

    Raises PermanentError where two have one name: tools would keep only one of them.
    """
    offset = count = 0
    names: set[str] = set()
    headers = bytearray()
    for entry in entries:
        if entry.name in names:
            raise PermanentError(f"Two files of the archive are called {entry.name}.", "Change the rule's layout.")
        names.add(entry.name)
        headers += _directory_header(entry, offset)
        count += 1
        offset += entry.length
    return bytes(headers) + _end(count, len(headers), offset)


def _end(count: int, size: int, offset: int) -> bytes:
    record = b""
    if count >= _MAX_16 or size >= _MAX_32 or offset >= _MAX_32:
        record = struct.pack("<4sQHHIIQQQQ", b"PK\x06\x06", 44, 3 << 8 | 45, 45, 0, 0, count, count, size, offset)
        record += struct.pack("<4sIQI", b"PK\x06\x07", 0, offset + size, 1)
    few = min(count, _MAX_16)
    return record + struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, few, few, min(size, _MAX_32), min(offset, _MAX_32), 0)
