"""The words of a school's page: each sentence in every case that makes it another."""

from datetime import UTC, date, datetime, time
from types import SimpleNamespace
from typing import Any

import pytest

from outreach.county.contacts import Contact
from outreach.county.school_days import INSET_DAY
from outreach.county.schools import Correction, School
from outreach.coverage.school.story import Chapter
from outreach.coverage.standings import AlsoSeen
from outreach.ground.history import History
from outreach.post.outbox import Letter
from outreach.tour.programmes import Programme
from outreach.web.coordinator import school_words
from outreach.web.coordinator.school_told import FieldAsHeld, deed_in_words

URN, OTHER = 990001, 990002
AT = datetime(2027, 1, 19, 14, 6, tzinfo=UTC)


def school(**changes: Any) -> School:
    return School(organisation_id=URN, name="Larch", **({"status": "Open"} | changes))


def standing(**changes: Any) -> Any:
    told = {
        "organisation_id": URN,
        "name": "Larch",
        "standing": "asked",
        "cause": "",
        "since": None,
        "evidence": "",
    }
    told |= {"seen_pupils": 90, "target_pupils": 120, "estimated": False, "seen_estimated": False}
    return SimpleNamespace(**told | changes)


def said(sentence: school_words.Sentence) -> str:
    names = ", ".join(s.name for s in sentence.schools)
    return f"{sentence.strong}|{sentence.before}{names}{sentence.after}" + ("!" if sentence.loud else "")


def test_a_school_in_one_line_says_what_is_not_known() -> None:
    known = school(
        la_code="931",
        establishment_number=4001,
        phase_of_education="Secondary",
        type_of_establishment="Academy",
        district_name="Kestermere",
        statutory_low_age=11,
        statutory_high_age=16,
        number_of_pupils=1080,
    )
    assert school_words.summary(known) == (
        "URN 990001 · LAESTAB 931/4001 · Secondary · Academy · Kestermere · ages 11 to 16 · 1,080 pupils"
    )
    bare = school(type_of_establishment="Academy")
    assert school_words.summary(bare) == (
        "URN 990001 · no phase · Academy · district not known · ages unknown · pupils unknown"
    )


CLOSED, CLOSING = {"status": "Closed"}, {"close_date": date(2027, 8, 31)}


@pytest.mark.parametrize(
    ("changes", "followed", "wanted"),
    [
        ({}, False, []),
        (CLOSED | CLOSING, False, ["Closed on 31 August 2027.|"]),
        (CLOSED, True, ["Closed.| Became Birch."]),
        (CLOSING, True, ["|Closes on 31 August 2027, followed by Birch.!"]),
        (CLOSING, False, ["Closes on 31 August 2027.|"]),
        (
            CLOSING | {"status": "Open, but proposed to close"},
            False,
            ["Proposed to close on 31 August 2027.|"],
        ),
        ({"status": "Proposed to open"}, False, ["Proposed to open.|"]),
        (
            {},
            True,
            [
                "Open.| The register names Birch as what came of it: each counts for itself, "
                "with what is its own."
            ],
        ),
    ],
)
def test_how_a_school_ends(changes: dict[str, Any], followed: bool, wanted: list[str]) -> None:
    became = [School(organisation_id=OTHER, name="Birch")] if followed else []
    told = school_words.line_of_succession(school(**changes), became, [], [])
    assert [said(s) for s in told] == wanted


def test_what_a_school_came_from() -> None:
    one, two = School(organisation_id=OTHER, name="Birch"), School(organisation_id=OTHER + 1, name="Elm")
    opened = school(open_date=date(2026, 9, 1))
    told = school_words.line_of_succession(opened, [], [one], [one, two])
    assert [said(s) for s in told] == [
        "|Came out of Birch, which is open still and keeps what is its own.",
        "|Came from Birch, Elm, opened 1 September 2026.",
    ]
    told = school_words.line_of_succession(school(), [], [one, two], [one])
    assert [said(s) for s in told] == [
        "|Came out of Birch, Elm, which are open still and keep what are their own.",
        "|Came from Birch.",
    ]


def test_the_cause_is_said_once_and_its_day_once() -> None:
    since = date(2026, 11, 3)
    assert school_words.cause(standing(cause="asked", since=since)) == ""
    assert school_words.cause(standing(cause="silent since 3 November 2026", since=since)) == (
        "Silent since 3 November 2026"
    )
    assert school_words.cause(standing(cause="declined", since=since)) == "Declined, since 3 November 2026"
    assert school_words.cause(standing(cause="no contact")) == "No contact"


