"""Azure connection strings, read by us: only an account's name and its key are taken, so that none leads elsewhere."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

SUFFIXES = ("core.windows.net", "core.chinacloudapi.cn", "core.usgovcloudapi.net", "storage.azure.net")
"""Azure's own clouds. Any other suffix would be another way to name a host."""

_TAKEN = {
    "AccountName",
    "AccountKey",
    "SharedAccessSignature",
    "EndpointSuffix",
    "DefaultEndpointsProtocol",
    "BlobEndpoint",
}
_IGNORED = {"QueueEndpoint", "TableEndpoint", "FileEndpoint"}  # the portal writes them; we never use them
_ACCOUNT = re.compile(r"[a-z0-9]{3,24}")
_OF_AZURE = re.compile(r"(?P<account>[a-z0-9]{3,24})\.(z[0-9]{2}\.)?blob\.(" + "|".join(map(re.escape, SUFFIXES)) + ")")


@dataclass(frozen=True)
class Account:
    """An account and its one credential. `emulated`: its address is not Azure's, so only an operator's network may hold
    it.
    """

    name: str
    url: str
    key: str = field(repr=False)
    sas: str = field(repr=False)
    emulated: bool

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        url = urlsplit(self.url)
        return url.port or (443 if url.scheme == "https" else 80)

    @property
    def encrypted(self) -> bool:
        return self.url.startswith("https:")

    @property
    def expires_at(self) -> datetime | None:
        """Until when the signature says that it holds; None for an account key, and where a policy of the account says it.

        Azure takes a day, or a UTC time to the minute, the second or less ("Create an account SAS", `SignedExpiry`).
        """
        said = parse_qs(self.sas).get("se", [""])[0]
        try:
            moment = datetime.fromisoformat(said)
        except ValueError:
            return None
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def parse(connection_string: str) -> Account:
    """Raises ValueError with a sentence that never holds a value."""
    fields = _fields(connection_string)
    key, sas = fields.get("AccountKey", ""), fields.get("SharedAccessSignature", "").lstrip("?")
    if bool(key) == bool(sas):
        raise ValueError("needs AccountKey or SharedAccessSignature, one of the two")
    if fields.get("BlobEndpoint"):
        name, url, emulated = _endpoint(fields["BlobEndpoint"], fields.get("AccountName", ""))
    else:
        name, suffix = fields.get("AccountName", ""), fields.get("EndpointSuffix", SUFFIXES[0])
        if suffix not in SUFFIXES:
            raise ValueError(f"has an EndpointSuffix that is none of Azure's: {', '.join(SUFFIXES)}")
        if fields.get("DefaultEndpointsProtocol", "https") != "https":
            raise ValueError("must have DefaultEndpointsProtocol=https")
        url, emulated = f"https://{name}.blob.{suffix}", False
    if not _ACCOUNT.fullmatch(name):
        raise ValueError("needs AccountName: 3 to 24 lower-case letters and digits")
    return Account(name, url, key, sas, emulated)


def _fields(connection_string: str) -> Mapping[str, str]:
    fields: dict[str, str] = {}
    for pair in connection_string.strip().strip(";").split(";"):
        name, separator, value = pair.partition("=")
        if not separator or name in fields:
            raise ValueError("is no connection string: copy the whole of it from the Azure portal, under Access keys")
        if name not in _TAKEN | _IGNORED:
            raise ValueError(f"may hold only {', '.join(sorted(_TAKEN))}")
        fields[name] = value.strip()
    return fields


def _endpoint(blob_endpoint: str, name: str) -> tuple[str, str, bool]:
    """The portal's strings with a signature name the account by its address alone; another address is an emulator's."""
    url = urlsplit(blob_endpoint)
    if url.scheme not in ("https", "http") or not url.hostname or "@" in url.netloc or url.query or url.fragment:
        raise ValueError("has a BlobEndpoint that is no address")
    of_azure = _OF_AZURE.fullmatch(url.hostname)
    if of_azure and url.scheme == "https" and url.port in (None, 443) and not url.path.strip("/"):
        if name not in ("", of_azure["account"]):
            raise ValueError("has a BlobEndpoint of another account than AccountName")
        return of_azure["account"], f"https://{url.hostname}", False
    return name, f"{url.scheme}://{url.netloc}/{url.path.strip('/')}".rstrip("/"), True
