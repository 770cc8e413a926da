"""Limits that a tenant sets on a destination: a mean rate, and connections at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from bench.line import Line
from tests.contract import servers
from tests.contract.conftest import sftp_rig
from tests.contract.rigs import Bytes, Kept, Rig, deliver, outgoing
from tests.core.clock import Clock
from waybill.core.deliver import Paused, Receipt, send
from waybill.core.pace import MOMENT, TokenBucket
from waybill.destinations import memory, registry, sftp_session
from waybill.destinations.parts import PartPool

CONTENT = bytes(range(256)) * 2560  # ten parts of the memory's
PART = memory.CAPABILITIES.part_size


def test_a_file_takes_as_long_as_its_limit_says(memory_rig: Rig) -> None:
    clock = Clock()
    bucket = TokenBucket(PART, clock.read, clock.sleep)
    ledger = Kept()
    sent = send(memory_rig.destination(), outgoing("a", CONTENT), Bytes(CONTENT), ledger, lambda: False, pace=bucket)
    assert isinstance(sent, Receipt)
    assert clock.now - 100 == pytest.approx(9.0)  # nothing follows the last part
    assert memory_rig.view.files() == {"a": CONTENT}


def test_time_runs_out_also_while_a_part_waits(memory_rig: Rig) -> None:
    clock = Clock()
    slow = TokenBucket(PART // 60, clock.read, clock.sleep)
    paused = send(
        memory_rig.destination(), outgoing("a", CONTENT), Bytes(CONTENT), Kept(), lambda: clock.now > 130, pace=slow
    )
    assert paused == Paused(PART)
    assert clock.now <= 130 + 2 * MOMENT


@pytest.mark.parametrize("kind", registry.kinds())
@pytest.mark.parametrize(
    ("limits", "field"),
    [
        ({"bytes_per_second": 65_535}, "bytes_per_second"),
        ({"bytes_per_second": "fast"}, "bytes_per_second"),
        ({"connections": 0}, "connections"),
        ({"connections": 9}, "connections"),
        ({"conections": 1}, "conections"),
        (5, "limits"),
    ],
)
def test_wrong_limits_name_their_field_for_every_kind(kind: str, limits: Any, field: str) -> None:
    with pytest.raises(ValidationError) as raised:
        registry.config_model(kind).model_validate({"limits": limits})
    places = [".".join(map(str, one["loc"])) for one in raised.value.errors()]
    assert any(place.startswith("limits") and place.endswith(field) for place in places)


# -- connections


class Crowd:
    """How many are in one place at once."""

    def __init__(self) -> None:
        self.most = self._now = 0
        self._lock = threading.Lock()

    def within(self, work: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any) -> Any:
            with self._lock:
                self._now += 1
                self.most = max(self.most, self._now)
            try:
                return work(*args)
            finally:
                with self._lock:
                    self._now -= 1

        return counted


@pytest.mark.real
@pytest.mark.parametrize("connections", [1, 2, None])
@pytest.mark.parametrize("kind", ["s3", "hosted", "azure_blob"])
def test_connections_bound_the_parts_that_travel_at_once(
    kind: str, connections: int | None, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig: Rig = request.getfixturevalue(f"{kind}_rig")
    crowd, made = Crowd(), PartPool.__init__

    def counting(pool: Any, upload: Callable[..., Any], *args: Any) -> None:
        barrier = threading.Barrier(connections or 4)

        def meeting(*given: Any) -> Any:
            barrier.wait(20)  # nobody goes on before as many as may be have come
            return upload(*given)

        made(pool, crowd.within(meeting), *args)

    monkeypatch.setattr(PartPool, "__init__", counting)
    content = bytes(rig.part_size * 4 - 1)
    deliver(rig.destination(limits={"connections": connections}), "a.bin", content)
    assert crowd.most == (connections or 4)
    assert rig.view.files() == {"a.bin": content}


@pytest.mark.real
@pytest.mark.parametrize(("connections", "most"), [(1, 1), (3, 3), (None, 8)])
def test_connections_bound_the_channels(
    openssh: servers.SshServer, monkeypatch: pytest.MonkeyPatch, connections: int | None, most: int
) -> None:
    opened: list[object] = []
    channel = sftp_session.Session._channel

    def counted(session: sftp_session.Session) -> Any:
        opened.append(session)
        return channel(session)

    monkeypatch.setattr(sftp_session.Session, "_channel", counted)
    rig, line = sftp_rig(openssh, ("private_key", ""), ()), Line(openssh.port, one_way=0.03)
    content = bytes(40_000_000)
    deliver(rig.destination(port=line.port, limits={"connections": connections}, verify="size"), "a.bin", content)
    line.close()
    assert rig.view.files() == {"a.bin": content}
    assert len(opened) == most
