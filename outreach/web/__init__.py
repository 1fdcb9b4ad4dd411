"""The doors: HTTP, forms, templates; no rules."""

from flask import Flask
from govuk_frontend_wtf.main import WTFormsHelpers
from jinja2 import ChoiceLoader, PackageLoader, PrefixLoader
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter, Map

from outreach.web import (
    api_answers,
    as_of,
    doors,
    erased_again,
    files,
    gate,
    heard,
    meanings,
    measures,
    opened,
    problems,
    refusals,
    request_lines,
    same_time,
    signed,
    spoken,
    wording,
)


class RowNumber(IntegerConverter):
    """<int:…> in an address: what a database's integer holds; a longer number is no page of ours."""

    def __init__(self, map: Map, fixed_digits: int = 0, min: int | None = None, max: int = 2**31 - 1) -> None:
        super().__init__(map, fixed_digits, min, max)


def init_app(app: Flask) -> None:
    """Hang the pages on the app."""
    assert app.jinja_loader is not None
    app.jinja_loader = ChoiceLoader(
        [
            app.jinja_loader,
            PrefixLoader(
                {name: PackageLoader(name) for name in ("govuk_frontend_jinja", "govuk_frontend_wtf")},
            ),
        ]
    )
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    WTFormsHelpers(app)
    signed.init_app(app)
    wording.init_app(app)
    if app.config["BEHIND_PROXIES"]:
        n = app.config["BEHIND_PROXIES"]
        # As Flask says to do it.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=n, x_proto=n, x_host=n)  # type: ignore[method-assign]
    app.url_map.converters["int"] = RowNumber
    _import_pages()
    measures.init_app(app)
    request_lines.init_app(app)
    same_time.init_app(app)
    erased_again.init_app(app)
    files.init_app(app)
    meanings.init_app(app)
    spoken.init_app(app)
    opened.init_app(app)
    heard.init_app(app)
    api_answers.init_app(app)
    gate.init_app(app)
    as_of.init_app(app)
    doors.init_app(app)
    problems.init_app(app)
    refusals.init_app(app)


def _import_pages() -> None:
    """Each page hangs itself on its blueprint when imported."""
    import outreach.web.api.feed
    import outreach.web.api.lists
    import outreach.web.company.agreement
    import outreach.web.company.availability
    import outreach.web.company.calling_off
    import outreach.web.company.days
    import outreach.web.company.reporting
    import outreach.web.company.signing_in
    import outreach.web.company.troupes
    import outreach.web.company.weeks
    import outreach.web.company.worker
    import outreach.web.coordinator.account
    import outreach.web.coordinator.agreements
    import outreach.web.coordinator.authorities
    import outreach.web.coordinator.availability
    import outreach.web.coordinator.board
    import outreach.web.coordinator.bodies
    import outreach.web.coordinator.booked_places
    import outreach.web.coordinator.booking
    import outreach.web.coordinator.bookings
    import outreach.web.coordinator.calendars
    import outreach.web.coordinator.calling_off
    import outreach.web.coordinator.chasing
    import outreach.web.coordinator.companies
    import outreach.web.coordinator.confirming
    import outreach.web.coordinator.cost
    import outreach.web.coordinator.coverage
    import outreach.web.coordinator.desk
    import outreach.web.coordinator.diary
    import outreach.web.coordinator.diary_moves
    import outreach.web.coordinator.draws
    import outreach.web.coordinator.follow_ups
    import outreach.web.coordinator.followed
    import outreach.web.coordinator.gaps
    import outreach.web.coordinator.gaps_deeds
    import outreach.web.coordinator.gaps_views
    import outreach.web.coordinator.guide
    import outreach.web.coordinator.handing_on
    import outreach.web.coordinator.held
    import outreach.web.coordinator.history
    import outreach.web.coordinator.inbox
    import outreach.web.coordinator.invitations
    import outreach.web.coordinator.letters
    import outreach.web.coordinator.lists
    import outreach.web.coordinator.lunches
    import outreach.web.coordinator.new_year
    import outreach.web.coordinator.news
    import outreach.web.coordinator.outcomes
    import outreach.web.coordinator.own_letters
    import outreach.web.coordinator.own_sessions
    import outreach.web.coordinator.paper
    import outreach.web.coordinator.passkeys
    import outreach.web.coordinator.password
    import outreach.web.coordinator.people
    import outreach.web.coordinator.phone_list
    import outreach.web.coordinator.plan_accepting
    import outreach.web.coordinator.plan_day
    import outreach.web.coordinator.plan_weeks
    import outreach.web.coordinator.planning
    import outreach.web.coordinator.plans
    import outreach.web.coordinator.programmes
    import outreach.web.coordinator.proposing
    import outreach.web.coordinator.questionnaire
    import outreach.web.coordinator.referrals
    import outreach.web.coordinator.register
    import outreach.web.coordinator.register_changes
    import outreach.web.coordinator.report
    import outreach.web.coordinator.requests
    import outreach.web.coordinator.roads
    import outreach.web.coordinator.school
    import outreach.web.coordinator.school_asking
    import outreach.web.coordinator.school_calls
    import outreach.web.coordinator.school_facts
    import outreach.web.coordinator.school_missed
    import outreach.web.coordinator.school_notes
    import outreach.web.coordinator.schools
    import outreach.web.coordinator.search
    import outreach.web.coordinator.season
    import outreach.web.coordinator.second_factor
    import outreach.web.coordinator.sessions
    import outreach.web.coordinator.setup
    import outreach.web.coordinator.shows
    import outreach.web.coordinator.staff_said
    import outreach.web.coordinator.status
    import outreach.web.coordinator.tokens
    import outreach.web.coordinator.tour
    import outreach.web.coordinator.typed
    import outreach.web.coordinator.venues
    import outreach.web.coordinator.visit_texts
    import outreach.web.coordinator.waters
    import outreach.web.coordinator.waves
    import outreach.web.coordinator.webhooks
    import outreach.web.coordinator.weeks
    import outreach.web.coordinator.wording
    import outreach.web.public.by_account
    import outreach.web.public.calendar
    import outreach.web.public.code
    import outreach.web.public.company_day
    import outreach.web.public.described
    import outreach.web.public.digest
    import outreach.web.public.find
    import outreach.web.public.looks
    import outreach.web.public.no_reminders
    import outreach.web.public.pages
    import outreach.web.public.passkey_sign_in
    import outreach.web.public.questions
    import outreach.web.public.signing_in
    import outreach.web.public.watching
    import outreach.web.school.before_visit
    import outreach.web.school.booked
    import outreach.web.school.booking
    import outreach.web.school.change
    import outreach.web.school.confirming
    import outreach.web.school.guests
    import outreach.web.school.hosts
    import outreach.web.school.missed
    import outreach.web.school.other_answers
    import outreach.web.school.promised
    import outreach.web.school.proposed
    import outreach.web.school.questions
    import outreach.web.school.renewing
    import outreach.web.school.reporting
    import outreach.web.school.sessions
    import outreach.web.school.sharing
    import outreach.web.school.staff_say
    import outreach.web.school.subscribing
    import outreach.web.school.times  # noqa: F401
