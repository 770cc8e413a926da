"""What must hold after the demo: every delivered file is what its manifest says, and nothing of the source is missing."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pypdf
import pyzipper

from sandbox.api import Api
from sandbox.demo_data import DemoData
from sandbox.receivers import Receivers, copies
from waybill_cli.verifying.look import Given, Look
from waybill_cli.verifying.signature import read_keys


@dataclass(frozen=True)
class Looked:
    """With what the receiver's side is looked at; `password` opens the archive, `folder` takes the copies."""

    api: Api
    receivers: Receivers
    data: DemoData
    password: str
    folder: Path


@dataclass
class Checked:
    """One run, looked at from the receiver's side. No `failures` means that all of it held."""

    kind: str
    rule: str
    destination: str
    files: list[dict[str, Any]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    said: str = ""

    def hold(self, what: str, held: bool) -> None:
        if not held:
            self.failures.append(what)


def check_success(look: Looked, kind: str, run: dict[str, Any]) -> Checked:
    """Fetch every file of a run as its receiver would, and hold it against the manifest and the source."""
    checked = Checked(kind, run["rule_name"], kind)
    checked.hold(f"the run ended as {run['state']}: {run['message']}", run["state"] == "success")
    arrived: dict[str, bytes] = {}
    for file in look.api.get(f"/runs/{run['run_id']}/files")["items"]:
        data = look.receivers.fetch(kind, file["name"])
        path = copies(look.folder, kind, file["name"], data)
        arrived[file["name"].rsplit("/", 1)[-1] if file["kind"] != "media" else file["name"]] = data
        checked.hold(f"{file['name']} has no receipt", len(file["receipts"]) == 1)
        checked.hold(f"{file['name']} has another SHA-256", hashlib.sha256(data).hexdigest() == file["sha256"])
        checked.files.append(
            {
                "name": file["name"],
                "size": len(data),
                "sha256": hashlib.sha256(data).hexdigest(),
                "rows": file["rows"],
                "destination": kind,
                "run_id": run["run_id"],
                "local": str(path),
            }
        )
    if "waybill.json" not in arrived:
        checked.failures.append("no manifest arrived")
        return checked
    manifest = json.loads(arrived["waybill.json"])
    for listed in manifest["files"]:
        data = arrived.get(listed["name"], b"")
        checked.hold(f"{listed['name']} is not what the manifest says", _same(listed, data))
    checked.hold("the signature is missing", "waybill.json.jws" in arrived)
    _rows(look, kind, arrived, manifest, checked)
    states = [note["message"].split(":")[0] for note in run["log"]]
    checked.hold("the log does not tell the run's end", "success" in states)
    checked.hold("rows of the run and the manifest differ", manifest["totals"]["rows"] == run["rows"])
    return checked


def check_failure(kind: str, run: dict[str, Any]) -> Checked:
    """A wrong password ends in a failure that says what to do, and leaks nothing."""
    checked = Checked(kind, run["rule_name"], "sftp (wrong password)")
    checked.hold(f"the run ended as {run['state']}", run["state"] == "failure")
    checked.hold(f"its message names no password: {run['message']}", "password" in run["message"].lower())
    everything = json.dumps(run)
    checked.hold("the message shows the secret", "not the password" not in everything)
    return checked


def check_proof(look: Looked, keys: Path) -> Checked:
    """What a receiver proves alone, with the files and the platform's public keys."""
    checked = Checked("verify", "What was received", "waybill verify")
    keys.write_text(json.dumps(look.api.get("/signing-keys")))
    receiver = Look(Given(read_keys(keys), look.password, entries=True))
    receiver.into(look.folder)
    report = receiver.finish(lambda read: None)
    checked.said = f"{report.result}; {report.runs} runs, {report.files} files, {report.signatures} signatures"
    for finding in report.findings:
        checked.failures.append(f"{finding.verdict.value}: {finding.said}")
    checked.hold("not everything is proven", (report.result, report.runs, report.signatures) == ("proven", 3, 3))
    return checked


def _same(listed: dict[str, Any], data: bytes) -> bool:
    return bool(listed["size"] == len(data) and listed["sha256"] == hashlib.sha256(data).hexdigest())


def _rows(look: Looked, kind: str, arrived: dict[str, bytes], manifest: dict[str, Any], checked: Checked) -> None:
    messages = look.data.messages
    if kind == "s3":
        rows = json.loads(arrived["conversations.json"])
        wanted = sorted(m["message_id"] for m in messages)
        checked.hold("the JSON's rows are not the source's", sorted(r["message_id"] for r in rows) == wanted)
        by_id = {m["message_id"]: m for m in messages}
        nothing = dict.fromkeys(rows[0]) if rows else {}
        same = all(row == {**nothing, **by_id[row["message_id"]]} for row in rows)
        checked.hold("a row changed on its way", same)
    elif kind == "azure_blob":
        rows = list(csv.DictReader(io.StringIO(arrived["conversations.csv"].decode(), newline="")))
        chosen = [m for m in messages if m["channel"] == "web" and m["sender"] == "user"]
        wanted = sorted((m["message_id"], m["text"]) for m in chosen)
        checked.hold(
            "the CSV's rows are not the filter's", sorted((r["message_id"], r["text"]) for r in rows) == wanted
        )
    else:
        _archive(look, arrived, manifest, checked)


def _archive(look: Looked, arrived: dict[str, bytes], manifest: dict[str, Any], checked: Checked) -> None:
    name = next(n for n in arrived if n.endswith(".zip"))
    with pyzipper.AESZipFile(io.BytesIO(arrived[name])) as archive:
        archive.setpassword(look.password.encode())
        inside = {entry: archive.read(entry) for entry in archive.namelist()}
    listed = {e["name"]: e for f in manifest["files"] for e in f.get("entries", [])}
    checked.hold("the archive's entries are not the manifest's", list(inside) == list(listed))
    inner = {f["name"]: f["sha256"] for f in json.loads(inside["waybill.json"])["files"]}
    others = {n: e["sha256"] for n, e in listed.items() if e["kind"] not in {"manifest", "signature"}}
    checked.hold("the manifest inside tells of other entries than the one outside", inner == others)
    checked.hold(
        "an entry is not what the manifest says", all(_same(listed[n], d) for n, d in inside.items() if n in listed)
    )
    sounds = {hashlib.sha256(r.media).hexdigest() for r in look.data.recordings}
    media = {hashlib.sha256(d).hexdigest() for n, d in inside.items() if n.endswith(".wav")}
    checked.hold("the recordings inside are not the source's", media == sounds)
    beside = {f"media/{r.xml_name}": r.xml for r in look.data.recordings}
    xml = {n: d for n, d in inside.items() if n.endswith(".xml")}
    checked.hold("the recorders' XML inside is not the source's", xml == beside)
    wanted = sorted(r.row["conversation_id"] for r in look.data.recordings)
    for name in ("recordings.csv", "detail-records.recordings.csv"):
        rows = csv.DictReader(io.StringIO(inside[name].decode("utf-8-sig"), newline=""))
        checked.hold(f"the rows of {name} are not the source's", sorted(r["conversation_id"] for r in rows) == wanted)
    pages = pypdf.PdfReader(io.BytesIO(inside["detail-records.recordings.pdf"])).pages
    text = "".join(page.extract_text() for page in pages)
    checked.hold("the PDF does not list every recording", [one for one in wanted if one not in text] == [])
    checked.hold("the PDF's pages have no numbers", f"page {len(pages)} of {len(pages)}" in text)
    if program := shutil.which("7z"):
        path = next(f["local"] for f in checked.files if f["name"].endswith(".zip"))
        done = subprocess.run([program, "t", f"-p{look.password}", path], capture_output=True, check=False)
        checked.hold("7z cannot open the archive", done.returncode == 0)
