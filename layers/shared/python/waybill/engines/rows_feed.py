"""NDJSON sources as one stream of lines, fit for the row engine's parser.

The parser reads from memory, so it sees neither files nor gzip: a wrong check sum or a stream that ends too early is found
here, and its rest is one broken line. Lines that the parser would read wrongly without a word are blanked here. Both are
so counted as rejects.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, cast

import numpy as np
import numpy.typing as npt
from isal import igzip, isal_zlib

from waybill.core.errors import PermanentError
from waybill.core.rows import RowSource, SourceFormat

MAX_LINE = 20 << 20
"""Bytes, its end included; a longer line is a reject. The parser keeps some buffers of twice this."""

SEGMENT = 32 << 20
"""Bytes, give or take a block: what one statement reads. Three are in memory at once, and two of what is written."""

CHUNK = 1 << 20
BROKEN = b"!\n"
"""What stands in for a line that must not be read: no JSON, so the parser counts it and rejects it."""
DAMAGED = b"! the gzip is damaged here\n"
"""Ends the lines of a gzip that is cut off or damaged: after whatever came of its last one, no JSON either."""

_DIGITS = 18
"""A double holds every number of up to 17 significant digits apart from its neighbours, none of more."""

_BOM = b"\xef\xbb\xbf"
_LF = 10
_GZIP_FAULTS: tuple[type[Exception], ...] = (
    EOFError,
    zlib.error,
    cast(type[Exception], isal_zlib.error),
    gzip.BadGzipFile,
)


class Feed:
    """All lines of some sources in their order, in segments of which each is read by a statement of its own.

    Lines of our own, `{key: <index of a source>}`, say whose lines follow; `{key: -1}` ends a segment.
    Raises PermanentError, while a segment is read, where a source's file cannot be read.
    """

    def __init__(self, sources: Sequence[RowSource], key: str) -> None:
        self._key = key
        self._blocks = ((index, block) for index, source in enumerate(sources) for block in _blocks(chunks(source)))
        self._next = next(self._blocks, None)

    def segments(self) -> Iterator[Iterator[bytes]]:
        """Each must be read to its end before the next is asked for."""
        while self._next is not None:
            yield self._segment()

    def _segment(self) -> Iterator[bytes]:
        size, source = 0, -1
        while self._next is not None and size < SEGMENT:
            index, block = self._next
            if index != source:
                yield self._mark(index)
                source = index
            yield screened(block)
            size += _weight(block)
            self._next = next(self._blocks, None)
        yield self._mark(-1)

    def _mark(self, index: int) -> bytes:
        return f'{{"{self._key}":{index}}}\n'.encode()

    def close(self) -> None:
        """Closes the source that is being read, if any."""
        self._blocks.close()


def _weight(block: bytes) -> int:
    """How much of a segment the block fills. The engine works on 2,048 rows at once and holds each some times over:
    where rows are long, fewer bytes make a segment."""
    if len(block) > 4 * CHUNK:  # one long line
        return SEGMENT
    lines = int(np.count_nonzero(np.frombuffer(block, np.uint8) == _LF))
    return len(block) if len(block) < 2_048 * lines else 8 * len(block)


def chunks(source: RowSource) -> Iterator[bytes]:
    """A source's bytes, unzipped. Of a gzip that is cut off or damaged those that came before, then `DAMAGED`."""
    done = 0
    try:
        with _opened(source) as stream:
            while chunk := stream.read(CHUNK):
                done += len(chunk)
                yield chunk
    except _GZIP_FAULTS:
        yield from _lines_before_the_fault(source.path, done)
        yield DAMAGED
    except OSError as error:
        raise PermanentError(f"{source.path.name} cannot be read: {error.strerror or error}.") from error


def _lines_before_the_fault(path: Path, done: int) -> Iterator[bytes]:
    """The bytes from `done` on, as the survey read them (`core.survey`): igzip gives up some blocks before the fault."""
    with contextlib.suppress(*_GZIP_FAULTS), path.open("rb") as file:
        stream, place = gzip.GzipFile(fileobj=file), 0
        while line := stream.readline(CHUNK):
            place += len(line)
            if place > done:
                yield line[-(place - done) :]


def _opened(source: RowSource) -> IO[bytes]:
    if source.format is SourceFormat.NDJSON_GZ and source.path.stat().st_size:
        return cast(IO[bytes], igzip.IGzipFile(source.path, "rb"))  # type: ignore[no-untyped-call]
    return source.path.open("rb")


