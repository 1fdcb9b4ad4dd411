"""Outreach books awareness performances into every school of a county. create_app: nothing but assembly."""

from collections.abc import Mapping
from pathlib import Path

from flask import Flask
from flask.logging import wsgi_errors_stream

from outreach import tables  # noqa: F401
from outreach.asking.chasing import offers
from outreach.asking.seen_before import SEEN_BEFORE
from outreach.booking import (
    as_it_stands,
    noted_for_programs,  # noqa: F401
)
from outreach.booking.sessions import places
from outreach.county import sign_in_providers
from outreach.coverage.board.publishing import FURTHER
from outreach.coverage.gaplist import ever_seen
from outreach.ground import config, erasures, errands, log_lines, telling
from outreach.ground.db import LAST_DEEDS, db
from outreach.outcomes import board_parts, families
from outreach.post.again import WHAT_STANDS
from outreach.post.webhooks import events
from outreach.tour import freed_places, freed_seats
from outreach.visits import noted_for_programs as _reports_noted  # noqa: F401
from outreach.visits.before.sheets import QUESTIONS_ASKED

ROOT = Path(__file__).resolve().parent.parent


def create_app(settings: Mapping[str, object] | None = None) -> Flask:
    """The service. `settings` lays values over those of the environment (for tests).

    Raises ConfigError, in words, when a setting makes no sense.
    """
    app = Flask(__name__, template_folder=str(ROOT / "templates"), static_folder=None)
    app.config.update(config.read())
    app.config.update(settings or {})
    log_lines.begin(app.config["OUTREACH_LOG"], wsgi_errors_stream, about=errands.in_a_line)
    app.config["SIGN_IN_PROVIDERS"] = sign_in_providers.read(str(app.config["SIGN_IN_PROVIDERS"]))
    Path(str(app.config["OUTREACH_FOLDER"])).mkdir(parents=True, exist_ok=True)
    db.init_app(app)
    LAST_DEEDS.tell(
        app,
        {
            freed_places.NOTED: offers.keep_what_came_free,
            freed_seats.NOTED: places.seat_who_waits,
            erasures.NOTED: erasures.write,
            events.NOTED: telling.timed(events.put_down),
            telling.NOTED: telling.tell,
        },
    )
    WHAT_STANDS.tell(app, as_it_stands.visit_as_it_stands)
    SEEN_BEFORE.tell(app, ever_seen.ever_seen_by_organisations)
    QUESTIONS_ASKED.tell(app, families.questions_asked)
    FURTHER.tell(app, board_parts.further)

    from outreach import cli, web

    web.init_app(app)
    cli.init_app(app)
    return app
