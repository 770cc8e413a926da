"""From nothing to a proven delivery by the command line alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from sandbox import receivers as receiving
from tests.sandboxed import Tenant
from waybill_cli.app import app

pytestmark = pytest.mark.sandbox
Typed = Callable[..., tuple[int, str, str]]


@pytest.fixture
def typed(tenant: Tenant, tmp_path: Path) -> Typed:
    environment = {"XDG_CONFIG_HOME": str(tmp_path / "config"), "COLUMNS": "200", "NO_COLOR": "1"}

    def run(*words: object, said: str | None = None) -> tuple[int, str, str]:
        done = CliRunner().invoke(app, [*map(str, words)], input=said, env=environment)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.exit_code, done.stdout, done.stderr

    return run


def made(typed: Typed, *words: object, said: dict[str, Any]) -> dict[str, Any]:
    code, out, err = typed(*words, "-", "--json", said=json.dumps(said))
    assert code == 0, err
    return dict(json.loads(out))


def test_a_rule_is_made_run_and_its_delivery_proven(tenant: Tenant, typed: Typed, tmp_path: Path) -> None:
    tenant.tickets(1, 2, 3)
    assert typed("login", tenant.api.base, said=f"{tenant.api.key}\n")[0] == 0
    folder = tenant.surroundings.sftp.folder / receiving.PREFIX / tenant.name
    folder.mkdir(parents=True)
    settings = {**tenant.receivers.sftp(), "path": f"{receiving.PREFIX}/{tenant.name}"}
    place = made(typed, "destinations", "create", said={"name": "SFTP", "kind": "sftp", "settings": settings})
    code, out, _ = typed("destinations", "probe", place["destination_id"])
    assert code == 1
    assert tenant.surroundings.sftp.fingerprint in out
    confirmed = ("--confirm-host-key", tenant.surroundings.sftp.fingerprint)
    assert typed("destinations", "probe", place["destination_id"], *confirmed)[0] == 0

    wanted = {
        "name": "Tickets", "data": [{"dataset": "chat_tickets"}], "destinations": [place["destination_id"]],
        "schedule": {"frequency": "manual", "starts_at": "2026-01-01T00:00:00Z"},
    }  # fmt: skip
    code, _, err = typed("rules", "create", "-", said=json.dumps({**wanted, "fromat": "csv"}))
    assert code == 1
    assert "fromat: is not a known field" in err
    week = {"start": "2026-01-01T00:00:00Z", "end": "2026-01-08T00:00:00Z"}
    code, out, err = typed("preview", "-", "--json", said=json.dumps({"rule": wanted, "span": week}))
    assert (code, [d["rows"] for d in json.loads(out)["data"]]) == (0, [3]), err
    rule = made(typed, "rules", "create", said=wanted)
    changed = made(typed, "rules", "update", rule["rule_id"], said={**wanted, "name": "Tickets, changed"})
    assert changed["settings"]["name"] == "Tickets, changed"
    code, out, err = typed("rules", "run", rule["rule_id"], "--follow", "--json")
    assert code == 0, err
    run = json.loads(out)
    assert (run["state"], run["rows"]) == ("success", 3)
    assert "waybill.json" in typed("runs", "files", run["run_id"])[1]
    assert run["run_id"] in typed("runs", "list")[1]

    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps(tenant.api.get("/signing-keys")))
    code, out, _ = typed("verify", folder, "--keys", keys)
    assert (code, "PROVEN" in out) == (0, True)
