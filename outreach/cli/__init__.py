"""The commands of the service, one file a group. Long work shows its progress."""

from copy import copy
from importlib import import_module
from typing import Any

from click import ClickException, Command, Context, Group
from flask import Flask, has_app_context
from flask.cli import AppGroup, with_appcontext

from outreach.ground import clock, whose
from outreach.ground.db import agree_on_time, db, transaction
from outreach.ground.erasures import BadList
from outreach.privacy import replaying

GROUPS = {
    "asking": "asking",
    "backup": "backup",
    "check": "check",
    "database": "database",
    "db": "migrations",
    "demonstration": "demonstration",
    "draws": "draws",
    "feeds": "feeds",
    "history": "history",
    "outcomes": "outcomes",
    "people": "people",
    "planner": "planner",
    "post": "incoming",  # which adds to the group of post.py
    "privacy": "privacy",
    "promises": "promises",
    "questionnaires": "questionnaires",
    "register": "register",
    "restore": "restore",
    "roads": "roads",
    "setup": "setup",
    "sign-in": "sign_in",
    "webhooks": "webhooks",
}
"""Name of a command or group -> the file of this folder that holds it under that name."""

BY_THE_OWNER = (
    "backup",
    "db",
    "demonstration",
    "draws",
    "feeds",
    "history",
    "outcomes",
    "people",
    "privacy",
    "promises",
    "questionnaires",
    "register",
    "restore",
    "setup",
    "sign-in",
)
"""An operator's, who sees to all partnerships: they come to the database as OWNER_DATABASE_URL, where that is set."""

ON_ANY_DATABASE = ("database", "db", "history", "privacy")
"""Groups that look at a database, or mend it, before all that was erased is erased in it."""


class Commands(AppGroup):
    """The service's own commands, each file of which is imported when one of its commands is asked for.

    What serves pages needs none of them, and they need the solver, the migrations and the made-up county.
    """

    def __init__(self, app: Flask) -> None:
        super().__init__(app.name)
        self._app = app

    def list_commands(self, ctx: Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *GROUPS})

    def get_command(self, ctx: Context, cmd_name: str) -> Command | None:
        if cmd_name in GROUPS and cmd_name not in self.commands:
            module = import_module(f"outreach.cli.{GROUPS[cmd_name]}")
            if cmd_name == "db":
                module.init_app(self._app)
            command = getattr(module, cmd_name.replace("-", "_"))
            if isinstance(command, Group) and cmd_name not in ON_ANY_DATABASE:
                command.callback = _before_work
            self.add_command(as_owner(command, self._app) if cmd_name in BY_THE_OWNER else command, cmd_name)
        return super().get_command(ctx, cmd_name)


@with_appcontext
def _before_work() -> None:
    agree_on_time()
    try:
        replaying.before_work(transaction, now=clock.now())
    except BadList as bad:
        raise ClickException(str(bad)) from None


def as_owner(command: Command, app: Flask) -> Command:
    """The command, or each of a group, put onto the database as OWNER_DATABASE_URL comes to it.

    Raises ClickException, in words, where a wall would keep from it what it is to see to.
    """
    ours, by_itself = copy(command), command.invoke

    def invoke(ctx: Context) -> Any:
        if not has_app_context():
            ctx.with_resource(app.app_context())
        if url := app.config["OWNER_DATABASE_URL"]:
            with import_module("outreach.cli.other_database").service_on(url):
                return by_itself(ctx)
        held = whose.stands()
        db.session.rollback()
        if held:
            raise ClickException(
                "This is for the owner of the database: set OWNER_DATABASE_URL (docs/operating.md)."
            )
        return by_itself(ctx)

    ours.invoke = invoke  # type: ignore[method-assign]
    return ours


def init_app(app: Flask) -> None:
    """Hang the commands on the app."""
    app.cli = Commands(app)
