"""What a rule does that its owner should know, although nothing is wrong with its settings."""

from __future__ import annotations

from datetime import datetime

from waybill.core.archive import Encryption
from waybill.core.catalog import Catalog
from waybill.core.rule_retention import retention_warnings
from waybill.core.rule_settings import RuleSettings

WEAK_ENCRYPTION = (
    "zip_crypto is weak: whoever knows twelve bytes of an archive's contents can read all of it. Choose zip_aes256 where"
    " the receiver can open it; if not, use a password that protects nothing else."
)
NO_MAILS = (
    "No mail is sent: the platform's operator has not said from whom. Ask them, or subscribe a webhook with POST"
    " /subscriptions."
)


def rule_warnings(settings: RuleSettings, catalog: Catalog, now: datetime, *, mails: bool = True) -> list[str]:
    """Sentences for the rule's owner, each with what to do; none where there is nothing to say. `mails`: whether any
    are sent.
    """
    weak = settings.archive.method.encryption is Encryption.ZIP_CRYPTO
    silent = settings.notify is not None and not mails
    said = [*([WEAK_ENCRYPTION] if weak else []), *([NO_MAILS] if silent else [])]
    return [*retention_warnings(settings, catalog, now), *said]
