"""What a tenant sets for a rule: which data, when, in which shape, to where. Only types and what they must be."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from waybill.core.archive import Encryption
from waybill.core.assigned import Assigned
from waybill.core.format import Compression, CsvProfile, RowFormat, Writing
from waybill.core.journal_settings import JournalSettings
from waybill.core.layout import Layout, Preset
from waybill.core.media_settings import MediaSettings
from waybill.core.notify_settings import Notify
from waybill.core.patterns import EXTENSION, ONE_LINE
from waybill.core.schedule_settings import Schedule

Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120, pattern=ONE_LINE)]


class EmptyWindow(StrEnum):
    """What is delivered for a window without rows."""

    NOTHING = "nothing"
    MANIFEST_ONLY = "manifest_only"
    EMPTY_FILE = "empty_file"


class ArchiveMethod(StrEnum):
    """`zip_crypto` is ZIP's first encryption, which every tool opens and which is weak."""

    NONE = "none"
    ZIP = "zip"
    ZIP_CRYPTO = "zip_crypto"
    ZIP_AES256 = "zip_aes256"

    @property
    def encryption(self) -> Encryption | None:
        known = {ArchiveMethod.ZIP_CRYPTO: Encryption.ZIP_CRYPTO, ArchiveMethod.ZIP_AES256: Encryption.AES256}
        return known.get(self)


class Scope(StrEnum):
    """Which files are delivered: the rows' data file, the rows' media, or both."""

    RECORDS = "records"
    MEDIA = "media"
    BOTH = "both"


class SourceTier(StrEnum):
    """Whether rows come from what lies in the lake as it came, from what was archived there, or from both."""

    ONLINE = "online"
    ARCHIVED = "archived"
    BOTH = "both"


class CdrOnly(StrEnum):
    """What becomes of records of calls without media of their own: all are delivered, only those that name related media, or
    none.
    """

    KEEP = "keep"
    IGNORE_WITHOUT_MEDIA = "ignore_without_media"
    IGNORE = "ignore"


Extension = Annotated[str, StringConstraints(to_lower=True, pattern=EXTENSION)]


class DataChoice(BaseModel):
    """One dataset of a rule. `filter` is CQL2, as text or JSON; `assigned` narrows it to some people's rows; no `fields` means
    the default ones, in the catalogue's order.

    `<open field>.*` among the fields stands for each of the customer's own columns that the window's rows have.
    `extensions` (without a dot) says which media are delivered, by the ending that they have in the lake; none means all.
    `attachments` false leaves out the attachments of messages.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    dataset: str
    filter: str | dict[str, Any] | None = None
    assigned: Assigned | None = None
    fields: Annotated[tuple[str, ...], Field(max_length=500)] = ()
    scope: Scope = Scope.RECORDS
    extensions: Annotated[tuple[Extension, ...], Field(max_length=50)] = ()
    source: SourceTier = SourceTier.BOTH
    cdr_only: CdrOnly = CdrOnly.KEEP
    attachments: bool = True

    @property
    def wants_media(self) -> bool:
        return self.scope is not Scope.RECORDS


class Times(StrEnum):
    """Whether timestamps are written in UTC or in the schedule's zone, with its offset."""

    UTC = "utc"
    ZONE = "zone"


class RowOrder(StrEnum):
    """`arrival`: as rows came into the lake; `time`: by the dataset's time field, then its key, over a whole file."""

    ARRIVAL = "arrival"
    TIME = "time"


class Duplicates(StrEnum):
    """What becomes of rows of a file that have the same key and time: all are kept, or only the one that came first."""

    KEEP = "keep"
    DROP = "drop"


class LateRows(StrEnum):
    """What becomes of rows that reach the lake after their window was planned: an amendment of that window delivers them,
    or the next run does, or they are left out and counted.
    """

    AMEND = "amend"
    NEXT = "next"
    IGNORE = "ignore"


class Late(BaseModel):
    """`lookback_days`: how long after its end a window may still get late rows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    policy: LateRows = LateRows.AMEND
    lookback_days: int = Field(default=35, ge=1, le=400)


class CatchUp(StrEnum):
    """What becomes of windows that came due while nothing could run them: each is run, oldest first; or only the latest,
    and the others are left out; or one run covers them all.
    """

    ALL = "all"
    LATEST = "latest"
    MERGE = "merge"


class Overlap(StrEnum):
    """What becomes of a window that comes due while the rule's run before it is still going: it waits for that run's end,
    or it is left out. What is left out is recorded, and can be had by a retry of that record.
    """

    QUEUE = "queue"
    SKIP = "skip"


class FileLimit(BaseModel):
    """The most that one data file holds: `bytes` (before compression) and `rows`. A row alone may have more bytes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bytes: int | None = Field(default=None, ge=1_000_000)
    rows: int | None = Field(default=None, ge=1)

    @property
    def none(self) -> bool:
        return self.bytes is None and self.rows is None


