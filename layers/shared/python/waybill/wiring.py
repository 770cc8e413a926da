"""The composition root: which adapter stands behind which port. Everything is made at its first use, once a process."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from importlib import import_module, metadata, resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from waybill.aws.alarm import OneTimeSchedules
from waybill.aws.dispatch_queue import QueuedDispatch
from waybill.aws.events import EventBridge
from waybill.aws.folder_access import RemoteFolderAccess
from waybill.aws.folder_keys import IamFolderKeys
from waybill.aws.hosted_files import HostedFiles
from waybill.aws.lake import Lake
from waybill.aws.mail import SesMails
from waybill.aws.media_keys import KmsMediaKeys
from waybill.aws.outbox import QueuedOutbox
from waybill.aws.probing import RemoteProbe
from waybill.aws.querying import RemoteQuery
from waybill.aws.secrets import ManagedSecrets
from waybill.aws.signer import KmsPublicKey, KmsSigner
from waybill.aws.stage import Stage
from waybill.aws.tables.access import AccessTable
from waybill.aws.tables.attempts import AttemptsTable
from waybill.aws.tables.audit_log import AuditLogTable
from waybill.aws.tables.backfills import BackfillsTable
from waybill.aws.tables.bookmarks import BookmarksTable
from waybill.aws.tables.certificates import CertificatesTable
from waybill.aws.tables.datasets import DatasetsTable
from waybill.aws.tables.destinations import DestinationsTable
from waybill.aws.tables.holes import HolesTable
from waybill.aws.tables.lake_objects import LakeObjectsTable
from waybill.aws.tables.requests import AnswersTable, RatesTable
from waybill.aws.tables.rules import RulesTable
from waybill.aws.tables.run_log import RunLogTable
from waybill.aws.tables.runs import RunsTable
from waybill.aws.tables.subscriptions import SubscriptionsTable
from waybill.aws.tables.templates import TemplatesTable
from waybill.aws.tables.usage import EndedRunsTable
from waybill.aws.trying import RemoteTrial
from waybill.aws.workflow import StepFunctions
from waybill.core import ports
from waybill.core.advance import BackfillDesk
from waybill.core.arrival import announcer
from waybill.core.audit_log import AuditLog
from waybill.core.catalog import Catalog, Dataset, TenantCatalog, parse_dataset
from waybill.core.certificates import CertificateFacts, Certificates
from waybill.core.deliver import Destination, ProbeStep
from waybill.core.errors import ConfigurationError, TransientError
from waybill.core.folder_access import HOSTED, folder_of
from waybill.core.listing import Listing
from waybill.core.lists import ListFormat, Renderer
from waybill.core.network import parse_networks
from waybill.core.notice import Attempts, Mails, Webhooks
from waybill.core.notify import Post
from waybill.core.once import Answers
from waybill.core.pace import UNHURRIED, Pace, TokenBucket
from waybill.core.plan import PlannedDestination
from waybill.core.rate import Rate, Rates
from waybill.core.register import Registrar
from waybill.core.subscription import Subscriptions
from waybill.core.survey import Survey
from waybill.core.template import Templates
from waybill.core.tokens import ClaimNames, Tokens
from waybill.core.usage import EndedRuns
from waybill.core.webhook_url import refused_url
from waybill.destinations import registry
from waybill.destinations.dial import Dialer
from waybill.destinations.probing import completed
from waybill.settings import Settings, from_environment
from waybill.webhooks.posting import HttpWebhooks

if TYPE_CHECKING:
    from waybill.core.prepare import Sounds
    from waybill.core.workshop import Compressor, PartRows
    from waybill.media.tenant_media import TenantMedia


@cache
def settings() -> Settings:
    return from_environment(os.environ)


def now() -> datetime:
    """The clock. Only handlers read it, to note when something happened."""
    return datetime.now(UTC)


@cache
def tzdata_version() -> str:
    return metadata.version("tzdata")


@cache
def common_catalog() -> Catalog:
    """The datasets that come with Waybill, from the TOML files of the package."""
    files = sorted(resources.files("waybill").joinpath("catalog").iterdir(), key=lambda f: f.name)
    datasets = [parse_dataset(f.read_text(encoding="utf-8")) for f in files if f.name.endswith(".toml")]
    return {dataset.name: dataset for dataset in datasets}


def region() -> str:
    """The region of the deployment."""
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"


@cache
def _client(service: str) -> Any:
    config = Config(
        retries={"mode": "standard", "max_attempts": 5},
        connect_timeout=5,
        read_timeout=60,
        max_pool_connections=20,
        signature_version="s3v4" if service == "s3" else None,  # a link that is signed otherwise may not end
    )
    return boto3.client(service, region_name=region(), config=config)  # type: ignore[call-overload]


@cache
def rules() -> ports.Rules:
    return RulesTable(settings().need("rules_table"), region())


@cache
def runs() -> ports.Runs:
    return RunsTable(settings().need("runs_table"), settings().rules_table, region())


@cache
def backfills() -> ports.Backfills:
    return BackfillsTable(settings().need("backfills_table"), settings().runs_table, region())


def backfill_desk() -> BackfillDesk:
    """Who lets backfills go on."""
    return BackfillDesk(rules(), runs(), backfills())


@cache
def run_log(*, minimal: bool = False) -> ports.RunLog:
    """`minimal`: for the steps of a run whose notes and progress are not kept."""
    return RunLogTable(settings().need("run_log_table"), region(), minimal=minimal)


@cache
def holes() -> ports.Holes:
    return HolesTable(settings().need("holes_table"), region())


@cache
def destinations() -> ports.Destinations:
    return DestinationsTable(settings().need("destinations_table"), region())


@cache
def lake_objects() -> ports.LakeObjects:
    return LakeObjectsTable(settings().need("lake_objects_table"), region())


@cache
def bookmarks() -> ports.Bookmarks:
    return BookmarksTable(settings().need("lake_objects_table"), region())


@cache
def datasets() -> ports.Datasets:
    return DatasetsTable(settings().need("datasets_table"), region())


def catalog(tenant: str) -> Catalog:
    """The catalogue as the tenant has it. What the tenant added is read afresh at each look."""
    return TenantCatalog(common_catalog(), lambda name: datasets().find(tenant, name), lambda: datasets().all(tenant))


@cache
def registrar() -> Registrar:
    """Only `ingest` and `repair` carry the library that looks into Parquet files; it is loaded for the first of these."""

    def parquet(path: Path, dataset: Dataset) -> Survey:
        found: Survey = import_module("waybill.engines.survey_parquet").survey(path, dataset)
        return found

    return Registrar(lake(), lake_objects(), catalog, parquet, announcer(rules(), upstream()))


@cache
def access_keys() -> ports.AccessKeys:
    return AccessTable(settings().need("access_table"), region())


@cache
def tokens() -> Tokens | None:
    """None where no issuer is configured. Only `authorize` carries the library."""
    s = settings()
    if not s.oidc_issuer:
        return None
    oidc = import_module("waybill.engines.oidc")
    made: Tokens = oidc.OidcTokens(
        issuer=s.oidc_issuer,
        audience=s.need("oidc_audience"),
        algorithm=s.oidc_algorithm,
        fetch=oidc.fetcher(s.need("oidc_keys_url")),
    )
    return made


def claim_names() -> ClaimNames:
    return settings().oidc_claims


@cache
def audit_log() -> AuditLog:
    return AuditLogTable(settings().need("audit_log_table"), region())


@cache
def templates() -> Templates:
    return TemplatesTable(settings().need("templates_table"), region())


@cache
def subscriptions() -> Subscriptions:
    return SubscriptionsTable(settings().need("subscriptions_table"), region())


@cache
def attempts() -> Attempts:
    return AttemptsTable(settings().need("attempts_table"), region())


@cache
def outbox() -> QueuedOutbox:
    return QueuedOutbox(_client("sqs"), settings().need("notices_queue"))


def mails_are_sent() -> bool:
    """Whether the operator has said from whom mails come."""
    return bool(settings().notification_sender)


@cache
def post() -> Post:
    """By what notices go out."""
    s = settings()
    mails: Mails | None = SesMails(_client("sesv2"), s.notification_sender) if mails_are_sent() else None
    limit = Rate(s.mails_per_minute, 10 * s.mails_per_minute)

    def wait(tenant: str) -> int:
        return rates().take(f"mails/{tenant}", limit, int(now().timestamp() * 1000))

    return Post(secrets=secrets(), webhooks=_webhooks(), mails=mails, mail_wait=wait, console=s.console_url)


def _webhooks() -> Webhooks:
    """A dialer of its own for each POST: a name is looked up once for it, and afresh for the next one."""
    around = registry.Surroundings(allowed_networks=settings().allowed_networks)
    return HttpWebhooks(lambda: Dialer(around))


def refused_receiver(url: str) -> str:
    """See `core.webhook_url.refused_url`."""
    return refused_url(url, parse_networks(settings().allowed_networks))


@cache
def trial() -> RemoteTrial:
    """Who tries subscriptions, from the API."""
    return RemoteTrial(_client("lambda"), settings().need("notify_function"))


@cache
def ended_runs() -> EndedRuns:
    return EndedRunsTable(settings().need("runs_table"), region())


@cache
def rates() -> Rates:
    return RatesTable(settings().need("requests_table"), region())


@cache
def rate() -> Rate:
    """How often one caller may ask."""
    return Rate(settings().requests_per_minute, settings().requests_at_once)


@cache
def answers() -> Answers:
    return AnswersTable(settings().need("requests_table"), region())


@cache
def stage() -> Stage:
    return Stage(_client("s3"), settings().need("stage_bucket"))


@cache
def lake() -> Lake:
    return Lake(_client("s3"), settings().need("lake_bucket"))


@cache
def secrets() -> ports.Secrets:
    return ManagedSecrets(_client("secretsmanager"), settings().need("secret_prefix"))


@cache
def pepper() -> bytes:
    """The key under which API keys are hashed. Read once a process."""
    return secrets().read(settings().need("pepper_secret"))["pepper"].encode()


@cache
def signer() -> ports.Signer:
    return KmsSigner(_client("kms"), settings().need("signing_key"))


@cache
def signing_keys() -> Sequence[Mapping[str, str]]:
    """The public keys that manifests may be signed with, as JWKs. Read once a process."""
    return [KmsPublicKey(_client("kms"), settings().need("signing_key")).jwk()]


@cache
def workflow() -> ports.Workflow:
    s = settings()
    return StepFunctions(
        _client("stepfunctions"),
        fan_out=s.fan_out_arn,
        standard=s.run_standard_arn,
        express=s.run_express_arn,
        stage_bucket=s.need("stage_bucket"),
    )


@cache
def dispatch_queue() -> ports.DispatchQueue:
    return QueuedDispatch(_client("sqs"), settings().need("dispatch_queue"))


@cache
def events() -> ports.Events:
    return EventBridge(_client("events"), stage=settings().stage)


@cache
def upstream() -> ports.Events:
    """The platform's own bus."""
    return EventBridge(_client("events"), settings().need("upstream_bus"))


