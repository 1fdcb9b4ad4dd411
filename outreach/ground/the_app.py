"""The app at work: its settings, and what create_app told a room of the rooms above it."""

from collections.abc import Mapping
from typing import Any, Generic, TypeVar

from flask import Flask, current_app, has_app_context

T = TypeVar("T")


def settings() -> Mapping[str, Any]:
    """The service's settings, as config.read() names them."""
    return current_app.config


def setting(name: str, otherwise: Any) -> Any:
    """One of them; what is given instead where no app is at work, as while tables are made."""
    return current_app.config.get(name, otherwise) if has_app_context() else otherwise


class FromAbove(Generic[T]):
    """Something that a room uses and a higher one knows: told once by create_app, kept with the app."""

    def __init__(self, name: str) -> None:
        self._key = f"outreach: {name}"

    def tell(self, app: Flask, known: T) -> None:
        app.extensions[self._key] = known

    def told(self) -> T:
        """Raises KeyError in an app that nobody told."""
        known: T = current_app.extensions[self._key]
        return known

    def find(self) -> T | None:
        """None in an app that nobody told, and where none is at work."""
        return current_app.extensions.get(self._key) if has_app_context() else None
