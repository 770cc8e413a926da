"""From an event on the bus to a mail and a signed webhook: the function over moto's queue, tables, secrets and SES."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator, Sequence
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.sesv2.models import sesv2_backends
from moto.sqs.models import sqs_backends
from standardwebhooks.webhooks import Webhook

from tests.core.test_notify import RULE, RUN, event
from tests.integration.conftest import REGION
from tests.integration.functions import context, function
from tests.integration.house import Platform, platform
from tests.webhooks.receiver import Receiver, receiving
from waybill.aws.events import EventBridge
from waybill.aws.mail import SesMails
from waybill.aws.trying import RemoteTrial
from waybill.boundary import Defect
from waybill.core.errors import PermanentError, TransientError, WaybillError
from waybill.core.mail import is_unsafe
from waybill.core.notice import Attempt
from waybill.core.run import parse_run_id
from waybill.wiring import remote, stores

SENDER = "notices@waybill.example"


class LocalTrial:
    """Invokes the function in this process, with an event and an answer as JSON has them."""

    def run(self, tenant: str, subscription_id: str) -> Sequence[Attempt]:
        asked = {"test": {"tenant": tenant, "subscription_id": subscription_id}}
        answer = json.loads(json.dumps(function("notify").handle(asked, context(25))))
        return [Attempt.model_validate(one) for one in answer["attempts"]]


class Office:
    """The queue, fed and emptied as the bus and Lambda do."""

    def __init__(self, house: Platform, queue: str) -> None:
        self.house, self.queue = house, queue
        self.sqs: Any = boto3.client("sqs", region_name=REGION)
        self.app = function("notify")

    def tell(self, **changes: Any) -> None:
        self.sqs.send_message(QueueUrl=self.queue, MessageBody=json.dumps(event(**changes)))

    def work(self) -> int:
        """Every message that is due; how many there were. What was not worked on stays."""
        for count in range(100):
            found = self.sqs.receive_message(QueueUrl=self.queue, AttributeNames=["All"]).get("Messages", [])
            if not found:
                return count
            message = found[0]
            record = {
                "messageId": message["MessageId"],
                "receiptHandle": message["ReceiptHandle"],
                "body": message["Body"],
                "attributes": message["Attributes"],
                "eventSource": "aws:sqs",
            }
            try:
                answer = self.app.handle({"Records": [record]}, context())
            except (WaybillError, Defect):
                continue  # it comes again once its time is over
            if not answer["batchItemFailures"]:
                self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
        raise AssertionError("it goes on for ever")

    def wait_over(self) -> float:
        """Let what is put off be due now; how many seconds it had to wait for."""
        (queue,) = sqs_backends[DEFAULT_ACCOUNT_ID][REGION].queues.values()
        (message,) = queue._messages
        left = float(message.visible_at) / 1000 - time.time()
        message.change_visibility(0)
        return left

    @property
    def waits(self) -> int:
        found = self.sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=["All"])["Attributes"]
        return int(found["ApproximateNumberOfMessagesNotVisible"])

    def mails(self) -> list[Any]:
        return list(sesv2_backends[DEFAULT_ACCOUNT_ID][REGION].core_backend.sent_messages)

    def subscribe(self, target: dict[str, Any], **changes: Any) -> dict[str, Any]:
        body = {"name": "Ops", "events": ["run.failure", "rule.paused"], "target": target, **changes}
        answer = self.house.call("POST", "/subscriptions", body)
        assert answer.status == 201, answer
        return dict(answer.body)

    def attempts(self, made: dict[str, Any]) -> list[dict[str, Any]]:
        return list(self.house.call("GET", f"/subscriptions/{made['subscription_id']}/attempts").body["items"])


@pytest.fixture
def office(aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    sqs: Any = boto3.client("sqs", region_name=REGION)
    queue = sqs.create_queue(QueueName="notices", Attributes={"VisibilityTimeout": "360"})["QueueUrl"]
    boto3.client("sesv2", region_name=REGION).create_email_identity(EmailIdentity=SENDER)
    given = {"NOTICES_QUEUE": queue, "NOTIFICATION_SENDER": SENDER, "CONSOLE_URL": "https://console.example/x"}
    with platform(monkeypatch, **given) as house:
        monkeypatch.setattr(remote, "trial", LocalTrial)
        yield Office(house, queue)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def test_an_event_becomes_a_mail_for_each_and_a_webhook_that_the_receiver_can_prove(
    office: Office, receiver: Receiver
) -> None:
    hook = office.subscribe({"kind": "webhook", "url": f"{receiver.url}/hooks"})
    words = {"addresses": ["ops@acme.example", "anna@acme.example"], "subject": "{rule}: {outcome}"}
    mail = office.subscribe({"kind": "mail", **words})
    other = office.subscribe({"kind": "webhook", "url": f"{receiver.url}/other"}, events=["run.success"])
    office.tell(rule_name="Tickets\r\nBcc: eve@evil.example")
    office.tell(rule_name="Tickets\r\nBcc: eve@evil.example")  # the bus tells at least once
    office.work()
    ((path, headers, body),) = receiver.got
    said = Webhook(hook["secret"]).verify(body, headers)
    assert (path, said["type"], said["data"]["run_id"]) == ("/hooks", "run.failure", RUN)
    assert "settings" not in said["data"]
    sent = office.mails()
    assert sorted(str(m.destinations["ToAddresses"]) for m in sent) == ["['anna@acme.example']", "['ops@acme.example']"]
    assert {m.subject for m in sent} == {"Tickets Bcc: eve@evil.example: failure"}
    assert not any(is_unsafe(m.subject) for m in sent)
    assert {m.source for m in sent} == {f"Waybill <{SENDER}>"}
    assert all(f"https://console.example/x#/runs/{RUN}" in m.body for m in sent)
    assert [(a["result"], a["status"]) for a in office.attempts(hook)] == [("delivered", 200)]
    assert sorted(a["to"] for a in office.attempts(mail)) == ["anna@acme.example", "ops@acme.example"]
    assert office.attempts(other) == []
    assert office.waits == 0


def test_what_a_receiver_does_not_take_waits_and_comes_again_under_the_same_id(
    office: Office, receiver: Receiver
) -> None:
    hook = office.subscribe({"kind": "webhook", "url": receiver.url})
    receiver.answers = [500, 503]
    office.tell()
    assert office.work() == 2
    assert (office.waits, len(receiver.got)) == (1, 1)
    for expected, least, most in ((2, 0, 6), (3, 30, 72)):
        assert least < office.wait_over() <= most
        office.work()
        assert len(receiver.got) == expected
    assert office.waits == 0
    assert len({headers["webhook-id"] for _, headers, _ in receiver.got}) == 1
    found = [(a["number"], a["result"], a["status"]) for a in office.attempts(hook)]
    assert found == [(3, "delivered", 200), (2, "retried", 503), (1, "retried", 500)]


def test_a_receiver_that_wants_no_more_is_disabled_and_a_change_wakes_it(office: Office, receiver: Receiver) -> None:
    hook = office.subscribe({"kind": "webhook", "url": receiver.url})
    place = f"/subscriptions/{hook['subscription_id']}"
    receiver.answers = [410]
    office.tell()
    office.work()
    shown = office.house.call("GET", place).body
    assert (shown["state"], "410" in shown["because"]) == ("disabled", True)
    office.tell(id="e2")
    office.work()
    assert len(receiver.got) == 1
    body = {"name": "Ops", "events": ["run.failure"], "target": {"kind": "webhook", "url": receiver.url}}
    assert office.house.call("PUT", place, body, {"If-Match": "*"}).body["state"] == "active"
    office.tell(id="e3")
    office.work()
    assert len(receiver.got) == 2


def test_a_trial_sends_a_signed_event_at_once(office: Office, receiver: Receiver) -> None:
    hook = office.subscribe({"kind": "webhook", "url": receiver.url})
    place = f"/subscriptions/{hook['subscription_id']}/test"
    assert office.house.call("POST", place, {}).body["delivered"] is True
    ((_, headers, body),) = receiver.got
    assert Webhook(hook["secret"]).verify(body, headers)["type"] == "test"
    receiver.answers = [500]
    failed = office.house.call("POST", place, {}).body
    assert (failed["delivered"], failed["attempts"][0]["status"]) == (False, 500)
    mail = office.subscribe({"kind": "mail", "addresses": ["a@acme.example", "b@acme.example"]})
    tried = office.house.call("POST", f"/subscriptions/{mail['subscription_id']}/test", {}).body
    assert [one["to"] for one in tried["attempts"]] == ["a@acme.example", "b@acme.example"]
    assert [m.subject for m in office.mails()] == ["Waybill: A test"] * 2


def test_a_rule_tells_its_own_addresses_and_the_runs_log_says_so(office: Office) -> None:
    destination = office.house.made("hosted", {}, force=True)["destination_id"]
    notify = {"addresses": ["ops@acme.example"], "subject": "{rule} ({window_start})", "on": ["failure"]}
    rule = {
        "name": "Tickets",
        "data": [{"dataset": "chat_tickets"}],
        "schedule": {"frequency": "daily", "zone": "Asia/Tokyo"},
        "destinations": [destination],
        "notify": notify,
    }
    made = office.house.call("POST", "/rules", rule)
    assert made.status == 201, made
    rule_id = made.body["rule_id"]
    run_id = RUN.replace(RULE, rule_id)
    office.tell(rule_id=rule_id, run_id=run_id, rule_name="Tickets")
    office.tell(rule_id=rule_id, run_id=run_id, rule_name="Tickets", state="success", id="e2")
    office.work()
    (mail,) = office.mails()
    assert mail.subject == "Tickets (2026-03-09T09:00+09:00)"
    key = parse_run_id("acme", run_id)
    assert key is not None
    assert [note["message"] for note in stores.run_log().notes(key)] == ["ops@acme.example was told"]


def test_what_is_none_of_ours_is_left_for_an_operator(office: Office) -> None:
    """As a defect, without its words."""
    for body in ({"detail-type": "Run ended", "detail": {}}, {"nothing": 1}):
        office.sqs.send_message(QueueUrl=office.queue, MessageBody=json.dumps(body))
    office.work()
    assert office.waits == 2


def test_no_secret_is_logged_or_kept_outside_of_the_vault(
    office: Office, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    hook = office.subscribe({"kind": "webhook", "url": receiver.url})
    receiver.answers = [500]
    office.tell()
    office.work()
    secret = hook["secret"].removeprefix("whsec_")
    theirs = ("moto", "werkzeug", "responses")
    logged = [r for r in caplog.get_records("call") if not r.name.startswith(theirs)]
    messages = office.sqs.receive_message(QueueUrl=office.queue, VisibilityTimeout=0)
    seen = "\n".join([office.house.kept(), str(messages), *(f"{r.getMessage()} {vars(r)}" for r in logged)])
    assert secret not in seen
    assert secret in str(office.house.secrets())


def test_events_say_of_which_deployment_they_are(aws: None) -> None:
    bus: Any = boto3.client("events", region_name=REGION)
    bus.create_event_bus(Name="own")
    sent: list[Any] = []
    bus.meta.events.register(
        "before-call.events.PutEvents", lambda params, **_: sent.append(json.loads(params["body"]))
    )
    EventBridge(bus, stage="prod").send("waybill.runs", "Run ended", [{"id": "1"}])
    EventBridge(bus, "own").send("waybill.lake", "Registered", [{"id": "1"}])
    details = [json.loads(call["Entries"][0]["Detail"]) for call in sent]
    assert details == [{"id": "1", "stage": "prod"}, {"id": "1"}]


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("MessageRejected", PermanentError),
        ("BadRequestException", PermanentError),
        ("SendingPausedException", TransientError),
        ("TooManyRequestsException", TransientError),
    ],
)
def test_what_ses_says_of_a_refusal_goes_to_nobody(code: str, error: type[WaybillError]) -> None:
    client: Any = boto3.client("sesv2", region_name=REGION, aws_access_key_id="x", aws_secret_access_key="x")
    with Stubber(client) as stub:
        stub.add_client_error("send_email", code, "The identity arn:aws:ses:secret is not verified")
        with pytest.raises(error) as raised:
            SesMails(client, SENDER).send("a@b.example", "subject", "text", "msg_1")
    assert "secret" not in str(raised.value)


def test_a_mail_says_that_it_is_automatic() -> None:
    client: Any = boto3.client("sesv2", region_name=REGION, aws_access_key_id="x", aws_secret_access_key="x")
    sent: list[Any] = []
    client.meta.events.register("provide-client-params.sesv2.SendEmail", lambda params, **_: sent.append(params))
    with Stubber(client) as stub:
        stub.add_response("send_email", {"MessageId": "1"})
        SesMails(client, SENDER).send("a@b.example", "Grüße", "Text", "msg_1")
    simple = sent[0]["Content"]["Simple"]
    assert {h["Name"]: h["Value"] for h in simple["Headers"]} == {
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "X-Waybill-Notice": "msg_1",
    }
    assert sent[0]["Destination"] == {"ToAddresses": ["a@b.example"]}
    assert "Html" not in simple["Body"]


def test_a_trial_that_cannot_be_run_says_so() -> None:
    class Broken:
        def invoke(self, **_: Any) -> dict[str, Any]:
            class Said:
                def read(self) -> bytes:
                    return json.dumps({"errorMessage": "Task timed out"}).encode()

            return {"FunctionError": "Unhandled", "Payload": Said()}

    with pytest.raises(TransientError, match="test did not finish"):
        RemoteTrial(Broken(), "notify").run("acme", "sub_x")  # type: ignore[arg-type]
