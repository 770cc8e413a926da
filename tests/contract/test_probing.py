"""What a connection test tells of every step: its result, its time, and whether it was reached at all."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.contract.rigs import HERE, LOOPBACK, Rig
from waybill.core.deliver import Capabilities, Destination, ProbeStep, StepName
from waybill.core.errors import TransientError
from waybill.destinations import memory, s3, sftp, smtp
from waybill.destinations.probing import completed, told

KNOWN: tuple[StepName, ...] = ("resolve", "connect", "write", "delete")


def results(steps: list[ProbeStep]) -> list[str]:
    return [step.result for step in steps]


def test_every_step_of_a_good_destination_has_its_time(rig: Rig) -> None:
    destination = rig.destination()
    steps = completed(destination, 30)
    assert tuple(step.step for step in steps) == destination.probe_order
    assert set(results(steps)) == {"ok"}
    assert all(0 <= step.milliseconds < 30_000 for step in steps)


def test_what_a_failure_keeps_from_being_tried_is_listed(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    cases = [(rig.missing_place, rig.missing_step), (rig.unreachable, "connect")]
    if rig.wrong_secret:
        cases.append((dict([rig.wrong_secret]), "authenticate"))
    for changes, failing in cases:
        if not changes or failing is None:
            continue
        destination = rig.destination(**changes)
        order = destination.probe_order
        steps = completed(destination, 30)
        at = order.index(failing)
        assert tuple(step.step for step in steps) == order
        assert results(steps) == ["ok"] * at + ["failed"] + ["not_reached"] * (len(order) - at - 1)
        assert steps[at].advice
        assert not any(step.advice or step.facts or step.milliseconds for step in steps[at + 1 :])


class Slow:
    """A destination whose steps take a while, and which can be told where to fail or hang."""

    capabilities: Capabilities = memory.CAPABILITIES
    probe_order = KNOWN

    def __init__(self, fails_at: str = "", hangs_at: str = "", pause: float = 0.0) -> None:
        self.fails_at, self.hangs_at, self.pause = fails_at, hangs_at, pause
        self.goes_on, self.tidied, self.closed = threading.Event(), 0, threading.Event()

    def probe(self) -> Iterator[ProbeStep]:
        return told(KNOWN, self._steps(), self._tidy)

    def _steps(self) -> Iterator[ProbeStep]:
        for step in KNOWN:
            time.sleep(self.pause)
            if step == self.hangs_at:
                self.goes_on.wait(10)
            if step == self.fails_at:
                raise TransientError("It fails.", "Try it again.")
            yield ProbeStep(step, True, "Fine.")

    def _tidy(self) -> None:
        self.tidied += 1

    def close(self) -> None:
        self.closed.set()


def completed_of(slow: Slow, seconds: float = 10) -> list[ProbeStep]:
    destination: Destination = slow  # type: ignore[assignment]
    return completed(destination, seconds)


def test_a_steps_time_is_its_own() -> None:
    steps = completed_of(Slow(pause=0.05, fails_at="write"))
    assert results(steps) == ["ok", "ok", "failed", "not_reached"]
    assert all(45 <= step.milliseconds < 1_000 for step in steps[:3])
    assert sum(step.milliseconds for step in steps[:3]) < 1_500


def test_a_step_that_does_not_end_is_named_and_the_test_tidies_up_later() -> None:
    slow = Slow(hangs_at="write")
    steps = completed_of(slow, 0.3)
    assert results(steps) == ["ok", "ok", "failed", "not_reached"]
    assert "too slow" in steps[2].message
    assert 250 <= steps[2].milliseconds < 5_000
    assert not slow.closed.is_set()
    slow.goes_on.set()
    assert slow.closed.wait(10)
    assert slow.tidied == 1


def test_a_tidying_that_does_not_end_is_no_failed_step() -> None:
    slow = Slow(fails_at="write")
    slow._tidy = lambda: slow.goes_on.wait(10)  # type: ignore[assignment, method-assign]
    assert results(completed_of(slow, 0.3)) == ["ok", "ok", "failed", "not_reached"]
    slow.goes_on.set()


def test_a_defect_in_an_adapter_is_no_failed_step() -> None:
    slow = Slow()
    slow.probe = lambda: iter([1 // 0])  # type: ignore[method-assign, list-item]
    with pytest.raises(ZeroDivisionError):
        completed_of(slow)
    assert slow.closed.is_set()


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of a server that takes connections and never says a word."""
    with socket.create_server((LOOPBACK, 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.real
def test_servers_that_never_answer(silent: int) -> None:
    login = {"username": "u", "password": "p"}
    mail = {"sender": "a@b.example", "recipients": ["c@d.example"], "security": "none"}
    keys = {"bucket": "bucket-1", "region": "us-east-1", "access_key_id": "AKIA", "secret_access_key": "s"}
    endpoint = f"http://{LOOPBACK}:{silent}"
    for destination, stuck in (
        (sftp.connect(sftp.Config.model_validate({"host": LOOPBACK, "port": silent, **login}), HERE), "host_key"),
        (smtp.connect(smtp.Config.model_validate({"host": LOOPBACK, "port": silent, **mail}), HERE), "authenticate"),
        (s3.connect(s3.Config.model_validate({**keys, "endpoint_url": endpoint}), HERE), "authenticate"),
        (s3.connect(s3.Config.model_validate({**keys, "endpoint_url": f"https://{LOOPBACK}:{silent}"}), HERE), "tls"),
    ):
        steps = completed(destination, 3)  # a client takes long to make on a busy machine
        assert [step.step for step in steps if step.result == "failed"] == [stuck]


@pytest.mark.real
def test_the_servers_certificate_is_shown(smtp_tls_rig: Rig) -> None:
    steps = {step.step: step for step in completed(smtp_tls_rig.destination(), 30)}
    assert steps["tls"].facts["issuer"] == "commonName=Test authority"
    assert steps["tls"].facts["valid_until"]


@pytest.mark.real
def test_a_port_without_encryption_fails_at_its_step(s3_rig: Rig) -> None:
    """Its server speaks plain HTTP."""
    address = str(s3_rig.settings["endpoint_url"]).replace("http:", "https:")
    steps = completed(replace(s3_rig, settings={**s3_rig.settings, "endpoint_url": address}).destination(), 30)
    assert results(steps) == ["ok", "ok", "failed", *["not_reached"] * 4]
    assert (steps[2].step, "speaks no TLS" in steps[2].message) == ("tls", True)
