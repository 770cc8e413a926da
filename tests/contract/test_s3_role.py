"""S3 through a tenant's role: only with the external id that the platform made, and for as long as an upload takes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.contract import servers
from tests.contract.rigs import HERE, Rig, deliver
from tests.contract.test_destinations import noise
from waybill.core.deliver import ProbeStep
from waybill.core.errors import AccessDenied, PermanentError
from waybill.destinations import s3
from waybill.destinations.dial import Surroundings, Trust

pytestmark = pytest.mark.real
EXTERNAL_ID = "waybill-0123456789abcdef"


@dataclass
class Gate:
    """The service's own STS behind a role's trust policy, which moto does not read. `asked`: the external id that the policy
    asks for; None for a policy that asks for none; "*" for one that takes any.
    """

    sts: Any = field(repr=False)
    asked: str | None = EXTERNAL_ID
    lasts: timedelta = timedelta(hours=1)
    calls: list[dict[str, Any]] = field(default_factory=list)

    def get_caller_identity(self) -> Any:
        return self.sts.get_caller_identity()

    def assume_role(self, **asked: Any) -> Any:
        self.calls.append(asked)
        given = asked.get("ExternalId")
        if self.asked not in (None, given) and not (self.asked == "*" and given):
            answer: Any = {"Error": {"Code": "AccessDenied"}, "ResponseMetadata": {"HTTPStatusCode": 403}}
            raise ClientError(answer, "AssumeRole")
        answer = self.sts.assume_role(**asked)
        answer["Credentials"]["Expiration"] = datetime.now(UTC) + self.lasts
        return answer


@pytest.fixture
def gate(s3_server: servers.S3Server) -> Gate:
    if not s3_server.role_arn:
        pytest.skip("this server has no roles")
    return Gate(
        boto3.client(
            "sts",
            endpoint_url=s3_server.endpoint,
            region_name="us-east-1",
            aws_access_key_id=s3_server.access_key_id,
            aws_secret_access_key=s3_server.secret_access_key,
        )
    )


@pytest.fixture
def role_rig(s3_rig: Rig, s3_server: servers.S3Server, gate: Gate) -> Rig:
    kept = {
        name: value for name, value in s3_rig.settings.items() if name not in ("access_key_id", "secret_access_key")
    }
    settings = {**kept, "role_arn": s3_server.role_arn}
    around = replace(HERE, trust=Trust(gate, EXTERNAL_ID, "rul_1.20260101T000000Z.1/é"))  # type: ignore[arg-type]
    return replace(s3_rig, settings=settings, surroundings=around)


def probed(rig: Rig) -> list[ProbeStep]:
    destination = rig.destination()
    steps = list(destination.probe())
    destination.close()
    return steps


def test_a_role_that_asks_for_the_external_id_is_used(role_rig: Rig, gate: Gate) -> None:
    steps = probed(role_rig)
    assert all(step.ok for step in steps), steps
    assert [step.step for step in steps][:4] == ["assume_role", "external_id", "resolve", "connect"]
    assert steps[0].facts["external_id"] == EXTERNAL_ID
    assert steps[0].facts["account"]
    content = noise(17 * 1024 * 1024)
    deliver(role_rig.destination(), "big.bin", content)
    assert role_rig.view.files() == {"big.bin": content}
    assert {call["RoleSessionName"] for call in gate.calls} == {"rul_1.20260101T000000Z.1--"}


def test_a_role_that_does_not_know_the_external_id_yet_waits_for_it(role_rig: Rig, gate: Gate) -> None:
    gate.asked = "another"
    (step,) = probed(role_rig)
    assert (step.step, step.ok) == ("assume_role", False)
    assert EXTERNAL_ID in step.advice
    assert step.facts["external_id"] == EXTERNAL_ID
    with pytest.raises(AccessDenied, match="role_arn"):
        deliver(role_rig.destination(), "a.csv", b"1")
    assert role_rig.view.files() == {}


@pytest.mark.parametrize("asked", [None, "*"], ids=["no external id", "any external id"])
def test_a_role_that_asks_for_no_id_of_ours_is_refused(role_rig: Rig, gate: Gate, asked: str | None) -> None:
    gate.asked = asked
    steps = probed(role_rig)
    assert [(step.step, step.ok) for step in steps] == [("assume_role", True), ("external_id", False)]
    assert "role_arn" in steps[-1].message
    assert "sts:ExternalId" in steps[-1].advice
    assert role_rig.view.files() == {}


def test_keys_of_the_role_are_made_anew_before_they_end(role_rig: Rig, gate: Gate) -> None:
    gate.lasts = timedelta(minutes=5)  # less than botocore wants to have in hand
    destination = role_rig.destination()
    for name in ("a.csv", "b.csv"):
        deliver(destination, name, b"1")
    assert len(gate.calls) > 2
    assert role_rig.view.files() == {"a.csv": b"1", "b.csv": b"1"}


def test_a_platform_that_assumes_no_roles_says_so(role_rig: Rig) -> None:
    with pytest.raises(PermanentError, match="roles"):
        s3.connect(role_rig.config(), Surroundings())
