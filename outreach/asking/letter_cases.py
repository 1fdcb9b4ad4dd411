"""Cases of each kind of letter whose words a partnership can write: every branch of it, made from one school's facts,
as whoever writes the words looks at it. Writes nothing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from outreach.ground.audience import FIRST_OF_BODIES
from outreach.ground.school_year import STAFF
from outreach.ground.timespans import day_of
from outreach.post import letters, proposing, questions_open
from outreach.post.calendars import CANCEL, REQUEST
from outreach.post.guests import notes
from outreach.post.guests.notes import GuestNote, WaitWords
from outreach.post.letters import PREVIEW_TOKEN
from outreach.post.questions_open import QuestionsOpen
from outreach.post.stationery import (
    Addressee,
    KeptTime,
    LetterAsking,
    LetterVisit,
    LostTime,
    OfferedTime,
    Rendered,
    Sender,
)
from outreach.post.writing import page_of, visit_words, words_about
from outreach.post.yearly import still_right
from outreach.post.yearly.still_right import HeldForOrganisation


@dataclass(frozen=True, kw_only=True)
class Bench:
    """What letters of a school are shown from: `asking` and `visit` are its own, or made up; `to` whom they go."""

    asking: LetterAsking
    visit: LetterVisit
    to: Addressee
    sender: Sender
    now: datetime
    asked_on: date


@dataclass(frozen=True, kw_only=True)
class Case:
    """One branch of a letter, and how it is drawn."""

    title: str
    draw: Callable[[Bench], Rendered]


Said = Mapping[str, Any]
OTHER = "Mill Lane High School"
HALL = "Mill Lane Hall"
NOTE = "Please ring us if the hall is not free."
WEEK = timedelta(days=7)


def made_up(sender: Sender, *, now: datetime) -> Bench:
    """A made-up school of a made-up programme, while a partnership has none."""
    day = (now + timedelta(days=30)).astimezone(UTC).replace(hour=9, minute=30, second=0, microsecond=0)
    show = timedelta(minutes=75)
    asking = LetterAsking(
        programme_title="The play",
        summary="What the programme says of the play",
        year_groups=(8, 9),
        running_minutes=45,
        discussion_minutes=30,
        company_names="The company",
        cost="Free",
        reply_by=day_of(now) + WEEK,
        organisation_name="A made-up school",
        pupils=212,
        shows_needed=1,
        times=(OfferedTime(starts=(day,), why="Earliest day left"),),
        organisation_id=1,
        programme_id=0,
    )
    to = Addressee(
        address="", name="Joanna Fell", role="Designated safeguarding lead", source="the school’s website"
    )
    return Bench(
        asking=asking,
        visit=visit_made_up(asking, starts_at=day, ends_at=day + show),
        to=to,
        sender=sender,
        now=now,
        asked_on=day_of(now) - 2 * WEEK,
    )


def visit_made_up(asking: LetterAsking, *, starts_at: datetime, ends_at: datetime) -> LetterVisit:
    """A visit to a school that has none."""
    day = day_of(starts_at)
    groups = asking.year_groups or ((STAFF,) if asking.for_adults else (8, 9))
    return LetterVisit(
        uid="preview",
        sequence=0,
        created_at=starts_at - 4 * WEEK,
        organizer_token="preview",  # noqa: S106 - no mail goes
        reference="ABC-1234",
        programme_title=asking.programme_title,
        place_name=asking.organisation_name,
        place_address="",
        organisation_id=asking.organisation_id,
        programme_id=asking.programme_id,
        starts_at=starts_at,
        ends_at=ends_at,
        get_in_at=starts_at - timedelta(hours=1),
        away_at=ends_at + timedelta(minutes=30),
        hall="" if asking.for_adults else "Main hall",
        pupils=tuple((group, 104) for group in groups),
        access=("2 wheelchair places",),
        school_provides="",
        move_until=day - 2 * WEEK,
        cancel_until=day - WEEK,
        attendees=(),
        for_adults=asking.for_adults,
    )


def cases_of(kind: str) -> tuple[Case, ...]:
    """Every branch, the commonest first."""
    return _CASES[kind]


# Visits, as each branch has them


def _plain(bench: Bench) -> LetterVisit:
    """A visit to come, at the school."""
    visit = replace(
        bench.visit, host_name="", held="", link="", joining="", travel="", terms="", reply_by=None, waiting=False,
        cancelled=False, outcome="",
    )  # fmt: skip
    soon = bench.now + 3 * WEEK
    return visit if visit.starts_at > soon else _at(visit, visit.starts_at + _days(visit.starts_at, soon))


def _days(start: datetime, until: datetime) -> timedelta:
    return timedelta(days=(until - start).days + 1)


def _at(visit: LetterVisit, starts_at: datetime) -> LetterVisit:
    later = starts_at - visit.starts_at
    return replace(
        visit,
        starts_at=starts_at,
        ends_at=visit.ends_at + later,
        get_in_at=visit.get_in_at + later,
        away_at=visit.away_at + later,
        move_until=visit.move_until + later,
        cancel_until=visit.cancel_until + later,
    )


def _near(bench: Bench) -> LetterVisit:
    past = day_of(bench.now) - timedelta(days=1)
    return replace(_plain(bench), move_until=past, cancel_until=past)


def _staff(bench: Bench) -> LetterVisit:
    visit = _plain(bench)
    return replace(visit, for_adults=True, pupils=((STAFF, 12),), hall="" if visit.hall else visit.hall)


def _nobody(bench: Bench) -> LetterVisit:
    return replace(_plain(bench), pupils=())


def _guest(bench: Bench) -> LetterVisit:
    return replace(_plain(bench), place_name=OTHER, host_name=OTHER, travel="By coach", school_provides="")


def _staff_guest(bench: Bench) -> LetterVisit:
    return replace(_staff(bench), place_name=OTHER, host_name=OTHER, travel="By car", school_provides="")


def _venue(bench: Bench) -> LetterVisit:
    return replace(_staff(bench), place_name=HALL, held=f"at {HALL}", school_provides="")


def _online(bench: Bench) -> LetterVisit:
    return replace(
        _staff(bench), place_name="Online meeting", place_address="", held="online", school_provides=""
    )


def _over(bench: Bench) -> LetterVisit:
    """Yesterday's."""
    visit = _plain(bench)
    return _at(visit, visit.starts_at - _days(bench.now, visit.starts_at) - timedelta(days=1))


