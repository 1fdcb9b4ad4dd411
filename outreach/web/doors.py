"""The seven doors of a coordinator's desk, the pages behind each, and where every other page belongs.

A page stands in a row of its section, or belongs to one that does. The page of a school or a booking belongs to
where one came from: its address says so, and every link from such a page to another of them says it on.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask import Flask, has_request_context, request, url_for

from outreach.county.schools import FIRST_OF_BODIES
from outreach.ground.row_numbers import row_number
from outreach.web import deeds


@dataclass(frozen=True)
class Row:
    """A page in the second row of its section."""

    words: str
    name: str
    """Of its endpoint; with `?from=`, of where one came from."""
    asks: tuple[tuple[str, str], ...] = ()
    """What its address says besides."""

    @property
    def endpoint(self) -> str:
        return f"coordinator.{self.name}"

    def address(self, **values: Any) -> str:
        return url_for(self.endpoint, **{**dict(self.asks), **values})


@dataclass(frozen=True)
class Door:
    words: str
    rows: tuple[Row, ...]
    """The first is where the door leads to; a door with one alone has no second row."""


HERE = "outreach.here"

NO_URN = 10**9
"""Longer than a school's number is."""

TO_READ = Row("To read", "inbox_list")

DOORS = (
    Door("Desk", (Row("Desk", "desk"),)),
    Door(
        "Coverage",
        (
            Row("Districts", "coverage"),
            Row("Schools", "schools"),
            Row("Bodies", "bodies"),
            Row("Past shows", "past_shows_page"),
        ),
    ),
    Door(
        "Gaps",
        (
            Row("All gaps", "gaps"),
            Row("To ring", "phone_list"),
            Row("Reminders", "chasing"),
            Row("To raise", "chasing_list", (("show", "consent"),)),
            Row("Waiting list", "waiting_list"),
        ),
    ),
    Door(
        "Tour",
        (
            Row("Diary", "diary"),
            Row("Plans", "plans"),
            Row("Bookings", "bookings"),
            Row("Sessions", "sessions"),
            Row("Times kept", "offers"),
            Row("Guests", "guest_requests"),
            Row("Days", "tour"),
            Row("Availability", "availability"),
            Row("Season", "season"),
            Row("Call off", "call_off"),
        ),
    ),
    Door(
        "Letters",
        (
            TO_READ,
            Row("Invitations", "invitations"),
            Row("Own words", "own_letters"),
            Row("Wording", "wording"),
            Row("Before visits", "visit_texts"),
            Row("On paper", "paper_letters"),
            Row("Sent", "letters"),
            Row("Still right?", "confirmations"),
            Row("New addresses", "requests"),
            Row("The post", "status"),
        ),
    ),
    Door(
        "Reports",
        (
            Row("Board reports", "board_reports"),
            Row("Commitments", "followed"),
            Row("Outcomes", "outcomes"),
            Row("Referrals", "referrals"),
            Row("Questionnaire", "questionnaire"),
            Row("Codes", "wave_list"),
            Row("What staff say", "staff_said"),
            Row("Cost", "cost"),
            Row("Dashboard", "api_tokens"),
            Row("Webhooks", "webhooks"),
        ),
    ),
    Door(
        "Set-up",
        (
            Row("Checklist", "setup"),
            Row("Partnership", "partnership_settings"),
            Row("Looks", "partnership_looks"),
            Row("People", "people"),
            Row("Programmes", "programmes"),
            Row("Companies", "companies"),
            Row("Venues", "venues"),
            Row("Register", "register"),
            Row("Contacts", "contacts"),
            Row("Terms", "authorities"),
            Row("District map", "districts"),
            Row("Roads", "road_minutes"),
            Row("School lunch", "school_lunches"),
            Row("Calendars", "calendars"),
            Row("History", "partnership_history"),
            Row("New year", "new_year"),
        ),
    ),
)

