"""A PDF page to write lines of any script on: fonts by character, widths, and lines that break where they may."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from fpdf import FPDF
from fpdf.fonts import TTFFont
from fpdf.line_break import Fragment
from fpdf.unicode_script import UnicodeScript, get_unicode_script

from waybill.core.listing import visible
from waybill.engines.list_fonts import characters, font_of, fonts

_BASE = "base"
_REPLACEMENT = "\ufffd"
_CUT = "[…cut]"
_JOINERS = (0x200C, 0x200D)


class Canvas(FPDF):
    """A4 landscape, millimetres. A character that the base font lacks is written in the first font that has it."""

    def __init__(self) -> None:
        super().__init__("L", "mm", "A4")
        self.set_auto_page_break(False)
        # No text stands for the number of pages: a row might hold it.
        self.alias_nb_pages(None)  # type: ignore[arg-type]
        self.c_margin = 0
        self.add_font(_BASE, "", fonts()[0])
        # Joiners belong to the word around them, whatever its font.
        base = cast(TTFFont, self.fonts[_BASE])
        for joiner in _JOINERS:
            base.cmap.pop(joiner, None)
        self._loaded: dict[Path, str] = {}
        self._latest: Path | None = None
        self._word_width = lru_cache(50_000)(self._measured)

    def get_fallback_font(self, char: str, style: str = "") -> str | None:
        """Called for a character that the base font lacks."""
        found = font_of(char, self._latest)
        if found is None or found == fonts()[0]:
            return None
        if found not in self._loaded:
            self._loaded[found] = f"font{len(self._loaded)}"
            self.add_font(self._loaded[found], "", found)
        self._latest = found
        return self._loaded[found]

    def _preload_font_styles(self, text: str | None, markdown: bool, *more: Any, **named: Any) -> Sequence[Fragment]:
        """fpdf2 cuts text where its script changes, also at vowel signs and joiners, which belong to the script around
        them: such pieces are put together again, so that they are shaped as one.
        """
        whole: list[Fragment] = []
        inherits = False
        for fragment in super()._preload_font_styles(text, markdown, *more, **named):
            characters = fragment.characters
            border = inherits or (characters and get_unicode_script(characters[0]) is UnicodeScript.INHERITED)
            if whole and border and whole[-1].font is fragment.font:
                whole[-1].characters.extend(characters)
            else:
                whole.append(fragment)
            inherits = bool(characters) and get_unicode_script(characters[-1]) is UnicodeScript.INHERITED
        return whole

    def use(self, size: float, grey: int = 0) -> None:
        """Points."""
        self.set_font(_BASE, "", size)
        self.set_text_color(grey)

    def put(self, x: float, y: float, width: float, height: float, line: str) -> None:
        """One line, from the side at which its script starts."""
        self.set_text_shaping(not line.isascii())
        self._latest = None
        self.set_xy(x, y)
        self.cell(width, height, line, align="R" if _from_the_right(line) else "L")

    def width_of(self, text: str) -> float:
        """Millimetres, in the font's present size."""
        return float(self._word_width(text)) * self.font_size_pt

    def _measured(self, text: str) -> float:
        """Per point. Shaping can only be told from the whole text."""
        self.set_text_shaping(not text.isascii())
        self._latest = None
        return float(self.get_string_width(text)) / self.font_size_pt

    def lines(self, text: str, width: float, most: int) -> list[str]:
        """The text in lines that fit into `width`; at most `most`, of which the last says so where there were more."""
        found = list(itertools.islice(self._broken(text, width), most + 1))
        return found if len(found) <= most else [*found[: most - 1], _CUT]

    def _broken(self, text: str, width: float) -> Iterator[str]:
        for paragraph in text.split("\n"):
            line = ""
            for word in re.findall(r"\s*\S+|\s+$", paragraph):
                if self.width_of(line) + self.width_of(word) <= width:
                    line += word
                    continue
                if line:
                    yield line
                *full, line = self._pieces(word.lstrip(), width)
                yield from full
            yield line

    def _pieces(self, word: str, width: float) -> list[str]:
        """A word, cut where it is wider than a line; never between a letter and its marks."""
        if self.width_of(word) <= width:
            return [word]
        pieces, filled = [""], 0.0
        for cluster in _clusters(word):
            wide = self.width_of(cluster)
            if pieces[-1] and filled + wide > width:
                pieces.append("")
                filled = 0.0
            pieces[-1] += cluster
            filled += wide
        return pieces


def printable(text: str) -> str:
    """The text with U+FFFD for every character that no font has, so that nothing is gone without a trace."""
    seen = visible(text).replace("\t", "    ")
    base = characters(fonts()[0])
    return "".join(c if ord(c) in base or c == "\n" or font_of(c) else _REPLACEMENT for c in seen)


def _clusters(word: str) -> Iterator[str]:
    held = ""
    for character in word:
        joins = unicodedata.category(character).startswith("M") or ord(character) in _JOINERS
        if held and not joins and ord(held[-1]) != _JOINERS[1]:
            yield held
            held = ""
        held += character
    yield held


def _from_the_right(line: str) -> bool:
    """By its first letter that has a direction, as Unicode's algorithm for paragraphs says."""
    if line.isascii():
        return False
    directions = (unicodedata.bidirectional(c) for c in line)
    return next((d for d in directions if d in ("L", "R", "AL")), "L") != "L"
