"""The words of the diary: each in every case that makes it another."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from outreach.booking.agenda.places_on_day import Place
from outreach.booking.agenda.tour_diary import Diary, DiaryDay, Listed
from outreach.booking.agenda.troupe_day import (
    Block,
    DrawnBooking,
    DrawnDrive,
    DrawnShow,
    Free,
    Host,
    TroupeDay,
)
from outreach.coverage.gaplist.fitting import Fitting
from outreach.tour.performances import Slot
from outreach.web.coordinator import diary_list_words, diary_view, diary_words
from outreach.web.coordinator.diary_view import DiaryView
from outreach.web.coordinator.diary_words import (
    BlockWords,
    DayWords,
    Drawn,
    FitsWords,
    FreeWords,
    NoPlaceWords,
    PlaceWords,
    RoadWords,
    RowWords,
)
from outreach.web.sentences import plain

ON = date(2027, 3, 9)
AT = datetime(2027, 3, 9, 10, tzinfo=UTC)
NOW = datetime(2027, 3, 1, 9, tzinfo=UTC)
PROPOSAL: Any = SimpleNamespace(reply_by=date(2027, 3, 3))
RED: Any = SimpleNamespace(id=4, name="Red van")
BLUE: Any = SimpleNamespace(id=5, name="Blue van")


@pytest.fixture(autouse=True)
def addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages by name, so that no service is needed."""

    def address(endpoint: str, **values: Any) -> str:
        told = [f"{name}={value}" for name, value in values.items()]
        return " ".join([endpoint.removeprefix("coordinator."), *told])

    for module in (diary_words, diary_view, diary_list_words):
        monkeypatch.setattr(module, "url_for", address)


def programme(*, for_adults: bool = False) -> Any:
    return SimpleNamespace(id=1, title="Someone to Tell", for_adults=for_adults)


def looked_at(view: str = "week") -> DiaryView:
    first, last = (
        (date(2027, 3, 8), date(2027, 3, 14)) if view == "week" else (date(2027, 3, 1), date(2027, 3, 31))
    )
    return DiaryView(programme=programme(), view=view, first=first, last=last, troupe_id=None, left_out=())


def block(kind: str = "booked", **changes: Any) -> Block:
    show = DrawnShow(
        id=changes.pop("id", 9),
        tour_day_id=7,
        organisation_id=100,
        easting=None,
        northing=None,
        get_in_at=AT - timedelta(hours=1),
        starts_at=AT,
        ends_at=AT + timedelta(hours=1),
        away_at=AT + timedelta(hours=2),
        held_until=changes.pop("held_until", None),
        lunch_from_at=None,
        lunch_until_at=None,
        lunch_keeps_out=None,
        lunch_overruled="",
        host=Host("Larch"),
    )
    booking = DrawnBooking(9, "host", 120, "MRL-1") if kind == "booked" else None
    told: dict[str, Any] = {
        "booking": booking,
        "guests": 0,
        "pupils": 1120,
        "proposal": PROPOSAL if kind == "proposed" else None,
        "movable": kind != "held",
    }
    return Block(performance=show, kind=kind, begins=540, starts=600, over=660, ends=720, **told | changes)


def road(*, begins: int = 500, ends: int = 540, spare: int = 30, out: bool = False) -> DrawnDrive:
    return DrawnDrive(begins=begins, ends=ends, minutes=40, spare=spare, start="Marl", end="Larch", out=out)


def row(*items: Any, troupe: Any = RED, gives: bool = True, warnings: tuple[str, ...] = ()) -> TroupeDay:
    return TroupeDay(
        troupe=troupe,
        tour_day=SimpleNamespace(id=7) if gives else None,  # type: ignore[arg-type]
        idle="" if gives else "Day off",
        items=items,
        warnings=warnings,
        leaves=480,
        returns=1020,
    )


def words(
    *rows: TroupeDay, view: str = "week", closed: str = "", for_adults: bool = False, **more: Any
) -> diary_words.DiaryWords:
    asked = looked_at(view)
    known: dict[str, Any] = {"now": NOW, "lit": {}, "troupes": (RED,)}
    known |= more
    found = Diary(
        programme=programme(for_adults=for_adults),
        first=asked.first,
        last=asked.last,
        days=(DiaryDay(day=ON, closed=closed, rows=rows),),
        troupes=known.pop("troupes"),
        opens=7,
        closes=17,
    )
    return diary_words.DiaryWords(asked=asked, diary=found, **known)