def test_year_groups_say_what_is_promised() -> None:
    told = school_words.year_groups(standing(year_groups={8: "seen", 9: "open"}), {8: 1080, 9: 0})
    assert told == {8: "Seen, 1,080 promised", 9: "Open"}


def test_outside_the_target_says_who_saw_it_all_the_same() -> None:
    def seen(organisation_id: int, pupils: int | None) -> AlsoSeen:
        return AlsoSeen(
            organisation_id=organisation_id, name="Larch", district_name="", why="taken out", pupils=pupils
        )

    def told(*also: AlsoSeen, adults: bool = False) -> str:
        return school_words.outside_target(also, URN, for_adults=adults)

    assert told(seen(OTHER, 30)) == "Not in the target of this programme."
    assert told(seen(URN, 30)) == (
        "Not in the target of this programme. 30 pupils saw it, and count in no share: taken out."
    )
    assert told(seen(URN, None), adults=True) == (
        "Not in the target of this programme. It was seen here, and counts in no share: taken out."
    )


def test_a_kept_time_says_who_was_told_and_what_their_calendars_said() -> None:
    people: Any = [
        SimpleNamespace(name="Ann", address="Ann@school.example"),
        SimpleNamespace(name="", address="office@school.example"),
    ]
    told = {"starts_at": AT, "reply_by": date(2027, 1, 22), "recorded_at": AT, "who": "Priya"}
    proposal: Any = SimpleNamespace(people=people, **told)
    heard = {"ann@school.example": "said yes in the calendar"}
    assert school_words.kept(proposal, heard) == (
        "Tuesday 19 January, 2:06pm is kept for it",
        "until the end of Friday 22 January. Written to Ann (said yes in the calendar) and "
        "office@school.example on 19 January 2027 by Priya.",
    )


def test_a_decision_says_its_reason() -> None:
    out: Any = SimpleNamespace(kind="exclude", reason="No hall", year_groups=())
    taken: Any = SimpleNamespace(kind="include", reason="Asked us", year_groups=(8, 9))
    assert school_words.decided(out) == "Taken out: No hall"
    assert school_words.decided(taken) == "Taken in with Years 8 and 9: Asked us"


def chapter(*shown: Any, also: tuple[AlsoSeen, ...] = (), adults: bool = False) -> Chapter:
    return Chapter(
        programme=Programme(academic_year=2026, for_adults=adults),
        day=date(2027, 1, 18),
        standing=None,
        excluded=False,
        line=list(shown),
        also_seen=list(also),
    )


def test_a_year_shows_its_standings_or_who_saw_it_all_the_same() -> None:
    under = [
        standing(),
        standing(organisation_id=OTHER, name="Birch", cause="silent", evidence="both agree", estimated=True),
    ]
    one, then = school_words.years([chapter(*under), chapter()], URN, today=date(2027, 1, 19))
    assert one.under == "2026/27, as of 18 January 2027"
    assert [(name, s.organisation_id, lines) for name, s, lines in one.stood] == [
        ("", URN, []),
        ("as Birch", OTHER, ["Silent", "Both agree"]),
    ]
    assert one.pupils == [("90 of 120", False), ("90 of 120", True)]
    assert (then.stood, then.instead, then.pupils) == ([], [], [])
    also = (
        AlsoSeen(organisation_id=URN, name="Larch", district_name="", why="taken out", pupils=1080),
        AlsoSeen(organisation_id=OTHER, name="Birch", district_name="", why="closed", pupils=None),
    )
    only, adults = school_words.years(
        [chapter(also=also), chapter(also=also, adults=True)], URN, today=date(2027, 1, 18)
    )
    assert only.under == "2026/27"
    assert only.instead == [
        "Saw it; counts in no share: taken out",
        "Saw it as Birch; counts in no share: closed",
    ]
    assert only.pupils == [("1,080", False)]
    assert adults.instead[0] == "Attended; counts in no share: taken out" and adults.pupils == []


def test_what_became_of_letters_and_answers() -> None:
    answer: Any = SimpleNamespace(kind="other date", reason="")
    assert school_words.answered(answer) == "Asked for another date"
    answer.reason = "Exams"
    assert school_words.answered(answer) == "Asked for another date: Exams"
    assert [w for w in ("sent", "failed", "bounced") if school_words.is_lost(Letter(status=w))] == [
        "failed",
        "bounced",
    ]


