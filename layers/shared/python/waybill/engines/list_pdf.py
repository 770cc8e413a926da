"""A list as a PDF to read and to print: A4 landscape, the columns' heads on every page, "page n of m", any script.

A cell's text is wrapped; a very long one is cut with a note. What no font holds is shown as U+FFFD.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

from waybill.core.errors import ConfigurationError
from waybill.core.listing import PDF_COLUMNS, PDF_ROWS, Listing, Row, shown
from waybill.engines.list_canvas import Canvas, printable

MEDIA_TYPE = "application/pdf"
MAX_ROWS = PDF_ROWS
MAX_COLUMNS = PDF_COLUMNS
_MARGIN, _WIDTH, _BOTTOM = 10.0, 277.0, 196.0
_PAD = 1.3
"""Millimetres between a cell's border and its text."""
_MOST_LINES = 20
_LONGEST = 20_000
"""Characters of a value that are looked at; its lines are cut long before."""
_SAMPLE = 100
_NARROW, _WIDE = 12.0, 75.0
_PIECE = 1 << 20


def pdf(listing: Listing) -> Iterator[bytes]:
    """The document in pieces of 1 MiB. The same listing gives the same bytes.

    Raises ConfigurationError before the first row is read where the list has more rows or columns than can be read on
    paper. Memory: some 10 KiB a row.
    """
    if listing.count > MAX_ROWS:
        raise _too_long(listing.count)
    if len(listing.columns) > MAX_COLUMNS:
        raise ConfigurationError(
            f"The list has {len(listing.columns)} columns, and a PDF page has room for {MAX_COLUMNS}.",
            "Choose fewer columns, or take the list as XLSX.",
        )
    return _written(listing)


def _too_long(rows: int) -> ConfigurationError:
    return ConfigurationError(
        f"The list has {rows} rows, and a PDF is made of at most {MAX_ROWS}.", "Narrow the query, or take XLSX or CSV."
    )


def _written(listing: Listing) -> Iterator[bytes]:
    document = _Document(listing)
    document.write()
    data = memoryview(document.canvas.output())
    for start in range(0, len(data), _PIECE):
        yield bytes(data[start : start + _PIECE])


class _Document:
    def __init__(self, listing: Listing) -> None:
        self.listing = listing
        self.canvas = Canvas()
        self.canvas.set_creation_date(listing.made_at)
        self.canvas.set_title(listing.title)
        self._zone = ZoneInfo(listing.zone)
        self._heads = [printable(listing.heading(c)) for c in listing.columns]
        self._size = 8.0 if len(self._heads) <= 8 else 7.0 if len(self._heads) <= 14 else 6.0
        self._line = self._size * 0.3528 * 1.4
        self._widths: list[float] = []
        self._y = _MARGIN

    def write(self) -> None:
        self.canvas.add_page()
        self._opening()
        rows = iter(self.listing.rows)
        sample = [self._cells(r) for r in itertools.islice(rows, _SAMPLE)]
        self._widths = self._shares(sample)
        self._head()
        for number, cells in enumerate(itertools.chain(sample, map(self._cells, rows))):
            if number >= MAX_ROWS:
                raise _too_long(number + 1)
            self._row(cells, shaded=number % 2 == 1)
        self._feet()

    def _opening(self) -> None:
        for text, size, most in ((self.listing.title, 14.0, 3), *((t, 8.0, 20) for t in self.listing.preamble())):
            self.canvas.use(size)
            height = size * 0.3528 * 1.4
            for line in self.canvas.lines(printable(text), _WIDTH, most):
                self.canvas.put(_MARGIN, self._y, _WIDTH, height, line)
                self._y += height
        self._y += 3

    def _cells(self, row: Row) -> list[str]:
        values = ((c, row.get(c.field.name)) for c in self.listing.columns)
        return [printable(text[:_LONGEST]) for text in (shown(c, v, self._zone) for c, v in values)]

    def _shares(self, sample: Sequence[Sequence[str]]) -> list[float]:
        """Each column's width after what its longest lines ask for, within bounds; together the page's."""
        self.canvas.use(self._size)
        wanted = []
        for number, head in enumerate(self._heads):
            words = max((self.canvas.width_of(w) for w in head.split()), default=0.0)
            longest = max((self._wish(cells[number]) for cells in sample), default=0.0)
            wanted.append(min(_WIDE, max(_NARROW, words + 2 * _PAD, longest + 2 * _PAD)))
        spare = _WIDTH - sum(wanted)
        if spare >= 0:
            return [w + spare * w / sum(wanted) for w in wanted]
        least = min(_NARROW, _WIDTH / max(1, len(wanted)))
        room = sum(w - least for w in wanted)
        return [least + (w - least) * (_WIDTH - least * len(wanted)) / room for w in wanted]

    def _wish(self, text: str) -> float:
        return max(self.canvas.width_of(line[:120]) for line in text.split("\n", 8)[:8])

    def _head(self) -> None:
        self._draw(self._heads, fill=55, ink=255)

    def _row(self, cells: Sequence[str], *, shaded: bool) -> None:
        self._draw(cells, fill=241 if shaded else 255, ink=0)

    def _draw(self, cells: Sequence[str], *, fill: int, ink: int) -> None:
        canvas = self.canvas
        canvas.use(self._size, ink)
        wrapped = [canvas.lines(c, w - 2 * _PAD, _MOST_LINES) for c, w in zip(cells, self._widths, strict=True)]
        height = max(map(len, wrapped), default=1) * self._line + 2 * _PAD
        if self._y + height > _BOTTOM:
            canvas.add_page()
            self._y = _MARGIN
            self._head()
            canvas.use(self._size, ink)
        canvas.set_fill_color(fill)
        canvas.rect(_MARGIN, self._y, _WIDTH, height, style="F")
        x = _MARGIN
        for lines, width in zip(wrapped, self._widths, strict=True):
            for at, line in enumerate(lines):
                if line:
                    canvas.put(x + _PAD, self._y + _PAD + at * self._line, width - 2 * _PAD, self._line, line)
            x += width
        self._y += height

    def _feet(self) -> None:
        """Once it is known how many pages there are."""
        canvas, pages = self.canvas, self.canvas.pages_count
        for number in range(1, pages + 1):
            canvas.page = number
            canvas.use(7.0, 90)
            canvas.put(_MARGIN, 200, 60, 4, f"page {number} of {pages}")
