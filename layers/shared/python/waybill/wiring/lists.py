"""What writes lists as files. The libraries are loaded at the first use."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from waybill.core.listing import Listing
from waybill.core.lists import ListFormat, Renderer


def list_renderers(folder: Path) -> dict[ListFormat, Renderer]:
    """Only `query` carries the libraries that write sheets."""
    return {
        ListFormat.XLSX: lambda listing: import_module("waybill.engines.list_xlsx").xlsx(listing, folder),
        ListFormat.PDF: pdf,
    }


def pdf(listing: Listing) -> Iterator[bytes]:
    """Only `query` and `seal` carry the libraries that write PDFs."""
    written: Iterator[bytes] = import_module("waybill.engines.list_pdf").pdf(listing)
    return written
