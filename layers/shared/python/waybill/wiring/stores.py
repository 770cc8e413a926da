"""What is kept in tables, each behind its port."""

from __future__ import annotations

from functools import cache

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
from waybill.core import ports
from waybill.core.audit_log import AuditLog
from waybill.core.certificates import Certificates
from waybill.core.notice import Attempts
from waybill.core.once import Answers
from waybill.core.rate import Rates
from waybill.core.subscription import Subscriptions
from waybill.core.template import Templates
from waybill.core.usage import EndedRuns
from waybill.wiring.environment import region, settings


@cache
def rules() -> ports.Rules:
    return RulesTable(settings().need("rules_table"), region())


@cache
def runs() -> ports.Runs:
    return RunsTable(settings().need("runs_table"), settings().rules_table, region())


@cache
def backfills() -> ports.Backfills:
    return BackfillsTable(settings().need("backfills_table"), settings().runs_table, region())


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


@cache
def certificates() -> Certificates:
    return CertificatesTable(settings().need("certificates_table"), region())


@cache
def access_keys() -> ports.AccessKeys:
    return AccessTable(settings().need("access_table"), region())


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
def ended_runs() -> EndedRuns:
    return EndedRunsTable(settings().need("runs_table"), region())


@cache
def rates() -> Rates:
    return RatesTable(settings().need("requests_table"), region())


@cache
def answers() -> Answers:
    return AnswersTable(settings().need("requests_table"), region())
