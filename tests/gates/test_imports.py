"""Which library may be imported where, and that destinations do not know each other: read from the code, so that a new
destination needs no edit here. import-linter checks the layers (pyproject.toml)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from waybill.destinations import registry

ROOT = Path(__file__).resolve().parents[2]
WAYBILL = ROOT / "layers/shared/python/waybill"
HOME = {
    "boto3": ("aws.", "destinations.s3", "wiring.environment"),
    "botocore": ("aws.", "destinations.s3", "destinations.dial", "wiring.environment"),
    "pynamodb": ("aws.tables.",),
    "paramiko": ("destinations.sftp",),
    "azure": ("destinations.azure_",),
    "duckdb": ("engines.rows_", "engines.survey_", "engines.duckdb_"),
    "numpy": ("engines.",),
    "isal": ("engines.",),
    "zstandard": ("engines.compress",),
    "xlsxwriter": ("engines.list_xlsx",),
    "fpdf": ("engines.list_canvas",),
    "fontTools": ("engines.list_fonts",),
    "cryptography": ("engines.zip_", "destinations.sftp", "media."),
    "asn1crypto": ("media.cms_",),
    "av": ("media.sounds", "media.writing"),
    "lameenc": ("media.writing",),
    "jwt": ("engines.oidc",),
    "aws_lambda_powertools": ("boundary",),
}


def modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(WAYBILL.rglob("*.py")):
        name = ".".join(path.relative_to(WAYBILL).with_suffix("").parts)
        yield name, ast.parse(path.read_text())


def imported(tree: ast.Module) -> set[str]:
    """Every imported module, those inside functions and for types included."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("library", sorted(HOME))
def test_a_library_stays_at_its_edge(library: str) -> None:
    users = [n for n, tree in modules() if any(m.split(".")[0] == library for m in imported(tree))]
    assert users, f"nothing imports {library}: take it out of HOME"
    assert [u for u in users if not u.startswith(HOME[library])] == []


def test_a_destination_does_not_know_its_siblings() -> None:
    kinds = {*registry.kinds(), "memory"}
    for name, tree in modules():
        if not name.startswith("destinations.") or name == "destinations.registry":
            continue
        own = next((k for k in kinds if name.removeprefix("destinations.").startswith(k.split("_")[0])), None)
        known = {m.split(".")[2] for m in imported(tree) if m.startswith("waybill.destinations.") and m.count(".") >= 2}
        assert known & kinds <= {own}, f"{name} imports {known & kinds}"


def test_functions_import_the_boundary_the_wiring_and_the_core_alone() -> None:
    allowed = ("waybill.boundary", "waybill.wiring", "waybill.core")
    for path in sorted((ROOT / "functions").rglob("*.py")):
        ours = {m for m in imported(ast.parse(path.read_text())) if m.startswith("waybill.")}
        assert [m for m in ours if not m.startswith(allowed)] == [], path
