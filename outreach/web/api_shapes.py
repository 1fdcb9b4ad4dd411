"""Shapes of what the JSON feed answers, as JSON Schema 2020-12 has them, and what a view tells of itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

Shape = Mapping[str, Any]
"""A JSON Schema; a Named in it stands for its place among the components."""

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, kw_only=True)
class Named:
    """A shape with a name of its own."""

    name: str
    shape: Shape


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A word of an address's query, and what may stand there."""

    name: str
    says: str
    shape: Shape


@dataclass(frozen=True, kw_only=True)
class Told:
    """What a view answers, what may be asked of it, and the problems of its own (status, when)."""

    answers: Named
    asked: tuple[Asked, ...] = ()
    problems: tuple[tuple[int, str], ...] = ()


def told(answers: Named, *asked: Asked, problems: Mapping[int, str] | None = None) -> Callable[[View], View]:
    """A view of the feed with what it tells of itself on it, as its description (public/described.py) looks for it."""

    def with_words(view: View) -> View:
        view.told = Told(  # type: ignore[attr-defined]  # a function may carry names of ours
            answers=answers, asked=asked, problems=tuple((problems or {}).items())
        )
        return view

    return with_words


def thing(says: str = "", /, **parts: Any) -> dict[str, Any]:
    """An object that has all of these; more may be added."""
    shape = {"type": "object", "properties": parts, "required": list(parts)}
    return shape | ({"description": says} if says else {})


def several(of: Any) -> dict[str, Any]:
    return {"type": "array", "items": of}


def or_none(shape: Any) -> dict[str, Any]:
    return {"anyOf": [shape, {"type": "null"}]}


def one_of(*words: str) -> dict[str, Any]:
    return {"type": "string", "enum": list(words)}


def by_word(of: Any) -> dict[str, Any]:
    """An object whose names are words of the service."""
    return {"type": "object", "additionalProperties": of}


TEXT: Shape = {"type": "string"}
WHOLE: Shape = {"type": "integer"}
TRUTH: Shape = {"type": "boolean"}
DAY: Shape = {"type": "string", "format": "date"}
MOMENT: Shape = {"type": "string", "format": "date-time", "description": "With the offset of Europe/London."}
ADDRESS: Shape = {"type": "string", "format": "uri-reference"}
ANYTHING: Shape = {"type": "object"}

COUNT = Named(
    name="NumberOfPeople",
    shape=thing(
        "Never read null as 0.",
        status=one_of("shown", "hidden", "unknown"),
        number=or_none(WHOLE),
    ),
)
PROBLEM = Named(
    name="Problem",
    shape={
        "type": "object",
        "description": "Problem details (RFC 9457); `error` says the same, with a word for programs.",
        "properties": {
            "type": {"type": "string", "format": "uri-reference"},
            "title": TEXT,
            "status": WHOLE,
            "detail": TEXT,
            "scope": {"type": "string", "description": "The scope that the token lacks, with 403 alone."},
            "error": thing(code=TEXT, message=TEXT),
        },
        "required": ["type", "title", "status", "detail", "error"],
    },
)
