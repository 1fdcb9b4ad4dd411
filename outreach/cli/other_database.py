"""The service put onto another database than its own: a copy, or what was restored of one."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask, current_app

from outreach.cli import migrations
from outreach.ground.config import database_url
from outreach.ground.db import db


@contextmanager
def service_on(url: str) -> Iterator[None]:
    """Whoever asks the database asks that of `url`, until the context is left."""
    app = Flask(current_app.name)
    app.config.update(current_app.config)
    app.config["SQLALCHEMY_DATABASE_URI"] = database_url(url)
    db.init_app(app)
    kept = {name: told for name, told in current_app.extensions.items() if name not in app.extensions}
    app.extensions.update(kept)
    migrations.init_app(app)
    with app.app_context():
        try:
            yield
        finally:
            db.session.remove()
            db.engine.dispose()
