"""`python -m sandbox.demo`: the main job, end to end, on this machine. Exits 0 only if every check held."""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from rich.live import Live
from rich.table import Table

from sandbox import receivers as receiving
from sandbox import up
from sandbox.api import Api, wait_until
from sandbox.demo_checks import Checked, Looked, check_failure, check_proof, check_success
from sandbox.demo_data import DemoData, gather, yesterday
from sandbox.only_one import AlreadyRunning
from sandbox.places import Places, ToolMissing
from sandbox.processes import ChildFailed
from sandbox.progress import console, waiting
from sandbox.receivers import Receivers, aws_client
from sandbox.surroundings import Surroundings

ARCHIVE_PASSWORD = "correct horse battery staple"  # noqa: S105 (the demo's own; it is printed, so that one can open the ZIP)
METADATA = ["conversation_id", "start_time", "duration_seconds", "direction", "from_number", "from_name", "to_number"]
ENDED = {"success", "partial", "failure", "cancelled"}


@dataclass
class Demo:
    """One demo in a running sandbox."""

    surroundings: Surroundings
    receivers: Receivers
    api: Api
    data: DemoData
    rules: dict[str, dict[str, Any]] = field(default_factory=dict)

    def fill_the_lake(self) -> None:
        """Records by the API and by plain S3 puts, media by plain S3 puts."""
        messages, recordings = self.data.messages, self.data.recordings
        half = len(messages) // 2
        with waiting(f"{len(messages)} messages and {len(recordings)} recordings into the lake"):
            first = self.api.put_records("conversations", messages[:half])
            lake, s3 = self.surroundings.outputs["LakeBucketName"], aws_client("s3", self.surroundings)
            lines = "".join(json.dumps(m, ensure_ascii=False) + "\n" for m in messages[half:])
            day = f"tenant=demo/dataset=conversations/dt={self.data.day:%Y-%m-%d}/hr=00"
            s3.put_object(Bucket=lake, Key=f"{day}/upstream.ndjson", Body=lines.encode())
            for recording in recordings:
                key = f"tenant=demo/dataset=recordings/media/{recording.media_name}"
                s3.put_object(Bucket=lake, Key=key, Body=recording.media)
                xml = f"tenant=demo/dataset=recordings/media/{recording.xml_name}"
                s3.put_object(Bucket=lake, Key=xml, Body=recording.xml)
            taken = self.api.put_records("recordings", [r.row for r in recordings])
            expected = {"conversations": len(first["objects"]) + 1, "recordings": len(taken["objects"])}
            for dataset, objects in expected.items():
                wait_until(f"{objects} objects of {dataset} to be registered", self._registered(dataset, objects))

    def _registered(self, dataset: str, objects: int) -> Callable[[], bool]:
        return lambda: self.api.get(f"/datasets/{dataset}")["registered_objects"] >= objects

    def make_destinations(self) -> dict[str, str]:
        """Saved, probed, and for SFTP the host key confirmed. The last one has a wrong password and is forced."""
        with waiting("destinations to be probed"):
            return {
                "s3": self._destination("Receiver's bucket", "s3", self.receivers.s3()),
                "azure_blob": self._destination("Receiver's container", "azure_blob", self.receivers.azure()),
                "sftp": self._sftp("Receiver's server", self.receivers.sftp(), force=False),
                "wrong": self._sftp("Mistyped server", self.receivers.sftp("not the password"), force=True),
            }

    def _destination(self, name: str, kind: str, settings: dict[str, Any]) -> str:
        made = self.api.post("/destinations", {"name": name, "kind": kind, "settings": settings})
        if not made["usable"]:
            raise RuntimeError(f"the probe of {name} failed: {_failed(made)}")
        return str(made["destination_id"])

    def _sftp(self, name: str, settings: dict[str, Any], *, force: bool) -> str:
        made = self.api.post("/destinations", {"name": name, "kind": "sftp", "settings": settings})
        shown = next(step["facts"]["fingerprint"] for step in made["probe"] if "fingerprint" in step["facts"])
        if shown != self.surroundings.sftp.fingerprint:
            raise RuntimeError(f"the server showed the host key {shown}; its owner says another")
        place = f"/destinations/{made['destination_id']}/probe"
        probed = self.api.post(place, {"confirm_host_key": shown, "force": force})
        if not probed["usable"]:
            raise RuntimeError(f"the probe of {name} failed: {_failed(probed)}")
        return str(made["destination_id"])

    def make_rules(self, destinations: dict[str, str]) -> None:
        """Yesterday's data, once a day: one rule a destination."""
        daily = {"frequency": "daily", "zone": "UTC", "at": "00:00", "starts_at": f"{self.data.day:%Y-%m-%dT00:00:00Z}"}
        common: dict[str, Any] = {"schedule": daily}
        wanted: dict[str, dict[str, Any]] = {
            "s3": {"name": "Conversations as JSON", "data": [{"dataset": "conversations"}], "format": "json"},
            "sftp": {
                "name": "Recordings, encrypted",
                "data": [{"dataset": "recordings", "scope": "both", "fields": METADATA}],
                "format": "csv",
                "media": {"original_xml": True},
                "detail_records": {"formats": ["csv", "pdf"], "fields": METADATA},
                "archive": {"method": "zip_aes256", "password": ARCHIVE_PASSWORD},
            },
            "azure_blob": {
                "name": "Web conversations as CSV",
                "data": [
                    {
                        "dataset": "conversations",
                        "filter": "channel = 'web' AND sender = 'user'",
                        "fields": ["message_id", "sent_at", "text", "topic"],
                    }
                ],
                "format": "csv",
            },
            "wrong": {"name": "To the mistyped server", "data": [{"dataset": "conversations"}]},
        }
        for kind, settings in wanted.items():
            body = {**common, **settings, "destinations": [destinations[kind]]}
            self.rules[kind] = self.api.post("/rules", body)

    def tick(self) -> None:
        """The heartbeat's event, with the time at which all of yesterday is due."""
        time_due = self.data.day + timedelta(days=1, minutes=30)
        name = self.surroundings.outputs["DispatchFunctionName"]
        event = json.dumps({"time": f"{time_due:%Y-%m-%dT%H:%M:%SZ}"})
        answer = aws_client("lambda", self.surroundings).invoke(FunctionName=name, Payload=event.encode())
        said = json.loads(answer["Payload"].read())
        if "FunctionError" in answer:
            raise RuntimeError(f"dispatch failed: {said}")
        console.print(f"dispatch claimed {said['claimed']} windows at {said['time']}")

    def watch(self, seconds: float = 180.0) -> dict[str, dict[str, Any]]:
        """Show the runs until all have ended; returns them by the rule's kind."""
        deadline = time.monotonic() + seconds
        with Live(console=console, refresh_per_second=4) as live:
            while True:
                runs = {kind: self._run(rule["rule_id"]) for kind, rule in self.rules.items()}
                live.update(_table(runs))
                if all(run and run["state"] in ENDED for run in runs.values()):
                    return {kind: run for kind, run in runs.items() if run}
                if time.monotonic() > deadline:
                    raise TimeoutError("the runs did not end in time; see the logs in .sandbox/")
                time.sleep(0.8)

    def _run(self, rule_id: str) -> dict[str, Any] | None:
        items = self.api.get(f"/rules/{rule_id}/runs")["items"]
        return dict(self.api.get(f"/runs/{items[0]['run_id']}")) if items else None


