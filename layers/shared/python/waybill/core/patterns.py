"""How names must be written, and how that is said to whoever wrote one otherwise."""

from __future__ import annotations

from collections.abc import Mapping

NAME = r"^[a-z][a-z0-9_]{0,62}$"
FIELD_NAME = r'^[a-z][a-z0-9_]{0,62}(\.[^\x00-\x1f\x7f"\\.][^\x00-\x1f\x7f"\\]{0,127})?$'
ONE_LINE = r"^[^\x00-\x1f\x7f]+$"
EXTENSION = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,15}$"

WORDS: Mapping[str, str] = {
    NAME: "must be 1 to 63 lower-case letters, digits and underscores, a letter first",
    FIELD_NAME: "must be 1 to 63 lower-case letters, digits and underscores, a letter first; a column of the open field is"
    " written with its name and a dot before",
    ONE_LINE: "must be one line of text; remove line breaks, tabs and other control characters",
    EXTENSION: "must be an ending alone, such as wav: 1 to 16 letters, digits, hyphens and underscores, without a dot",
}
