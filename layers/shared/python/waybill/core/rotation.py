"""New settings and credentials for a saved destination: tried before they take the place of the old ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from waybill.core.destination import Checked, approved
from waybill.core.errors import PermanentError
from waybill.core.ports import SavedDestination


@dataclass(frozen=True)
class Candidate:
    """`secret_ref` names a secret of its own, so that old settings never meet new credentials, nor the other way round."""

    settings: Mapping[str, Any]
    secret_ref: str
    external_id: str

    def of(self, saved: SavedDestination) -> SavedDestination:
        """The destination as it would be. Raises PermanentError for another destination's secret."""
        owner = f"/{saved.tenant}/{saved.destination_id}"
        if self.secret_ref and owner not in self.secret_ref:
            raise PermanentError("A candidate names another destination's secret.", "Report it to the operator.")
        return replace(saved, settings=self.settings, secret_ref=self.secret_ref, external_id=self.external_id)


def renamed(saved: SavedDestination, name: str) -> SavedDestination:
    """The next version, of which only the name is another."""
    return replace(saved, name=name, version=saved.version + 1)


def rotated(tried: SavedDestination, name: str, wanted: Checked, changed_by: str, now: datetime) -> SavedDestination:
    """The next version, of a candidate that was tried. Its host key, if it has one, counts as confirmed by who saved it."""
    return replace(
        tried,
        name=name,
        version=tried.version + 1,
        place=wanted.place,
        expires_at=wanted.expires_at,
        probed_at=now,
        host_keys=approved(tried.host_keys, tried.settings, changed_by, now),
    )
