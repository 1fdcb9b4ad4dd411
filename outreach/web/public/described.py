"""Description of the JSON feed as OpenAPI 3.1 has it, made from the views themselves; open to all."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from flask import Response, current_app, jsonify
from werkzeug.routing import Rule

from outreach.post.feeds.tokens import SCOPES
from outreach.web import api_answers
from outreach.web.api_shapes import PROBLEM, Named, Told
from outreach.web.gate import api, open_to_all, public

VERSION = "1.1"
"""Of the feed's shape: words may be added within 1, none is taken away."""

ADDRESS = "/api/openapi.json"

OF_ALL = {
    400: "The query has a word that this address does not know, which is named, or something that is no text.",
    401: "No token was sent, or none of ours.",
    403: "The token lacks the scope.",
    406: "The program takes no JSON.",
    410: "The token was withdrawn.",
    412: "What stands there is not what `If-Match` names.",
    414: "The address is too long.",
    422: "A word of the query makes no sense.",
    429: "This token asked too often; `Retry-After` says for how many seconds to wait.",
    500: "Our fault.",
    503: "The database is busy; `Retry-After` says for how many seconds to wait.",
}
"""Problems that every address of the feed may have."""


@public.get(ADDRESS)
@open_to_all
def feed_described() -> Response:
    """Kept by whoever asks, and asked for anew."""
    return api_answers.kept_and_asked_anew(jsonify(description()), "public, no-cache")


def description() -> dict[str, Any]:
    components: dict[str, Any] = {}
    _with_references(PROBLEM, components)
    paths = {
        re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule): {"get": _operation(rule, components)}
        for rule in rules()
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Outreach: the feed of one partnership",
            "version": VERSION,
            "description": "Read only. Times are RFC 3339 with the offset of Europe/London. Lists come in pages: "
            "`next` is the address of the next, also in the Link header. Every answer has an ETag.",
        },
        "servers": [{"url": str(current_app.config["PUBLIC_URL"])}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A token that a lead coordinator made for this program. Its scopes: "
                    + "; ".join(f"`{scope}`, {said}" for scope, said in SCOPES.items())
                    + ".",
                }
            },
        },
    }


def rules() -> list[Rule]:
    """The addresses of the feed, in order."""
    found = [r for r in current_app.url_map.iter_rules() if r.endpoint.startswith(f"{api.name}.")]
    return sorted(found, key=lambda rule: rule.rule)


def _operation(rule: Rule, components: dict[str, Any]) -> dict[str, Any]:
    view: Callable[..., Any] = current_app.view_functions[rule.endpoint]
    told: Told = view.told  # type: ignore[attr-defined]  # api_shapes.told
    scope: str = view.scope  # type: ignore[attr-defined]  # gate.by_token
    answered = {
        "description": "As it is.",
        "headers": _HEADERS,
        **_body(told.answers, "application/json", components),
    }
    problems = {
        str(status): {"description": when, **_body(PROBLEM, "application/problem+json", components)}
        for status, when in sorted((OF_ALL | dict(told.problems)).items())
    }
    return {
        "operationId": rule.endpoint.removeprefix(f"{api.name}.api_"),
        "summary": " ".join((view.__doc__ or "").split()),
        "security": [{"token": [scope] if scope else []}],
        "parameters": [*_in_path(rule), *_in_query(told), _IF_NONE_MATCH],
        "responses": {
            "200": answered,
            "304": {"description": "As the program has it.", "headers": _HEADERS},
            **problems,
        },
    }


def _body(named: Named, mimetype: str, components: dict[str, Any]) -> dict[str, Any]:
    return {"content": {mimetype: {"schema": _with_references(named, components)}}}


def _with_references(shape: Any, components: dict[str, Any]) -> Any:
    """The same as plain JSON; what has a name goes to the components, once."""
    if isinstance(shape, Named):
        if shape.name not in components:
            components[shape.name] = {}
            components[shape.name] = _with_references(shape.shape, components)
        return {"$ref": f"#/components/schemas/{shape.name}"}
    if isinstance(shape, Mapping):
        return {name: _with_references(part, components) for name, part in shape.items()}
    if isinstance(shape, list | tuple):
        return [_with_references(part, components) for part in shape]
    return shape


def _in_path(rule: Rule) -> Iterator[dict[str, Any]]:
    for name in sorted(rule.arguments):
        yield {"name": name, "in": "path", "required": True, "schema": dict(ROW)}


def _in_query(told: Told) -> Iterator[dict[str, Any]]:
    for asked in told.asked:
        yield {"name": asked.name, "in": "query", "description": asked.says, "schema": dict(asked.shape)}


ROW = {"type": "integer", "minimum": 0, "maximum": 2**31 - 1}
_IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "description": "The ETag of what the program has: 304 where that still holds.",
    "schema": {"type": "string"},
}
_HEADERS = {
    "ETag": {"description": "Strong; the same from every host.", "schema": {"type": "string"}},
    "Link": {
        "description": "With rel=next, where there is a next page (RFC 8288).",
        "schema": {"type": "string"},
    },
}