def _over_of_staff(bench: Bench) -> LetterVisit:
    return replace(_over(bench), for_adults=True, pupils=((STAFF, 12),))


def _kept(bench: Bench) -> LetterVisit:
    return replace(_plain(bench), reply_by=day_of(bench.now) + WEEK)


def _kept_near(bench: Bench) -> LetterVisit:
    return replace(_near(bench), reply_by=day_of(bench.now) + WEEK)


def _kept_waiting(bench: Bench) -> LetterVisit:
    return replace(_kept(bench), waiting=True)


def _kept_of_staff(bench: Bench) -> LetterVisit:
    return replace(_staff(bench), reply_by=day_of(bench.now) + WEEK)


Prepare = Callable[[Bench], LetterVisit]


def _visit(
    title: str, template: str, prepare: Prepare = _plain, *, method: str = REQUEST, **said: object
) -> Case:
    """Of a letter about a visit; what is callable in `said` is asked for it with the visit."""

    def draw(bench: Bench) -> Rendered:
        visit = prepare(bench)
        more: dict[str, Any] = {name: say(visit) if callable(say) else say for name, say in said.items()}
        return visit_words(
            template,
            visit,
            bench.to,
            bench.sender,
            method=method,
            page=page_of(PREVIEW_TOKEN),
            now=bench.now,
            **more,
        )

    return Case(title=title, draw=draw)


def _about(title: str, template: str, about: str, prepare: Prepare, **said: object) -> Case:
    def draw(bench: Bench) -> Rendered:
        visit, page = prepare(bench), page_of(PREVIEW_TOKEN)
        more: dict[str, Any] = {name: say(visit) if callable(say) else say for name, say in said.items()}
        return words_about(template, about, visit, bench.to, bench.sender, page=page, now=bench.now, **more)

    return Case(title=title, draw=draw)


def _week_before(visit: LetterVisit) -> datetime:
    return visit.starts_at - WEEK


def _same(visit: LetterVisit) -> datetime:
    return visit.starts_at