def moving(id: int = 9) -> Any:
    return SimpleNamespace(performance=SimpleNamespace(id=id), organisation=SimpleNamespace(name="Larch"))


def the_day(said: diary_words.DiaryWords) -> DayWords:
    (day,) = said.days
    return day


def the_row(said: diary_words.DiaryWords) -> RowWords:
    (one,) = the_day(said).rows
    return one


def drawn(*items: Any, **more: Any) -> list[Drawn]:
    return the_row(words(row(*items), **more)).drawn


def the_block(*items: Any, **more: Any) -> BlockWords:
    (one,) = drawn(*items, **more)
    assert isinstance(one, BlockWords)
    return one


def line(said: BlockWords) -> str:
    """What is left out where it is narrow stands in brackets."""
    return "".join(f"[{text}]" if long else text for text, long in said.line)


# the head


def test_the_page_is_called_by_what_is_moved() -> None:
    assert words().title == "Diary"
    assert words(moved=moving()).title == "Move Larch"


@pytest.mark.parametrize(
    ("items", "said"),
    [
        ((), "none booked, none proposed, none held, none free."),
        (
            (block(), block("proposed"), block("held"), Free(begins=800, ends=900)),
            "1 booked, 1 proposed, 1 held, 1 place free.",
        ),
        (
            (block(), block(), Free(begins=700, ends=800), Free(begins=800, ends=900)),
            "2 booked, none proposed, none held, 2 free.",
        ),
    ],
)
def test_what_stands_in_the_diary_is_counted(items: tuple[Any, ...], said: str) -> None:
    assert f"{plain(words(row(*items)).lead)}." == f"Someone to Tell, 8 to 14 March. {said}"


def test_each_number_leads_to_its_list_and_nought_to_none() -> None:
    lead = words(row(block())).lead
    assert [(piece.text, piece.href) for piece in lead if piece.href] == [
        ("1", "diary_list programme=1 from=2027-03-08 kind=booked")
    ]


def test_a_month_is_called_by_its_name() -> None:
    assert plain(words(view="month").lead).startswith("Someone to Tell, March 2027. ")


def test_what_is_not_as_it_should_be_is_counted_where_there_is_any() -> None:
    assert plain(words(row(warnings=("Hall too small", "Late"))).warned) == "2 to look at"
    assert words(row()).warned == []


def test_the_stretches_beside_take_along_what_is_moved() -> None:
    assert words().steps == [
        ("Week before", "diary programme=1 from=2027-03-01"),
        ("Today", "diary programme=1 from=2027-03-01"),
        ("Week after", "diary programme=1 from=2027-03-15"),
    ]
    assert words(view="month", moved=moving()).steps[2] == (
        "Month after",
        "diary programme=1 view=month from=2027-04-01 move=9",
    )


# the days


def test_a_day_is_named_and_today_is_marked() -> None:
    then, now = the_day(words(row())), the_day(words(row(), now=AT))
    assert (then.name, then.date, then.is_today, now.is_today) == ("Tuesday", "9 March", False, True)


@pytest.mark.parametrize(
    ("view", "gives", "closed", "rows"),
    [
        ("week", True, "School holiday", ["Red van"]),
        ("week", False, "School holiday", ["Red van"]),
        ("month", True, "School holiday", ["Red van"]),
        ("month", False, "", []),
    ],
)
def test_a_month_leaves_out_who_gives_no_day(view: str, gives: bool, closed: str, rows: list[str]) -> None:
    day = the_day(words(row(gives=gives), view=view, closed="School holiday"))
    assert (day.closed, [one.name for one in day.rows], day.idle) == (closed, rows, "School holiday")


def test_a_day_on_which_nobody_plays_says_so() -> None:
    assert the_day(words()).idle == "No tour day"


def test_a_troupe_that_gives_no_day_says_why_and_an_empty_day_that_it_is() -> None:
    off, empty, full = (the_row(words(one)) for one in (row(gives=False), row(), row(road())))
    assert (off.tour_day_id, off.idle) == (None, "Day off")
    assert (empty.tour_day_id, empty.nothing, empty.whose) == (7, "No show", ", Tuesday 9 March")
    assert full.nothing == ""


