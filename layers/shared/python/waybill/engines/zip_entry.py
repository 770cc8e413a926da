"""Entries of ZIP archives, fast: deflate by ISA-L, encryption by numpy and OpenSSL, in one pass and bounded memory."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from isal import isal_zlib

from waybill.core.archive import Encryption, EntryCipher, EntryWriter, already_compressed
from waybill.engines.zip_aes import AesCipher
from waybill.engines.zip_crypto import CryptoCipher
from waybill.engines.zip_deflate import Deflate


def entry(
    name: str,
    modified: datetime,
    data: Iterable[bytes],
    *,
    password: str | None = None,
    encryption: Encryption = Encryption.AES256,
    salt: bytes = b"",
    large: bool = False,
) -> EntryWriter:
    """One entry, encrypted as `encryption` says where there is a password (any text, as UTF-8); deflated unless its name
    says that it is compressed already. See `EntryWriter`.

    The salt is 16 bytes and must never serve two texts under one password. The same arguments give the same bytes, however
    `data` is cut, under one version of the ISA-L library.
    """
    return EntryWriter(
        name,
        modified,
        data,
        compressor=None if already_compressed(name) else Deflate(),
        cipher=None if password is None else _cipher(encryption, password, salt, modified),
        large=large,
        crc32=isal_zlib.crc32,
    )


def _cipher(encryption: Encryption, password: str, salt: bytes, modified: datetime) -> EntryCipher:
    if encryption is Encryption.ZIP_CRYPTO:
        return CryptoCipher(password, salt, modified)
    return AesCipher(password, salt)