@cache
def prober() -> RemoteProbe:
    return RemoteProbe(_client("lambda"), settings().need("probe_function"))


def row_engine() -> PartRows:
    """Only `package` and `query` carry the engine's libraries."""
    temp_dir = Path(tempfile.gettempdir())
    plain = import_module("waybill.engines.rows_duckdb").DuckDbRows(
        memory_limit_mib=settings().row_memory_mib, threads=1, temp_dir=temp_dir
    )
    made: PartRows = import_module("waybill.engines.rows_refined").Refined(plain, temp_dir, settings().row_memory_mib)
    return made


def compressor() -> Compressor:
    """Only `package` carries the compressors' libraries."""
    found: Compressor = import_module("waybill.engines.compress").compressed
    return found


@cache
def certificates() -> Certificates:
    return CertificatesTable(settings().need("certificates_table"), region())


def examined_certificate(
    certificate: str, key: str, passphrase: str, now: datetime, *, expired_too: bool
) -> tuple[CertificateFacts, str, str]:
    """See `media.keyring.examined`. Only the API carries the library, and loads it for the first certificate."""
    keyring = import_module("waybill.media.keyring")
    found: tuple[CertificateFacts, str, str] = keyring.examined(
        certificate, key, passphrase, now, expired_too=expired_too
    )
    return found


