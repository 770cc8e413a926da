"""A tenant's role that Waybill assumes, with an external id that Waybill made.

The id is one destination's, and no tenant chooses it. Else a tenant could name a stranger's role that trusts this platform,
and be delivered into the stranger's bucket: the confused deputy (AWS IAM User Guide, "The confused deputy problem").
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from waybill.core.deliver import ProbeStep
from waybill.core.errors import AccessDenied
from waybill.destinations.failures import explained, lineage
from waybill.destinations.s3_objects import ERRORS

if TYPE_CHECKING:
    from botocore.credentials import RefreshableCredentials

    from waybill.destinations.dial import Trust

ROLE_SECONDS = 3600
"""The most that AWS gives to who is in a role already, as our functions are."""
_NOT_IN_SESSIONS = re.compile(r"[^\w+=,.@-]", re.ASCII)


class AssumedRole:
    """Raises AccessDenied where the role does not let us in, and what S3's errors mean otherwise."""

    def __init__(self, role_arn: str, trust: Trust) -> None:
        self._arn, self._trust = role_arn, trust

    def steps(self) -> Iterator[ProbeStep]:
        """That the role can be assumed with the external id, and cannot with another one or with none."""
        with _translated():
            account = self._trust.sts.get_caller_identity()["Account"]
        facts = {"account": account, "external_id": self._trust.external_id}
        if self._assumed(self._trust.external_id) is None:
            denied = self._denied()
            yield ProbeStep("assume_role", False, denied.message, denied.advice, facts)
            return
        yield ProbeStep("assume_role", True, "The role can be assumed with the external id.", facts=facts)
        if any(self._assumed(other) for other in ("", f"not-{secrets.token_hex(8)}")):
            yield ProbeStep(
                "external_id",
                False,
                "The role of role_arn can be assumed without the external id, so by anybody who uses this platform.",
                f"Let its trust policy ask for sts:ExternalId {self._trust.external_id} (StringEquals).",
                facts,
            )
            return
        yield ProbeStep("external_id", True, "Without the external id it cannot.")

    def credentials(self) -> RefreshableCredentials:
        """Keys of the role, made anew before they end, however long an upload takes."""
        from botocore.credentials import RefreshableCredentials

        return RefreshableCredentials.create_from_metadata(
            metadata=self._keys(), refresh_using=self._keys, method="assume-role"
        )

    def _keys(self) -> dict[str, str]:
        keys = self._assumed(self._trust.external_id)
        if keys is None:
            raise self._denied()
        return {
            "access_key": keys["AccessKeyId"],
            "secret_key": keys["SecretAccessKey"],
            "token": keys["SessionToken"],
            "expiry_time": keys["Expiration"].isoformat(),
        }

    def _assumed(self, external_id: str) -> Any:
        """The role's keys; None where it does not let us in."""
        asked: Any = {"ExternalId": external_id} if external_id else {}
        session = _NOT_IN_SESSIONS.sub("-", self._trust.session)[:64]
        try:
            with _translated():
                return self._trust.sts.assume_role(
                    RoleArn=self._arn, RoleSessionName=session, DurationSeconds=ROLE_SECONDS, **asked
                )["Credentials"]
        except AccessDenied:
            return None

    def _denied(self) -> AccessDenied:
        return AccessDenied(
            "The role of role_arn does not let Waybill in.",
            "Let its trust policy allow sts:AssumeRole to the account that the probe shows, with sts:ExternalId"
            f" {self._trust.external_id}; then probe again.",
        )


@contextmanager
def _translated() -> Iterator[None]:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as refused:
        status = refused.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        raise explained(ERRORS, [refused.response.get("Error", {}).get("Code", "")], status) from None
    except BotoCoreError as failed:
        raise explained(ERRORS, lineage(failed)) from None
