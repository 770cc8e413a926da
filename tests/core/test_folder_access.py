"""Keys of hosted folders: at most two, no older one left without an end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waybill.core.folder_access import Folder, FolderKey, NewKey, end_overdue, policy, renew

FOLDER = Folder("acme", "dst_1")
START = datetime(2026, 3, 1, tzinfo=UTC)


class Keys:
    """At most two, as IAM."""

    def __init__(self) -> None:
        self.kept: list[FolderKey] = []
        self.made = 0

    def of(self, folder: Folder) -> Sequence[FolderKey]:
        return list(self.kept)

    def make(self, folder: Folder, made_by: str) -> NewKey:
        assert len(self.kept) < 2
        self.made += 1
        self.kept.append(FolderKey(f"AK{self.made}", START, made_by))
        return NewKey(f"AK{self.made}", "secret", START)

    def let_end(self, folder: Folder, key: FolderKey, ends_at: datetime) -> None:
        self.kept[self.kept.index(key)] = replace(key, ends_at=ends_at)

    def end(self, folder: Folder, access_key_id: str) -> None:
        self.kept = [key for key in self.kept if key.access_key_id != access_key_id]

    def remove(self, folder: Folder) -> None:
        self.kept.clear()

    def ids(self) -> list[str]:
        return [key.access_key_id for key in self.kept]


class Alarms:
    def __init__(self, *, broken: bool = False) -> None:
        self.set: list[tuple[datetime, str, Mapping[str, Any]]] = []
        self.broken = broken

    def at(self, moment: datetime, name: str, event: Mapping[str, Any]) -> None:
        if self.broken:
            raise RuntimeError
        self.set.append((moment, name, event))


HOUR = timedelta(hours=1)
AT_ONCE = timedelta()


def test_the_old_key_ends_at_once() -> None:
    keys, alarms = Keys(), Alarms()
    renew(FOLDER, "Ann", AT_ONCE, keys, alarms, START)
    made = renew(FOLDER, "Bob", HOUR * 0, keys, alarms, START)
    assert keys.ids() == [made.access_key_id] == ["AK2"]
    assert keys.kept[0].made_by == "Bob"
    assert alarms.set == []


def test_the_old_key_ends_after_the_overlap_and_not_before() -> None:
    keys, alarms = Keys(), Alarms()
    renew(FOLDER, "Ann", AT_ONCE, keys, alarms, START)
    renew(FOLDER, "Ann", HOUR, keys, alarms, START)
    ((moment, _, event),) = alarms.set
    assert moment > START + HOUR
    assert event == {"ask": "end", "tenant": "acme", "destination_id": "dst_1"}
    assert end_overdue(FOLDER, keys, START + HOUR - timedelta(seconds=1)) == []
    assert end_overdue(FOLDER, keys, START + HOUR) == ["AK1"]
    assert keys.ids() == ["AK2"]


def test_an_alarm_that_cannot_be_set_makes_no_key() -> None:
    keys = Keys()
    renew(FOLDER, "Ann", AT_ONCE, keys, Alarms(), START)
    with pytest.raises(RuntimeError):
        renew(FOLDER, "Ann", HOUR, keys, Alarms(broken=True), START)
    assert keys.ids() == ["AK1"]


@given(st.lists(st.sampled_from([AT_ONCE, HOUR, HOUR * 30]), min_size=1, max_size=8))
def test_only_the_newest_key_has_no_end(overlaps: list[timedelta]) -> None:
    keys, alarms = Keys(), Alarms()
    for hours, overlap in enumerate(overlaps):
        made = renew(FOLDER, "Ann", overlap, keys, alarms, START + HOUR * hours)
        assert [key.access_key_id for key in keys.kept if key.ends_at is None] == [made.access_key_id]
        assert len(keys.kept) <= 2
    end_overdue(FOLDER, keys, START + HOUR * 1000)
    assert keys.ids() == [made.access_key_id]


def test_the_policy_ends_at_the_folders_slash() -> None:
    said = str(policy("arn:aws:s3:::hosted", FOLDER))
    assert "arn:aws:s3:::hosted/acme/dst_1/*" in said
    assert "acme/dst_1*" not in said
    assert "Put" not in said
    assert "Delete" not in said


def test_a_secret_shows_in_no_text() -> None:
    assert "hush" not in repr(NewKey("AK", "hush", START))
