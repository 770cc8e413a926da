"""Cutting a stream of rows into files of bounded size, at rows' ends."""

from __future__ import annotations

from collections.abc import Iterator

from waybill.core.format import RowFormat
from waybill.core.rule_settings import FileLimit


class Cutter:
    """The rows of one part as pieces that each obey the limit. Read each piece to its end before the next is asked for.

    Rows come in blocks that end where a line does; a row is one line, but in CSV a quoted value may hold line breaks. `rows`
    is of the piece that was read last.
    """

    def __init__(self, blocks: Iterator[bytes], row_format: RowFormat, limit: FileLimit) -> None:
        self._rows = _csv_rows(_lines(blocks)) if row_format is RowFormat.CSV else _lines(blocks)
        self._json = row_format is RowFormat.JSON
        self._limit = limit
        self._next: bytes | None = next(self._rows, None)
        self.rows = 0

    def pieces(self) -> Iterator[Iterator[bytes]]:
        """None for no rows."""
        while self._next is not None:
            self.rows = 0
            yield self._piece()

    def _piece(self) -> Iterator[bytes]:
        size, held = 0, []
        while self._next is not None and not self._full(size + len(self._next)):
            row, self._next = self._next, next(self._rows, None)
            self.rows += 1
            size += len(row)
            held.append(row)
            if len(held) >= 4_096:
                yield self._joined(held, more=self._next is not None and not self._full(size + len(self._next)))
                held = []
        if held:
            yield self._joined(held, more=False)

    def _full(self, size: int) -> bool:
        if self.rows == 0:
            return False
        over = self._limit.bytes is not None and size > self._limit.bytes
        return over or (self._limit.rows is not None and self.rows >= self._limit.rows)

    def _joined(self, rows: list[bytes], *, more: bool) -> bytes:
        """JSON rows have `,` and LF between them, and nothing after the last."""
        whole = b"".join(rows)
        return whole if not self._json or more else whole.removesuffix(b",\n").removesuffix(b"\n")


def _lines(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Each line with its end; the last may have none, and gets the end that a row in the middle has."""
    held = b""
    for block in blocks:
        first, *rest = block.splitlines(keepends=True) if b"\r" not in block else _at_line_feeds(block)
        lines = [held + first, *rest]
        held = b"" if lines[-1].endswith(b"\n") else lines.pop()
        yield from lines
    if held:
        yield held + b",\n" if held.endswith(b"}") else held


def _at_line_feeds(block: bytes) -> list[bytes]:
    """`splitlines` takes a lone CR for a line's end; a row does not."""
    lines = [line + b"\n" for line in block.split(b"\n")]
    return lines[:-1] if block.endswith(b"\n") else [*lines[:-1], lines[-1][:-1]]


def _csv_rows(lines: Iterator[bytes]) -> Iterator[bytes]:
    """Lines joined until their quotes are even."""
    held: list[bytes] = []
    quotes = 0
    for line in lines:
        held.append(line)
        quotes += line.count(b'"')
        if quotes % 2 == 0:
            yield b"".join(held)
            held, quotes = [], 0
    if held:
        yield b"".join(held)