def _standing(template: str, prepare: Prepare = _plain, **said: Any) -> tuple[Case, ...]:
    """The branches that every letter about a visit to a school has."""
    return (
        _visit("As it mostly is", template, prepare, **said),
        _visit("Close to the day", template, _near, **said),
        _visit("For staff", template, _staff, **said),
        _visit("Nobody counted", template, _nobody, **said),
    )


def _booked(*prepared: tuple[str, Prepare]) -> tuple[Case, ...]:
    return (
        *(_visit(title, "booked", prepare, note="", comes_back=False) for title, prepare in prepared),
        _visit("With a coordinator’s note", "booked", prepared[0][1], note=NOTE, comes_back=False),
        _visit("Booked again", "booked", prepared[0][1], note="", comes_back=True),
    )


def _moved(was: Callable[[LetterVisit], datetime], *prepared: tuple[str, Prepare]) -> tuple[Case, ...]:
    return (
        *(_visit(title, "moved", prepare, note="", was_starts_at=was) for title, prepare in prepared),
        _visit("With a coordinator’s note", "moved", prepared[0][1], note=NOTE, was_starts_at=was),
    )


def _left(visit: LetterVisit) -> tuple[tuple[datetime, str], ...]:
    return (
        (visit.starts_at + WEEK, "at your own school"),
        (visit.starts_at + 2 * WEEK, f"at {OTHER}, 9 seats"),
    )


def _kept_instead(visit: LetterVisit) -> KeptTime:
    return KeptTime(starts_at=visit.starts_at + WEEK, reply_by=day_of(visit.starts_at) - WEEK)


def _off(title: str, prepare: Prepare, by: str, reason: str = "", **said: object) -> Case:
    more: dict[str, object] = {"instead": (), "kept": None, **said}
    return _visit(title, "cancelled", prepare, method=CANCEL, by=by, reason=reason, **more)


def _lost(by: str) -> Callable[[LetterVisit], LostTime]:
    return lambda visit: LostTime(starts_at=visit.starts_at - WEEK, by=by, reason="The van broke down")


def _ended(how: str, *prepared: tuple[str, Prepare, str]) -> tuple[Case, ...]:
    return tuple(
        _visit(title, "proposal_ended", prepare, method=CANCEL, how=how, reason=reason)
        for title, prepare, reason in prepared
    )


_AHEAD = "it goes ahead with Sam Wood"
_WITH_REASON = (
    ("With a reason", _kept, "We have exams that week"),
    ("Without a reason", _kept, ""),
    ("From the waiting list", _kept_waiting, "We have exams that week"),
)


# Letters about asking

Asked = Callable[[LetterAsking, Addressee, Bench], Rendered]


def _invitation(asking: LetterAsking, to: Addressee, bench: Bench) -> Rendered:
    return letters.preview_invitation(asking, to, bench.sender, now=bench.now)


def _reminder(nth: int) -> Asked:
    return lambda asking, to, bench: letters.preview_reminder(
        asking, to, bench.sender, nth=nth, asked_on=bench.asked_on, now=bench.now
    )


def _raised(kind: str, **said: object) -> Asked:
    return lambda asking, to, bench: letters.preview_raised(
        kind, asking, to, bench.sender, now=bench.now, written_to="the safeguarding lead",
        written_on=(bench.asked_on, bench.asked_on + WEEK), **said,
    )  # fmt: skip


def _link(asking: LetterAsking, to: Addressee, bench: Bench) -> Rendered:
    return letters.preview_link(asking, to, bench.sender, now=bench.now)


def _notice(asking: LetterAsking, to: Addressee, bench: Bench) -> Rendered:
    return letters.notice_words(
        asking, to, bench.sender, asked_by_address="somebody@school.example", now=bench.now
    )


def _asked(draw: Asked) -> tuple[Case, ...]:
    def case(title: str, to: Addressee | None = None, **changes: Any) -> Case:
        return Case(
            title=title,
            draw=lambda bench: draw(replace(bench.asking, **changes), to or bench.to, bench),
        )

    return (
        case("As it is now"),
        case("No times left", times=(), no_times="no room"),
        case("No days set", times=(), no_times="no day"),
        case("Little is known", to=Addressee(address=""), summary="", pupils=None, discussion_minutes=0),
        case("It costs something", cost="£2 a pupil"),
        case("For staff", year_groups=(STAFF,), staff="staff", for_adults=True),
        case(
            "To an organisation",
            organisation_id=FIRST_OF_BODIES + 1,
            year_groups=(STAFF,),
            staff="staff",
            for_adults=True,
        ),
    )