def test_what_the_page_is_about_in_a_line() -> None:
    here = school(district_name="Fenwold")

    def expected(**pupils: int | None) -> Any:
        return {int(y[1:]): SimpleNamespace(pupils=n, estimated=False) for y, n in pupils.items()}

    assert school_words.about(here, expected(y8=158, y9=154)) == "312 pupils in Years 8 and 9 · Fenwold"
    assert school_words.about(here, expected(y8=1)) == "1 pupil in Year 8 · Fenwold"
    assert school_words.about(here, expected(y8=158, y9=None)) == "Years 8 and 9 · Fenwold"
    assert school_words.about(here, {}) == "Fenwold" and school_words.about(school(), {}) == ""


def test_what_is_folded_says_what_is_inside() -> None:
    facts: Any = [SimpleNamespace(correction=None), SimpleNamespace(correction="one")]
    assert school_words.corrected_here(facts) == "1 corrected here"
    assert school_words.corrected_here(facts[:1]) == "as the register says"
    inset, other = (SimpleNamespace(reason=reason) for reason in (INSET_DAY, "exams"))
    hours = (time(8, 45), time(15, 15))

    def inside(*days: Any) -> str:
        return school_words.days_inside(days, hours)

    assert inside() == "8:45am to 3:15pm"
    assert inside(inset, inset) == "2 INSET days, 8:45am to 3:15pm"
    assert inside(inset, other) == "2 days, 8:45am to 3:15pm" and inside(other).startswith("1 day, ")
    assert school_words.target_words(decided=True, in_target=True) == "Change whether it counts"
    assert school_words.target_words(decided=False, in_target=True) == "Take it out of the target"
    assert school_words.target_words(decided=False, in_target=False) == "Take it into the target"


def test_who_looks_after_a_gap() -> None:
    assert school_words.looked_after("Priya", standing(is_gap=True)) == "looked after by Priya"
    assert school_words.looked_after("", standing(is_gap=True)) == "nobody looks after it yet"
    assert school_words.looked_after("", standing(is_gap=False)) == school_words.looked_after("", None) == ""


def booking_line(of: School, *, closing: bool = False, now: datetime = AT, **changes: Any) -> Any:
    programme = SimpleNamespace(academic_year=2026, for_adults=False)
    told = {
        "ended_at": None,
        "organisation_id": URN,
        "role": "host",
        "catch_up": False,
        "seats": 1200,
        "programme": programme,
    }
    told["performance"] = SimpleNamespace(starts_at=datetime(2027, 1, 19, 13), ends_at=AT)
    booking: Any = SimpleNamespace(**told | changes)
    return school_words.booking_line(booking, of, {OTHER: "Birch"}, closing=closing, now=now)


def test_a_booking_says_what_became_of_it_and_under_which_name() -> None:
    line, earlier = booking_line(school()), datetime(2027, 1, 19, 14, 5, tzinfo=UTC)
    assert (line.when, line.cancelled, line.asides) == ("19 January 2027, 1:00pm", False, ["past"])
    assert (line.under, line.pupils, line.not_there) == ("2026/27", "1,200", "")
    assert booking_line(school(), now=earlier).asides == []
    cancelled = booking_line(school(), ended_at=AT, role="guest")
    assert cancelled.cancelled and cancelled.asides == ["as guest"]
    other = booking_line(
        school(), organisation_id=OTHER, programme=SimpleNamespace(academic_year=2026, for_adults=True)
    )
    assert (other.under, other.pupils) == ("2026/27, as Birch", "staff")


def test_a_booking_at_a_school_that_is_not_there_then_says_so() -> None:
    closed, later = school(status="Closed"), "Stands under a school that is not there then"
    assert booking_line(school(), closing=True).not_there == later
    assert booking_line(closed, closing=True).not_there == "The school is closed"
    assert booking_line(closed, closing=True, organisation_id=OTHER).not_there == later


def test_contacts_say_who_is_written_to_first_and_whose_mail_comes_back() -> None:
    ours = Contact(organisation_id=URN, name="Jo", address="jo@larch.example")
    old = Contact(organisation_id=OTHER, name="", address="office@birch.example")
    lines = school_words.contact_lines([ours, old], URN, {"office@birch.example"})
    assert [(x.name, x.first, x.comes_back, x.own) for x in lines] == [
        ("Jo", True, False, True),
        ("No name", False, True, False),
    ]
    assert not school_words.contact_lines([ours], URN, ())[0].first


