"""Manifests against their published schema, and what they say against the files."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyzipper
from jsonschema import Draft202012Validator

SCHEMA = json.loads((Path(__file__).resolve().parents[2] / "docs/manifest.schema.json").read_text())
VALIDATOR = Draft202012Validator(SCHEMA)


def check_manifest(manifest: Any) -> None:
    """The schema holds, and sums are of what is listed."""
    VALIDATOR.validate(manifest)
    totals, files = manifest["totals"], manifest["files"]
    items = [entry for file in files for entry in file.get("entries", [file])]
    assert totals["files"] == len(files)
    assert totals["bytes"] == sum(f["size"] for f in files)
    assert (
        totals["media"] == sum(1 for i in items if i["kind"] == "media") == sum(q["media"] for q in manifest["query"])
    )
    assert totals["rows"] == sum(q["rows"] for q in manifest["query"])
    assert len({i["name"] for i in items}) == len(items)


def entries_of(archive: bytes, password: str) -> dict[str, bytes]:
    with pyzipper.AESZipFile(io.BytesIO(archive)) as opened:
        opened.setpassword(password.encode())
        return {name: opened.read(name) for name in opened.namelist()}


def manifests_of(files: Mapping[str, bytes], password: str) -> Iterator[Any]:
    """The package's manifest, and the one inside its archive, whose every entry is held against it."""
    for name, data in files.items():
        if name.endswith("waybill.json"):
            yield json.loads(data)
    inside: dict[str, bytes] = {}
    for name, data in files.items():
        if name.endswith(".zip"):
            found = entries_of(data, password)
            assert not set(found) & set(inside), "an entry is in one volume"
            inside |= found
    if inside:
        manifest = json.loads(inside.pop("waybill.json"))
        assert inside.pop("waybill.json.jws").count(b"..") == 1
        listed = {f["name"]: (f["size"], f["sha256"]) for f in manifest["files"]}
        assert listed == {n: (len(d), hashlib.sha256(d).hexdigest()) for n, d in inside.items()}
        assert manifest["inside"] is True
        yield manifest