def _blocks(parts: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes cut after a line's end, each line ended; a line over MAX_LINE is `BROKEN`."""
    held: list[bytes] = []
    size, skipping, first = 0, False, True
    for part in parts:
        chunk = part.removeprefix(_BOM) if first else part
        first = False
        cut = chunk.rfind(b"\n") + 1
        if cut:
            first_end = chunk.index(b"\n") + 1
            if skipping or size + first_end > MAX_LINE:
                held = [] if skipping else [BROKEN]
                yield b"".join((*held, chunk[first_end:cut]))
            else:
                yield b"".join((*held, chunk[:cut]))
            held, size, skipping = [], 0, False
        if skipping:
            continue
        held.append(chunk[cut:])
        size += len(chunk) - cut
        if size > MAX_LINE:
            yield BROKEN
            held, size, skipping = [], 0, True
    if size:
        yield b"".join((*held, b"\n"))


# --- numbers that a double cannot hold


def screened(block: bytes) -> bytes:
    """The block with every line blanked that has a number of more digits than a double can hold.

    The parser would round it. Integers are exempt: they are never read as doubles.
    """
    parts, done, judged = [], 0, 0
    for position in _long_digit_runs(block):
        if position < judged:
            continue
        start, judged = block.rfind(b"\n", 0, position) + 1, block.index(b"\n", position) + 1
        if unholdable(block[start:judged]):
            parts += [block[done:start], BROKEN]
            done = judged
    return b"".join((*parts, block[done:])) if parts else block


_TAIL = re.compile(rb"[0-9.]*(?:[eE][+-]?[0-9]+)?")


def _long_digit_runs(block: bytes) -> Iterator[int]:
    """Positions in runs of digits with a point or an exponent that are too long for a double.

    A run of 18 covers three positions that are 6 apart, so a sixth of the bytes tells where to look closer.
    """
    whole = np.frombuffer(block, np.uint8)
    dense = _digit_or_point(whole[::6])
    found = np.flatnonzero(dense[:-2] & dense[1:-1] & dense[2:]) * 6
    for step in (3, 9, 1, 5, 7, 11, 2, 4, 8, 10):
        found = found[_digit_or_point(whole[found + step])]
    end = 0
    for position in found[_run_length(whole, found) >= _DIGITS].tolist():
        if position < end:
            continue
        start = position
        while start and block[start - 1] in b"0123456789.":
            start -= 1
        tail = _TAIL.match(block, start)
        assert tail is not None
        end = tail.end()
        if not tail[0].isdigit() and _significant(tail[0].decode()) >= _DIGITS:
            yield position


def _run_length(whole: npt.NDArray[np.uint8], found: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """How long the run of digits and points around each of these 13 is, up to what matters."""
    length = np.full(found.shape, 13)
    for first, step in ((-1, -1), (13, 1)):
        ahead = np.arange(found.size)  # which runs go on
        for distance in range(5):
            at = found[ahead] + first + step * distance
            # A block ends with a line's end, so nothing goes on past it; before its start a run may seem to, by the end.
            ahead = ahead[_digit_or_point(whole[at])]
            length[ahead] += 1
    return length


def _digit_or_point(codes: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    found: npt.NDArray[np.bool_] = ((codes - np.uint8(48)) < 10) | (codes == 46)
    return found


def _significant(number: str) -> int:
    """How many digits a number's text has, from the first to the last that is not zero."""
    mantissa = re.split("[eE]", number)[0]
    return len(mantissa.replace(".", "").lstrip("-0").rstrip("0"))


def unholdable(line: bytes) -> str:
    """The first number of the line that a double would round, as it is written; empty for none."""
    found: list[str] = []

    def check(text: str) -> float:
        if len(text) >= _DIGITS and _significant(text) >= _DIGITS:
            found.append(text)
        return 0.0

    try:
        json.loads(line, parse_float=check, parse_int=len)
    except (ValueError, RecursionError):
        return ""
    return found[0] if found else ""


# --- rejects


def fault_of(line: bytes) -> str:
    """Why a line is no JSON object; empty where it is one."""
    if line.endswith(DAMAGED.rstrip()):
        return "the gzip is cut off or damaged from here on; put the whole object into the lake again"
    if len(line) >= MAX_LINE:
        return f"the line is longer than {MAX_LINE >> 20} MiB"
    try:
        row = json.loads(line.decode("utf-8"), parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        return f"the line is not UTF-8 at byte {error.start + 1}"
    except json.JSONDecodeError as error:
        return f"the line is not JSON: {error.msg} at column {error.colno}"
    except (ValueError, RecursionError) as error:
        return f"the line is not JSON: {error}"
    if not isinstance(row, dict):
        return "the line is not a JSON object"
    if number := unholdable(line):
        return f"the number {number[:60]} has more digits than can be kept"
    return ""


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is no value of JSON")


def located(source: RowSource, ordinals: Sequence[int]) -> Iterator[tuple[int, bytes]]:
    """`(line number, line)` of the rows with these rising numbers. The parser's count leaves empty lines out."""
    wanted = iter(ordinals)
    ordinal, seen = next(wanted, None), 0
    for number, line in enumerate(_lines(source), 1):
        seen += bool(line.strip(b" \t\r\n\v\f"))
        if ordinal is None:
            return
        if seen == ordinal:
            yield number, line
            ordinal = next(wanted, None)


def _lines(source: RowSource) -> Iterator[bytes]:
    """Every line of the source; one over MAX_LINE is cut just past it."""
    held = b""
    for index, chunk in enumerate(chunks(source)):
        *lines, rest = (chunk.removeprefix(_BOM) if index == 0 else chunk).split(b"\n")
        for line in lines:
            yield held + line
            held = b""
        held = (held + rest)[: MAX_LINE + 1]
    if held:
        yield held