BELONGS = {
    "road_waters": "road_minutes",
    "add_crossing": "road_minutes",
    "news": "desk",
    "search": "desk",
    "account": "desk",
    "own_sessions": "desk",
    "second_factor": "desk",
    "confirm_second_factor": "desk",
    "begin_passkey": "desk",
    "password": "desk",
    "guide": "desk",
    "new_body": "bodies",
    "body_lists": "bodies",
    "body_list_preview": "bodies",
    "past_shows_preview": "past_shows_page",
    "gaps_do": "gaps",
    "gaps_assign": "gaps",
    "gaps_exclude": "gaps",
    "gaps_follow_up": "gaps",
    "gaps_note": "gaps",
    "gaps_remind": "gaps",
    "gaps_view_save": "gaps",
    "gaps_reminder": "gaps",
    "chasing_list": "chasing",
    "chasing_raise": "chasing_list",
    "diary_list": "diary",
    "diary_move": "diary",
    "diary_swap": "diary",
    "show": "diary",
    "new_session": "sessions",
    "session": "sessions",
    "session_change": "sessions",
    "session_call_off": "sessions",
    "plan": "plans",
    "plan_accept": "plans",
    "plan_day": "plans",
    "plan_days": "plans",
    "plan_weeks": "plans",
    "plan_line_letter": "plans",
    "plan_line_move": "plans",
    "plan_schools": "plans",
    "compare_plans": "plans",
    "new_plan": "plans",
    "guest_request": "guest_requests",
    "add_tour_days": "tour",
    "preview_tour_days": "tour",
    "tour_day": "tour",
    "day_sheet_page": "tour",
    "week": "tour",
    "week_limits": "companies",
    "preview_availability": "availability",
    "troupe_rules": "availability",
    "season_days": "season",
    "season_shows": "season",
    "troupe_costs": "season",
    "called_off": "call_off",
    "inbox_mail": "inbox_list",
    "inbox_erase": "inbox_list",
    "inbox_settled": "inbox_list",
    "invitation_round": "invitations",
    "invitation_letter": "invitations",
    "asking_draw": "invitations",
    "lot_preview": "invitations",
    "lot_draw": "invitations",
    "own_letter_new": "own_letters",
    "own_letter": "own_letters",
    "own_letter_check": "own_letters",
    "wording_letter": "wording",
    "visit_text": "visit_texts",
    "letter": "letters",
    "letter_address": "letters",
    "confirmation_letter": "confirmations",
    "board_report": "board_reports",
    "webhook": "webhooks",
    "webhook_secret": "webhooks",
    "followed_list": "followed",
    "board_draft": "board_reports",
    "referral_numbers": "referrals",
    "release_referrals": "referrals",
    "new_item": "questionnaire",
    "staff_erase": "staff_said",
    "show_codes": "wave_list",
    "set_answers_aside": "wave_list",
    "wave_poster": "wave_list",
    "set_budget": "cost",
    "new_spending": "cost",
    "spending": "cost",
    "wave_slide": "wave_list",
    "wave_paper": "wave_list",
    "count_paper": "wave_list",
    "authority": "authorities",
    "programme": "programmes",
    "new_programme": "programmes",
    "company": "companies",
    "new_company": "companies",
    "new_troupe": "companies",
    "venue": "venues",
    "new_venue": "venues",
    "troupe": "companies",
    "agreement": "companies",
    "agreement_code": "companies",
    "agreement_begin": "companies",
    "agreement_end": "companies",
    "who_comes": "companies",
    "register_preview": "register",
    "register_decisions": "register",
    "register_decided": "register",
    "register_hands": "register",
    "register_postcodes": "register",
    "contacts_preview": "contacts",
    "contact_list": "contacts",
    "contact_list_take_back": "contacts",
    "held": "people",
    "held_about": "people",
    "held_erase": "people",
    "typed_words": "schools",
    "typed_erase": "schools",
    "new_person": "people",
    "person_link": "people",
    "person": "people",
    "person_role": "people",
    "person_leave": "people",
    "copy_programme": "new_year",
    "copy_rest": "new_year",
    "new_year_round": "new_year",
}
"""Pages that stand in no row, by name: where each belongs. Those of a school, a body or a booking need not be named."""

OF_A_SCHOOL, OF_A_BOOKING = "/desk/schools/<int:organisation_id>", "/desk/bookings/<reference>"
OF_A_BODY = "/desk/bodies/<int:body_id>"

_ROWS = {row.name: (door, row) for door in DOORS for row in door.rows}


