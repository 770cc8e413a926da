"""S3, and what speaks its language: a bucket of the tenant's, reached with an access key or through a role."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, cast
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from waybill.core.deliver import Capabilities, OutgoingFile, ProbeStep, ResumePoint, Stat, StepName
from waybill.core.errors import AccessDenied, ConfigurationError, PermanentError
from waybill.destinations.config import Prefix, joined
from waybill.destinations.dial import CONNECT_SECONDS, READ_SECONDS, Dialer, Surroundings, guard
from waybill.destinations.failures import explained
from waybill.destinations.parts import LARGEST_PART, PART_SIZE, THREADS, Arrived
from waybill.destinations.probing import CONTENT, object_steps, probe_name, told
from waybill.destinations.s3_at_rest import AtRest
from waybill.destinations.s3_objects import ERRORS, IF_ABSENT, Bucket, Missing, NameExists, changed, may_be_known
from waybill.destinations.s3_role import AssumedRole
from waybill.destinations.s3_uploads import MOST_PARTS, Multipart, OnePut, opened

if TYPE_CHECKING:
    from botocore.session import Session
    from mypy_boto3_s3 import S3Client

ROLE_STEPS: tuple[StepName, ...] = ("assume_role", "external_id")

# -- config


class Config(AtRest):
    bucket: str = Field(description="The bucket's name.")
    region: str = Field(description="The bucket's region, for example eu-central-1.")
    access_key_id: str | None = Field(None, min_length=3, max_length=128, description="The access key's id.")
    secret_access_key: SecretStr | None = Field(None, min_length=1, description="The access key's secret.")
    role_arn: str | None = Field(
        None,
        max_length=2048,
        description="A role to assume in place of an access key; it must ask for the external id that we show.",
    )
    prefix: Prefix = Field("", description="A folder in the bucket below which all files are put.")
    endpoint_url: str | None = Field(
        None, description="The address of a service that speaks S3, for example https://s3.example.com; empty for AWS."
    )
    addressing: Literal["path", "virtual"] | None = Field(
        None, description="How endpoint_url is asked for the bucket: path (the usual) or virtual, as in bucket.host."
    )

    @field_validator("bucket")
    @classmethod
    def _bucket(cls, value: str) -> str:
        if not re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", value):
            raise ValueError(
                "is no bucket name: use 3 to 63 lower-case letters, digits, dots and hyphens, without s3://"
            )
        return value

    @field_validator("region")
    @classmethod
    def _region(cls, value: str) -> str:
        if not re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?", value):
            raise ValueError("is no region: write it as in eu-central-1")
        return value

    @field_validator("role_arn")
    @classmethod
    def _role(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]+", value):
            raise ValueError("is no role's ARN: write it as in arn:aws:iam::123456789012:role/waybill-exports")
        return value

    @field_validator("endpoint_url")
    @classmethod
    def _endpoint(cls, value: str | None) -> str | None:
        url = urlsplit(value or "https://empty")
        if url.scheme not in ("https", "http") or not url.hostname or url.path.strip("/") or "@" in url.netloc:
            raise ValueError("must be https://host or https://host:port, without a user and a path")
        if url.query or url.fragment:
            raise ValueError("must end after the host or its port")
        if not re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?", url.netloc):
            raise ValueError("must name its host in ASCII: an international name as xn--..., IPv6 in brackets")
        return value or None

    def _place(self) -> tuple[str, ...]:
        return (self.endpoint_url or "", self.bucket, self.prefix)

    @model_validator(mode="after")
    def _one_way_in(self) -> Config:
        if self.role_arn and (self.access_key_id or self.secret_access_key):
            raise ValueError("give role_arn, or access_key_id and secret_access_key, not both")
        if not self.role_arn and not (self.access_key_id and self.secret_access_key):
            raise ValueError("give access_key_id and secret_access_key, or role_arn")
        return self


# -- capabilities

CAPABILITIES = Capabilities(part_size=PART_SIZE, largest_file=LARGEST_PART * MOST_PARTS, longest_name=1024)


# -- the destination


def connect(config: Config, surroundings: Surroundings) -> S3:
    if config.role_arn is None:
        return S3(config, Dialer(surroundings), None, surroundings.now)
    if surroundings.trust is None:
        raise PermanentError("This platform assumes no roles.", "Deploy the function from template.yaml.")
    return S3(config, Dialer(surroundings), AssumedRole(config.role_arn, surroundings.trust), surroundings.now)


class S3:
    """Atomic: a put, or the completion of a multipart upload, that S3 refuses if the name exists (`If-None-Match: *`).

    Resumes from the parts that S3 holds. `s3_objects` says how content is proven.
    """

    capabilities = CAPABILITIES

    def __init__(self, config: Config, dialer: Dialer, role: AssumedRole | None, now: Callable[[], datetime]) -> None:
        self._config, self._dialer, self._role, self._now = config, dialer, role, now
        self._made: Bucket | None = None

    @property
    def probe_order(self) -> tuple[StepName, ...]:
        plain = urlsplit(self._config.endpoint_url or "").scheme == "http"
        return (*(ROLE_STEPS if self._role else ()), *object_steps(encrypted=not plain))

    def probe(self) -> Iterator[ProbeStep]:
        key = joined(self._config.prefix, probe_name())
        written: list[str] = []
        return told(self.probe_order, self._steps(key, written), lambda: self._remove(key, written))

    def _steps(self, key: str, written: list[str]) -> Iterator[ProbeStep]:
        if self._role:
            yield from self._role.steps()
        bucket = self._bucket()
        url = urlsplit(_address(bucket.client, bucket.name))
        host, port = url.hostname or "", url.port or (443 if url.scheme == "https" else 80)
        yield from self._dialer.steps(host, port)
        if url.scheme == "https":
            yield self._dialer.tls_step(host, port, _authorities())
        self._authenticate(bucket, key)
        yield ProbeStep("authenticate", True, "The credentials are accepted.")
        self._write(bucket, key, written)
        try:
            self._write(bucket, key, written)
        except NameExists:
            pass
        else:
            raise explained(ERRORS, ["Replaced"])
        with bucket.translated():
            # A large file needs more rights than a small one, and so does a locked one: find out now.
            upload: Any = {"Bucket": bucket.name, "Key": f"{key}-large"}
            made = bucket.client.create_multipart_upload(**upload, **bucket.at_rest)["UploadId"]
            bucket.client.list_parts(**upload, UploadId=made)
            bucket.client.abort_multipart_upload(**upload, UploadId=made)
        yield ProbeStep("write", True, "A small object was written.", facts={"object": key, **self._config.told()})
        with bucket.translated():
            if bucket.client.get_object(Bucket=bucket.name, Key=key)["Body"].read() != CONTENT:
                raise changed()
        yield ProbeStep("read_back", True, "It reads back the same.")
        try:
            self._remove(key, written)
        except AccessDenied:  # an archive may well forbid it, and no delivery needs it
            yield ProbeStep("delete", True, f"These credentials may not delete objects, so {key} stays.")
        else:
            yield ProbeStep("delete", True, "It was deleted.")

    def _write(self, bucket: Bucket, key: str, written: list[str]) -> None:
        with bucket.translated():
            answer = bucket.client.put_object(
                Bucket=bucket.name,
                Key=key,
                Body=CONTENT,
                IfNoneMatch=IF_ABSENT,
                ChecksumAlgorithm="SHA256",
                **self._config.kept(),  # not locked: it shall go again
            )
        written.append(answer.get("VersionId", ""))

    def _authenticate(self, bucket: Bucket, key: str) -> None:
        # Reading what is not there tells a wrong key and a wrong bucket apart without asking for a right of its own.
        try:
            with bucket.translated():
                bucket.client.get_object(Bucket=bucket.name, Key=key)
        except Missing:
            return
        except AccessDenied as denied:
            if not may_be_known(denied):
                raise

    def _remove(self, key: str, written: list[str]) -> None:
        bucket = self._bucket()
        while written:
            version = {"VersionId": written[-1]} if written[-1] else {}
            with bucket.translated():
                bucket.client.delete_object(Bucket=bucket.name, Key=key, **version)  # type: ignore[arg-type]
            written.pop()

    def open(self, file: OutgoingFile, resume: ResumePoint | None) -> OnePut | Multipart | Arrived:
        return opened(self._bucket(), joined(self._config.prefix, file.name), file, resume)

    def stat(self, name: str) -> Stat | None:
        return self._bucket().stat(joined(self._config.prefix, name))

    def close(self) -> None:
        if self._made is not None:
            self._made.client.close()
            self._made = None

    def _bucket(self) -> Bucket:
        if self._made is None:
            config = self._config
            at_rest = {**config.kept(), **config.locked(self._now())}
            client = _client(config, self._dialer, self._role)
            self._made = Bucket(client, config.bucket, config.region, at_rest, config.connections(THREADS))
        return self._made


def _client(config: Config, dialer: Dialer, role: AssumedRole | None) -> S3Client:
    """A client whose every request goes through the dialer; nothing of the environment's reaches it."""
    from botocore.awsrequest import AWSHTTPConnectionPool, AWSHTTPSConnectionPool
    from botocore.config import Config as ClientConfig
    from botocore.httpsession import URLLib3Session

    url = urlsplit(config.endpoint_url or "")
    if url.scheme == "http" and not dialer.inside_allowed(url.hostname or ""):
        raise ConfigurationError("endpoint_url is not encrypted.", "Use an address that begins with https://.")
    http = URLLib3Session(timeout=(CONNECT_SECONDS, READ_SECONDS), max_pool_connections=THREADS + 1)  # type: ignore[arg-type]
    guard(http._manager, AWSHTTPConnectionPool, AWSHTTPSConnectionPool, dialer)  # type: ignore[attr-defined]

    def send(request: Any, **_: Any) -> Any:
        # Raised here, a refusal is neither wrapped nor tried again.
        dialer.resolve(urlsplit(request.url).hostname or "")
        return http.send(request)

    def stay(params: Mapping[str, Any], **_: Any) -> None:
        # botocore would follow an answer to another region's host; a wrong region is the tenant's to correct.
        params["context"].setdefault("s3_redirect", {})["redirected"] = True

    options = ClientConfig(
        signature_version="s3v4",
        retries={"mode": "standard", "total_max_attempts": 3},
        s3={
            "addressing_style": config.addressing or ("path" if config.endpoint_url else "auto"),
            # What is sent has its SHA-256 in a signed header; to hash it once more for the signature proves no more.
            "payload_signing_enabled": False,
        },
        ignore_configured_endpoint_urls=True,  # type: ignore[call-arg]
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    session = _session(config, role)
    try:
        client = session.create_client(
            "s3", region_name=config.region, endpoint_url=config.endpoint_url, config=options
        )
    except ValueError:
        raise ConfigurationError(
            "S3's client takes no such address.",
            "Correct endpoint_url, or region.",
        ) from None
    client.meta.events.register("before-send.s3", send)
    client.meta.events.register("before-call.s3", stay)
    return cast("S3Client", client)


def _address(client: S3Client, bucket: str) -> str:
    """Where requests to the bucket go: its name may be part of the host's."""
    return client.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "probe"})


def _authorities() -> str:
    """Whom the client trusts."""
    from botocore.httpsession import get_cert_path

    return str(get_cert_path(verify=True))


def _session(config: Config, role: AssumedRole | None) -> Session:
    import botocore.session

    session = botocore.session.get_session()
    session.register_component("data_loader", _models())
    if role is not None:
        session._credentials = role.credentials()  # type: ignore[attr-defined] # botocore has no other way to give these
    elif config.access_key_id and config.secret_access_key:
        session.set_credentials(config.access_key_id, config.secret_access_key.get_secret_value())
    return session


@cache
def _models() -> Any:
    """What botocore knows of S3, read once a process: to read it took ten times as long as the rest of a client's making."""
    import botocore.session

    return botocore.session.get_session().get_component("data_loader")
