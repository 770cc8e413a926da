"""Paths that there are not, and methods that a path has not."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError

from endpoints.problems import problem


def install(api: APIGatewayRestResolver, paths: Callable[[], Mapping[str, Mapping[str, Any]]]) -> None:
    """`paths`: as the API's description has them, each with its methods."""

    @api.not_found
    def no_such_path(_: NotFoundError) -> Response[str]:
        methods = allowed(api.current_event.path.rstrip("/"), paths())
        if not methods or api.current_event.http_method in methods:  # of a name with characters that no thing has
            said = "There is no such path. GET /openapi.json has all of them, /docs shows them."
            return problem(HTTPStatus.NOT_FOUND, said)
        listed = ", ".join(methods)
        answer = problem(HTTPStatus.METHOD_NOT_ALLOWED, f"This path takes {listed}; /docs says what each does.")
        answer.headers["Allow"] = listed
        return answer


def allowed(path: str, paths: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The methods of that path; none where there is no such path."""
    found = {
        method.upper()
        for pattern, ways in paths.items()
        if re.fullmatch(re.sub(r"{\w+}", "[^/]+", pattern), path)
        for method in ways
    }
    return sorted(found)
