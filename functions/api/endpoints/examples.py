"""A request of each operation that has a body, as users would send it. The tests send every one of them."""

from __future__ import annotations

from typing import Any

_SCHEDULE: dict[str, Any] = {"frequency": "daily", "zone": "Europe/Berlin", "at": "06:00"}
_RULE: dict[str, Any] = {
    "name": "Solved tickets",
    "data": [{"dataset": "chat_tickets", "filter": "status = 'resolved'"}],
    "schedule": _SCHEDULE,
    "format": "csv",
    "destinations": ["dst_0123456789abcdef"],
}
_TEMPLATE: dict[str, Any] = {
    "name": "Tickets every morning",
    "settings": {"data": [{"dataset": "chat_tickets"}], "schedule": _SCHEDULE, "format": "csv"},
    "shared": {"everybody": True},
}
_DATASET: dict[str, Any] = {
    "name": "door_events",
    "title": "Door events",
    "description": "Who opened which door.",
    "time_field": "opened_at",
    "key_field": "event_id",
    "fields": [
        {"name": "event_id", "type": "string", "description": "The event."},
        {"name": "opened_at", "type": "timestamp", "description": "When it was opened."},
    ],
}
_SUBSCRIPTION: dict[str, Any] = {
    "name": "On call",
    "events": ["run.failure", "run.partial", "rule.paused", "hole.found"],
    "target": {"kind": "webhook", "url": "https://hooks.example.com/waybill"},
}
_SPAN: dict[str, Any] = {"start": "2026-01-05T00:00:00Z", "end": "2026-01-06T00:00:00Z"}

EXAMPLES: dict[str, dict[str, Any]] = {
    "add_dataset": _DATASET,
    "change_dataset": {
        **_DATASET,
        "fields": [*_DATASET["fields"], {"name": "door", "type": "string", "description": "Which door."}],
    },
    "search_dataset": {"span": _SPAN, "filter": "status = 'resolved'", "limit": 20},
    "list_dataset": {"span": _SPAN, "format": "csv", "title": "Tickets of a day"},
    "preview_rule": {"rule": {**_RULE, "destinations": []}, "span": _SPAN},
    "create_destination": {
        "name": "Our bucket",
        "kind": "s3",
        "settings": {
            "bucket": "acme-exports",
            "region": "eu-central-1",
            "access_key_id": "AKIAIOSFODNN7EXAMPLE",
            "secret_access_key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        },
    },
    "update_destination": {"name": "Our bucket in Frankfurt", "force": False},
    "probe_destination": {"confirm_host_key": "SHA256:ohD8VZEXGWo6Ez8GSEJQ9WpafgLFsOfLOtGGQCQo6Og"},
    "add_certificate": {
        "name": "Recording platform, 2026",
        "certificate": "-----BEGIN CERTIFICATE-----\n...\n-----END CERTIFICATE-----\n",
        "private_key": "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----\n",
    },
    "limit_destination": {"limited_to": {"users": ["anna"], "groups": ["Compliance"]}},
    "create_key": {
        "name": "Anna, dashboards",
        "permissions": ["read", "export"],
        "level": "user",
        "user": "anna",
        "groups": ["Compliance"],
        "expires_in_days": 90,
    },
    "create_template": _TEMPLATE,
    "change_template": {**_TEMPLATE, "shared": {"users": ["anna"], "groups": ["Compliance"]}},
    "create_rule_of_template": {"name": "Tickets by template", "destinations": ["dst_0123456789abcdef"]},
    "create_subscription": _SUBSCRIPTION,
    "change_subscription": {**_SUBSCRIPTION, "events": ["run.failure"]},
    "renew_secret": {"overlap_hours": 24},
    "renew_credentials": {"confirm": True, "overlap_minutes": 60},
    "calendar_of_settings": {"schedule": _SCHEDULE, "datasets": ["chat_tickets"]},
    "create_rule": _RULE,
    "update_rule": {**_RULE, "name": "Solved tickets, as CSV"},
    "activate_rule": {"missed": "all"},
    "run_rule": {"window_start": "2026-01-05T00:00:00Z"},
    "create_backfill": {"from": "2025-12-01T00:00:00Z", "to": "2025-12-05T00:00:00Z", "order": "oldest_first"},
    "stop_backfill": {"running": "cancel"},
}
