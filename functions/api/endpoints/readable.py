"""Bodies that no JSON parser should take, and that its framework does not expect: bytes that are no text, a million brackets,
half of a surrogate pair, which Python's parser takes for a character and nothing else does.
"""

from __future__ import annotations

import json
from typing import Any

from aws_lambda_powertools.event_handler import ApiGatewayResolver, Response
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware

from waybill.core.errors import FieldError, InvalidInput


def readable(app: ApiGatewayResolver, next_middleware: NextMiddleware) -> Response[Any]:
    """Stands before the check of types, which says of text that is no JSON, and of other media types, what is wrong with them.
    Raises InvalidInput.
    """
    kind = (app.current_event.headers or {}).get("content-type") or "application/json"
    if kind.strip().startswith("application/json"):
        try:
            body = app.current_event.json_body
            if "\\ud" in (app.current_event.decoded_body or "").lower():
                json.dumps(body, ensure_ascii=False).encode()
        except json.JSONDecodeError:
            return next_middleware(app)
        except (ValueError, RecursionError):  # no UTF-8 or base64, half a character, thousands of digits, endless depth
            said = "is not JSON that can be read: send text in UTF-8, not nested a thousand deep"
            raise InvalidInput([FieldError("body", said)]) from None
    return next_middleware(app)
