"""What only Azure has: connection strings and shared access signatures."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import pytest
from azure.storage.blob import ContainerSasPermissions, generate_container_sas

from tests.contract import servers
from tests.contract.rigs import Rig, deliver
from waybill.core.errors import AccessDenied
from waybill.destinations import azure_blob
from waybill.destinations.azure_account import parse


def test_the_portals_string_with_a_key() -> None:
    account = parse("DefaultEndpointsProtocol=https;AccountName=a1b;AccountKey=a2V5==;EndpointSuffix=core.windows.net")
    assert (account.url, account.key, account.emulated) == ("https://a1b.blob.core.windows.net", "a2V5==", False)
    assert "a2V5" not in repr(account)


def test_the_portals_string_with_a_signature() -> None:
    account = parse(
        "BlobEndpoint=https://a1b.blob.core.windows.net/;QueueEndpoint=https://a1b.queue.core.windows.net/;"
        "FileEndpoint=https://a1b.file.core.windows.net/;TableEndpoint=https://a1b.table.core.windows.net/;"
        "SharedAccessSignature=sv=2024-11-04&ss=b&se=2030-01-01T00:00:00Z&sig=canary%3D"
    )
    assert (account.name, account.url, account.emulated) == ("a1b", "https://a1b.blob.core.windows.net", False)
    assert account.expires_at == datetime(2030, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://a1b.blob.core.windows.net.evil.example/",
        "http://a1b.blob.core.windows.net",
        "https://a1b.blob.core.windows.net:8443",
        "https://a1b.blob.core.windows.net/other",
        "https://169.254.169.254/a1b",
    ],
)
def test_endpoints_that_are_not_quite_azures(endpoint: str) -> None:
    assert parse(f"AccountName=a1b;AccountKey=a2V5;BlobEndpoint={endpoint}").emulated


@pytest.mark.parametrize(
    ("said", "ends"),
    [
        ("2030-01-02", datetime(2030, 1, 2, tzinfo=UTC)),
        ("2030-01-02T03:04Z", datetime(2030, 1, 2, 3, 4, tzinfo=UTC)),
        ("2030-01-02T03%3A04%3A05Z", datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2030-01-02T03:04:05.1234567Z", datetime(2030, 1, 2, 3, 4, 5, 123456, tzinfo=UTC)),
        ("2030-01-02T03:04:05%2B02:00", datetime(2030, 1, 2, 1, 4, 5, tzinfo=UTC)),
        ("soon", None),
        ("", None),
    ],
)
def test_when_a_signature_ends(said: str, ends: datetime | None) -> None:
    string = f"AccountName=a1b;SharedAccessSignature=?sv=1&se={said}&sig=canary"
    assert parse(string).expires_at == ends
    config = azure_blob.Config.model_validate({"container": "exports", "connection_string": string})
    assert config.expires_at == ends
    assert "canary" not in repr(config)


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "canary",
        "AccountName=a1b",
        "AccountName=a1b;AccountKey=canary;SharedAccessSignature=sig=canary",
        "AccountName=a1b;AccountName=c2d;AccountKey=canary",
        "AccountName=a1b;AccountKey=canary;BlobEndpoint=https://other.blob.core.windows.net",
        "AccountName=a1b;AccountKey=canary;BlobEndpoint=https://u:canary@h",
        "AccountName=A.B;AccountKey=canary",
        "UseDevelopmentStorage=true",
    ],
)
def test_wrong_strings(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"\w") as raised:
        parse(wrong)
    assert "canary" not in str(raised.value)


def signature(azurite: servers.AzuriteServer, container: str, rights: str, hours: int) -> str:
    return generate_container_sas(
        azurite.account,
        container,
        account_key=azurite.key,
        permission=ContainerSasPermissions.from_string(rights),
        start=datetime.now(UTC) - timedelta(days=2),
        expiry=datetime.now(UTC) + timedelta(hours=hours),
    )


@pytest.mark.real
def test_signatures(azurite: servers.AzuriteServer, azure_blob_rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    container = str(azure_blob_rig.settings["container"])

    def string(rights: str, hours: int) -> tuple[str, str]:
        sas = signature(azurite, container, rights, hours)
        return azurite.connection_string(AccountKey="", SharedAccessSignature=sas), parse_qs(sas)["sig"][0]

    good, good_sig = string("rcwd", 1)
    deliver(azure_blob_rig.destination(connection_string=good), "a.csv", b"1")
    assert all(step.ok for step in azure_blob_rig.destination(connection_string=good).probe())

    # A wrong key whose signature holds is not called expired.
    other = {"AccountKey": "", "SharedAccessSignature": signature(azurite, container, "rcwd", 1)[:-9] + "AAAAAA%3D"}
    with pytest.raises(AccessDenied, match=r"connection_string .it says that it holds until 20"):
        deliver(azure_blob_rig.destination(connection_string=azurite.connection_string(**other)), "b.csv", b"1")
    expired, expired_sig = string("rcwd", -24)
    with pytest.raises(AccessDenied, match=r"signature of connection_string expired on 20") as raised:
        deliver(azure_blob_rig.destination(connection_string=expired), "b.csv", b"1")
    reading, reading_sig = string("r", 1)
    steps = list(azure_blob_rig.destination(connection_string=reading).probe())
    assert (steps[-1].step, steps[-1].ok) == ("write", False)
    archive, archive_sig = string("rcw", 1)
    steps = list(azure_blob_rig.destination(connection_string=archive).probe())
    assert (steps[-1].step, steps[-1].ok) == ("delete", True)
    assert "do not allow deleting" in steps[-1].message

    seen = "\n".join([str(raised.value), *(record.getMessage() for record in caplog.records)])
    assert "sig=..." in seen
    for canary in (good_sig, expired_sig, reading_sig, archive_sig):
        assert canary not in seen
