"""Stationery of letters: the facts they are given, and the templates that say them.

The words stand in templates/letters/, once as HTML and once as text that says the same.
"""

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from outreach.ground import audience, colours, the_app, wording
from outreach.ground.audience import Words
from outreach.ground.colours import Shades
from outreach.ground.timespans import day_of
from outreach.post import calendars, letter_values, links, worded
from outreach.post.calendars import Attendee
from outreach.post.letter_kinds import KINDS
from outreach.post.worded import LaidOut, Worded

FOLDER = Path(__file__).resolve().parents[2] / "templates" / "letters"


@dataclass(frozen=True, kw_only=True)
class LetterSettings:
    """Where the pages are, from where mail comes (MAIL_SENDER@MAIL_DOMAIN), and whether invites come as a
    file too."""

    public_url: str
    mail_domain: str
    mail_sender: str
    attach_invite: bool = False


@dataclass(frozen=True, kw_only=True)
class Sender:
    """Who signs: a partnership and its coordinator's work details. How its letters look: the name in From ('' for the
    partnership's), words at the foot, the shades of its accent, and its logo by name. `worded`: its own words by kind,
    as letter_kinds.py has it, where it has any."""

    partnership_id: int
    partnership_name: str
    contact_name: str
    contact_role: str
    contact_phone: str
    contact_email: str
    sender_name: str = ""
    footer_words: str = ""
    shades: Shades = colours.DAMSON
    logo_file: str | None = None
    worded: Mapping[str, Worded] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, kw_only=True)
class Addressee:
    """To whom, as what, and where the address came from ('the school's website')."""

    address: str
    name: str = ""
    role: str = ""
    source: str = ""
    source_date: date | None = None


@dataclass(frozen=True, kw_only=True)
class OfferedTime:
    """A time that a school could have, or two on one day, and why it is worth choosing."""

    starts: tuple[datetime, ...]
    why: str

    def hours(self) -> str:
        """'9:30am', '9:30am and 11:45am'."""
        return wording.and_list(wording.clock(at) for at in self.starts)


@dataclass(frozen=True, kw_only=True)
class LetterAsking:
    """What a school is asked to book. `pupils` None is unknown; `times` are those that its page shows first;
    `year_groups` () is a show for adults, and `staff` which of them are meant. `no_times`: why nobody could choose any
    now, '' while somebody can."""

    programme_title: str
    summary: str
    year_groups: tuple[int, ...]
    running_minutes: int
    discussion_minutes: int
    company_names: str
    cost: str
    reply_by: date
    organisation_name: str
    pupils: int | None
    shows_needed: int
    times: tuple[OfferedTime, ...]
    organisation_id: int
    programme_id: int
    no_times: str = ""
    staff: str = ""
    for_adults: bool = False

    @property
    def words(self) -> Words:
        return audience.words(self.for_adults)

    @property
    def comes(self) -> bool:
        """Whether it comes to a session elsewhere; else the company comes to it."""
        return self.organisation_id >= audience.FIRST_OF_BODIES

    @property
    def where(self) -> str:
        """Who comes to whom."""
        if self.comes:
            return "You come to a session, at a place near you or online."
        brings = f"{self.company_names} brings it" if self.company_names else "It comes"
        return f"{brings} to your {self.words.hall}."

    @property
    def without_times(self) -> str:
        """Why there are no times to choose; '' while there are."""
        if not self.no_times:
            return ""
        not_set = self.no_times == "no day"
        if self.comes:
            why = "The sessions are not set yet" if not_set else "Every place is taken just now"
            again = "when they are" if not_set else "when there are places"
        else:
            why = (
                "The days of the tour are not set yet"
                if not_set
                else "Every day of the tour is taken just now"
            )
            again = "when they are" if not_set else "when there are times to choose"
        return f"{why}: we write again {again}. Until then you can tell us which days would suit."

    @property
    def choose(self) -> str:
        """What its page is opened for."""
        if self.no_times:
            return "Tell us which days would suit"
        return "Choose a session" if self.comes else "Choose a time"

    def before_times(self) -> str:
        """The words before the times."""
        if self.comes:
            return "These sessions have places, and your page has every one:"
        if any(len(one.starts) > 1 for one in self.times):
            two = f"These are two {self.words.show}s on one day"
            return f"{two}, where they fit the tour best. Your page has more times:"
        return "These times fit the tour best, and there are more on your page:"


