"""`python -m ops.description FILE`: writes the API's OpenAPI document, from which the console's types are made."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from app import api
from endpoints.description import document


def write(file: Path) -> None:
    """Replaces `file` only where the document differs from it."""
    text = json.dumps(document(api()), indent=1, sort_keys=True)
    if not file.exists() or file.read_text(encoding="utf-8") != text:
        file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
