"""The commands of the service: register, people, post. Long work shows its progress."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Hang the commands on the app."""
