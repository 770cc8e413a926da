"""Media prepared by the real state machine: decrypted by a registered certificate, verified, transcoded, with their XML."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.api import Api, Refused
from sandbox.receivers import aws_client
from tests.media.openssl import EC, Identity, enveloped, identity, signature
from tests.media.sounding import coded, heard, wav
from tests.sandboxed import Tenant

pytestmark = pytest.mark.sandbox


def registered(tenant: Tenant, owner: Identity, **more: Any) -> dict[str, Any]:
    body = {"name": "Recorder", "certificate": owner.certificate.read_text(), "private_key": owner.key.read_text()}
    return dict(tenant.api.post("/certificates", {**body, **more}))


def put(tenant: Tenant, name: str, data: bytes) -> None:
    bucket = tenant.surroundings.outputs["LakeBucketName"]
    key = f"tenant={tenant.name}/dataset=recordings/media/{name}"
    aws_client("s3", tenant.surroundings).put_object(Bucket=bucket, Key=key, Body=data)


def refused(api: Api, method: str, path: str, body: object = None) -> tuple[int, str]:
    with pytest.raises(Refused) as caught:
        api.call(method, path, body)
    return caught.value.status, json.dumps(caught.value.problem)


def test_encrypted_and_signed_recordings_arrive_in_the_clear_as_mp3(tenant: Tenant, tmp_path: Path) -> None:
    owner = identity(tmp_path, "recorder")
    shown = registered(tenant, owner)
    sound = coded(6, 3)
    put(tenant, "1.wav", enveloped(tmp_path, sound, owner, "-aes-256-gcm", "-stream"))
    put(tenant, "1.wav.p7s", signature(tmp_path, sound, owner))
    put(tenant, "1.xml", b"<recording/>")
    put(tenant, "2.wav", wav(1)[:-100])
    rows = [
        {
            "conversation_id": f"r{n}",
            "start_time": "2026-01-02T10:00:00Z",
            "conversation_type": "voice",
            "encrypted_with": shown["sha1"] if n == 1 else None,
            "files": [{"name": f"{n}.wav", "key": f"{n}.wav"}],
        }
        for n in (1, 2)
    ]
    rows.append({
        "conversation_id": "r3", "start_time": "2026-01-02T10:00:00Z", "cdr_only": True,
        "related_files": [{"key": "1.wav", "from_seconds": 0.5, "to_seconds": 1.5}],
    })  # fmt: skip
    tenant.registered("recordings", len(tenant.api.put_records("recordings", rows)["objects"]))
    rule = tenant.rule(
        tenant.sftp(),
        data=[{"dataset": "recordings", "scope": "both"}],
        media={"decrypt": True, "verify_signatures": True, "stitch": True, "voice_format": "mp3", "original_xml": True},
    )
    tenant.dispatch({"time": "2026-02-01T00:00:00Z"})
    (run,) = tenant.ended(rule)
    assert run["state"] == "success", run["message"]
    files = tenant.files(run["run_id"])
    assert {"1.mp3", "1.xml", "2.wav", "r3.mp3"} <= set(files)
    assert heard(files["1.mp3"])[3] == pytest.approx(3, abs=0.2)
    assert heard(files["r3.mp3"])[3] == pytest.approx(1, abs=0.2)
    assert files["2.wav"] == wav(1)[:-100]
    manifest = json.loads(files["waybill.json"])
    assert [e["name"] for e in manifest["exceptions"]] == ["media/2.wav"]
    assert {f["name"]: f.get("signature") for f in manifest["files"] if f["kind"] == "media"} == {
        "media/1.mp3": "valid", "media/1.xml": None, "media/2.wav": None, "media/r3.mp3": "valid",
    }  # fmt: skip
    secret = owner.key.read_text().splitlines()[1]
    assert secret not in json.dumps(tenant.api.get("/certificates"))
    assert secret not in manifest["run"]["id"]


def test_certificates_are_registered_shown_and_deleted(tenant: Tenant, new_tenant: Any, tmp_path: Path) -> None:
    owner = identity(tmp_path, "recorder", EC)
    other = identity(tmp_path, "other", EC)
    shown = registered(tenant, owner)
    assert (shown["decrypts"], shown["expired"], len(shown["sha256"]), len(shown["sha1"])) == (True, False, 64, 40)
    assert "PRIVATE" not in json.dumps(tenant.api.get(f"/certificates/{shown['sha256']}"))
    body = {"name": "x", "certificate": owner.certificate.read_text()}
    wrong = {**body, "certificate": other.certificate.read_text(), "private_key": owner.key.read_text()}
    assert "does not belong" in refused(tenant.api, "POST", "/certificates", wrong)[1]
    assert refused(tenant.api, "POST", "/certificates", body)[0] == 409
    assert refused(new_tenant().api, "GET", f"/certificates/{shown['sha256']}")[0] == 404
    assert refused(new_tenant("read").api, "POST", "/certificates", body)[0] == 403
    tenant.api.call("DELETE", f"/certificates/{shown['sha256']}")
    assert tenant.api.get("/certificates")["items"] == []
