"""What decrypts and verifies one tenant's media: its certificates are read for the first file that needs them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial

from waybill.core.certificates import SavedCertificate
from waybill.core.prepare import Ciphers, SignatureCheck
from waybill.media.ciphers import TenantCiphers
from waybill.media.cms_signature import DetachedSignature
from waybill.media.keyring import HeldCertificate, held
from waybill.media.s3_envelope import Unwrap


class TenantMedia:
    def __init__(
        self,
        tenant: str,
        saved: Callable[[], Sequence[SavedCertificate]],
        secret: Callable[[str], Mapping[str, str]],
        unwrap: Unwrap,
    ) -> None:
        self._saved, self._secret = saved, secret
        self.ciphers: Ciphers = TenantCiphers(tenant, lambda: self._certificates, unwrap)

    @cached_property
    def _certificates(self) -> list[HeldCertificate]:
        return [held(c.pem, partial(self._key, c.secret_ref)) for c in self._saved()]

    def _key(self, reference: str) -> str:
        return self._secret(reference)["private_key"] if reference else ""

    def checks(self, signature: bytes) -> SignatureCheck:
        return DetachedSignature(signature, self._certificates)