@pytest.mark.parametrize(
    ("show", "for_adults", "said"),
    [
        (block(), False, "10:00am · 1,120[ pupils]"),
        (block(guests=1), False, "10:00am · 1,120[ pupils] · 1 guest"),
        (block(guests=2), True, "10:00am · 2 organisations"),
        (block(), True, "10:00am"),
        (block("proposed"), False, "10:00am[, proposed] to 3 Mar"),
        (block("held", held_until=NOW + timedelta(seconds=119)), False, "Held, 1 minute left"),
        (block("held", held_until=NOW + timedelta(minutes=12)), False, "Held, 12 minutes left"),
    ],
)
def test_a_block_says_when_and_how_many(show: Block, for_adults: bool, said: str) -> None:
    assert line(the_block(show, for_adults=for_adults)) == said


def test_a_block_leads_to_its_booking_else_to_its_school() -> None:
    assert the_block(block()).href == "booking reference=MRL-1"
    assert the_block(block("proposed")).href == "school organisation_id=100 programme=1"
    assert the_block(block(booking=None)).href == "school organisation_id=100 programme=1"


@pytest.mark.parametrize(
    ("show", "looks", "shaded", "move"),
    [
        (block(), "booked", True, "diary programme=1 from=2027-03-08 move=9"),
        (block(movable=False), "booked", True, ""),
        (block("proposed"), "proposed", False, "diary programme=1 from=2027-03-08 move=9"),
        (block("held", held_until=AT), "held", False, ""),
    ],
)
def test_a_block_can_be_moved_where_it_may(show: Block, looks: str, shaded: bool, move: str) -> None:
    said = the_block(show)
    assert (said.looks, said.shaded, said.move) == (looks, shaded, move)


def test_while_a_show_is_moved_its_old_place_is_pale_and_no_other_can_be_moved() -> None:
    own, other = drawn(block(), block(id=10), moved=moving())
    assert isinstance(own, BlockWords)
    assert isinstance(other, BlockWords)
    assert (own.looks, own.shaded, own.move, line(own)) == ("ghost", False, "", "is here now, 10:00am")
    assert (other.looks, other.shaded, other.move) == ("booked", True, "")


def test_a_show_is_not_drawn_twice_where_a_lit_place_holds_it() -> None:
    here, there = Place(tour_day_id=7, starts=(630,), here=True), Place(tour_day_id=7, starts=(630,))
    assert [one.kind for one in drawn(block(), moved=moving(), lit={7: [here]})] == ["place"]
    assert [one.kind for one in drawn(block(), moved=moving(), lit={7: [there]})] == ["block", "place"]
    assert [one.kind for one in drawn(block(), moved=moving(10), lit={7: [here]})] == ["block", "place"]


@pytest.mark.parametrize(
    ("drive", "looks"),
    [
        (road(), "rd"),
        (road(spare=9), "rd tt"),
        (road(begins=516), "rd after"),
        (road(begins=515), "rd"),
        (road(begins=516, out=True, spare=-1), "rd tt before"),
    ],
)
def test_a_road_says_how_long_and_is_marked_where_it_is_tight(drive: DrawnDrive, looks: str) -> None:
    (said,) = drawn(drive)
    assert isinstance(said, RoadWords)
    assert (said.looks, said.minutes, said.long) == (looks, 40, " minutes’ road from Marl to Larch")


def test_a_free_place_asks_who_would_fit_and_not_while_a_show_is_moved() -> None:
    place = Free(begins=780, ends=900)
    (said,) = drawn(place)
    assert isinstance(said, FreeWords)
    assert (said.looks, said.href) == ("fr free", "diary programme=1 from=2027-03-08 fit=7#fits")
    assert said.whose == " In the afternoon, Tuesday 9 March, Red van"
    (chosen,) = drawn(place, fit_day=Listed(day=ON, row=row(place)))
    assert isinstance(chosen, FreeWords)
    assert chosen.looks == "fr free chosen"
    assert drawn(place, moved=moving()) == []


@pytest.mark.parametrize(
    ("changes", "looks", "title", "said", "says"),
    [
        ({}, "fr ok", "Put here", "the same road", "the same road"),
        (
            {"here": True, "saved": 12},
            "fr ok",
            "Here now: another start",
            "12 min less road",
            "12 min less road",
        ),
        (
            {"breaks": "no lunch", "saved": -4},
            "fr odd",
            "Put here",
            "4 min more road, no lunch",
            "4 min more road; no lunch",
        ),
    ],
)
def test_a_lit_place_says_what_it_would_do(
    changes: dict[str, Any], looks: str, title: str, said: str, says: str
) -> None:
    (place,) = drawn(moved=moving(), lit={7: [Place(tour_day_id=7, starts=(570, 600), **changes)]})
    assert isinstance(place, PlaceWords)
    assert (place.looks, place.title, place.words, place.says) == (looks, title, said, says)
    assert place.whose == ": Tuesday 9 March, from 9:30am, Red van"
    assert place.href == "diary_move performance_id=9 slot=7-0930"


