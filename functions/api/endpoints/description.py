"""The API describes itself: an OpenAPI 3.1 document, made from the routes and their types, and a page that shows it."""

from __future__ import annotations

import base64
import hashlib
import inspect
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.openapi.models import HTTPBearer

from endpoints import RESOURCES, unknown_path
from endpoints.examples import EXAMPLES
from endpoints.once import HEADER as ONCE_HEADER
from endpoints.operation import CHANGES, IF_MATCH, ONCE, PERMISSION, Access, answering, operation
from endpoints.problems import PROBLEM, PROBLEM_SCHEMA

VERSION = "0.1.0"
_PAGE = Path(__file__).with_name("docs.html")
_PUBLIC = {"Cache-Control": "max-age=300", "X-Content-Type-Options": "nosniff"}
_SAID = (
    "Data leaves a multi-tenant platform by rules: what, when, in which shape and to where. The tenant is the key's. Every"
    " error is `application/problem+json` (RFC 9457): `detail` says what is wrong and what to do, `errors` names each field."
)
_ALWAYS = {
    401: "No key, or one that is not known.",
    403: "The key lacks the permission.",
    422: "Fields of the request cannot be taken; each is named.",
    429: "Too many requests; `Retry-After` says when to send it again.",
    500: "It failed on our side.",
    503: "It cannot be done now. Send it again.",
}
_OF_A_BODY = {415: "The body is of a kind that is not taken."}
_OF_A_THING = {404: "There is no such thing of yours."}
_OF_A_STATE = {
    412: "It is not as `If-Match` says; read it again.",
    428: "The header `If-Match` is missing.",
}
_OF_A_CHANGE = {409: "It changed meanwhile, exists, or is in use."}


def install(api: APIGatewayRestResolver) -> None:
    """Let the API answer `GET /openapi.json` and `GET /docs`, to anybody: they hold nothing of any tenant; and say of what
    is not described that it is not there.
    """

    @cache
    def whole() -> dict[str, Any]:
        return document(api)

    @cache
    def described() -> str:
        return json.dumps(whole(), separators=(",", ":"))

    unknown_path.install(api, lambda: whole()["paths"])

    @api.get("/openapi.json", **operation(Access.PUBLIC, responses=answering("application/json", "object")))
    def get_description() -> Response[str]:
        """This document: OpenAPI 3.1, made from the very types that requests and answers are held against."""
        return Response(HTTPStatus.OK.value, "application/json", described(), headers=_PUBLIC)

    @api.get("/docs", **operation(Access.PUBLIC, responses=answering("text/html", "string")))
    def get_docs() -> Response[str]:
        """A page that shows this document."""
        page = _PAGE.read_text(encoding="utf-8")
        headers = {**_PUBLIC, "Content-Security-Policy": _policy(page), "Referrer-Policy": "no-referrer"}
        return Response(HTTPStatus.OK.value, "text/html; charset=utf-8", page, headers=headers)


def document(api: APIGatewayRestResolver) -> dict[str, Any]:
    """The OpenAPI document of every route that `api` has."""
    made = api.get_openapi_json_schema(
        title="Waybill",
        version=VERSION,
        description=_SAID,
        security_schemes={"key": HTTPBearer(description="An API key, `wb_...`, or a token of the configured issuer.")},
        security=[{"key": []}],
    )
    found: dict[str, Any] = json.loads(made)
    found["servers"] = [{"url": "."}]
    for path, method, one in _operations(found):
        _complete(path, method, one)
    found["components"]["schemas"]["Problem"] = PROBLEM_SCHEMA
    found["components"]["schemas"] = _used(found)
    found["paths"] = dict(sorted(found["paths"].items()))
    found["tags"] = [{"name": name} for name in sorted({t for _, _, one in _operations(found) for t in one["tags"]})]
    return found


def _operations(found: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in found["paths"].items():
        for method, one in methods.items():
            yield path, method, one


def _complete(path: str, method: str, one: dict[str, Any]) -> None:
    """What all operations have alike, and what its function's own words say."""
    one["operationId"] = one["operationId"].removesuffix(re.sub(r"\W", "_", path) + "_" + method)
    one["summary"] = one["operationId"].replace("_", " ").capitalize()
    if words := _words(one["operationId"]):
        one["description"] = words
    one["tags"] = [path.split("/")[1]]
    for status, answer in one["responses"].items():
        answer["description"] = HTTPStatus(int(status)).phrase
        if int(status) == HTTPStatus.NO_CONTENT:
            answer.pop("content", None)
    if headers := _headers(method, one):
        one["parameters"] = [*one.get("parameters", []), *headers]
    if one[PERMISSION] == Access.PUBLIC:
        one["security"] = []
        del one[IF_MATCH]
    else:
        problems = {
            **_ALWAYS,
            **(_OF_A_THING if "{" in path else {}),
            **(_OF_A_CHANGE if one[CHANGES] else {}),
            **(_OF_A_STATE if one.pop(IF_MATCH) else {}),
            **(_OF_A_BODY if "requestBody" in one else {}),
        }
        for status, said in problems.items():
            answer = one["responses"].setdefault(str(status), {"description": said, "content": {}})
            answer["content"] |= PROBLEM
    example = EXAMPLES.get(one["operationId"])
    if example is not None:
        one["requestBody"]["content"]["application/json"]["examples"] = {"usual": {"value": example}}


def _headers(method: str, one: dict[str, Any]) -> list[dict[str, Any]]:
    text = {"type": "string", "minLength": 1, "maxLength": 128}
    found: list[dict[str, Any]] = []
    if one.pop(ONCE) and method == "post":
        said = "The same key and request again within a day: the same answer, and nothing is done twice."
        found.append({"name": ONCE_HEADER, "in": "header", "required": False, "schema": text, "description": said})
    if one[IF_MATCH]:
        said = "The `ETag` of what you read; `*` stands for any state."
        found.append({"name": "If-Match", "in": "header", "required": True, "schema": text, "description": said})
    return found


@cache
def _functions() -> dict[str, str]:
    found: dict[str, str] = {}
    for resource in RESOURCES:
        found |= {name: inspect.getdoc(f) or "" for name, f in vars(resource).items() if inspect.isfunction(f)}
    return found


def _words(operation_id: str) -> str:
    return " ".join(_functions().get(operation_id, "").split())


def _used(found: Mapping[str, Any]) -> dict[str, Any]:
    """The schemas that an operation leads to; the framework adds some that none does."""
    schemas: dict[str, Any] = found["components"]["schemas"]
    waiting, used = json.dumps(found["paths"]), set[str]()
    while more := set(re.findall(r'"#/components/schemas/([^"]+)"', waiting)) - used:
        used |= more
        waiting = json.dumps([schemas[name] for name in more])
    return {name: schemas[name] for name in sorted(used)}


def _policy(page: str) -> str:
    """Lets the page's own script and style run, by their hashes, and nothing else; no other host is asked for anything."""
    hashes = {tag: _hash(re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)[0]) for tag in ("script", "style")}
    return (
        f"default-src 'none'; script-src {hashes['script']}; style-src {hashes['style']}; connect-src 'self';"
        " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
