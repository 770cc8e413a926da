"""What every step of a run asks first: whether the run is still in its attempt's hands."""

from __future__ import annotations

from waybill.core.errors import Conflict
from waybill.core.ports import Runs
from waybill.core.run import Run, RunKey

IN_OTHER_HANDS = "The run has ended or is in other hands."


def held_run(runs: Runs, key: RunKey, epoch: int) -> Run:
    """The run, for a step of that attempt. Raises Conflict where it was cancelled, has ended, or a later attempt has it: the
    step does nothing then.
    """
    run = runs.get(key)
    if not run.held_by(epoch):
        raise Conflict(IN_OTHER_HANDS, "See the run's log.")
    return run
