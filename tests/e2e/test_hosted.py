"""The hosted folder: delivered, and read by other people's clients with keys that open this folder, until they are renewed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sandbox.api import Refused, wait_until
from sandbox.receivers import aws_client
from tests.sandboxed import Tenant

pytestmark = pytest.mark.sandbox
MIB = 1024 * 1024


@dataclass(frozen=True)
class Keys:
    """What the API said once, and the clients that use it."""

    said: dict[str, Any]
    endpoint: str

    def s3cmd(self, *command: str) -> tuple[int, str]:
        if shutil.which("s3cmd") is None:
            pytest.skip("s3cmd is not installed")
        host = self.endpoint.removeprefix("http://")
        keys = [f"--access_key={self.said['access_key_id']}", f"--secret_key={self.said['secret_access_key']}"]
        where = [
            "--no-ssl",
            f"--host={host}",
            f"--host-bucket={host}",
            f"--region={self.said['region']}",
            "--config=/dev/null",
        ]
        done = subprocess.run(
            ["s3cmd", *keys, *where, *command], capture_output=True, text=True, timeout=60, check=False
        )
        return done.returncode, done.stdout + done.stderr

    def curl(self, path: str, *more: str) -> tuple[int, bytes]:
        """The status, and the body: signed by curl's own implementation."""
        user = f"{self.said['access_key_id']}:{self.said['secret_access_key']}"
        sign = ["--aws-sigv4", f"aws:amz:{self.said['region']}:s3", "-H", "x-amz-content-sha256: UNSIGNED-PAYLOAD"]
        url = f"{self.endpoint}/{self.said['bucket']}/{path}"
        command = ["curl", "-s", "-w", "\n%{http_code}", "--user", user, *sign, *more, url]
        done = subprocess.run(command, capture_output=True, timeout=60, check=True)
        body, _, status = done.stdout.rpartition(b"\n")
        return int(status), body


def hosted(tenant: Tenant, **settings: Any) -> str:
    made = tenant.api.post("/destinations", {"name": "Folder", "kind": "hosted", "settings": settings})
    assert made["usable"], made["probe"]
    assert [step["step"] for step in made["probe"]] == ["write", "read_back", "delete"]
    return str(made["destination_id"])


def renewed(tenant: Tenant, destination: str, overlap: int = 0) -> Keys:
    body = {"confirm": True, "overlap_minutes": overlap}
    said = tenant.api.post(f"/destinations/{destination}/credentials", body)
    return Keys(said, said["endpoint"])


def shown(tenant: Tenant, destination: str) -> list[dict[str, Any]]:
    said = tenant.api.get(f"/destinations/{destination}/credentials")
    assert "secret" not in json.dumps(said)
    return list(said["keys"])


def status(call: Callable[[], Any]) -> int:
    with pytest.raises(Refused) as caught:
        call()
    return caught.value.status


@pytest.fixture(scope="module")
def delivered(new_tenant: Callable[..., Tenant]) -> tuple[Tenant, str, str]:
    """A tenant, its hosted folder, and a run of two files that lies there, one of them copied inside S3."""
    tenant = new_tenant()
    before = tenant.api.get("/datasets/chat_tickets")["registered_objects"]
    rows = [{"ticket_id": f"t{n}", "created_at": "2026-01-02T10:00:00Z", "status": "x" * 500_000} for n in range(40)]
    objects = [
        o for at in range(0, 40, 10) for o in tenant.api.put_records("chat_tickets", rows[at : at + 10])["objects"]
    ]
    tenant.registered("chat_tickets", before + len(objects))
    folder = hosted(tenant)
    rule = tenant.rule(folder, format="ndjson")
    tenant.dispatch({"time": "2026-02-01T00:00:00Z"})
    (run,) = tenant.ended(rule)
    assert run["state"] == "success", run["message"]
    return tenant, folder, run["run_id"]


def test_a_run_lies_in_the_folder_with_a_receipt_for_each_file(
    delivered: tuple[Tenant, str, str], tmp_path: Path
) -> None:
    tenant, folder, run = delivered
    keys = renewed(tenant, folder)
    assert keys.said["prefix"] == f"{tenant.name}/{folder}/"
    files = tenant.api.get(f"/runs/{run}/files")["items"]
    assert max(f["size"] for f in files) > 16 * MIB
    for file in files:
        (receipt,) = file["receipts"]
        assert receipt["compared"] == ("size" if file["size"] > 16 * MIB else "checksum")
        place = f"s3://{keys.said['bucket']}/{keys.said['prefix']}{file['name']}"
        code, said = keys.s3cmd("get", place, str(tmp_path / "file"), "--force")
        assert code == 0, said
        summed = subprocess.run(["sha256sum", str(tmp_path / "file")], capture_output=True, text=True, check=True)
        assert summed.stdout.split()[0] == file["sha256"]
        if file["size"] < MIB:
            assert keys.curl(keys.said["prefix"] + file["name"]) == (200, (tmp_path / "file").read_bytes())