def _failed(destination: dict[str, Any]) -> Any:
    return next(step for step in destination["probe"] if not step["ok"])


def _table(runs: dict[str, dict[str, Any] | None]) -> Table:
    table = Table(title="Runs", title_justify="left")
    for column in ("rule", "state", "parts", "rows", "files", "bytes", "message"):
        table.add_column(column, justify="right" if column in {"parts", "rows", "files", "bytes"} else "left")
    for run in runs.values():
        if run is None:
            table.add_row("...", "waiting for its claim", "", "", "", "", "")
            continue
        p = run["progress"]
        rows = run["rows"] if run["rows"] is not None else p["rows"]
        table.add_row(
            run["rule_name"],
            run["state"],
            f"{p['parts_done']}/{p['parts'] if p['parts'] is not None else '?'}",
            f"{rows:,}",
            f"{p['files_delivered']}",
            f"{p['delivered_bytes']:,}",
            run["message"],
        )
    return table


def _files_table(checked: list[Checked]) -> Table:
    table = Table(title="Delivered files", title_justify="left")
    for column in ("destination", "file", "bytes", "rows", "sha256"):
        table.add_column(column, justify="right" if column in {"bytes", "rows"} else "left")
    for one in checked:
        for file in one.files:
            rows = "" if file["rows"] is None else f"{file['rows']:,}"
            table.add_row(one.destination, file["name"], f"{file['size']:,}", rows, file["sha256"][:16] + "…")
    return table


def play(surroundings: Surroundings, receivers: Receivers, places: Places) -> bool:
    """The whole demo; whether every check held. Writes `.sandbox/demo.json`."""
    began = time.monotonic()
    folder = places.state / "demo"
    shutil.rmtree(folder, ignore_errors=True)
    api = Api(surroundings.api, surroundings.seeded["WAYBILL_API_KEY"])
    data = gather(yesterday())
    console.print(f"exporting {data.said}")
    demo = Demo(surroundings, receivers, api, data)
    demo.fill_the_lake()
    demo.make_rules(demo.make_destinations())
    demo.tick()
    runs = demo.watch()
    look = Looked(api, receivers, data, ARCHIVE_PASSWORD, folder)
    checked = [check_success(look, kind, runs[kind]) for kind in ("s3", "sftp", "azure_blob")]
    checked.append(check_failure("wrong", runs["wrong"]))
    console.print(_files_table(checked))
    proven = check_proof(look, places.state / "signing-keys.json")
    checked.append(proven)
    console.print(f"waybill verify {folder}: {proven.said}")
    for one in checked:
        for failure in one.failures:
            console.print(f"check failed: {one.rule}: {failure}", style="red", markup=False)
    report = {
        "data": data.said,
        "rules": list(demo.rules.values()),
        "runs": [{**runs[one.kind], "checks_failed": one.failures} for one in checked if one.kind in runs],
        "verified": {"result": proven.said, "checks_failed": proven.failures},
        "files": [file for one in checked for file in one.files],
        "archive_password": ARCHIVE_PASSWORD,
        "seconds": round(time.monotonic() - began, 1),
    }
    (places.state / "demo.json").write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n")
    held = not any(one.failures for one in checked)
    console.print(
        f"{'every check held' if held else 'a check failed'}; {report['seconds']} s after the sandbox was up."
        f" Copies of the files: {folder}; all of it: {places.state / 'demo.json'}"
    )
    return held


def main() -> int:
    places = Places()
    try:
        with up.running(places) as surroundings:
            return 0 if play(surroundings, receiving.prepare(surroundings), places) else 1
    except KeyboardInterrupt:
        return 130
    except (AlreadyRunning, ToolMissing, ChildFailed, RuntimeError, TimeoutError) as failure:
        console.print(str(failure), style="red", markup=False)
        return 1


if __name__ == "__main__":
    sys.exit(main())
