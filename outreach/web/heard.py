"""Words of an address's query that a page asked for, so that a file refuses what nobody looked at."""

from typing import Any

from flask import Flask, Request, request
from werkzeug.datastructures import ImmutableMultiDict


def init_app(app: Flask) -> None:
    app.request_class = _Request


def unheard() -> list[str]:
    """The names in this request's query that nobody asked for, in order."""
    args = request.args
    return [name for name in dict.keys(args) if name not in args.asked] if isinstance(args, _Heard) else []


def heard() -> dict[str, str]:
    """What the query says of names that were asked for, so that no link carries on what nobody knows."""
    known = getattr(request.args, "asked", request.args)
    return {name: value for name, value in request.args.items() if name in known}


class _Heard(ImmutableMultiDict[str, str]):
    """Notes each name that is asked for by itself; whoever goes through all of them asks for none."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.asked: set[object] = set()

    def __getitem__(self, key: str) -> str:
        self.asked.add(key)
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        self.asked.add(key)
        return super().__contains__(key)

    def getlist(self, key: str, *args: Any, **kwargs: Any) -> Any:
        self.asked.add(key)
        return super().getlist(key, *args, **kwargs)


class _Request(Request):
    parameter_storage_class = _Heard
