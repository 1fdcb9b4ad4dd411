"""The commands of the service, one file a group. Long work shows its progress."""

from flask import Flask

from outreach.cli import incoming, migrations  # noqa: F401  (their commands are post's and db's)
from outreach.cli.asking import asking
from outreach.cli.demonstration import demonstration
from outreach.cli.feeds import feeds
from outreach.cli.people import people
from outreach.cli.planner import planner
from outreach.cli.post import post
from outreach.cli.register import register
from outreach.cli.setup import setup


def init_app(app: Flask) -> None:
    """Hang the commands on the app."""
    for group in (demonstration, setup, register, people, asking, post, feeds, planner):
        app.cli.add_command(group)