def _contacts(title: str, *people: tuple[str, str], **changes: Any) -> Case:
    def draw(bench: Bench) -> Rendered:
        held = HeldForOrganisation(
            organisation_name=bench.asking.organisation_name,
            organisation_id=bench.asking.organisation_id,
            programme_id=bench.asking.programme_id,
            programme_title=bench.asking.programme_title,
            academic_year=bench.now.year,
            people=people,
            answer_by=bench.asking.reply_by,
        )
        return still_right.preview(replace(held, **changes), bench.to, bench.sender, now=bench.now)

    return Case(title=title, draw=draw)


# Guests, questions, the company


def _note(title: str, kind: str, *, for_adults: bool = False, **changes: Any) -> Case:
    def draw(bench: Bench) -> Rendered:
        visit = _plain(bench)
        note = GuestNote(
            kind=kind,
            place_id=0,
            organisation_id=bench.asking.organisation_id,
            programme_id=bench.asking.programme_id,
            programme_title=bench.asking.programme_title,
            organisation_name=bench.asking.organisation_name,
            other_name=OTHER,
            starts_at=visit.starts_at,
            ends_at=visit.ends_at,
            pupils=((STAFF, 9),) if for_adults else ((8, 9), (9, 8)),
            page="/hosts",
            seats=9,
            for_adults=for_adults,
        )
        note = replace(note, **{name: say(visit) if callable(say) else say for name, say in changes.items()})
        return notes.words_of(note, bench.to, bench.sender, page_of(PREVIEW_TOKEN), now=bench.now)

    return Case(title=title, draw=draw)


def _notes(kind: str, **said: Any) -> tuple[Case, ...]:
    return (
        _note("With what they say", kind, **said),
        _note("With nothing besides", kind),
        _note("For staff", kind, for_adults=True, **said),
    )


_GUEST_SAYS = {"why": "We have no hall for it", "travel": "By coach", "said": "We know your hall."}
_HOST_SAYS = {"said": "The hall is small.", "nearest": _left}


def _questions(title: str, *, later: bool) -> Case:
    def draw(bench: Bench) -> Rendered:
        words = QuestionsOpen(
            wave="after", number=5, last_day=day_of(bench.now) + 2 * WEEK, closes_at=bench.now + 2 * WEEK, later=later
        )  # fmt: skip
        return questions_open.words_of(
            words,
            _over(bench),
            bench.to,
            bench.sender,
            token=PREVIEW_TOKEN,
            stop_token=PREVIEW_TOKEN,
            now=bench.now,
        )

    return Case(title=title, draw=draw)


def _company(bench: Bench) -> Addressee:
    role = "" if bench.asking.for_adults else "touring company"
    return Addressee(address="", name=bench.asking.company_names or "The company", role=role)


def _troupe(
    title: str,
    prepare: Prepare,
    *changes: str,
    method: str = REQUEST,
    goes_ahead: str = "",
    phone: str = "01632 960 001",
) -> Case:
    def draw(bench: Bench) -> Rendered:
        visit = replace(prepare(bench), phone=phone)
        return letters.troupe_words(
            visit,
            _company(bench),
            bench.sender,
            method=method,
            changes=changes,
            goes_ahead=goes_ahead,
            now=bench.now,
        )

    return Case(title=title, draw=draw)


def _in_tour(*changes: str, method: str = REQUEST, goes_ahead: str = "") -> tuple[Case, ...]:
    return (
        _troupe("At a school", _plain, *changes, method=method, goes_ahead=goes_ahead),
        _troupe("No number for the day", _plain, *changes, method=method, goes_ahead=goes_ahead, phone=""),
        _troupe("A session at a venue", _venue, *changes, method=method, goes_ahead=goes_ahead),
        _troupe("A session online", _online, *changes, method=method, goes_ahead=goes_ahead),
    )


def _day(title: str, prepare: Prepare, number: int) -> Case:
    def draw(bench: Bench) -> Rendered:
        visit = prepare(bench)
        shows = [(visit.starts_at + n * timedelta(hours=2), visit.where) for n in range(number)]
        return letters.day_went_words(visit, _company(bench), bench.sender, shows=shows, now=bench.now)

    return Case(title=title, draw=draw)


