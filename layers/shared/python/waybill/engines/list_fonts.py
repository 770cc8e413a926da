"""Which font shows which character: Noto Sans first, then the fonts of other scripts, symbols, emoji, and last CJK.

The fonts come with two packages and are free (SIL Open Font License). Chinese characters are shown in their Japanese
form. Fonts are opened when the first character needs them.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import manimgx_fonts
import noto_cjk_sans_jp_regular
from fontTools.ttLib import TTFont

_LAST = ("NotoSansSymbols", "NotoEmoji")


@cache
def fonts() -> tuple[Path, ...]:
    """In the order in which they are asked; the first is the base."""
    noto = sorted(Path(manimgx_fonts.__file__).parent.glob("*.ttf"))
    base = [p for p in noto if p.name.startswith("NotoSans[")]
    last = [p for start in _LAST for p in noto if p.name.startswith(start)]
    scripts = [p for p in noto if p not in base + last and "Italic" not in p.name]
    cjk = sorted(Path(noto_cjk_sans_jp_regular.__file__).parent.glob("*.otf"))
    return (*base, *scripts, *last, *cjk)


@cache
def characters(font: Path) -> frozenset[int]:
    """The code points that the font has glyphs for."""
    with TTFont(font, lazy=True) as opened:
        return frozenset(opened.getBestCmap())


def font_of(character: str, preferred: Path | None = None) -> Path | None:
    """The preferred font if it has the character, so that a word stays in one; else the first that has it, if any."""
    code = ord(character)
    if preferred is not None and code in characters(preferred):
        return preferred
    return next((f for f in fonts() if code in characters(f)), None)
