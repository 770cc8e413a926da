"""A caller may ask what the platform takes them for, whatever they may do."""

from __future__ import annotations

import json

from tests.integration.in_process import InProcess


def test_it_says_what_the_authorizer_found(api: InProcess) -> None:
    caller = {
        "tenant": "zeta",
        "name": "Ann",
        "permissions": "read export",
        "level": "user",
        "user": "ann@zeta.example",
        "groups": json.dumps(["sales", "north"]),
    }
    answer = api.call("GET", "/caller", caller=caller)
    assert answer.status == 200
    assert answer.body == {
        "tenant": "zeta",
        "name": "Ann",
        "level": "user",
        "permissions": ["export", "read"],
        "user": "ann@zeta.example",
        "groups": ["north", "sales"],
    }


def test_one_without_any_permission_may_ask_as_well(api: InProcess) -> None:
    answer = api.call("GET", "/caller", caller={"tenant": "zeta", "name": "empty", "permissions": ""})
    assert (answer.status, answer.body["permissions"], answer.body["level"]) == (200, [], "administrator")