@dataclass(frozen=True)
class Here:
    """Where the page that is shown stands: `row` is it, or what it belongs to."""

    door: Door
    row: Row
    is_row: bool
    came: Row | None
    """Whence one came to a school or a booking that stands elsewhere by itself."""

    def mark(self, row: Row) -> str:
        """What aria-current says of an entry of the second row."""
        return ("page" if self.is_row else "true") if row == self.row else ""

    def mark_door(self, door: Door) -> str:
        return ("page" if self.is_row and self.row == door.rows[0] else "true") if door == self.door else ""

    def way_back(self) -> tuple[str, str]:
        """The address and the words of the page to which this one belongs."""
        asks = {
            name: value
            for name in ("programme",)
            if row_number(value := request.values.get(name, "")) is not None
        }
        return self.row.address(**asks), self.row.words


def init_app(app: Flask) -> None:
    """Links to a school or a booking say from where, unless that is where it stands by itself. What was searched
    for is gone to, not come from."""
    keeping = {
        rule.endpoint: home_of(rule.endpoint.partition(".")[2], rule.rule)
        for rule in app.url_map.iter_rules()
        if _keeps(rule.rule)
    }

    def say_whence(endpoint: str, values: dict[str, Any]) -> None:
        if (
            endpoint in keeping
            and has_request_context()
            and request.blueprint == "coordinator"
            and request.endpoint not in ("coordinator.search", "coordinator.search_options")
        ):
            name = here().row.name
            if name != _home_of_each(keeping[endpoint], values):
                values.setdefault("from", name)

    app.url_defaults(say_whence)
    app.context_processor(lambda: {"doors": doors_shown(), "to_read": TO_READ, "at_door": here})


def home_of(name: str, rule: str) -> str:
    """The row to which a page of that name and rule belongs by itself."""
    if name in _ROWS:
        return name
    if name in BELONGS:
        return BELONGS[name]
    places = ((OF_A_BOOKING, "bookings"), (OF_A_SCHOOL, "schools"), (OF_A_BODY, "bodies"))
    return next((home for start, home in places if rule.startswith(start)), "desk")


def doors_shown() -> tuple[Door, ...]:
    """The doors and pages that the role of whoever is signed in may see."""
    if deeds.may_all():
        return DOORS
    return tuple(shown for door in DOORS if (shown := _shown(door)).rows)


def _shown(door: Door) -> Door:
    return (
        door
        if deeds.may_all()
        else replace(door, rows=tuple(r for r in door.rows if deeds.may_open(r.endpoint)))
    )


def _home_of_each(home: str, values: Mapping[str, Any]) -> str:
    """A body has the pages of a school, and stands among the bodies."""
    organisation_id = values.get("organisation_id")
    is_body = isinstance(organisation_id, int) and organisation_id >= FIRST_OF_BODIES
    return "bodies" if home == "schools" and is_body else home


def here() -> Here:
    """Where the page asked for stands; kept with what was asked, since every link of the page asks it."""
    found: Here = request.environ.get(HERE) or request.environ.setdefault(HERE, _here())
    return found


def _here() -> Here:
    rule = request.url_rule.rule if request.url_rule else ""
    name = (request.endpoint or "").partition(".")[2]
    came = _ROWS.get(request.args.get("from", "")) if _keeps(rule) else None
    door, row = came or _ROWS[home_of(name, rule)]
    if came is None:
        door, row = _ROWS[_home_of_each(row.name, request.view_args or {})]
    is_row = row.name == name
    if is_row and any(request.args.get(key) != value for key, value in row.asks):
        (door, row), is_row = _ROWS[BELONGS[name]], False
    return Here(_shown(door), row, is_row, came[1] if came else None)


def address_of_each(endpoint: str, **words: Any) -> Callable[[int], str]:
    """The address of a page of each of many schools, all alike but for the URN: built once for a list."""
    before, _, behind = url_for(endpoint, **words, organisation_id=NO_URN).partition(str(NO_URN))
    return lambda organisation_id: f"{before}{organisation_id}{behind}"


def find(typed: str) -> list[tuple[Door, Row]]:
    """The pages in whose name, with that of their section, each word begins that was typed."""
    wanted = typed.casefold().split()
    return [
        (door, row)
        for door in doors_shown()
        for row in door.rows
        if wanted and all(any(w.startswith(x) for w in _words(door, row)) for x in wanted)
    ]


def _words(door: Door, row: Row) -> list[str]:
    return re.findall(r"[\w-]+", f"{door.words} {row.words}".casefold())


def _keeps(rule: str) -> bool:
    return rule.startswith((OF_A_SCHOOL, OF_A_BOOKING))
