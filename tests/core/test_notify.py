"""Who is told of what, and what becomes of a notice that fails."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook

from tests.core.made import NOW, rule
from tests.core.outbox import MemoryAttempts, MemoryMails, MemoryOutbox, MemorySubscriptions, MemoryWebhooks
from tests.core.run_log import MemoryRunLog
from tests.core.stores import MemoryRules
from waybill.core.errors import ConfigurationError, PermanentError, TransientError
from waybill.core.notice import Notice, Result
from waybill.core.notify import JITTER, PAUSES, Desk, Post, deliver, fan_out, pause_after, try_now
from waybill.core.occasion import EventKind
from waybill.core.signed_webhook import secret_of
from waybill.core.subscription import DISABLED_AFTER, Subscription, SubscriptionState

RULE = "rul_0123456789abcdef"
RUN = f"{RULE}.20260309T000000Z.1"
OLD, NEW = secret_of(b"o" * 32), secret_of(b"n" * 32)
WORDS = {"addresses": ["a@b.example", "c@d.example"], "subject": "{rule}: {outcome}", "message": "{message}"}
HOOK = {"kind": "webhook", "url": "https://hooks.example.com/x"}
DETAILS: dict[str, dict[str, Any]] = {
    "Run ended": {
        "rule_id": RULE,
        "rule_name": "Daily tickets",
        "run_id": RUN,
        "attempt": 1,
        "state": "failure",
        "trigger": "schedule",
        "window_start": "2026-03-09T00:00:00Z",
        "window_end": "2026-03-10T00:00:00Z",
        "rows": 0,
        "bytes": 0,
        "files": 0,
        "rejects": 0,
        "destinations": [],
        "message": "The password was refused.",
        "next_attempt_at": None,
    },
    "Rule paused": {"rule_id": RULE, "rule_name": "Daily tickets", "run_id": RUN, "because": "10 runs failed."},
    "Destination expires": {
        "destination_id": "dst_one",
        "destination_name": "SFTP",
        "kind": "sftp",
        "expires_at": "2026-03-23T00:00:00Z",
        "message": "They end soon.",
    },
    "Hole found": {
        "rule_id": RULE,
        "rule_name": "Daily tickets",
        "kind": "missing",
        "window_start": "2026-03-09T00:00:00Z",
        "window_end": "2026-03-10T00:00:00Z",
        "run_ids": [],
        "message": "No run took charge.",
    },
}


def event(kind: str = "Run ended", tenant: str = "acme", **changes: Any) -> dict[str, Any]:
    detail = {"id": "e1", "at": "2026-03-10T12:00:00Z", "tenant": tenant, "stage": "dev"}
    return {"detail-type": kind, "detail": {**detail, **DETAILS[kind], **changes}}


def subscription(name: str = "sub_hook", target: Mapping[str, Any] = HOOK, **changes: Any) -> Subscription:
    made = {"created_at": NOW, "updated_at": NOW, "created_by": "a test", "secret_ref": "new", "rules": None}
    given = {"tenant": "acme", "subscription_id": name, "name": name, "events": list(EventKind), "target": target}
    return Subscription.model_validate({**made, **given, **changes})


class Secrets:
    kept: Mapping[str, str] = {"new": NEW, "old": OLD}

    def read(self, reference: str) -> Mapping[str, str]:
        if reference not in self.kept:
            raise ConfigurationError("The destination's or archive's secret is gone.")
        return {"secret": self.kept[reference]}

    def create(self, tenant: str, name: str, value: Mapping[str, str]) -> str:
        raise NotImplementedError

    def remove(self, reference: str) -> None:
        raise NotImplementedError


class Office:
    def __init__(self, *subscriptions: Subscription, mails: bool = True, **settings: Any) -> None:
        self.rules = MemoryRules()
        self.rules.add(rule(rule_id=RULE, **settings))
        self.subscriptions, self.attempts = MemorySubscriptions(*subscriptions), MemoryAttempts()
        self.log, self.outbox = MemoryRunLog(), MemoryOutbox()
        self.mails, self.webhooks = MemoryMails(), MemoryWebhooks()
        self.waits: list[int] = []
        post = Post(Secrets(), self.webhooks, self.mails if mails else None, self.wait, "https://console.example")
        self.desk = Desk(self.rules, self.subscriptions, self.attempts, self.log, self.outbox, post)
        self.now = NOW

    def wait(self, tenant: str) -> int:
        return self.waits.pop(0) if self.waits else 0

    def told(self, **changes: Any) -> list[tuple[str, str]]:
        """Who gets a notice of that event."""
        self.outbox.put_in.clear()
        count = fan_out(event(**changes), self.desk)
        assert count == len(self.outbox.put_in)
        return [(one.receiver, one.to) for one in self.outbox.put_in]

    def notice(self, **changes: Any) -> Notice:
        self.told(**changes)
        return self.outbox.put_in[0]

    def lived(self, notice: Notice, first: int = 1) -> int:
        """Deliver it until no attempt is due; how many there were."""
        for number in range(first, 100):
            pause = deliver(notice, number, self.desk, self.now)
            if pause is None:
                return number
            self.now += pause
        raise AssertionError("it goes on for ever")

    @property
    def state(self) -> SubscriptionState:
        return self.subscriptions.get("acme", "sub_hook").state


def test_an_event_becomes_one_notice_for_each_receiver_and_none_for_others() -> None:
    mail = subscription("sub_mail", {"kind": "mail", **WORDS})
    other = subscription("sub_other", rules=["rul_other"])
    zeta = subscription("sub_zeta", tenant="zeta")
    off = subscription("sub_off", disabled_at=NOW)
    office = Office(subscription(), mail, other, zeta, off, notify={**WORDS, "on": ["failure", "paused"]})
    both = [(RULE, "a@b.example"), (RULE, "c@d.example")]
    subscribed = [("sub_hook", ""), ("sub_mail", "a@b.example"), ("sub_mail", "c@d.example")]
    assert office.told() == both + subscribed
    assert len({one.id for one in office.outbox.put_in}) == 5
    assert office.told(state="success") == subscribed
    assert office.told(kind="Rule paused") == both + subscribed
    assert office.told(kind="Hole found") == subscribed
    assert office.told(kind="Destination expires") == [*subscribed, ("sub_other", "")]  # which is about no rule
    assert office.told(tenant="zeta", rule_id="rul_gone") == [("sub_zeta", "")]
    assert office.told(tenant="nobody") == []


@pytest.mark.parametrize("state", ["success", "partial", "failure", "cancelled"])
def test_a_subscription_is_told_of_its_own_kinds_alone(state: str) -> None:
    office = Office(subscription(events=[f"run.{state}"]))
    found = {other: office.told(state=other) for other in ("success", "partial", "failure", "cancelled")}
    assert {other for other, told in found.items() if told} == {state}


def test_an_attempt_that_is_followed_by_itself_tells_nobody() -> None:
    office = Office(subscription(), notify=WORDS)
    assert office.told(next_attempt_at="2026-03-10T12:01:00Z") == []


def test_without_mails_only_webhooks_are_told() -> None:
    office = Office(subscription(), subscription("sub_mail", {"kind": "mail", **WORDS}), mails=False, notify=WORDS)
    assert office.told() == [("sub_hook", "")]


@pytest.mark.parametrize("wrong", [{"detail-type": "Something", "detail": {}}, {}, {"detail-type": "Run ended"}])
def test_an_event_that_is_none_of_ours_is_set_aside(wrong: dict[str, Any]) -> None:
    with pytest.raises(PermanentError):
        fan_out(wrong, Office().desk)


def test_the_same_event_twice_is_the_same_notice_and_is_delivered_once() -> None:
    office = Office(subscription())
    first, second = office.notice(), office.notice()
    assert first.id == second.id
    assert (office.lived(first), office.lived(second)) == (1, 1)
    assert len(office.webhooks.posted) == 1


def test_a_webhook_is_signed_and_says_what_happened() -> None:
    office = Office(subscription())
    office.now = datetime.now(UTC)
    office.lived(office.notice())
    ((url, headers, body),) = office.webhooks.posted
    assert url == HOOK["url"]
    said = Webhook(NEW).verify(body, dict(headers))
    assert (said["type"], said["timestamp"]) == ("run.failure", "2026-03-10T12:00:00Z")
    assert said["data"] == {
        "tenant": "acme",
        **{k: v for k, v in DETAILS["Run ended"].items() if k != "next_attempt_at"},
    }
    (attempt,) = office.attempts.noted
    assert (attempt.result, attempt.status, attempt.run_id) == (Result.DELIVERED, 200, RUN)


def test_both_secrets_sign_while_they_overlap_and_no_longer() -> None:
    overlapping = subscription(previous_ref="old", previous_until=NOW + timedelta(hours=1))
    assert overlapping.signs_with(NOW) == ["new", "old"]
    assert overlapping.signs_with(NOW + timedelta(hours=1)) == ["new"]
    office = Office(overlapping)
    office.lived(office.notice())
    assert len(office.webhooks.posted[0][1]["webhook-signature"].split()) == 2


@pytest.mark.parametrize("answer", [500, 404, 301, 199, TransientError("It is silent."), ConfigurationError("Inside.")])
def test_what_is_no_2xx_is_tried_again_for_about_a_day_under_one_id_and_then_fails(answer: Any) -> None:
    office = Office(subscription())
    office.webhooks.answers = [answer] * 99
    assert office.lived(office.notice()) == len(PAUSES) + 1
    assert len({headers["webhook-id"] for _, headers, _ in office.webhooks.posted}) == 1
    assert len({headers["webhook-timestamp"] for _, headers, _ in office.webhooks.posted}) == len(PAUSES) + 1
    assert len({body for _, _, body in office.webhooks.posted}) == 1
    assert timedelta(hours=24) <= office.now - NOW <= timedelta(hours=32)
    results = [one.result for one in office.attempts.noted]
    assert results == [Result.RETRIED] * len(PAUSES) + [Result.GIVEN_UP]
    assert office.attempts.noted[0].next_at == office.attempts.noted[1].at
    assert office.state is SubscriptionState.FAILING
    assert office.subscriptions.get("acme", "sub_hook").because == office.attempts.noted[-1].message


def test_a_failing_receiver_that_takes_one_again_is_well() -> None:
    office = Office(subscription())
    office.webhooks.answers = [*[500] * (len(PAUSES) + 1), 503, 204]
    office.lived(office.notice())
    failing = office.state
    assert office.lived(office.notice(id="e2")) == 2
    assert (failing, office.state) == (SubscriptionState.FAILING, SubscriptionState.ACTIVE)


def test_after_days_of_nothing_but_failures_it_is_disabled_with_the_reason() -> None:
    office = Office(subscription())
    office.webhooks.answers = [500] * 999
    for day in range(12):
        office.now = NOW + day * timedelta(days=1)
        if not office.told(id=f"e{day}"):
            break
        deliver(office.outbox.put_in[0], len(PAUSES) + 1, office.desk, office.now)
    assert day == DISABLED_AFTER.days + 1
    kept = office.subscriptions.get("acme", "sub_hook")
    assert kept.state is SubscriptionState.DISABLED
    assert "5 days" in kept.because
    assert "500" in kept.because


def test_a_receiver_that_is_gone_is_disabled_at_once_and_what_waits_for_it_is_dropped() -> None:
    office = Office(subscription())
    waiting = office.notice(id="e2")
    office.webhooks.answers = [410]
    assert office.lived(office.notice()) == 1
    assert office.state is SubscriptionState.DISABLED
    assert office.told(id="e3") == []
    assert office.lived(waiting) == 1
    assert len(office.webhooks.posted) == 1
    office.subscriptions.remove("acme", "sub_hook")
    assert office.lived(waiting) == 1
    assert len(office.webhooks.posted) == 1


def test_a_secret_that_is_gone_is_said_and_may_come_back() -> None:
    office = Office(subscription(secret_ref="lost"))
    assert deliver(office.notice(), 1, office.desk, NOW) is not None
    assert "POST /subscriptions/sub_hook/secret" in office.attempts.noted[0].message
    assert office.webhooks.posted == []


def test_a_mail_of_a_rule_goes_to_each_address_by_itself_and_into_the_runs_log() -> None:
    office = Office(notify=WORDS)
    office.told()
    for notice in list(office.outbox.put_in):
        assert office.lived(notice) == 1
    assert [mail[:3] for mail in office.mails.sent] == [
        (to, "Daily tickets: failure", "The password was refused.") for to in WORDS["addresses"]
    ]
    assert office.log.noted == ["notify: a@b.example was told", "notify: c@d.example was told"]


def test_a_run_that_keeps_no_log_is_told_all_the_same() -> None:
    office = Office(notify=WORDS, log="minimal")
    assert office.lived(office.notice()) == 1
    assert (len(office.mails.sent), office.log.noted) == (1, [])


def test_a_mail_that_is_refused_is_given_up_and_one_that_is_put_off_is_not() -> None:
    office = Office(notify=WORDS)
    notice = office.notice()
    office.mails.fails = [TransientError("Busy."), PermanentError("The mail service refused the mail.")]
    assert office.lived(notice) == 2
    assert office.mails.sent == []
    assert office.log.noted == ["notify: a@b.example was not told: The mail service refused the mail."]


def test_a_tenant_who_sends_too_many_mails_sends_the_rest_later() -> None:
    office = Office(notify=WORDS)
    office.waits = [30, 1]
    assert office.lived(office.notice()) == 3
    assert len(office.mails.sent) == 1
    assert "sent later" in office.attempts.noted[0].message


def test_windows_are_told_in_the_rules_zone() -> None:
    zoned = {"frequency": "daily", "zone": "Asia/Tokyo"}
    office = Office(notify={**WORDS, "message": "{window_start} {link}"}, schedule=zoned)
    office.lived(office.notice())
    assert office.mails.sent[0][2] == f"2026-03-09T09:00+09:00 https://console.example#/runs/{RUN}"


def test_a_trial_sends_one_event_to_each_now_and_changes_nothing_else() -> None:
    office = Office()
    office.webhooks.answers = [410]
    hook = subscription(disabled_at=NOW)
    office.subscriptions.add(hook)
    (attempt,) = try_now(hook, office.desk, NOW)
    assert (attempt.event, attempt.result, attempt.status) == ("test", Result.GIVEN_UP, 410)
    assert office.subscriptions.get("acme", "sub_hook") == hook
    assert json.loads(office.webhooks.posted[0][2])["type"] == "test"
    mailed = try_now(subscription("sub_mail", {"kind": "mail", "addresses": ["a@b.example"]}), office.desk, NOW)
    assert [one.result for one in mailed] == [Result.DELIVERED]
    assert office.mails.sent[0][1] == "Waybill: A test"
    assert office.attempts.noted == [attempt, *mailed]


@given(st.integers(1, len(PAUSES)), st.uuids())
def test_pauses_are_spread_and_none_is_longer_than_a_queue_can_hold(number: int, seed: object) -> None:
    pause = pause_after(number, str(seed))
    assert pause is not None
    assert PAUSES[number - 1] <= pause <= PAUSES[number - 1] * (1 + JITTER)
    assert pause < timedelta(hours=12)
    assert pause == pause_after(number, str(seed))