@cache
def media_keys() -> KmsMediaKeys:
    return KmsMediaKeys(_client("kms"))


def tenant_media(tenant: str) -> TenantMedia:
    """Only `transcode` carries the libraries."""
    made: TenantMedia = import_module("waybill.media.tenant_media").TenantMedia(
        tenant, lambda: certificates().all(tenant), secrets().read, media_keys().unwrap
    )
    return made


def sounds(largest: int) -> Sounds:
    """Only `transcode` carries the libraries."""
    made: Sounds = import_module("waybill.media.sounds").LibavSounds(largest)
    return made


def zip_encoder() -> Any:
    """Only `package` and `seal` carry the archive's libraries."""
    return import_module("waybill.engines.zip_entry").entry


def list_renderers(folder: Path) -> dict[ListFormat, Renderer]:
    """Only `query` carries the libraries that write sheets."""
    return {
        ListFormat.XLSX: lambda listing: import_module("waybill.engines.list_xlsx").xlsx(listing, folder),
        ListFormat.PDF: pdf,
    }


def pdf(listing: Listing) -> Iterator[bytes]:
    """Only `query` and `seal` carry the libraries that write PDFs."""
    written: Iterator[bytes] = import_module("waybill.engines.list_pdf").pdf(listing)
    return written


@cache
def querying() -> RemoteQuery:
    return RemoteQuery(_client("lambda"), settings().need("query_function"))