@dataclass(frozen=True, kw_only=True)
class LetterVisit:
    """One booking as it stands now; with `reply_by`, a time that is kept for a school and not booked.
    `place_name` and `place_address` are of where it is held: a school or a venue. Instants are aware; `pupils`
    is (year group, how many); `access` is words ('2 wheelchair places'); `phone` is the school's number for the
    day, for the company alone. `host_name` says that the school is a guest there: `travel` is how it comes,
    `terms` what the host asks. `guests` are the schools that join the show, and `tour_day_id` the day whose
    sheet says the rest, for the company. `cancelled`: it is off; `outcome`: what was reported of it, as
    Booking.outcome has it; '' while nobody has. `waiting`: the kept time comes from the waiting list, on which
    the school stays unless it books. `link` and `joining`: of a session, where it is met online and how one
    gets in; `held`: 'online', or 'at Mill Lane Hall'. `here`, `stays`: see wording.comes_and_goes()."""

    uid: str
    sequence: int
    created_at: datetime
    organizer_token: str
    reference: str
    programme_title: str
    place_name: str
    place_address: str
    organisation_id: int
    programme_id: int
    starts_at: datetime
    ends_at: datetime
    get_in_at: datetime
    away_at: datetime
    hall: str
    pupils: tuple[tuple[int, int], ...]
    access: tuple[str, ...]
    school_provides: str
    move_until: date
    cancel_until: date
    attendees: tuple[Attendee, ...]
    phone: str = ""
    reply_by: date | None = None
    host_name: str = ""
    travel: str = ""
    terms: str = ""
    guests: tuple[str, ...] = ()
    cancelled: bool = False
    outcome: str = ""
    waiting: bool = False
    tour_day_id: int = 0
    for_adults: bool = False
    link: str = ""
    joining: str = ""
    held: str = ""
    here: bool = False
    stays: bool = False

    @property
    def words(self) -> Words:
        return audience.words(self.for_adults)

    @property
    def where(self) -> str:
        """'at Mill Lane High School'; of a session 'online', too."""
        return self.held or f"at {self.place_name}"

    @property
    def whats_named(self) -> str:
        """'this visit to Mill Lane High School'; 'this session online': what somebody is named for."""
        return f"this session {self.held}" if self.held else f"this visit to {self.place_name}"

    @property
    def places(self) -> str:
        """'12 places'; '9 seats'."""
        return wording.count(sum(n for _, n in self.pupils), self.words.seat)

    @property
    def company_stay(self) -> tuple[str, str]:
        """How the company comes and goes."""
        return wording.comes_and_goes(self.get_in_at, self.away_at, here=self.here, stays=self.stays)

    def provided(self) -> list[str]:
        """What the school provides, thing by thing: it is typed one thing a line."""
        return [line.strip().rstrip(".;,") for line in self.school_provides.splitlines() if line.strip()]


@dataclass(frozen=True, kw_only=True)
class KeptTime:
    """A time that is kept for a school in place of one that was called off, until the end of `reply_by`."""

    starts_at: datetime
    reply_by: date


@dataclass(frozen=True, kw_only=True)
class LostTime:
    """A time that was called off, for which the school gets another; `by` is company or coordinator."""

    starts_at: datetime
    by: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """A letter's subject and its two readings."""

    subject: str
    text: str
    html: str


def settings() -> LetterSettings:
    """Those of the service that letters say."""
    here = the_app.settings()
    return LetterSettings(
        public_url=here["PUBLIC_URL"],
        mail_domain=here["MAIL_DOMAIN"],
        mail_sender=here["MAIL_SENDER"],
        attach_invite=here["MAIL_ATTACH_INVITE"],
    )