_SCHOOL = (
    ("To a school", _plain),
    ("Close to the day", _near),
    ("For staff", _staff),
    ("Nobody counted", _nobody),
)
_GUESTS = (("To a guest", _guest), ("For staff", _staff_guest))
_SESSION = (("At a venue", _venue), ("Online", _online))
_KEPT = (("As it mostly is", _kept), ("Close to the day", _kept_near), ("For staff", _kept_of_staff))

_CASES: dict[str, tuple[Case, ...]] = {
    "invitation": _asked(_invitation),
    "reminder": _asked(_reminder(1)),
    "second reminder": _asked(_reminder(2)),
    "raised to head": _asked(_raised("raised to head")),
    "raised to trust": _asked(_raised("raised to trust", trust="The school’s trust")),
    "link": _asked(_link),
    "link notice": _asked(_notice),
    "still right": (
        _contacts("Two people", ("Joanna Fell", "Designated safeguarding lead"), ("Sam Wood", "")),
        _contacts("An address alone", ("office@school.example", "")),
        _contacts("To an organisation", ("Sam Wood", "Sergeant"), organisation_id=FIRST_OF_BODIES + 1),
    ),
    "booked": _booked(*_SCHOOL),
    "booked as a guest": _booked(*_GUESTS),
    "booked at a session": _booked(*_SESSION),
    "moved": _moved(_week_before, *_SCHOOL),
    "moved as a guest": _moved(_week_before, *_GUESTS),
    "moved at a session": _moved(_week_before, *_SESSION),
    "same time": _moved(_same, *_SCHOOL),
    "same time as a guest": _moved(_same, *_GUESTS),
    "moved places": tuple(
        _visit(title, "moved_places", prepare, was_at="Tuesday 2 March, online") for title, prepare in _SESSION
    ),
    "moved in short": _standing("moved_in_short"),
    "as it stands": _standing("as_it_stands"),
    "handed on": _standing("handed_on", was=OTHER, becomes="Its new school", elsewhere=False),
    "handed on elsewhere": _standing("handed_on", was=OTHER, becomes="Its new school", elsewhere=True),
    "changed": _standing("changed", changes=("Hall: Sports hall, before Main hall.",)),
    "colleague added": (
        *_standing("colleague_added", comes_back=False),
        _visit("Named again", "colleague_added", comes_back=True),
        _visit("At a session", "colleague_added", _venue, comes_back=False),
    ),
    "colleague removed": (
        _visit("As it mostly is", "colleague_removed", method=CANCEL, goes_ahead=_AHEAD),
        _visit("For staff", "colleague_removed", _staff, method=CANCEL, goes_ahead=_AHEAD),
    ),
    "cancelled": (
        _off("By the school", _plain, "school", "We have exams that week", instead=_left),
        _off("By the company", _plain, "company", "The van broke down", instead=_left),
        _off("By the company, another time kept", _plain, "company", "The van broke down", kept=_kept_instead),
        _off("By us, without a reason", _plain, "coordinator"),
        _off("By the host, to a guest", _guest, "host", "The hall is flooded", instead=_left),
        _off("For staff", _staff, "company", "The trainer is ill"),
    ),
    "cancelled at a session": (
        _off("Given up", _venue, "school", "Nobody can come"),
        _off("Given up without a reason", _venue, "school"),
        _off("By the trainer", _venue, "company", "The trainer is ill", instead=_left),
        _off("By us, online", _online, "coordinator", "Too few came"),
    ),
    "time stays": tuple(
        _about(title, "time_stays", "the time stays as it is", prepare, words=words, wish_starts_at=_week_before)
        for title, prepare, words in (
            ("With an answer", _plain, NOTE),
            ("Without an answer", _plain, ""),
            ("Close to the day", _near, ""),
            ("For staff", _staff, ""),
        )
    ),
    "move or cancel": tuple(
        _about(title, "move_or_cancel", "move or cancel?", prepare, comment=comment)
        for title, prepare, comment in (
            ("With a comment", _plain, "We have exams"),
            ("Without a comment", _plain, ""),
            ("Close to the day", _near, ""),
            ("For staff", _staff, ""),
        )
    ),
    "proposed": tuple(_visit(title, "proposed", prepare) for title, prepare in _KEPT),
    "proposed from the list": (_visit("As it mostly is", "proposed", _kept_waiting),),
    "proposed instead": (
        _visit("The company cannot", "proposed", _kept, lost=_lost("company")),
        _visit("We called it off", "proposed", _kept, lost=_lost("coordinator")),
    ),
    "proposal moved": (
        *(
            _visit(title, "proposal_moved", prepare, was_starts_at=_week_before, note="")
            for title, prepare in _KEPT
        ),
        _visit("With a coordinator’s note", "proposal_moved", _kept, was_starts_at=_week_before, note=NOTE),
        _visit("From the waiting list", "proposal_moved", _kept_waiting, was_starts_at=_week_before, note=""),
    ),
    "proposal moved in short": tuple(
        _visit(title, "proposal_moved_in_short", prepare) for title, prepare in _KEPT
    ),
    "proposal refused": _ended(proposing.REFUSED, *_WITH_REASON),
    "proposal withdrawn": _ended(proposing.WITHDRAWN, *_WITH_REASON),
    "proposal lapsed": _ended(
        proposing.LAPSED, ("As it mostly is", _kept, ""), ("From the waiting list", _kept_waiting, "")
    ),
    "proposal overtaken": _ended(proposing.OVERTAKEN, ("As it mostly is", _kept, "")),
    "proposal called off": _ended(proposing.CALLED_OFF, *_WITH_REASON),
    "guest asks": _notes(notes.ASKS, **_GUEST_SAYS),
    "guest joined": _notes(notes.JOINED, **_GUEST_SAYS),
    "guest changed": _notes(notes.CHANGED, **_GUEST_SAYS),
    "guest left": _notes(notes.LEFT, **_GUEST_SAYS),
    "guest withdrawn": _notes(notes.WITHDRAWN, **_GUEST_SAYS),
    "fewer seats": _notes(notes.FEWER, **_HOST_SAYS),
    "seats refused": _notes(notes.REFUSED, **_HOST_SAYS),
    "host left": _notes(notes.HOST_LEFT, **_HOST_SAYS),
    "host moved": _notes(notes.HOST_MOVED, **_HOST_SAYS),
    "waiting for places": (
        _note(
            "The wait ends", notes.WAIT_ENDED, for_adults=True,
            wait=WaitWords(subject="No places came free", said="No places came free, so your wait is over."),
        ),
        _note(
            "Handed on", notes.HANDED_ON, for_adults=True, nearest=_left,
            wait=WaitWords(subject="You wait for another session", said="You wait for another session now."),
        ),
    ),
    "how did it go": (
        _about("Of pupils", "how_did_it_go", "how did it go?", _over),
        _about("Of staff", "how_did_it_go", "how did it go?", _over_of_staff),
    ),
    "report missing": (
        _about("Of pupils", "report_missing", "did it take place?", _over),
        _about("Of staff", "report_missing", "did it take place?", _over_of_staff),
    ),
    "since the show": tuple(
        _about(title, "since_the_show", "what was done besides?", _over, asks=asks, last=last)
        for title, last, asks in (
            ("First time", False, ("whether a lesson followed", "whether families were told")),
            ("Last time", True, ("whether a lesson followed",)),
        )
    ),
    "staff questions": tuple(
        _about(title, "staff_questions", "what came of it?", prepare, later=False)
        for title, prepare in (("Of pupils", _over), ("Of staff", _over_of_staff))
    ),
    "staff questions later": tuple(
        _about(title, "staff_questions", "what came of it, three months on?", prepare, later=True)
        for title, prepare in (("Of pupils", _over), ("Of staff", _over_of_staff))
    ),
    "questions open": (_questions("As it mostly is", later=False),),
    "questions open later": (_questions("As it mostly is", later=True),),
    "troupe": _in_tour(),
    "troupe changed": _in_tour("Hall: Sports hall, before Main hall."),
    "troupe cancelled": _in_tour(method=CANCEL),
    "troupe left": _in_tour(method=CANCEL, goes_ahead="it goes ahead with the second troupe"),
    "how the day went": (
        _day("One show", _over, 1),
        _day("Two shows", _over, 2),
        _day("A session", _over_of_staff, 1),
    ),
}  # fmt: skip
