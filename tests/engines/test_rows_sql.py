"""Instants as the row engine's SQL reads them, against the oracle: usual shapes, and texts that look much like one."""

from __future__ import annotations

from datetime import UTC

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engines import oracle
from waybill.engines import rows_sql

USUAL = ["2026-03-29T01:30:00Z", "2026-03-29T01:30:00.120Z", "2026-03-29 01:30:00.123Z", "2026-03-29T03:30:00+0200"]
touched = st.sampled_from("0129 \t\v+-.:TtZz\x00\u0660é")


@st.composite
def near_misses(draw: st.DrawFn) -> str:
    """A usual instant with some characters replaced, added and left out."""
    text = draw(st.one_of(st.sampled_from(USUAL), st.datetimes().map(lambda d: f"{d:%Y-%m-%dT%H:%M:%S}.120Z")))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(text)))
        text = text[:at] + draw(st.one_of(st.just(""), touched)) + text[at + draw(st.integers(0, 1)) :]
    return text


@settings(max_examples=12, deadline=None)
@given(st.lists(near_misses(), min_size=100, max_size=300))
def test_an_instant_is_one_for_the_engine_exactly_where_it_is_one_for_the_oracle(texts: list[str]) -> None:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        query = f"SELECT {rows_sql.moment_of('x')} FROM (SELECT unnest(?) AS x)"
        found = [moment for (moment,) in connection.execute(query, [texts]).fetchall()]

    wanted = [oracle.moment(text) for text in texts]
    assert [m and m.replace(tzinfo=UTC, microsecond=0) for m in found] == [w and w[0] for w in wanted]
