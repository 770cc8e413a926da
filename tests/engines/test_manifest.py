"""The manifest's published schema and guide: a receiver who follows them finds every fault."""

from __future__ import annotations

import base64
import copy
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from jsonschema import ValidationError

from tests.engines.manifests import SCHEMA, VALIDATOR, check_manifest, entries_of
from tests.engines.test_package import PASSWORD, Signer, bench, media, recording, seal_bench
from waybill.core.seal import seal

GUIDE = Path(__file__).resolve().parents[2] / "docs/manifest.md"


class KeySigner(Signer):
    """A signing key of the test's own."""

    key_id = "4f6c1f3e-0000-4000-8000-000000000001"

    def __init__(self) -> None:
        super().__init__()
        self._key = ec.generate_private_key(ec.SECP256R1())

    def sign(self, message: bytes) -> bytes:
        r, s = utils.decode_dss_signature(self._key.sign(message, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def jwks(self) -> dict[str, Any]:
        point = self._key.public_key().public_numbers()
        x, y = (base64.urlsafe_b64encode(n.to_bytes(32, "big")).rstrip(b"=").decode() for n in (point.x, point.y))
        return {"keys": [{"kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": self.key_id}]}


def packaged(folder: Path, signer: Signer, **changes: Any) -> dict[str, bytes]:
    work = folder / "work"
    work.mkdir()
    rows = [recording(1, "1.wav", "gone.wav") + b"{nonsense\n", recording(2)]
    details = {"formats": ["csv"], "fields": ["conversation_id"]}
    text = "conversation_id <> 'r9'"
    data = [
        {
            "dataset": "recordings",
            "scope": "both",
            "filter": {"op": "<>", "args": [{"property": "conversation_id"}, "r9"]},
        }
    ]
    here = bench(work, rows, "recordings", detail_records=details, data=data, **changes)
    media(here, "1.wav", b"sound")
    here.package()
    sealed = seal(here.plan, seal_bench(here.stage, signer))
    assert sealed is not None
    kept = {**here.stage.kept, **here.lake.kept}
    files = {f.name: kept[f.key] for f in sealed.files}
    assert json.loads(files["waybill.json"])["query"][0]["text"] == text
    return files


def places(node: Any) -> Iterator[Any]:
    """Every object in a document, but those whose keys are the tenant's."""
    if isinstance(node, dict):
        yield node
        for name, value in node.items():
            yield from places(value) if name not in {"filter", "sequence"} else ()
    elif isinstance(node, list):
        for value in node:
            yield from places(value)


OPTIONAL = {"dataset", "rows", "volume", "entries", "signature"}


@pytest.mark.parametrize("archive", [{"method": "none"}, {"method": "zip_aes256", "volume_bytes": 10_000_000}])
def test_the_schema_takes_every_manifest_and_no_unknown_or_missing_key(tmp_path: Path, archive: dict[str, Any]) -> None:
    files = packaged(tmp_path, Signer(), archive=archive)
    manifests = [json.loads(files["waybill.json"])]
    for name in files:
        if name.endswith(".zip"):
            manifests.append(json.loads(entries_of(files[name], PASSWORD)["waybill.json"]))
    assert len(manifests) == (1 if archive["method"] == "none" else 2)
    for manifest in manifests:
        check_manifest(manifest)
        for number, place in enumerate(places(manifest)):
            for name in ["surplus", *(set(place) - OPTIONAL)]:
                broken = copy.deepcopy(manifest)
                here = list(places(broken))[number]
                if name == "surplus":
                    here[name] = 1
                else:
                    del here[name]
                with pytest.raises(ValidationError):
                    VALIDATOR.validate(broken)


def commands() -> list[str]:
    return re.findall(r"```sh\n(.*?)```", GUIDE.read_text(), re.DOTALL)


def followed(folder: Path) -> list[int]:
    """The guide's commands, in the folder of a package; how each ended."""
    return [
        subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", c], cwd=folder, capture_output=True, check=False
        ).returncode
        for c in commands()
    ]


def test_a_receiver_checks_sums_and_signature_by_the_guides_commands(tmp_path: Path) -> None:
    if not shutil.which("jq") or not shutil.which("openssl"):
        pytest.skip("jq or openssl is not installed (tests/programs.sh installs them)")
    signer = KeySigner()
    for number in range(3):  # other signatures, other lengths of their numbers
        folder = tmp_path / str(number)
        folder.mkdir()
        files = packaged(folder, signer)
        for name, data in files.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(data)
        (folder / "keys.json").write_text(json.dumps(signer.jwks()))
        assert followed(folder) == [0, 0]
    (folder / "media/1.wav").write_bytes(b"other")
    assert followed(folder) == [1, 0]
    (folder / "waybill.json").write_bytes(files["waybill.json"].replace(b"r9", b"r8"))
    assert followed(folder) == [1, 1]


def test_the_guide_names_every_field() -> None:
    text = GUIDE.read_text()
    schema = SCHEMA
    names = {*schema["properties"], *schema["$defs"]["file"]["properties"]}
    for part in ("run", "window", "totals"):
        names |= set(schema["properties"][part]["properties"])
    names |= set(schema["properties"]["query"]["items"]["properties"]) - {"dataset", "sequence"}
    assert {n for n in names if f"`{n}`" not in text} <= {"files", "bytes", "tenant", "start", "end"}
