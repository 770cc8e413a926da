"""What all lists take: how many, and from where."""

from __future__ import annotations

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import Field

Limit = Annotated[int, Query(ge=1, le=200, description="How many at most.")]
Cursor = Annotated[str, Query(description="Where the page starts: what the page before answered.")]
NextCursor = Annotated[str, Field(description="Where the next page starts; empty on the last one.")]
