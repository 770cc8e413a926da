"""In which encrypted form a file is, and what decrypts it for one tenant."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from waybill.core.prepare import Decrypter
from waybill.media import cms_envelope, s3_envelope
from waybill.media.keyring import HeldCertificate


class TenantCiphers:
    """`core.prepare.Ciphers`. `certificates` is asked for the first file that needs one."""

    def __init__(
        self, tenant: str, certificates: Callable[[], Sequence[HeldCertificate]], unwrap: s3_envelope.Unwrap
    ) -> None:
        self._tenant, self._certificates, self._unwrap = tenant, certificates, unwrap

    def decrypter(self, first: bytes, metadata: Mapping[str, str]) -> Decrypter | None:
        if s3_envelope.is_envelope(metadata):
            return s3_envelope.decrypter(metadata, self._tenant, self._unwrap)
        if cms_envelope.is_envelope(first):
            return self._opened
        return None

    def _opened(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        yield from cms_envelope.decrypted(chunks, self._certificates())
