"""The commands that ask the platform, as they are typed, against a server that answers what the test says."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.cli.platform import KEY, Platform, serving
from waybill_cli import runs
from waybill_cli.app import app
from waybill_cli.calling.account import NoAccount, checked_address
from waybill_cli.calling.known import rule_ids

Typed = Callable[..., tuple[int, str, str]]
RULE = {
    "rule_id": "rul_1",
    "settings": {
        "name": "Tickets \x1b[31m", "data": [{"dataset": "chat_tickets"}], "format": "csv", "destinations": ["dst_1"],
        "schedule": {"frequency": "daily", "zone": "Europe/Berlin"},
    },
    "state": "active", "paused_because": "", "next_run": "2026-03-09T05:00:00Z", "version": 3, "warnings": ["It is weak."],
}  # fmt: skip
RUN: dict[str, Any] = {
    "run_id": "run_1", "rule_id": "rul_1", "rule_name": "Tickets", "state": "ongoing", "message": "", "rows": None,
    "window_start": "2026-03-08T00:00:00Z", "window_end": "2026-03-09T00:00:00Z", "bytes": None, "files": None,
    "rejects": None, "attempt": 1, "log": [],
    "progress": {"parts": 2, "parts_done": 1, "rows": 1, "packaged_bytes": 9, "delivered_bytes": 0},
}  # fmt: skip
DONE = {
    **RUN, "state": "success", "rows": 1_234_567, "bytes": 5_300_000, "files": 2,
    "log": [{"time": "2026-03-09T05:00:00Z", "step": "finish", "message": "all is delivered"}],
}  # fmt: skip
PROBED = {
    "destination_id": "dst_1", "name": "SFTP", "kind": "sftp", "usable": False, "external_id": "", "settings": {"host": "h"},
    "probe": [{"step": "host_key", "result": "failed", "message": "SHA256:abc is not confirmed.", "advice": "Compare it."}],
    "expires_at": None, "warnings": ["It ends soon."],
    "probed_at": "2026-03-09T05:00:00Z",
}  # fmt: skip


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Platform]:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr(runs, "EVERY", 0.0)
    with serving() as platform:
        monkeypatch.setenv("WAYBILL_API", platform.address)
        monkeypatch.setenv("WAYBILL_API_KEY", KEY)
        yield platform


@pytest.fixture
def typed(platform: Platform) -> Typed:
    def run(*words: object, said: str | None = None) -> tuple[int, str, str]:
        done = CliRunner().invoke(app, [*map(str, words)], input=said, env={"COLUMNS": "160", "NO_COLOR": "1"})
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.exit_code, done.stdout, done.stderr

    return run


def file(folder: Path, document: Any) -> Path:
    path = folder / "document.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return path


def test_a_list_is_read_page_by_page_up_to_the_limit(platform: Platform, typed: Typed) -> None:
    rules = [{**RULE, "rule_id": f"rul_{n}"} for n in range(5)]
    platform.says("GET /v1/rules", {"items": rules[:3], "cursor": "more"}, {"items": rules[3:], "cursor": "never"})
    code, out, _ = typed("rules", "list", "--limit", 5, "--json")
    assert (code, [r["rule_id"] for r in json.loads(out)]) == (0, [f"rul_{n}" for n in range(5)])
    assert [a.path for a in platform.asked] == ["/v1/rules?limit=5", "/v1/rules?limit=2&cursor=more"]
    assert {a.headers["authorization"] for a in platform.asked} == {f"Bearer {KEY}"}


def test_a_table_has_no_control_character_of_anybody_else(platform: Platform, typed: Typed) -> None:
    platform.says("GET /v1/rules", {"items": [RULE], "cursor": ""})
    code, out, _ = typed("rules", "list")
    assert code == 0
    assert "\x1b" not in out
    assert all(said in out for said in ("rul_1", "Tickets \ufffd[31m", "active", "daily", "2026-03-09 05:00"))


@pytest.mark.parametrize(("group", "path"), [("rules", "rules"), ("runs", "runs"), ("destinations", "destinations")])
def test_an_empty_list_says_what_to_do(platform: Platform, typed: Typed, group: str, path: str) -> None:
    platform.says(f"GET /v1/{path}", {"items": [], "cursor": ""})
    code, out, _ = typed(group, "list")
    assert code == 0
    assert "waybill " in out


def test_a_run_is_followed_to_its_end_and_the_exit_code_says_how(platform: Platform, typed: Typed) -> None:
    platform.says("POST /v1/rules/rul_1/run", RUN, status=202)
    platform.says("GET /v1/runs/run_1", RUN, RUN, DONE)
    code, out, _ = typed("rules", "run", "rul_1", "--follow")
    assert code == 0
    assert all(said in out for said in ("success", "1,234,567", "5.3 MB", "finish", "all is delivered"))
    for state in ("failure", "partial", "cancelled"):
        platform.says("GET /v1/runs/run_1", {**DONE, "state": state})
        assert typed("runs", "show", "run_1", "--follow")[0] == 1
        assert typed("runs", "show", "run_1")[0] == 0
    platform.says("GET /v1/runs/run_1", DONE)
    code, out, _ = typed("runs", "show", "run_1", "--follow", "--json")
    assert (code, json.loads(out)) == (0, DONE)


def test_a_rule_is_made_of_a_file_and_of_standard_input(platform: Platform, typed: Typed, tmp_path: Path) -> None:
    platform.says("POST /v1/rules", RULE, status=201)
    code, out, _ = typed("rules", "create", file(tmp_path, {"name": "x"}))
    assert code == 0
    assert "Mind: It is weak." in out
    assert typed("rules", "create", "-", said='{"name": "y"}')[0] == 0
    assert [a.body for a in platform.asked] == [{"name": "x"}, {"name": "y"}]
    first, second = (a.headers["idempotency-key"] for a in platform.asked)
    assert first != second


def test_a_change_names_the_state_that_it_is_of(platform: Platform, typed: Typed, tmp_path: Path) -> None:
    for group, place, found in (("rules", "rul_1", RULE), ("destinations", "dst_1", PROBED)):
        platform.says(f"GET /v1/{group}/{place}", found)
        platform.says(f"PUT /v1/{group}/{place}", found)
        assert typed(group, "update", place, file(tmp_path, {"name": "x"}))[0] == 0
        assert platform.asked[-1].headers["if-match"] == '"of now"'
    platform.says("PUT /v1/rules/rul_1", {"detail": "Somebody changed it since you read it."}, status=412)
    code, _, err = typed("rules", "update", "rul_1", file(tmp_path, {"name": "x"}))
    assert (code, "Somebody changed it" in err) == (1, True)


def test_what_is_refused_is_told_field_by_field(platform: Platform, typed: Typed, tmp_path: Path) -> None:
    problem = {
        "status": 422, "detail": "The rule has fields that cannot be taken.",
        "errors": [{"field": "data.0.dataset", "message": "there is none of this name\x1b[2J"}],
    }  # fmt: skip
    platform.says("POST /v1/rules", problem, status=422)
    code, out, err = typed("rules", "create", file(tmp_path, {}))
    assert (code, out) == (1, "")
    assert "data.0.dataset: there is none of this name\ufffd" in err
    code, out, err = typed("rules", "create", file(tmp_path, {}), "--json")
    assert (code, out, json.loads(err)) == (1, "", problem)


def test_a_test_of_a_destination_shows_its_steps(platform: Platform, typed: Typed) -> None:
    platform.says("POST /v1/destinations/dst_1/probe", PROBED)
    code, out, _ = typed("destinations", "probe", "dst_1", "--confirm-host-key", "SHA256:abc")
    assert code == 1
    assert "SHA256:abc is not confirmed. Compare it." in out
    assert "Mind: It ends soon." in out
    assert platform.asked[0].body == {"confirm_host_key": "SHA256:abc"}


def test_a_backfill_is_followed_and_fails_with_its_runs(
    platform: Platform, typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("waybill_cli.rules.EVERY", 0.0)
    made: dict[str, Any] = {
        "backfill_id": "bf_1",
        "state": "active",
        "start": "2026-01-01T00:00:00Z",
        "end": "2026-01-04T00:00:00Z",
    }
    made |= {"total": 3, "message": ""}
    platform.says("POST /v1/rules/rul_1/backfills", made, status=202)
    ended = {**made, "state": "done", "done": 3, "rows": 9, "states": {"success": 2, "failure": 1}}
    platform.says("GET /v1/rules/rul_1/backfills/bf_1", made, ended)
    words = ("backfill", "rul_1", "--from", "2026-01-01T00:00:00Z", "--to", "2026-01-04T00:00:00Z", "--follow")
    code, out, _ = typed(*words)
    assert code == 1
    assert "2 success, 1 failure" in out
    platform.says("GET /v1/rules/rul_1/backfills/bf_1", {**ended, "states": {"success": 3}})
    assert typed(*words)[0] == 0


def test_a_calendar_and_a_preview_say_what_they_found(platform: Platform, typed: Typed, tmp_path: Path) -> None:
    at = {"utc": "2026-03-28T23:00:00Z", "local": "2026-03-29T00:00:00+01:00"}
    entry = {"start": at, "end": at, "due": at, "marks": [{"kind": "gap", "sentence": "The clocks go forward."}]}
    platform.says("GET /v1/rules/rul_1/calendar", {"zone": "Europe/Berlin", "items": [entry]})
    assert "The clocks go forward." in typed("rules", "calendar", "rul_1", "--count", 1)[1]
    found = {
        "window": {"start": "2026-01-01T00:00:00Z", "end": "2026-01-02T00:00:00Z"}, "names": ["a.csv"], "more_names": 2,
        "data": [{"dataset": "chat_tickets", "rows": 7, "bytes": 1_500, "exact": False}], "warnings": ["It forgets."],
    }  # fmt: skip
    platform.says("POST /v1/preview", found)
    code, out, _ = typed("preview", file(tmp_path, {"name": "x"}))
    assert code == 0
    assert all(said in out for said in ("chat_tickets", "1.5 KB", "an estimate", "a.csv", "and 2 more", "It forgets."))
    assert platform.asked[-1].body == {"rule": {"name": "x"}}


def test_nobody_is_asked_where_nobody_is_there(platform: Platform, typed: Typed) -> None:
    for words in (("rules", "delete", "rul_1"), ("destinations", "delete", "dst_1"), ("runs", "cancel", "run_1")):
        code, _, err = typed(*words)
        assert code == 2
        assert "--yes" in err
    assert platform.asked == []
    platform.says("DELETE /v1/rules/rul_1", b"", status=204)
    code, out, _ = typed("rules", "delete", "rul_1", "--yes")
    assert (code, out) == (0, "rul_1 is deleted.\n")


def test_a_login_is_kept_for_its_owner_alone_and_forgotten(
    platform: Platform, typed: Typed, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("WAYBILL_API_KEY")
    platform.says("GET /v1/rules", {"items": [], "cursor": ""})
    code, out, err = typed("login", platform.address, said=f"{KEY}\n")
    assert (code, err) == (0, "")
    kept = tmp_path / "config/waybill/default.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700
    assert KEY not in out
    monkeypatch.delenv("WAYBILL_API")
    assert typed("rules", "list")[0] == 0
    assert typed("rules", "list", "--profile", "other")[0] == 2
    assert typed("logout")[0] == 0
    code, _, err = typed("rules", "list")
    assert code == 2
    assert "waybill login" in err


def test_a_key_that_is_refused_is_not_kept(platform: Platform, typed: Typed, tmp_path: Path) -> None:
    platform.says("GET /v1/rules", {"detail": "This key is unknown."}, status=401)
    code, _, err = typed("login", platform.address, said=f"{KEY}\n")
    assert code == 1
    assert "This key is unknown." in err
    assert not (tmp_path / "config").exists()


def test_a_key_goes_to_no_other_address(platform: Platform, typed: Typed) -> None:
    platform.says("GET /v1/rules", b"", status=302)
    assert typed("rules", "list")[0] == 1
    assert [a.path for a in platform.asked] == ["/v1/rules?limit=50"]


def test_what_is_no_answer_of_the_api_is_told(
    platform: Platform, typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform.says("GET /v1/rules", b"<html>")
    assert "is not Waybill's API" in typed("rules", "list")[2]
    platform.says("GET /v1/rules", b"<html>", status=502)
    assert "answered 502" in typed("rules", "list")[2]
    monkeypatch.setenv("WAYBILL_API", "http://127.0.0.1:1/v1")
    code, _, err = typed("rules", "list")
    assert code == 1
    assert "does not answer" in err


@pytest.mark.parametrize(
    "address",
    [
        "export.example.com",
        "ftp://x",
        "http://export.example.com/v1",
        "https://me:pw@x",
        "https://x/?a=1",
        "http://[::1",
        "",
    ],
)
def test_an_address_over_which_a_key_would_leak_is_refused(address: str) -> None:
    with pytest.raises(NoAccount):
        checked_address(address)
    assert checked_address(" https://export.example.com/v1/ ") == "https://export.example.com/v1"
    assert checked_address("http://[::1]:8080") == "http://[::1]:8080"


@pytest.mark.parametrize("text", ["[]", "{", "nowhere"])
def test_a_file_that_is_no_object_is_refused(typed: Typed, platform: Platform, tmp_path: Path, text: str) -> None:
    path = tmp_path / "nowhere" if text == "nowhere" else file(tmp_path, text)
    assert typed("rules", "create", path)[0] == 2
    assert platform.asked == []


@pytest.mark.parametrize("key", ["", "sk_123", "wb_a b", "wb_ä"])
def test_what_is_no_key_is_refused(platform: Platform, typed: Typed, key: str) -> None:
    code, _, err = typed("login", platform.address, said=f"{key}\n")
    assert code == 2
    assert "no API key" in " ".join(err.replace("│", " ").split())
    assert platform.asked == []


def test_a_shell_completes_ids_and_never_fails(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    platform.says("GET /v1/rules", {"items": [RULE, {**RULE, "rule_id": "rul_2"}], "cursor": ""})
    assert rule_ids("rul_2") == [("rul_2", "Tickets \ufffd[31m")]
    monkeypatch.setenv("WAYBILL_API", "http://127.0.0.1:1")
    assert rule_ids("") == []