class Archive(BaseModel):
    """`volume_bytes`: the archive comes as several complete, numbered ones of at most so many bytes; a file that is larger has
    one of its own. `password` is written only: it is kept as a secret of its own and never shown again.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    method: ArchiveMethod = ArchiveMethod.NONE
    volume_bytes: int | None = Field(default=None, ge=10_000_000)


class DetailFormat(StrEnum):
    CSV = "csv"
    PDF = "pdf"


class DetailRecords(BaseModel):
    """Lists of all delivered rows, a file a dataset and format, for people. A dataset's list has those of `fields` that are
    its own, in this order; no `fields` means the default ones.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    formats: Annotated[tuple[DetailFormat, ...], Field(max_length=2)] = ()
    fields: Annotated[tuple[str, ...], Field(max_length=500)] = ()


class OnExceptions(StrEnum):
    """What becomes of a run whose media cannot all be packaged: it goes on and says so, or it fails before it delivers."""

    NOTE = "note"
    FAIL = "fail"


class LogKept(StrEnum):
    """What is kept of a run beside its record. `minimal`: receipts, resume points, failures and how each attempt ended; neither
    the steps' notes nor the progress of parts and files.
    """

    FULL = "full"
    MINIMAL = "minimal"


class RuleSettings(BaseModel):
    """What a tenant sets. Times are the schedule's; `destinations` are ids of saved destinations."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Title
    description: Annotated[str, StringConstraints(max_length=2_000)] = ""
    data: Annotated[tuple[DataChoice, ...], Field(min_length=1, max_length=50)]
    schedule: Schedule
    format: RowFormat = RowFormat.JSON
    csv: CsvProfile = CsvProfile.LOSSLESS
    compression: Compression = Compression.NONE
    times: Times = Times.UTC
    order: RowOrder = RowOrder.ARRIVAL
    duplicates: Duplicates = Duplicates.KEEP
    file_limit: FileLimit = FileLimit()
    schema_file: bool = Field(
        default=True, description="Deliver the columns' names, types and meanings beside the data."
    )
    late: Late = Late()
    layout: Layout = Layout()
    media: MediaSettings = MediaSettings()
    journal: JournalSettings | None = None
    archive: Archive = Archive()
    detail_records: DetailRecords = DetailRecords()
    destinations: Annotated[tuple[str, ...], Field(min_length=1, max_length=10)]
    empty_window: EmptyWindow = EmptyWindow.MANIFEST_ONLY
    catch_up: CatchUp = CatchUp.ALL
    overlap: Overlap = Overlap.QUEUE
    start_jitter_minutes: int = Field(
        default=0,
        ge=0,
        le=360,
        description="Runs start up to so many minutes later, the rule's always by the same time.",
    )
    pause_after_failures: int | None = Field(
        default=10, ge=1, le=100, description="Pause after so many failures in a row that only the tenant can mend."
    )
    max_rejects: int = Field(
        default=1_000, ge=0, description="A run with more rows than this that cannot be read fails."
    )
    on_exceptions: OnExceptions = OnExceptions.NOTE
    log: LogKept = LogKept.FULL
    notify: Notify | None = None

    @property
    def writing(self) -> Writing:
        zone = self.schedule.zone if self.times is Times.ZONE else "UTC"
        pages = self.compression if self.compression is not Compression.NONE else Compression.ZSTD
        return Writing(self.format, self.csv, zone, pages)

    @property
    def file_compression(self) -> Compression:
        """What data files are compressed with from outside: a Parquet file compresses its own pages."""
        return Compression.NONE if self.format is RowFormat.PARQUET else self.compression

    @property
    def refined(self) -> bool:
        """Whether rows must be seen together before they are written."""
        return self.order is RowOrder.TIME or self.duplicates is Duplicates.DROP

    @model_validator(mode="before")
    @classmethod
    def _from_preset(cls, given: Any) -> Any:
        """The layout `device_events` says how rows are written, where the rule does not."""
        layout = given.get("layout") if isinstance(given, dict) else None
        preset = layout.get("preset") if isinstance(layout, dict) else getattr(layout, "preset", None)
        if preset != Preset.DEVICE_EVENTS:
            return given
        return {"format": "csv", "csv": "base64", "order": "time", "duplicates": "drop", **given}
