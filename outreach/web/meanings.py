"""Words of the desk and what they mean: from one file, for pages, the guide and docs/glossary.md."""

import tomllib
from pathlib import Path

from flask import Flask, current_app

FOLDER = Path("templates") / "guide"


def init_app(app: Flask) -> None:
    app.jinja_env.globals["meaning_of"] = lambda word: told("glossary").get(word, "")


def told(name: str) -> dict[str, str]:
    """A file of the guide, {name: words}; read when it is asked for."""
    file = Path(current_app.root_path).parent / FOLDER / f"{name}.toml"
    found: dict[str, str] = tomllib.loads(file.read_text("utf-8"))
    return found