def test_where_a_show_cannot_go_the_free_places_say_why_else_the_whole_day() -> None:
    full = {7: [Place(tour_day_id=7, why_not="Full")]}
    free = Free(begins=700, ends=800), Free(begins=800, ends=900)
    assert drawn(*free, moved=moving(), lit=full) == [
        NoPlaceWords(begins=700, ends=800, looks="fr bad", why="Full"),
        NoPlaceWords(begins=800, ends=900, looks="fr bad", why="Full"),
    ]
    assert drawn(moved=moving(), lit=full) == [
        NoPlaceWords(begins=480, ends=1020, looks="fr bad flat", why="Full")
    ]


# beside it


@pytest.mark.parametrize(
    ("told", "now", "by", "undo"),
    [
        (True, NOW, "By Priya; 12 min less road", "diary_undo move_id=3"),
        (False, AT, "By Priya; 12 min less road; short letter", ""),
    ],
)
def test_what_was_moved_today_can_be_undone_until_it_begins(
    told: bool, now: datetime, by: str, undo: str
) -> None:
    move: Any = SimpleNamespace(
        id=3,
        performance=SimpleNamespace(host=Host("Larch"), starts_at=AT),
        was_starts_at=AT - timedelta(days=1),
        starts_at=AT,
        who="Priya",
        minutes_saved=12,
        told=told,
        swap=None,
    )
    (said,) = words(now=now).moved_today([move])
    assert (said.name, said.by, said.undo) == ("Larch", by, undo)
    assert said.times == "8 March 2027, 10:00am to 9 March 2027, 10:00am"


def fit(pupils: int | None = 120) -> Any:
    standing = SimpleNamespace(
        organisation_id=100,
        name="Larch",
        district_name="Fell",
        target_pupils=pupils,
        cause="silent since May",
    )
    slot = Slot(
        tour_day_id=7,
        troupe_id=4,
        day=ON,
        start_minute=570,
        show_minutes=60,
        get_in_minutes=60,
        get_out_minutes=30,
        extra_minutes=8,
        why="",
    )
    return SimpleNamespace(gap=SimpleNamespace(standing=standing), slot=slot)


def fits(found: Fitting | None, *rows: TroupeDay, **more: Any) -> FitsWords:
    said = words(*rows, **more).fits(found)
    assert said is not None
    return said


def found(*schools: Any, asked: int = 1) -> Fitting:
    return Fitting(fits=schools, asked=asked)


@pytest.mark.parametrize(
    ("items", "view", "said"),
    [
        (
            (Free(begins=700, ends=800),),
            "week",
            "Choose a free place: the schools that are missing and would fit there stand here, least extra road "
            "first. All gaps",
        ),
        ((), "week", "No place is free in this week. All gaps"),
        ((), "month", "No place is free in this month. All gaps"),
    ],
)
def test_where_no_day_is_chosen_it_is_said_how_to_ask(items: tuple[Any, ...], view: str, said: str) -> None:
    told = fits(None, row(*items), view=view)
    assert (told.title, plain(told.words), told.first) == ("Who would fit?", said, ())


def test_nothing_is_said_of_who_would_fit_while_a_show_is_moved() -> None:
    assert words(moved=moving()).fits(None) is None


@pytest.mark.parametrize(
    ("there", "said"),
    [
        (found(fit(), asked=1), "1 of 1 gap that a time would mend, least extra road first."),
        (found(fit(), fit(), asked=30), "2 of 30 gaps that a time would mend, least extra road first."),
        (found(asked=2), "0 of 2 gaps that a time would mend."),
        (found(asked=0), "No school is missing that could be offered a time."),
    ],
)
def test_it_is_said_how_many_would_fit(there: Fitting, said: str) -> None:
    told = fits(there)
    assert (told.title, plain(told.words)) == ("Would fit this week", said)