def planned_destinations(tenant: str, ids: Sequence[str]) -> list[PlannedDestination]:
    """Destinations as a plan sees them. Raises NotFound for one that the tenant has not."""
    return [_planned(destinations().get(tenant, one)) for one in ids]


def _planned(saved: ports.SavedDestination) -> PlannedDestination:
    able = registry.capabilities(saved.kind)
    return PlannedDestination(
        destination_id=saved.destination_id,
        name=saved.name,
        kind=saved.kind,
        largest_file=able.largest_file,
        longest_name=able.longest_name,
        forbidden=able.forbidden,
        limited=any((saved.settings.get("limits") or {}).values()),
    )


def destination_kinds() -> Collection[str]:
    """The kinds of destination that there are."""
    return registry.kinds()


def destination_config(kind: str) -> type[registry.DestinationConfig]:
    """What a kind's settings are checked against; needs none of its heavy libraries."""
    return registry.config_model(kind)


def dial(saved: ports.SavedDestination, session: str) -> Destination:
    """A saved destination with its secret, ready for use. `session` names what for, in the logs of a tenant's role."""
    secret = _secret_of(saved) if saved.secret_ref else {}
    config = registry.config_model(saved.kind).model_validate({**saved.settings, **secret})
    surroundings = registry.Surroundings(
        allowed_networks=settings().allowed_networks,
        hosted=_folder(saved) if saved.kind == HOSTED else None,
        trust=registry.Trust(_client("sts"), saved.external_id, session) if saved.external_id else None,
    )
    return registry.connect(saved.kind, config, surroundings)


def pace(saved: ports.SavedDestination) -> Pace:
    """How fast a saved destination may be sent to."""
    rate = (saved.settings.get("limits") or {}).get("bytes_per_second")
    return TokenBucket(rate, time.monotonic, time.sleep) if rate else UNHURRIED


def _secret_of(saved: ports.SavedDestination) -> Mapping[str, str]:
    try:
        return secrets().read(saved.secret_ref)
    except ConfigurationError:
        latest = destinations().find(saved.tenant, saved.destination_id)
        if latest is None or latest.secret_ref == saved.secret_ref:
            raise
        advice = "It is tried again by itself."
        raise TransientError("The destination got new credentials at this moment.", advice) from None


def probed(saved: ports.SavedDestination, seconds: float) -> Sequence[ProbeStep]:
    """Every step of a saved destination's connection test, within that time."""
    return completed(dial(saved, "probe"), seconds)


def _folder(saved: ports.SavedDestination) -> registry.HostedFolder:
    s = settings()
    return registry.HostedFolder(
        client=_client("s3"),
        bucket=s.need("hosted_bucket"),
        region=region(),
        prefix=folder_of(saved.tenant, saved.destination_id),
        origins={"stage": s.stage_bucket, "lake": s.lake_bucket},
    )


@cache
def hosted_files() -> HostedFiles:
    return HostedFiles(_client("s3"), settings().need("hosted_bucket"))


@cache
def folder_access() -> RemoteFolderAccess:
    """Who makes and ends the keys of hosted folders, from the API."""
    return RemoteFolderAccess(_client("lambda"), settings().need("credentials_function"))


@cache
def folder_keys() -> ports.FolderKeys:
    s = settings()
    return IamFolderKeys(
        _client("iam"), path=s.need("hosted_path"), boundary=s.need("hosted_boundary"), bucket=s.need("hosted_bucket")
    )


def alarm(function_arn: str) -> ports.Alarm:
    """Wakes that function at a moment."""
    return OneTimeSchedules(
        _client("scheduler"), f"waybill-{settings().stage}", settings().need("ending_role"), function_arn
    )
