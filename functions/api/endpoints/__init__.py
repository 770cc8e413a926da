"""One file a resource: parse, call the core, answer. Who may call an operation is said beside its route."""

from endpoints import (
    api_keys,
    backfills,
    calendars,
    certificates,
    credentials,
    datasets,
    destination_access,
    destinations,
    downloads,
    gaps,
    holes,
    queries,
    records,
    rules,
    runs,
    signing_keys,
)

RESOURCES = (
    datasets,
    records,
    queries,
    destinations,
    destination_access,
    certificates,
    credentials,
    calendars,
    rules,
    backfills,
    runs,
    downloads,
    gaps,
    holes,
    signing_keys,
    api_keys,
)
"""Every resource's module; each has a `router`."""
