"""Keys of hosted folders, from the API, which itself holds no right on users."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from waybill.aws.invoking import RemoteFunction
from waybill.core.folder_access import Folder

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


class RemoteFolderAccess:
    """Answers are `functions/credentials`'. Raises TransientError where it did not answer: then ask for the keys anew."""

    def __init__(self, client: LambdaClient, function: str) -> None:
        self._function = RemoteFunction(client, function, "The keys could not be looked after", "Try it again.")

    def keys(self, folder: Folder) -> Sequence[Mapping[str, Any]]:
        found: Sequence[Mapping[str, Any]] = self._ask("keys", folder)["keys"]
        return found

    def renew(self, folder: Folder, made_by: str, overlap_minutes: int) -> Mapping[str, Any]:
        return self._ask("renew", folder, made_by=made_by, overlap_minutes=overlap_minutes)

    def remove(self, folder: Folder) -> None:
        self._ask("remove", folder)

    def _ask(self, what: str, folder: Folder, **more: Any) -> dict[str, Any]:
        event = {"ask": what, "tenant": folder.tenant, "destination_id": folder.destination_id, **more}
        return self._function.answer_to(event)
