"""Which web pages of others may call the API from a browser (CORS): those of the deployment's origins, none where none is
set.
"""

from __future__ import annotations

from aws_lambda_powertools.event_handler import CORSConfig

from endpoints.once import HEADER
from waybill.wiring import environment

_READABLE = ["ETag", "Retry-After", "Idempotency-Replayed"]


def rules() -> CORSConfig | None:
    """No cookies are asked for: a page sends its key itself."""
    first, *more = environment.settings().cors_origins or ("",)
    if not first:
        return None
    return CORSConfig(first, more, allow_headers=[HEADER, "If-Match"], expose_headers=_READABLE, max_age=600)
