"""The access keys of hosted folders: shown, made anew, ended when their time is over, removed with their destination.

A function of its own, because it alone may touch IAM users, and only those below the platform's own path.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from waybill.boundary import Event, handler
from waybill.core.folder_access import Folder, FolderKey, end_overdue, renew
from waybill.core.window import stamp
from waybill.wiring import clock, hosted_keys


@handler
def handle(event: Event, context: LambdaContext) -> dict[str, Any]:
    folder, keys = Folder(event["tenant"], event["destination_id"]), hosted_keys.folder_keys()
    match event["ask"]:
        case "renew":
            overlap = timedelta(minutes=event["overlap_minutes"])
            alarm = hosted_keys.alarm(context.invoked_function_arn)
            made = renew(folder, event["made_by"], overlap, keys, alarm, clock.now())
            return {"access_key_id": made.access_key_id, "secret_access_key": made.secret_access_key}
        case "end":
            return {"ended": list(end_overdue(folder, keys, clock.now()))}
        case "remove":
            keys.remove(folder)
            return {}
        case _:
            return {"keys": [_shown(key) for key in keys.of(folder)]}


def _shown(key: FolderKey) -> dict[str, Any]:
    return {
        "access_key_id": key.access_key_id,
        "made_at": stamp(key.made_at),
        "made_by": key.made_by,
        "last_used": stamp(key.last_used) if key.last_used else None,
        "ends_at": stamp(key.ends_at) if key.ends_at else None,
    }