def test_a_chosen_day_is_named_and_its_troupe_where_there_are_several() -> None:
    chosen = Listed(day=ON, row=row())
    one, two = (fits(found(asked=0), fit_day=chosen, troupes=troupes) for troupes in ((RED,), (RED, BLUE)))
    assert one.title == two.title == "Would fit on Tuesday 9 March"
    nobody = "No school is missing that could be offered a time. The whole week"
    assert (plain(one.words), plain(two.words)) == (nobody, f"With Red van. {nobody}")


@pytest.mark.parametrize(
    ("pupils", "for_adults", "where"),
    [
        (120, False, "Fell · 120 pupils"),
        (1, False, "Fell · 1 pupil"),
        (None, False, "Fell · pupils unknown"),
        (120, True, "Fell"),
    ],
)
def test_a_school_that_fits_says_where_and_how_many(pupils: int | None, for_adults: bool, where: str) -> None:
    (said,) = fits(found(fit(pupils)), for_adults=for_adults).first
    assert (said.name, said.where, said.cause) == ("Larch", where, "Silent since May")
    assert (said.when, said.extra) == ("Tue am, 9:30am", "+8 min")
    assert said.href == "propose organisation_id=100 programme=1 slot=7-0930"


def test_the_troupe_is_named_where_there_are_several() -> None:
    assert fits(found(fit()), troupes=(RED, BLUE)).first[0].when == "Tue am, 9:30am, Red van"


@pytest.mark.parametrize(("schools", "first", "rest", "more"), [(8, 8, 0, ""), (9, 8, 1, "Show all 9")])
def test_the_rest_stands_behind_a_click(schools: int, first: int, rest: int, more: str) -> None:
    said = fits(found(*[fit()] * schools))
    assert (len(said.first), len(said.rest), said.more) == (first, rest, more)


# the list behind a number


def listed(item: Any = None, *, for_adults: bool = False, warning: str = "") -> diary_list_words.LineWords:
    one = Listed(
        day=ON,
        row=row(),
        block=item if isinstance(item, Block) else None,
        free=item if isinstance(item, Free) else None,
        warning=warning,
    )
    asked = DiaryView(
        programme=programme(for_adults=for_adults),
        view="week",
        first=date(2027, 3, 8),
        last=date(2027, 3, 14),
        troupe_id=None,
        left_out=(),
    )
    return diary_list_words.line(one, asked, today=date(2027, 3, 1))


def test_a_list_says_its_days_and_how_many_there_are() -> None:
    today = date(2027, 3, 1)
    assert diary_list_words.head(looked_at(), 1, today=today) == "Someone to Tell, 8 to 14 March. 1 line."
    assert diary_list_words.head(looked_at(), 3, today=today).endswith(" 3 lines.")


@pytest.mark.parametrize(
    ("changes", "for_adults", "beneath"),
    [
        ({}, False, "1,120 pupils"),
        ({"guests": 1}, False, "1,120 pupils, 1 guest"),
        ({"guests": 2}, True, "For staff, 2 organisations"),
        ({"kind": "proposed"}, False, "Proposed, to be answered by Wednesday 3 March"),
        ({"kind": "held", "held_until": AT}, False, "Held until 10:00am"),
        ({"kind": "held"}, False, "Booked by its guests alone"),
    ],
)
def test_a_show_in_a_list_says_how_far_it_is_agreed(
    changes: dict[str, Any], for_adults: bool, beneath: str
) -> None:
    said = listed(block(**changes), for_adults=for_adults)
    assert (said.day, said.troupe, said.time) == ("Tuesday 9 March", "Red van", "10:00am to 11:00am")
    assert (plain(said.what), said.beneath) == ("Larch", beneath)
    booked = not changes.get("kind")
    assert said.what[0].href == (
        "booking reference=MRL-1" if booked else "school organisation_id=100 programme=1"
    )
    assert said.href == "diary programme=1 from=2027-03-08#d7"


def test_a_free_place_leads_to_who_would_fit_and_a_warning_stands_for_its_day() -> None:
    free = listed(Free(begins=720, ends=960))
    assert (free.time, plain(free.what)) == ("midday to 4:00pm", "Who would fit?")
    assert free.what[0].href == "diary programme=1 from=2027-03-08 fit=7#fits"
    warned = listed(warning="Hall too small")
    assert (warned.time, plain(warned.what), warned.beneath) == ("8:00am to 5:00pm", "Hall too small", "")
