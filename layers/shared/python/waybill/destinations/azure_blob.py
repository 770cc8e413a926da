"""Azure Blob Storage: a container of the tenant's, reached with a connection string (account key or signature)."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pydantic import Field, SecretStr, field_validator

from waybill.core.deliver import Capabilities, OutgoingFile, ProbeStep, ResumePoint, Stat, StepName
from waybill.core.errors import AccessDenied, ConfigurationError
from waybill.destinations.azure_account import Account, parse
from waybill.destinations.azure_blocks import Blocks, Container, Missing, changed, if_absent, listed
from waybill.destinations.config import DestinationConfig, Prefix, joined
from waybill.destinations.dial import CONNECT_SECONDS, READ_SECONDS, Dialer, Surroundings, guard
from waybill.destinations.parts import LARGEST_PART, PART_SIZE, THREADS, Arrived, part_size_for
from waybill.destinations.probing import CONTENT, object_steps, probe_name, told

if TYPE_CHECKING:
    from azure.storage.blob import ContainerClient

MOST_BLOCKS = 50_000

# -- config


class Config(DestinationConfig):
    container: str = Field(description="The container's name.")
    connection_string: SecretStr = Field(
        description="The storage account's connection string, with its key or with a shared access signature."
    )
    prefix: Prefix = Field("", description="A folder in the container below which all files are put.")

    @field_validator("container")
    @classmethod
    def _container(cls, value: str) -> str:
        if not re.fullmatch(r"\$root|[a-z0-9](-?[a-z0-9]){2,62}", value):
            raise ValueError("is no container name: use 3 to 63 lower-case letters, digits and single hyphens")
        return value

    @field_validator("connection_string")
    @classmethod
    def _connection_string(cls, value: SecretStr) -> SecretStr:
        parse(value.get_secret_value())
        return value

    @property
    def account(self) -> Account:
        return parse(self.connection_string.get_secret_value())

    def _place(self) -> tuple[str, ...]:
        return (self.account.url, self.container, self.prefix)

    @property
    def expires_at(self) -> datetime | None:
        return self.account.expires_at


# -- capabilities

CAPABILITIES = Capabilities(
    part_size=PART_SIZE, largest_file=LARGEST_PART * MOST_BLOCKS, longest_name=1024, forbidden="\\"
)


# -- the destination


def connect(config: Config, surroundings: Surroundings) -> AzureBlob:
    return AzureBlob(config, Dialer(surroundings), surroundings.now)


class AzureBlob:
    """Atomic: a block list that Azure refuses if the name exists (`If-None-Match: *`).

    Resumes from the blocks that Azure holds. `azure_blocks` says how content is proven.
    """

    capabilities = CAPABILITIES

    def __init__(self, config: Config, dialer: Dialer, now: Callable[[], datetime]) -> None:
        self._config, self._dialer, self._now = config, dialer, now
        self._account = config.account
        self._made: Container | None = None

    @property
    def probe_order(self) -> tuple[StepName, ...]:
        return object_steps(encrypted=self._account.encrypted)

    def probe(self) -> Iterator[ProbeStep]:
        name = joined(self._config.prefix, probe_name())
        written: list[str] = []
        return told(self.probe_order, self._steps(name, written), lambda: self._remove(written))

    def _steps(self, name: str, written: list[str]) -> Iterator[ProbeStep]:
        container = self._container()
        blob = container.client.get_blob_client(name)
        yield from self._dialer.steps(self._account.host, self._account.port)
        if self._account.encrypted:
            yield self._dialer.tls_step(self._account.host, self._account.port, _authorities())
        try:
            with container.translated():
                blob.get_blob_properties()  # reading what is not there tells a wrong key and a wrong container apart
        except Missing:
            pass
        yield ProbeStep("authenticate", True, "The credentials are accepted and the container is there.")
        with container.translated():
            blob.stage_block("probe", CONTENT, validate_content=True)
            blob.commit_block_list(listed(["probe"]), **if_absent())
        written.append(name)
        yield ProbeStep("write", True, "A small blob was written.", facts={"blob": name})
        with container.translated():
            if blob.download_blob().readall() != CONTENT:
                raise changed()
        yield ProbeStep("read_back", True, "It reads back the same.")
        try:
            self._remove(written)
        except AccessDenied:  # an archive may well forbid it, and no delivery needs it
            yield ProbeStep("delete", True, f"The credentials do not allow deleting, so {name} stays.")
        else:
            yield ProbeStep("delete", True, "It was deleted.")

    def _remove(self, written: list[str]) -> None:
        container = self._container()
        while written:
            with container.translated():
                container.client.delete_blob(written[0])
            written.pop()

    def open(self, file: OutgoingFile, resume: ResumePoint | None) -> Blocks | Arrived:
        container, name = self._container(), joined(self._config.prefix, file.name)
        part_size = part_size_for(file.size, MOST_BLOCKS)
        staged = container.staged(name) if resume else {}
        if resume and not staged:
            there = container.receipt(name, file, None)
            if there is not None:
                return Arrived(there, part_size, resume)
        return Blocks(container, name, file, part_size, staged)

    def stat(self, name: str) -> Stat | None:
        return self._container().stat(joined(self._config.prefix, name))

    def close(self) -> None:
        if self._made is not None:
            self._made.client.close()
            self._made = None

    def _container(self) -> Container:
        if self._made is None:
            client = _client(self._account, self._config.container, self._dialer)
            config = self._config
            connections = config.connections(THREADS)
            self._made = Container(client, config.container, self._account.expires_at, self._now, connections)
        return self._made


def _client(account: Account, container: str, dialer: Dialer) -> ContainerClient:
    """A client whose every connection comes from the dialer; nothing of the environment's reaches it."""
    import requests
    from azure.core.credentials import AzureNamedKeyCredential, AzureSasCredential
    from azure.core.pipeline.transport import RequestsTransport
    from azure.storage.blob import ContainerClient, LinearRetry
    from requests.adapters import HTTPAdapter
    from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

    if account.emulated and not dialer.inside_allowed(account.host):
        raise ConfigurationError(
            "connection_string has a BlobEndpoint that is not Azure's.", "Save it without BlobEndpoint."
        )

    class Guarded(HTTPAdapter):
        def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
            super().init_poolmanager(*args, blocksize=128 * 1024, **kwargs)
            guard(self.poolmanager, HTTPConnectionPool, HTTPSConnectionPool, dialer)

    session = requests.Session()
    session.trust_env = False
    for scheme in ("http://", "https://"):
        session.mount(scheme, Guarded(pool_maxsize=THREADS + 1, max_retries=0))
    logging.getLogger("urllib3.connectionpool").addFilter(_WITHOUT_SIGNATURE)
    # It writes down every answer's headers, whatever the server says in them.
    logging.getLogger("azure.core.pipeline.policies.http_logging_policy").setLevel(logging.WARNING)
    return ContainerClient(
        account.url,
        container,
        AzureNamedKeyCredential(account.name, account.key) if account.key else AzureSasCredential(account.sas),
        transport=RequestsTransport(
            session=session, connection_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS, use_env_settings=False
        ),
        retry_policy=LinearRetry(backoff=1, retry_total=2, random_jitter_range=1),
        permit_redirects=False,
    )


def _authorities() -> str:
    """Whom the client trusts: the session reads no other list from the environment."""
    from certifi import where

    return where()


class _WithoutSignature(logging.Filter):
    """urllib3 logs every address with its query, where a shared access signature is a password."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        if "sig=" in message:
            record.msg, record.args = re.sub(r"sig=[^&\s\"']*", "sig=...", message), ()
        return True


_WITHOUT_SIGNATURE = _WithoutSignature()  # the same one every time: a logger keeps it once
