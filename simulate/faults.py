"""What goes wrong: a process that dies before or after any call to a store, stores that do not answer, reads that lag."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any, TypeVar, cast

from simulate.clockwork import Clockwork
from tests.core.stores import MemoryRules
from waybill.core.errors import NotFound, TransientError
from waybill.core.rule import Rule, RuleRef

T = TypeVar("T")


class Killed(BaseException):
    """The process is gone. No handler of ours sees it coming."""


@dataclass
class Weather:
    """`kills`: how likely a process dies at one call; `outage`: when no store answers. `calm` ends all of it."""

    chance: Random
    clock: Clockwork
    kills: float
    outage: tuple[datetime, datetime]
    calm: bool = False
    deaths: int = field(default=0)

    def strikes(self, likely: float) -> bool:
        return not self.calm and self.chance.random() < likely

    @property
    def out(self) -> bool:
        return self.outage[0] <= self.clock.now < self.outage[1]

    def call(self, function: Callable[..., Any], *given: Any, **named: Any) -> Any:
        if self.out:
            raise TransientError("The table did not answer.", "It is tried again by itself.")
        self._kill()
        answer = function(*given, **named)
        self._kill()
        return answer

    def _kill(self) -> None:
        if self.strikes(self.kills):
            self.deaths += 1
            raise Killed

    def skewed(self) -> datetime:
        """What the clock of some machine says: off by up to 30 seconds."""
        off = 0 if self.calm else self.chance.uniform(-30, 30)
        return self.clock.now + timedelta(seconds=off)


def exposed(store: T, weather: Weather) -> T:
    """The store, each of whose methods the weather strikes."""
    return cast(T, _Exposed(store, weather))


class _Exposed:
    def __init__(self, store: object, weather: Weather) -> None:
        self._store, self._weather = store, weather

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._store, name)
        if not callable(found):
            return found
        return lambda *given, **named: self._weather.call(found, *given, **named)


class LaggingRules(MemoryRules):
    """Rules whose index of what is due lags by up to five minutes, and which may have moved by the time they are claimed."""

    def __init__(self, weather: Weather) -> None:
        super().__init__()
        self._weather = weather
        self._history: dict[RuleRef, list[tuple[datetime, Rule]]] = {}

    def noted(self) -> None:
        """Remember the rules as they are now, for those who read late."""
        for place, rule in self.kept.items():
            history = self._history.setdefault(RuleRef(*place), [])
            if not history or history[-1][1] is not rule:
                history.append((self._weather.clock.now, rule))

    def _as_of(self, ref: RuleRef, moment: datetime) -> Rule | None:
        known = [rule for time, rule in self._history.get(ref, []) if time <= moment]
        return known[-1] if known else None

    def due(self, upto: datetime, shard: int, limit: int | None = None) -> list[RuleRef]:
        self.noted()
        lag = timedelta(seconds=0 if self._weather.calm else self._weather.chance.uniform(0, 300))
        moment = self._weather.clock.now - lag
        seen = [self._as_of(RuleRef(*place), moment) for place in self.kept]
        found = [r for r in seen if r is not None and r.next_run is not None and r.next_run <= upto]
        return [RuleRef(r.tenant, r.rule_id) for r in found if self._shard(r) == shard][:limit]

    def _shard(self, rule: Rule) -> int:
        return int(rule.rule_id[-1], 16) % self.shards

    def all(self, refs: object) -> Any:
        """Now and then as they were a moment ago: another dispatcher was in between."""
        self.noted()
        for ref in cast(list[RuleRef], refs):
            old = self._as_of(ref, self._weather.clock.now - timedelta(seconds=20))
            try:
                yield old if old is not None and self._weather.strikes(0.2) else self.get(*ref)
            except NotFound:
                continue
