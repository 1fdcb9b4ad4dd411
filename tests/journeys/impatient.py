"""The service whose postman, where nothing can go, looks again after a second and not after a quarter of a minute: for what
waits until all has gone."""

from outreach.cli import post

post.HELD_UP_EVERY = 1.0

from wsgi import app  # noqa: E402, F401
