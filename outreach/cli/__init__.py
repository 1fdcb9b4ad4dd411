"""The commands of the service, one file a group. Long work shows its progress."""

from flask import Flask

from outreach.cli.people import people
from outreach.cli.post import post


def init_app(app: Flask) -> None:
    """Hang the commands on the app."""
    for group in (people, post):
        app.cli.add_command(group)
