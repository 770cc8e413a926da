"""A worker that dies at any of its calls to the outside: the next one delivers the same bytes."""

from __future__ import annotations

import hashlib
import io
import itertools
import random
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pyzipper

from tests.core.stage import MemoryStage
from tests.engines.given_rows import GivenRows
from tests.engines.test_package import (
    PASSWORD,
    Bench,
    Signer,
    Vault,
    bench,
    media,
    one_part_each,
    recording,
    seal_bench,
)
from waybill.core.package import package_part
from waybill.core.rows import MediaFile
from waybill.core.seal import seal
from waybill.core.workshop import Workshop
from waybill.engines import zip_entry
from waybill.engines.compress import compressed

METHODS = ["zip", "zip_crypto", "zip_aes256"]
ATTEMPTS = itertools.count()
ROW = {"conversation_id": "r1", "start_time": "2026-03-09T10:00:00Z"}
BLOCKS = [b'{"conversation_id": "r%d"}\n' % n * 400 for n in range(3)]


class Killed(BaseException):
    """No error that anything here could catch: the process is gone."""


@dataclass
class Life:
    """Dies at the call of this number, counted from 1; never for 0."""

    until: int = 0
    calls: int = 0

    def lived(self) -> None:
        self.calls += 1
        if self.calls == self.until:
            raise Killed


@dataclass
class Mortal:
    """Somebody's calls to `outside`. Death comes before a call, in the middle of what it reads or sends, or when it is done
    and nobody is there to know.
    """

    outside: Any
    life: Life

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.outside, name)
        return partial(self._called, found) if callable(found) else found

    def _called(self, function: Callable[..., Any], *given: Any) -> Any:
        self.life.lived()
        answer = function(*(self._passed(one) if isinstance(one, Iterator) else one for one in given))
        if isinstance(answer, Iterator):
            return self._passed(answer)
        self.life.lived()
        return answer

    def _passed(self, chunks: Iterator[Any]) -> Iterator[Any]:
        for chunk in chunks:
            self.life.lived()
            yield chunk


class Steady(Signer):
    """Signs the same bytes in one way, so that runs of their own can be compared to the last byte."""

    def sign(self, message: bytes) -> bytes:
        return hashlib.sha512(message).digest()


@dataclass
class Run:
    """One run's plan and lake, and what was staged so far, over however many lives."""

    bench: Bench
    folder: Path
    stage: MemoryStage = field(default_factory=MemoryStage)

    def work(self, life: Life) -> None:
        """Package and seal, from the beginning, as a new worker does."""
        stage, lake = Mortal(self.stage, life), Mortal(self.bench.lake, life)
        for part in self.bench.plan.parts:
            folder = self.folder / f"life-{next(ATTEMPTS)}"
            folder.mkdir()
            shop = Workshop(
                stage=stage,
                lake=lake,
                rows=GivenRows(BLOCKS, [MediaFile(n, n, ROW) for n in ("a/1.wav", "b.txt", "gone.wav")]),
                secrets=Mortal(Vault(), life),
                archive=lambda: zip_entry.entry,
                compress=compressed,
                folder=folder,
                attempt=f"attempt-{next(ATTEMPTS)}",
            )
            package_part(self.bench.plan, part.index, shop)
        signer: Any = Mortal(Steady(), life)
        seal(self.bench.plan, seal_bench(stage, signer, secrets=Mortal(Vault(), life)))

    def delivered(self) -> dict[str, bytes]:
        sealed = seal(self.bench.plan, seal_bench(self.stage, Steady()))
        assert sealed is not None
        return {f.name: self.stage.kept[f.key] for f in sealed.files}


@pytest.fixture(params=METHODS)
def method(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def new_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str) -> Callable[[], Run]:
    one_part_each(monkeypatch)
    objects = [recording(1, "a/1.wav", "b.txt"), recording(2, "gone.wav")]
    made = bench(tmp_path, objects, "recordings", archive={"method": method}, format="ndjson")
    media(made, "a/1.wav", random.Random(1).randbytes(30_000))
    media(made, "b.txt", b"text " * 4_000)
    return lambda: Run(made, tmp_path)


def test_death_at_any_call_changes_no_byte(new_run: Callable[[], Run], method: str) -> None:
    whole, life = new_run(), Life()
    whole.work(life)
    wanted = whole.delivered()
    assert life.calls > 60
    _opens(wanted, method)
    for at in range(1, life.calls + 1):
        run = new_run()
        with pytest.raises(Killed):
            run.work(Life(until=at))
        run.work(Life())
        assert run.delivered() == wanted, f"died at call {at}"


def test_workers_that_die_one_after_the_other_get_done_in_the_end(new_run: Callable[[], Run]) -> None:
    whole = new_run()
    whole.work(Life())
    run = new_run()
    for until in itertools.count(1):
        try:
            run.work(Life(until))
        except Killed:
            continue
        break
    assert run.delivered() == whole.delivered()


def _opens(files: dict[str, bytes], method: str) -> None:
    archive = io.BytesIO(files["Daily tickets.zip"])
    reader = pyzipper.AESZipFile if method == "zip_aes256" else zipfile.ZipFile
    with reader(archive) as read:
        read.setpassword(PASSWORD.encode())
        assert read.testzip() is None
        assert len(read.namelist()) == 4 + 3  # a schema, the manifest, its signature
        assert read.read("recordings-part-0001.ndjson") == b"".join(BLOCKS)
