"""No page before this process knows what time it is for the database, by which all hosts go."""

from flask import Flask, request

from outreach.ground import clock
from outreach.ground.db import agree_on_time

WITHOUT_DATABASE = ("static", "public.health", "public.ready", "public.state")
"""What is answered whether or not there is one, or says itself that there is none."""


def init_app(app: Flask) -> None:
    clock.DATABASES.tell(app, clock.DatabaseClock())
    app.before_request(_once)


def _once() -> None:
    if request.endpoint not in WITHOUT_DATABASE:
        agree_on_time()
