"""PDF lists, read back by pypdf and by poppler."""

from __future__ import annotations

import io
import shutil
import subprocess
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pypdf
import pytest

from tests.engines.oracle import field
from tests.engines.test_list_xlsx import COLUMNS
from waybill.core.errors import ConfigurationError
from waybill.core.listing import Column, Listing
from waybill.engines import list_pdf
from waybill.engines.list_canvas import Canvas, printable
from waybill.engines.list_pdf import pdf

ID = COLUMNS[0]


def listing(rows: Sequence[dict[str, Any]], columns: Sequence[Column] = COLUMNS, count: int | None = None) -> Listing:
    return Listing(
        title="Conversations of März",
        query="count > 5",
        zone="Europe/Berlin",
        requested_by="ann@example.com",
        made_at=datetime(2026, 3, 30, 8, tzinfo=UTC),
        count=len(rows) if count is None else count,
        columns=tuple(columns),
        rows=iter(rows),
    )


def pages(rows: Sequence[dict[str, Any]], columns: Sequence[Column] = COLUMNS) -> list[str]:
    reader = pypdf.PdfReader(io.BytesIO(b"".join(pdf(listing(rows, columns)))))
    return [page.extract_text() for page in reader.pages]


def test_a_page_says_what_it_shows() -> None:
    row = {"id": "first", "at": "2026-03-29T01:00:00.5Z", "count": 2**70, "open": True, "meta": {"a": [1]}}
    (page,) = pages([row, {}])

    for text in (
        "Conversations of März", "Query: count > 5", "Rows: 2", "Times: Europe/Berlin", "Requested by: ann@example.com",
        "Made: 2026-03-30 10:00:00", "At (Europe/Berlin)", "first", "2026-03-29 03:00:00.5", str(2**70), "true",
        '{"a": [1]}', "page 1 of 1",
    ):  # fmt: skip
        assert text in page


def test_heads_and_numbers_are_on_every_page_and_every_row_is_there() -> None:
    found = pages([{"id": f"row-{n:04}", "count": n} for n in range(200)])

    assert len(found) > 3
    for number, page in enumerate(found, start=1):
        assert f"page {number} of {len(found)}" in page
        assert "At (Europe/Berlin)" in page
    assert [n for n in range(200) if f"row-{n:04}" not in "".join(found)] == []


@pytest.mark.parametrize(
    "text",
    [
        "Ελληνικά Русский ąęłň Ўзбек", "مرحبا بالعالم", "שלום עולם", "हिन्दी में क्षत्रिय", "中文汉字", "日本語かな", "한국어",
        "ภาษาไทย", "தமிழ்", "ශ්‍රී ලංකා", "می‌خواهم", "😀✓€→",
    ],
)  # fmt: skip
def test_every_script_has_its_letters(text: str) -> None:
    """Shaping reorders what a reader takes out, so letters are counted, not compared in their order."""
    assert printable(text) == text
    (page,) = pages([{"id": text}], [ID])
    wanted = {c for c in text if unicodedata.category(c)[0] in "LS"}
    assert wanted - set(unicodedata.normalize("NFC", page)) - set(page) <= set("ा")


def test_what_no_font_holds_is_seen() -> None:
    assert printable("a\x00b\U000f0000\u200bc\n𓀀") == "a\ufffdb\ufffd\u200bc\n\ufffd"
    (page,) = pages([{"id": "before\U000f0000after {nb}"}], [ID])
    assert "before\ufffdafter {nb}" in page


@pytest.mark.parametrize("word", ["ශ්‍රී", "র‍্যাব", "👨‍👩‍👧", "مُحَمَّد", "שָׁלוֹם", "e\u0301le\u0300ve", "می‌خواهم"])
def test_a_word_with_joiners_or_vowel_signs_is_shaped_as_one(word: str) -> None:
    canvas = Canvas()
    canvas.use(8)
    canvas.set_text_shaping(True)
    assert len({id(f.font) for f in canvas._preload_bidirectional_text(word, False)}) == 1
    assert len(canvas._preload_bidirectional_text(word, False)) <= (3 if "\u200c" in word else 1)


def test_lines_fit_lose_nothing_and_are_cut_visibly() -> None:
    canvas = Canvas()
    canvas.add_page()
    canvas.use(8)
    for text in ("word " * 50, "x" * 500, "中" * 200, "हिन्दी" * 50, "a\n\nb", "", " lead and trail "):
        found = canvas.lines(text, 40, 1_000)
        assert all(canvas.width_of(line) <= 40.01 for line in found), text
        assert "".join(found).replace(" ", "") == text.replace(" ", "").replace("\n", "")
    assert not any(unicodedata.category(line[0]) == "Mn" for line in canvas.lines("हिन्दी" * 50, 40, 1_000))
    short = canvas.lines("word " * 500, 60, 3)
    assert len(short) == 3
    assert short[2] == "[…cut]"


def test_a_wide_list_stays_on_the_page_and_a_long_cell_in_one() -> None:
    columns = [Column(field(f"c{n}", "string"), f"Heading number {n}") for n in range(list_pdf.MAX_COLUMNS)]
    found = pages([{"c0": "x" * 100_000, "c23": "last"}], columns)

    assert "last" in "".join(found)
    assert "[…cut]" in "".join(found)
    assert len(found) == 1


def test_what_paper_cannot_hold_is_refused_before_a_row_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match="10001 rows"):
        pdf(listing([], count=10_001))
    with pytest.raises(ConfigurationError, match="25 columns"):
        pdf(listing([], [ID] * 25))
    monkeypatch.setattr(list_pdf, "MAX_ROWS", 2)
    with pytest.raises(ConfigurationError):
        b"".join(pdf(listing([{}] * 3, count=2)))


def test_the_same_list_gives_the_same_bytes() -> None:
    rows = [{"id": text, "count": n} for n, text in enumerate(("a", "中", "م", "हि", "😀"))]

    assert b"".join(pdf(listing(rows))) == b"".join(pdf(listing(rows)))


def test_poppler_finds_no_fault(tmp_path: Path) -> None:
    program = shutil.which("pdftotext")
    if program is None:
        pytest.skip("pdftotext is not installed (tests/programs.sh installs it)")
    path = tmp_path / "list.pdf"
    path.write_bytes(b"".join(pdf(listing([{"id": "中文 مرحبا हिन्दी 😀"}], [ID]))))
    done = subprocess.run([program, path, "-"], check=True, capture_output=True)

    assert done.stderr == b""
    assert "中文" in done.stdout.decode()
