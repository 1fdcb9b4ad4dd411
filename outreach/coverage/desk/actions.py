"""Action required: what waits for a coordinator, each with its number and a sentence, and gone when nothing
waits.

Here stand the numbers and the words; the page knows which list is behind each, and the list has just as many
rows.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from outreach.asking import open_door
from outreach.asking.chasing import chases, raising
from outreach.asking.confirming import vouching
from outreach.booking import holds, limits, proposals
from outreach.booking.desk import closing
from outreach.county.register import decisions
from outreach.coverage import gaps
from outreach.coverage.gaps import Word
from outreach.coverage.standings import Reckoning, Standing
from outreach.ground.timespans import day_of
from outreach.ground.wording import and_list, clock, count, day, day_short
from outreach.post import letterbook
from outreach.post.incoming import inbox
from outreach.tour import itinerary
from outreach.tour.programmes import Programme
from outreach.visits import unreported

SOON = timedelta(days=3)
"""A time that is kept for a school until a day this near is about to lapse."""

CLOSING, REGISTER, RAISE = "closing", "register", "raise"
LAPSING, LETTERS, UNREPORTED, REQUESTS = "lapsing", "letters", "unreported", "requests"
LATE, UNREACHABLE, AGES, ROOM = "late", "unreachable", "ages unknown", "room"
BEYOND = "beyond"

_MAIL = {
    inbox.DECLINE: (
        "declined by calendar",
        "declined by calendar",
        "The booking still stands. Ask, or cancel it.",
    ),
    inbox.WISH: ("wish for another time", "wishes for another time", "Grant it, or offer what is nearest."),
    inbox.ADDRESS: (
        "letter came back",
        "letters came back",
        "Put the address right; what was lost is written anew.",
    ),
    inbox.NEWCOMER: (
        "answer from somebody not on the booking",
        "answers from people not on the booking",
        "Add them, or leave it.",
    ),
    inbox.DOUBT: ("answer in doubt", "answers in doubt", "It may not be from whom it says."),
    inbox.MAIL: ("mail to read", "mails to read", "A person wrote; nobody has dealt with it."),
    inbox.RAW: ("mail that cannot be read", "mails that cannot be read", "Look at it as it came."),
}
_CAUSES = {
    gaps.CANCELLED: (
        "school lost its show",
        "schools lost their show",
        "Cancelled, and no new date. Offer the nearest.",
    ),
    gaps.FAILED: (
        "show did not take place",
        "shows did not take place",
        "Nothing new is booked. Offer the nearest.",
    ),
    gaps.OTHER_DATE: (
        "school wants another date",
        "schools want another date",
        "It said which days would do.",
    ),
    gaps.REFUSED_SLOT: ("school refused its slot", "schools refused their slot", "Offer other times."),
    gaps.SOMEBODY_ELSE: (
        "school named somebody else",
        "schools named somebody else",
        "Write to the new contact.",
    ),
    gaps.REPORTS_DISAGREE: (
        "school’s reports disagree",
        "schools’ reports disagree",
        "Settle what truly happened.",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """`kind` says which list is behind it: one of the words above, an inbox task, or a cause of a gap."""

    kind: str
    count: int
    what: str
    detail: str


def actions_on_desk(reckoning: Reckoning, mail: Mapping[str, int], *, now: datetime) -> list[Action]:
    """What waits in a programme, in its partnership's post and in its register, the most pressing first; 11
    queries, and those of raising.waiting once some school has had its last reminder.

    `mail` is what waits in the inbox by task, as inbox.count_waiting gives it.
    """
    programme, today = reckoning.programme, day_of(now)
    causes = Counter(s.kind for s in reckoning.target if s.is_gap)
    letters = letterbook.count_failed(programme.partnership_id)
    asked = open_door.count_requests(programme.partnership_id) + vouching.count(programme.partnership_id)
    closes = closing.count(programme.partnership_id, now=now)
    changed = decisions.waiting(programme.partnership_id)
    found = [
        _plain(
            CLOSING,
            closes,
            ("show at a school that closes", "shows at schools that close", "Hand it on, move or cancel it."),
        ),
        _lapsing(programme, now),
        *(_plain(task, mail.get(task, 0), _MAIL[task]) for task in (inbox.WISH, inbox.DECLINE)),
        *(_plain(cause, causes[cause], _CAUSES[cause]) for cause in (gaps.CANCELLED, gaps.FAILED)),
        _plain(
            LETTERS,
            letters,
            ("letter did not go", "letters did not go", "The mail server refused it. Each says why."),
        ),
        _plain(inbox.ADDRESS, mail.get(inbox.ADDRESS, 0), _MAIL[inbox.ADDRESS]),
        _unreported(programme, now),
        _plain(gaps.REPORTS_DISAGREE, causes[gaps.REPORTS_DISAGREE], _CAUSES[gaps.REPORTS_DISAGREE]),
        _plain(
            REQUESTS,
            asked,
            (
                "address waits for your word",
                "addresses wait for your word",
                "It is not on file, or not the school’s own.",
            ),
        ),
        *(
            _plain(task, mail.get(task, 0), _MAIL[task])
            for task in (inbox.NEWCOMER, inbox.DOUBT, inbox.MAIL, inbox.RAW)
        ),
        *(
            _plain(cause, causes[cause], _CAUSES[cause])
            for cause in (gaps.OTHER_DATE, gaps.REFUSED_SLOT, gaps.SOMEBODY_ELSE)
        ),
        _waiting_list(programme, causes[gaps.WAITING_LIST], now),
        _raise(reckoning, now),
        _late(programme, causes[gaps.SILENT], today),
        _unreachable(reckoning.target),
        _plain(
            REGISTER,
            changed,
            ("change of the register", "changes of the register", "Accept it, or keep ours."),
        ),
        _plain(
            BEYOND,
            len(limits.beyond(programme.partnership_id, now=now)),
            (
                "school promised more than it has",
                "schools promised more than they have",
                "Ask for its own number, or change what it promised.",
            ),
        ),
        _ages(reckoning.target),
    ]
    return [action for action in found if action.count]


def lapsing_until(now: datetime) -> date:
    """The last day to reply by of what is about to lapse."""
    return day_of(now) + SOON


def _plain(kind: str, n: int, words: tuple[str, str, str]) -> Action:
    one, many, detail = words
    return Action(kind=kind, count=n, what=one if n == 1 else many, detail=detail)


def _lapsing(programme: Programme, now: datetime) -> Action:
    """What is kept until a day that is near, or for the minutes in which a school fills in the form."""
    soon = [p for p in proposals.still_open(programme.id, now=now) if p.reply_by <= lapsing_until(now)]
    held = holds.in_hand(programme.id, now=now)
    until = held[0].held_until if held else None
    said = (
        []
        if until is None
        else [f"{held[0].host.name} has until {clock(until)}, while it fills in the form."]
    )
    if soon:
        said.append(f"{soon[0].school.name} has until the end of {_by(soon[0].reply_by, now)}.")
    words = ("kept time is about to lapse", "kept times are about to lapse")
    return _plain(LAPSING, len(soon) + len(held), (*words, " ".join(said)))


def _by(until: date, now: datetime) -> str:
    return "today" if until == day_of(now) else day(until, today=day_of(now))


def _unreported(programme: Programme, now: datetime) -> Action:
    found = unreported.unreported_of_programme(programme.id, now=now)
    detail = ""
    if found.since is not None:
        days = (day_of(now) - day_of(found.since)).days
        waited = f"has waited {count(days, 'day')}" if days else "had its show today"
        detail = f"{found.longest} {waited}."
    return _plain(UNREPORTED, found.bookings, ("report is missing", "reports are missing", detail))


def _waiting_list(programme: Programme, n: int, now: datetime) -> Action:
    """Only where there is a time to offer."""
    room = itinerary.room_left(programme.id, now=now)
    words = ("school on the waiting list", "schools on the waiting list")
    return _plain(
        ROOM, n if room else 0, (*words, f"The coming tour days have room for {count(room, 'show')}.")
    )


def _raise(reckoning: Reckoning, now: datetime) -> Action:
    """Reminded twice and silent: to the head teacher or the trust, if a coordinator says so."""
    programme, rows = reckoning.programme, []
    if chases.is_anybody_reminded_out(programme.id):
        rows = raising.waiting(programme, now=now, target={s.urn for s in reckoning.target})
    words = ("school to raise to its head or trust", "schools to raise to their heads or trusts")
    return _plain(RAISE, len(rows), (*words, "Reminded twice and silent. Nothing goes unless you say so."))


def _late(programme: Programme, n: int, today: date) -> Action:
    words = ("school never answered", "schools never answered")
    detail = f"They were to reply by {day_short(programme.reply_by)}."
    return _plain(LATE, n if today > programme.reply_by else 0, (*words, detail))


def _unreachable(target: Iterable[Standing]) -> Action:
    why = Counter(s.detail for s in target if s.standing == Word.UNREACHABLE)
    said = {"no contact": "nobody to write to", "every address bounced": "every address bounced"}
    detail = and_list(f"{n:,}: {said.get(word, word)}" for word, n in sorted(why.items())) + "."
    words = ("school cannot be reached", "schools cannot be reached")
    return _plain(UNREACHABLE, why.total(), (*words, detail))


def _ages(target: Sequence[Standing]) -> Action:
    words = ("school’s ages are unknown", "schools’ ages are unknown", "Include or exclude each.")
    return _plain(AGES, sum(s.ages_unknown for s in target), words)