def test_pupils_say_who_counted_them() -> None:
    def expected(pupils: int | None, estimated: bool = False) -> Any:
        return SimpleNamespace(pupils=pupils, estimated=estimated)

    told = {7: expected(1180, estimated=True), 8: expected(90), 9: expected(None)}
    lines = school_words.pupils_known(told, {8: 90, 10: 0})
    assert [(x.year, x.number, x.source) for x in lines] == [
        (7, "1,180", "estimate from the register"),
        (8, "90", "the school’s own number"),
        (9, "unknown", ""),
        (10, "0", "the school’s own number: not offered"),
    ]
    assert school_words.pupils_known({}, {10: 0}) == []


def test_changes_of_the_register_wait() -> None:
    assert school_words.to_be_decided(0) == ""
    assert school_words.to_be_decided(1) == "1 change of the register waits to be decided."
    assert school_words.to_be_decided(2) == "2 changes of the register wait to be decided."


def test_earlier_visits_name_the_school_where_it_is_another() -> None:
    names = {OTHER: "Birch"}
    visit: Any = SimpleNamespace(urn=OTHER, day=None, pupils=None)
    assert school_words.visit(visit, URN, names) == "day not known, number not known, as Birch"
    visit = SimpleNamespace(urn=URN, day=date(2025, 3, 4), pupils=1)
    assert school_words.visit(visit, URN, names) == "4 March 2025, 1 pupil"


def test_a_fact_says_what_the_register_says_and_who_corrected_it() -> None:
    def fact(field: str, value: Any, register: Any = None, reason: str | None = None) -> FieldAsHeld:
        held = None if reason is None else Correction(who="Priya", recorded_at=AT, reason=reason)
        return FieldAsHeld(field=field, label="", value=value, register=register, correction=held)

    assert (fact("town", "").words, fact("town", "Marl").words, fact("town", "Marl").note) == ("", "Marl", "")
    assert fact("number_of_pupils", 1080).words == "1,080"
    assert fact("open_date", date(2026, 9, 1)).words == "1 September 2026"
    assert fact("number_of_pupils", 900, 1050, "Rang us").note == (
        "The register says 1,050. Corrected by Priya, 19 January 2027: Rang us"
    )
    assert fact("town", "Marl", None, "").note == (
        "The register says not known. Corrected by Priya, 19 January 2027"
    )
    assert fact("town", "Marl", "Marl", "").note == (
        "The register says the same by now. Corrected by Priya, 19 January 2027"
    )


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (None, {"programme": 1, "owner": "Owen Bright"}, "Owen Bright"),
        ({"owner": "Owen Bright"}, {"programme": 1, "owner": "Priya"}, "Priya, was Owen Bright"),
        (
            None,
            {
                "organisation_id": 990_193,
                "starts_at": "2027-03-09T09:30:00+00:00",
                "pupils": {"8": 118, "9": 96},
            },
            "9 March 2027 at 9:30am; pupils: 118 in Year 8 and 96 in Year 9",
        ),
        (None, {"took place": True, "pupils": {"8": 117}}, "it took place; pupils: 117 in Year 8"),
        (None, {"took place": False, "reason": "Snow"}, "it did not take place; reason: Snow"),
        (
            None,
            {"name": "José Stone", "role": "Site manager", "phone": "", "source": "the school's website"},
            "José Stone; Site manager; source: the school's website",
        ),
        (
            {"took place": True, "pupils": 9},
            {"why": "The wrong show", "holds again": {"took place": True}},
            "why: The wrong show; holds again: it took place",
        ),
        ({"town": "Kestermere"}, {"town": "Fenwold"}, "Town: Fenwold, was Kestermere"),
        (
            {"day": "2026-11-27"},
            {"day": "2026-11-30", "whose": "Priya"},
            "30 November 2026, was 27 November 2026; Priya",
        ),
        (None, ["2027-03-09T09:30:00+00:00"], "9 March 2027 at 9:30am"),
        (None, None, ""),
    ],
)
def test_a_deed_is_told_in_words_and_not_by_the_names_of_its_columns(
    before: Any, after: Any, said: str
) -> None:
    assert deed_in_words(History(before=before, after=after)) == said