def facts_of(visit: LetterVisit, now: datetime, *, ends: bool = False) -> list[tuple[str, str]]:
    """The visit as (label, words), in the order in which a person asks. `ends`: of a visit that is over for
    whoever reads it, only which one it was."""
    when = wording.day(visit.starts_at, today=day_of(now))
    facts = [
        ("When", f"{when}, {wording.clock_span(visit.starts_at, visit.ends_at)}"),
        ("Where", ", ".join(p for p in (visit.place_name, visit.hall, visit.place_address) if p.strip())),
        ("Link", visit.link),
        ("How to join", " ".join(visit.joining.split())),
        (
            "The company",
            wording.capfirst(", ".join(visit.company_stay)) if not visit.host_name else "",
        ),
        (
            "Who",
            wording.and_list(audience.people_in_group(n, y) for y, n in visit.pupils),
        ),
        ("From" if visit.held else "Guests", "; ".join(visit.guests)),
        ("How you come", visit.travel),
        ("Your host asks", visit.terms),
        ("Access", ", ".join(visit.access)),
        ("Please have ready", "; ".join(visit.provided())),
        ("Kept for you until", wording.day(visit.reply_by, today=day_of(now)) if visit.reply_by else ""),
        ("Reference", visit.reference),
    ]
    return [(label, words) for label, words in facts if words and not (ends and label not in _WHICH)]


_WHICH = ("When", "Where", "Reference")


def company_facts_of(visit: LetterVisit, now: datetime) -> list[tuple[str, str]]:
    """The same for a company: when it arrives and leaves, and nothing of what the school has to have
    ready."""
    when = wording.day(visit.starts_at, today=day_of(now))
    here = " (you are there already)" if visit.here else ""
    then = "you stay and turn the hall round from" if visit.stays else "away by"
    arrives = ("You arrive", f"{wording.clock(visit.get_in_at)}{here}; {then} {wording.clock(visit.away_at)}")
    kept = {"Where", "Link", "How to join", "Who", "From", "Guests", "Access", "Reference"}
    return [
        (wording.capfirst(visit.words.show), f"{when}, {wording.clock_span(visit.starts_at, visit.ends_at)}"),
        arrives,
        *(fact for fact in facts_of(visit, now) if fact[0] in kept),
    ]


def render(
    template: str,
    subject: str,
    to: Addressee,
    sender: Sender,
    *,
    organisation_name: str,
    organisation_id: int,
    page: str | None,
    now: datetime,
    **facts: object,
) -> Rendered:
    """Both readings of one letter, in the partnership's own words where it has some. `page` is the personal page; None
    for a letter without a link of its own."""
    here = settings().public_url
    context = facts | {
        "to": to,
        "sender": sender,
        "organisation_name": organisation_name,
        "whom": audience.whom(organisation_id),
        "page": page,
        "find": links.find_page(here),
        "privacy": links.privacy_page(here),
        "today": day_of(now),
        "day": partial(wording.day, today=day_of(now)),
        "logo": links.logo(here, sender.logo_file.partition(".")[0]) if sender.logo_file else None,
    }
    own = _own(template, context, sender)
    if own is not None and not KINDS[own[0]].heads:
        subject = own[1].subject
    subject = calendars.one_line(subject)
    context |= {"subject": subject, "own": own[1] if own else None}
    drawn_in = _SHADES.set(sender.shades)
    try:
        return Rendered(
            subject=subject,
            text=_ENVIRONMENT.get_template(f"{template}.txt").render(context),
            html=_ENVIRONMENT.get_template(f"{template}.html").render(context),
        )
    finally:
        _SHADES.reset(drawn_in)


def _own(template: str, facts: Mapping[str, Any], sender: Sender) -> tuple[str, LaidOut] | None:
    """The kind, and the partnership's words for this letter; None where ours stand."""
    kind = letter_values.kind_of(template, facts)
    words = sender.worded.get(kind) if kind in KINDS else None
    return None if words is None else (kind, worded.laid_out(kind, words, letter_values.values_of(facts)))


_SHADES: ContextVar[Shades] = ContextVar("shades", default=colours.DAMSON)
"""Those of the letter that is being written: the pieces that letters are made of are imported without its facts."""


def _role(role: str) -> str:
    """'Designated safeguarding lead' in the middle of a sentence; 'DSL' and 'SENCo' as they are."""
    return role[:1].lower() + role[1:] if role[1:2].islower() or role[1:2] == " " else role


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        day_short=wording.day_short,
        clock=wording.clock,
        clock_span=wording.clock_span,
        number=wording.number,
        year_groups=wording.year_groups_name,
        in_group=audience.in_group,
        capfirst=wording.capfirst,
        role=_role,
        line=calendars.one_line,
        and_list=wording.and_list,
    )
    environment.globals["shades"] = _SHADES.get
    return environment


_ENVIRONMENT = _environment()