def test_keys_open_their_own_folder_alone_and_change_nothing(
    delivered: tuple[Tenant, str, str], new_tenant: Callable[..., Tenant], tmp_path: Path
) -> None:
    tenant, folder, run = delivered
    neighbour = new_tenant()
    own, theirs = renewed(neighbour, hosted(neighbour)), renewed(tenant, folder)
    bucket, place = theirs.said["bucket"], theirs.said["prefix"]
    name = tenant.api.get(f"/runs/{run}/files")["items"][-1]["name"]
    assert theirs.s3cmd("ls", f"s3://{bucket}/{place}")[0] == 0
    assert theirs.curl(place + name)[0] == 200
    # The neighbour's keys in this folder, and in all that lies above it.
    for code, said in (
        own.s3cmd("ls", f"s3://{bucket}/{place}"),
        own.s3cmd("ls", f"s3://{bucket}/"),
        own.s3cmd("get", f"s3://{bucket}/{place}{name}", str(tmp_path / "x"), "--force"),
    ):
        assert code != 0
        assert "AccessDenied" in said or "403" in said, said
    assert own.curl(place + name)[0] == 403
    # A folder whose name begins as this one's does.
    assert theirs.s3cmd("ls", f"s3://{bucket}/{place.rstrip('/')}")[0] != 0
    # Its own keys write and delete nothing.
    assert theirs.curl(place + name, "-X", "DELETE")[0] == 403
    assert theirs.curl(place + "new.txt", "-X", "PUT", "--data-binary", "x")[0] == 403
    assert theirs.curl(place + name)[0] == 200


def test_a_key_that_was_renewed_away_is_refused(delivered: tuple[Tenant, str, str]) -> None:
    tenant, folder, run = delivered
    place = tenant.api.get(f"/runs/{run}/files")["items"][-1]["name"]
    first = renewed(tenant, folder)
    inside = first.said["prefix"] + place
    second = renewed(tenant, folder, overlap=30)
    assert (first.curl(inside)[0], second.curl(inside)[0]) == (200, 200)
    old, new = shown(tenant, folder)
    assert (old["access_key_id"], new["access_key_id"]) == (first.said["access_key_id"], second.said["access_key_id"])
    assert old["ends_at"]
    assert not new["ends_at"]
    assert new["made_by"] == "a test"
    third = renewed(tenant, folder)
    assert [k["access_key_id"] for k in shown(tenant, folder)] == [third.said["access_key_id"]]
    assert (first.curl(inside)[0], second.curl(inside)[0], third.curl(inside)[0]) == (403, 403, 200)
    assert first.s3cmd("ls", f"s3://{first.said['bucket']}/{first.said['prefix']}")[0] != 0


@pytest.mark.skipif(not os.environ.get("WAYBILL_SLOW"), reason="waits for two minutes; WAYBILL_SLOW=1 runs it")
def test_an_overlap_ends_by_itself(tenant: Tenant) -> None:
    folder = hosted(tenant)
    first = renewed(tenant, folder)
    place = f"s3://{first.said['bucket']}/{first.said['prefix']}"
    renewed(tenant, folder, overlap=1)
    assert first.s3cmd("ls", place)[0] == 0
    wait_until("the old key to end", lambda: first.s3cmd("ls", place)[0] != 0, 200, every=3)
    assert len(shown(tenant, folder)) == 1


def test_a_deleted_destination_leaves_no_user(tenant: Tenant) -> None:
    folder = hosted(tenant)
    keys = renewed(tenant, folder)
    iam = aws_client("iam", tenant.surroundings)
    name = f"waybill-{tenant.surroundings.stage}-{folder}"
    user = iam.get_user(UserName=name)["User"]
    assert user["Path"] == f"/waybill-{tenant.surroundings.stage}/hosted/"
    assert "HostedReaders" in user["PermissionsBoundary"]["PermissionsBoundaryArn"]
    place = f"s3://{keys.said['bucket']}/{keys.said['prefix']}"
    assert keys.s3cmd("ls", place)[0] == 0
    tenant.api.call("DELETE", f"/destinations/{folder}")
    assert name not in [u["UserName"] for u in iam.list_users()["Users"]]
    assert keys.s3cmd("ls", place)[0] != 0


def test_what_cannot_be_renewed(tenant: Tenant, new_tenant: Callable[..., Tenant]) -> None:
    folder = hosted(tenant)
    place = f"/destinations/{folder}/credentials"
    assert status(lambda: tenant.api.post(place, {"confirm": False})) == 422
    assert status(lambda: tenant.api.post(place, {})) == 422
    assert status(lambda: tenant.api.post(place, {"confirm": True, "overlap_minutes": 10_081})) == 422
    assert status(lambda: tenant.api.post(f"/destinations/{tenant.sftp()}/credentials", {"confirm": True})) == 404
    assert status(lambda: new_tenant().api.post(place, {"confirm": True})) == 404
    assert status(lambda: new_tenant("read").api.post(place, {"confirm": True})) == 403
    assert shown(tenant, folder) == []


def test_a_link_fetches_one_file_and_is_in_the_log(
    delivered: tuple[Tenant, str, str], new_tenant: Callable[..., Tenant]
) -> None:
    tenant, _, run = delivered
    files = tenant.api.get(f"/runs/{run}/files")["items"]
    for number, file in enumerate(files):
        link = tenant.api.post(f"/runs/{run}/files/{number}/link", {})
        assert (link["name"], link["seconds"]) == (file["name"], 300)
        with urllib.request.urlopen(link["url"], timeout=60) as answer:
            assert len(answer.read()) == file["size"]
    # Nothing else by the same link.
    other = link["url"].replace(files[-1]["name"].rsplit("/", 1)[-1], "other")
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(other, timeout=60)
    notes = [n for n in tenant.api.get(f"/runs/{run}")["log"] if n["step"] == "download"]
    assert len(notes) == len(files)
    assert all("a test" in n["message"] for n in notes)
    assert status(lambda: tenant.api.post(f"/runs/{run}/files/{len(files)}/link", {})) == 404
    assert status(lambda: new_tenant().api.post(f"/runs/{run}/files/0/link", {})) == 404
    assert status(lambda: new_tenant("read").api.post(f"/runs/{run}/files/0/link", {})) == 403
