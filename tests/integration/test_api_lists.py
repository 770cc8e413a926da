"""Lists of the API: page by page, filtered, in order; and cursors that serve nobody and nothing else."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from endpoints.examples import EXAMPLES
from tests.integration.in_process import ADMINISTRATOR, InProcess
from waybill.core.run import NO_TOTALS, Outcome, RunState, parse_run_id
from waybill.wiring import catalogs, clock, stores


def walked(api: InProcess, path: str, limit: int) -> list[list[dict[str, Any]]]:
    """Every page of a list."""
    pages, cursor = [], ""
    joint = "&" if "?" in path else "?"
    while True:
        page = api.get(f"{path}{joint}limit={limit}&cursor={cursor}")
        pages.append(page["items"])
        cursor = page["cursor"]
        if not cursor:
            return pages


def named(pages: list[list[dict[str, Any]]]) -> list[str]:
    return [one["settings"]["name"] for page in pages for one in page]


@pytest.fixture
def rules(api: InProcess) -> list[dict[str, Any]]:
    """Seven rules: two destinations, two datasets, two of them inactive."""
    first, second = api.destination(), api.destination()
    made = [
        api.rule(
            first if n % 2 else second,
            name=f"Rule {'zxycbaw'[n]}",
            data=[{"dataset": "conversations" if n < 3 else "chat_tickets"}],
            schedule={"frequency": "daily", "at": f"0{n}:00"},
        )
        for n in range(7)
    ]
    for one in made[:2]:
        api.expect(200, "POST", f"/rules/{one['rule_id']}/deactivate")
    return made


ORDERS = ("id", "name", "-name", "created_at", "-created_at", "next_run", "-next_run")


def test_pages_hold_every_rule_once_in_any_order(api: InProcess, rules: list[dict[str, Any]]) -> None:
    for order, limit in product(ORDERS, (1, 3, 7)):
        every_rule_once(api, rules, order, limit)


def every_rule_once(api: InProcess, rules: list[dict[str, Any]], order: str, limit: int) -> None:
    pages = walked(api, f"/rules?order={order}", limit)
    found = [one for page in pages for one in page]
    assert sorted(one["rule_id"] for one in found) == sorted(one["rule_id"] for one in rules)
    assert all(len(page) == limit for page in pages[:-1])
    assert pages[-1]
    keys = {
        "id": [one["rule_id"] for one in found],
        "name": [one["settings"]["name"] for one in found],
        "created_at": [one["created_at"] for one in found],
        "next_run": [one["next_run"] or "~" for one in found],
    }[order.removeprefix("-")]
    assert keys == sorted(keys, reverse=order.startswith("-"))


FOUND = {
    "state=inactive": "xz",
    "state=active": "abcwy",
    "dataset=conversations": "xyz",
    "dataset=conversations&state=active": "y",
    "name=RULE%20C": "c",
    "name=nobody": "",
    "destination=dst_unknown": "",
}


def test_rules_are_found_by_what_they_are(api: InProcess, rules: list[dict[str, Any]]) -> None:
    for (query, letters), order in product(FOUND.items(), ("id", "name")):
        found = named(walked(api, f"/rules?{query}&order={order}", 2))
        assert sorted(found) == [f"Rule {x}" for x in letters], f"{query} {order}"
    to = rules[0]["settings"]["destinations"][0]
    found = named(walked(api, f"/rules?destination={to}", 50))
    assert sorted(found) == ["Rule b", "Rule w", "Rule y", "Rule z"]


def test_a_rule_that_comes_or_goes_moves_no_page(api: InProcess, rules: list[dict[str, Any]]) -> None:
    first = api.get("/rules?order=name&limit=3")
    last = first["items"][-1]["rule_id"]
    api.expect(204, "DELETE", f"/rules/{last}")
    api.rule(rules[0]["settings"]["destinations"][0], name="Rule 0, before all")
    rest = api.get(f"/rules?order=name&limit=50&cursor={first['cursor']}")
    assert [one["settings"]["name"] for one in first["items"] + rest["items"]] == [f"Rule {x}" for x in "abcwxyz"]


def test_a_cursor_serves_its_own_query_and_tenant_alone(api: InProcess, rules: list[dict[str, Any]]) -> None:
    cursor = api.get("/rules?order=name&limit=2")["cursor"]
    for other in ("/rules?order=-name&", "/rules?order=name&state=active&", "/rules?", "/runs?", "/holes?"):
        answer = api.call("GET", f"{other}cursor={cursor}")
        assert answer.status == 422
        assert answer.body["errors"][0]["field"] == "cursor"
    for path in ("/rules", "/destinations", "/datasets"):
        cursor = api.get(f"{path}?limit=1")["cursor"]
        assert api.call("GET", f"{path}?cursor={cursor}").status == 200
        assert api.call("GET", f"{path}?cursor={cursor}", caller={**ADMINISTRATOR, "tenant": "zeta"}).status == 422
        assert api.call("GET", f"{path}?cursor=nonsense").status == 422


def test_destinations_are_found_by_kind_and_datasets_come_in_pages(api: InProcess) -> None:
    made = {api.destination() for _ in range(3)}
    assert {one["destination_id"] for page in walked(api, "/destinations?kind=hosted", 1) for one in page} == made
    assert walked(api, "/destinations?kind=s3", 1) == [[]]
    pages = walked(api, "/datasets", 5)
    names = [one["name"] for page in pages for one in page]
    assert names == sorted(catalogs.common_catalog())
    assert [len(page) for page in pages[:-1]] == [5] * (len(pages) - 1)


def test_a_dataset_says_whether_it_is_the_tenants_own(api: InProcess) -> None:
    api.expect(201, "POST", "/datasets", {**EXAMPLES["add_dataset"], "name": "mine"})
    assert [api.get(f"/datasets/{name}")["own"] for name in ("mine", "chat_tickets")] == [True, False]


def test_a_hosted_folder_says_where_it_is_asked_for(api: InProcess) -> None:
    said = api.get(f"/destinations/{api.destination()}/credentials")
    assert (said["bucket"], said["endpoint"].startswith("https://s3.")) == ("hosted", True)


@pytest.fixture
def runs(api: InProcess) -> list[dict[str, Any]]:
    """Five runs of one rule over five days, the second one failed."""
    rule = api.rule(schedule={"frequency": "daily", "zone": "UTC", "starts_at": "2026-01-05T00:00:00Z"})["rule_id"]
    made = [api.expect(202, "POST", f"/rules/{rule}/run") for _ in range(5)]
    key = parse_run_id("acme", made[1]["run_id"])
    assert key is not None
    stores.runs().end(key, 1, clock.now(), Outcome(RunState.FAILURE, "It failed."), NO_TOTALS)
    return made


def test_runs_are_found_by_rule_state_and_window(api: InProcess, runs: list[dict[str, Any]]) -> None:
    rule = runs[0]["rule_id"]
    for path, limit in product((f"/rules/{rule}/runs", "/runs"), (1, 2, 50)):

        def found(query: str, path: str = path, limit: int = limit) -> list[str]:
            return [one["window_start"][8:10] for page in walked(api, f"{path}?{query}", limit) for one in page]

        assert found("") == ["09", "08", "07", "06", "05"]
        assert found("order=oldest") == ["05", "06", "07", "08", "09"]
        assert found("state=failure") == ["06"]
        assert found("state=scheduled&order=oldest") == ["05", "07", "08", "09"]
        assert found("from=2026-01-06T00:00:00Z&to=2026-01-08T00:00:00Z") == ["07", "06"]
        assert found("from=2026-01-06T12:00:00Z&to=2026-01-07T00:00:01Z&state=scheduled") == ["07"]


def test_a_list_of_rules_carries_the_newest_run_where_it_is_asked_for(
    api: InProcess, runs: list[dict[str, Any]]
) -> None:
    def carried() -> list[Any]:
        return [one["last_run"] and one["last_run"]["run_id"] for one in api.get("/rules?last_run=true")["items"]]

    api.rule()  # which has not run
    assert sorted(carried(), key=str) == sorted([runs[4]["run_id"], None], key=str)
    assert [one["last_run"] for one in api.get("/rules")["items"]] == [None, None]
    newest = parse_run_id("acme", runs[4]["run_id"])
    assert newest is not None
    stores.runs().end(newest, 1, clock.now(), Outcome(RunState.FAILURE, "It failed."), NO_TOTALS)
    once_more = {"window_start": runs[4]["window_start"]}
    again = api.expect(202, "POST", f"/rules/{runs[4]['rule_id']}/run", once_more)
    assert again["generation"] == 2
    assert again["run_id"] in carried()
