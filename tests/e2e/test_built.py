"""What `sam build` made of each function: it fits Lambda, and holds nothing that another one needs."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.places import ROOT
from sandbox.surroundings import Surroundings

pytestmark = pytest.mark.sandbox
BUILD = ROOT / ".aws-sam" / "build"
MOST = 250 * 1024 * 1024  # AWS Lambda quotas: deployment package with layers, unzipped


def size(folder: Path) -> int:
    return sum(f.stat().st_size for f in folder.rglob("*") if f.is_file() and "__pycache__" not in f.parts)


def test_every_function_fits_lambda_with_its_layer(surroundings: Surroundings) -> None:
    layer = size(BUILD / "SharedLayer")
    functions = {f.name: size(f) for f in BUILD.iterdir() if f.name.endswith("Function")}
    assert len(functions) == 19
    assert {n: s for n, s in functions.items() if s + layer >= MOST} == {}


def test_heavy_libraries_are_only_where_they_are_used(surroundings: Surroundings) -> None:
    for library, owners in {
        "duckdb": {"PackageFunction", "QueryFunction", "IngestFunction", "RepairFunction"},
        "numpy": {"PackageFunction", "SealFunction", "QueryFunction"},
        "isal": {"PackageFunction", "SealFunction", "QueryFunction"},
        "fpdf": {"SealFunction", "QueryFunction"},
        "av": {"TranscodeFunction"},
        "asn1crypto": {"TranscodeFunction"},
        "cryptography": {
            "TranscodeFunction",
            "ApiFunction",
            "AuthorizeFunction",
            "PackageFunction",
            "SealFunction",
            "DeliverFunction",
            "ProbeFunction",
        },
        "jwt": {"AuthorizeFunction"},
        "paramiko": {"DeliverFunction", "ProbeFunction"},
        "azure": {"DeliverFunction", "ProbeFunction"},
    }.items():
        assert {f.parent.name for f in BUILD.glob(f"*Function/{library}")} == owners
        assert not (BUILD / "SharedLayer" / "python" / library).exists()
