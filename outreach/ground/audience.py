"""Words for whom a programme is for, pupils who see a show or staff who are trained in a session; and for who is
asked. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from outreach.ground.school_year import STAFF, year_group_name
from outreach.ground.wording import count

FIRST_OF_BODIES = 10_000_000
"""No URN is as long: by its number alone one tells a body from a school."""


def whom(organisation_id: int) -> str:
    """'school', 'organisation': what somebody who is asked is called, in letters to it and on its pages."""
    return "organisation" if organisation_id >= FIRST_OF_BODIES else "school"


@dataclass(frozen=True, kw_only=True)
class Words:
    """The vocabulary of one audience, where pages and letters of both kinds of programme say the same thing.

    What ends in _it is the end of a sentence about them: 'your pupils still see it', 'your staff are still trained'.
    """

    one: str
    many: str
    show: str
    seat: str
    hall: str
    somebody: str
    performance: str
    how_many: str
    not_all_nought: str
    come_to_see: str
    still_see_it: str
    all_your: str
    to_see_it: str
    seen_it: str
    has_seen_it: str
    no_hall: str
    no_hall_for_it: str
    needs_a_hall: str
    few: str
    missing: str
    seen: str
    who_saw_it: str
    target: str
    numbers: str
    have_seen_it: str
    uncounted: str
    hall_or_room: str
    join_why: str
    elsewhere: str
    no_hall_or_few: str
    join_yours: str
    be_at: str
    one_by_one: str
    groups: str
    see: str
    saw_it: str
    name_nobody: str
    a_visit: str
    visit: str
    company: str
    asked: str
    their_lead: str
    you_tour: str
    guest: str
    a_guest: str
    as_a_guest: str
    in_your_tour: str
    who_is_there: str

    def count(self, number: int) -> str:
        """'1 pupil', '1,080 pupils'; '1 member of staff', '40 staff'."""
        return f"{number:,} {self.one if number == 1 else self.many}"

    def said(self, sentence: str) -> str:
        """A sentence that is written of pupils and shows, in the words of this audience; names stay."""
        return (
            _NOUNS.sub(lambda noun: OF_STAFF_NOUNS.get(noun[0], noun[0]), sentence)
            if self is OF_STAFF
            else sentence
        )

    def shows(self, number: int) -> str:
        """'1 show', '3 shows'; '1 session', '3 sessions'."""
        return count(number, self.show)

    def guests(self, number: int) -> str:
        """'1 guest', '2 guests'; '2 organisations', who come to a session."""
        return count(number, self.guest)

    def seats(self, number: int) -> str:
        """'1 seat', '12 seats'; '1 place', '12 places'."""
        return count(number, self.seat)


OF_STAFF_NOUNS = {
    "names a child": "names somebody",
    "No pupil’s name, nor what a pupil said": "Nobody’s name, nor what anybody said",
    "show": "session",
    "shows": "sessions",
    "performance": "session",
    "the cast": "the trainer",
    "The company, for": "The trainer, for",
    "the letter to the school": "their letter",
    "performances": "sessions",
    "seat": "place",
    "seats": "places",
    "hall": "room",
    "audience": "group",
    "audiences": "groups",
    "Pupils first": "Staff first",
    "pupils": "staff",
    "pupil": "member of staff",
    "Shows": "Sessions",
    "Performances": "Sessions",
    "Performance": "Session",
    "Seats": "Places",
}
"""What stands for a noun of pupils' programmes in a sentence of both."""

_FIRST = [noun for noun in OF_STAFF_NOUNS if noun.istitle() and " " not in noun]
_NOUNS = re.compile(
    r"‘[^’]{0,200}’"  # a title
    rf"|\b(?:{'|'.join(noun for noun in OF_STAFF_NOUNS if noun not in _FIRST)})\b"
    r"(?! (?:without|near|in sight|at the front))"  # these are chairs
    rf"|(?:^|(?<=[.?!:>] )|(?<=>))(?:{'|'.join(_FIRST)})\b(?! (?:and )?[A-Z])"  # no part of a name
)

OF_PUPILS = Words(
    one="pupil",
    many="pupils",
    show="show",
    seat="seat",
    hall="hall",
    somebody="a pupil",
    performance="performance",
    how_many="how many pupils saw it",
    not_all_nought=" One year group may be 0, not all of them.",
    come_to_see="pupils see",
    still_see_it="pupils still see it",
    all_your="all your pupils in",
    to_see_it="to see it",
    seen_it="Our pupils have seen it already",
    has_seen_it="seen it",
    no_hall="We have no hall or room for it",
    no_hall_for_it="no hall for it",
    needs_a_hall="a hall",
    few="few pupils of these year groups",
    missing="these pupils are still to see it",
    be_at="be shown at",
    seen="pupils seen",
    who_saw_it="Pupils who saw it",
    target="target pupils",
    numbers="Pupil numbers",
    have_seen_it="pupils have seen it",
    uncounted="in year groups that nobody counted",
    hall_or_room="Hall or room",
    join_why="No hall for it, or only a few pupils of",
    elsewhere="See it at a school near you that has seats left.",
    no_hall_or_few="No hall, or few pupils",
    join_yours="see it with your pupils",
    one_by_one=", year group by year group",
    groups="year groups",
    see="see",
    saw_it="pupils saw",
    name_nobody="Name no pupil, and write nothing that a pupil told you.",
    a_visit="a visit",
    visit="visit",
    company="company",
    asked="school",
    their_lead="the school’s designated safeguarding lead",
    you_tour="you tour with this production",
    guest="guest",
    a_guest=", a guest",
    as_a_guest=" as a guest",
    in_your_tour="This visit is in your tour",
    who_is_there="School",
)
OF_STAFF = Words(
    one="member of staff",
    many="staff",
    show="session",
    seat="place",
    hall="room",
    somebody="somebody",
    performance="session",
    how_many="how many staff came",
    not_all_nought="",
    come_to_see="staff come to",
    still_see_it="staff are still trained",
    all_your="your",
    to_see_it="to come",
    seen_it="Our staff are trained already",
    has_seen_it="been trained",
    no_hall="We have no room for it",
    no_hall_for_it="no room for it",
    needs_a_hall="a room",
    few="few staff",
    missing="these staff are still to be trained",
    be_at="take place at",
    seen="staff trained",
    who_saw_it="Staff who came",
    target="front-line staff",
    numbers="Numbers of staff",
    have_seen_it="staff are trained",
    uncounted="at sessions where nobody counted",
    hall_or_room="Room",
    join_why="No room for it, or only a few of your",
    elsewhere="Come to a school near you that has places left.",
    no_hall_or_few="No room, or few staff",
    join_yours="come to it with your staff",
    one_by_one="",
    groups="number of staff",
    see="join",
    saw_it="staff came to",
    name_nobody="Name nobody, and write nothing that anybody told you.",
    a_visit="places",
    visit="session",
    company="trainer",
    asked="organisation",
    their_lead="their own safeguarding lead",
    you_tour="you train in this programme",
    guest="organisation",
    a_guest="",
    as_a_guest="",
    in_your_tour="This session is yours",
    who_is_there="Venue, and who comes",
)


def words(for_adults: bool) -> Words:
    """The vocabulary of a programme."""
    return OF_STAFF if for_adults else OF_PUPILS


IN_FILES = {
    "Shows": "Sessions",
    "Performance": "Session",
    "Year groups": "Groups",
    "Pupils seen": "Staff trained",
    "Pupils seen %": "Staff trained %",
    "Pupils seen % where known": "Staff trained % where known",
    "Target pupils": "Front-line staff",
    "Target pupils where known": "Front-line staff where known",
    "Target pupils are": "Front-line staff are",
    "Pupils counted": "Staff counted",
    "Pupils only promised": "Staff only promised",
    "Counted, other year groups": "Counted, others",
    "Pupil seen": "Member of staff trained",
    "Schools seen %": "Schools trained %",
    "Seen": "Trained",
    "Part seen": "Part trained",
}
"""Columns of files, by whom they count: of pupils -> of staff. Their places stay."""


def head_of(columns: Sequence[str], *, for_adults: bool) -> list[str]:
    """The head of a file in the words of its programme."""
    return [IN_FILES.get(column, column) for column in columns] if for_adults else list(columns)


def words_of_group(year_group: int) -> Words:
    """The vocabulary of one group that is counted."""
    return words(year_group == STAFF)


def box_of_group(year_group: int) -> str:
    """What stands at the box for a number of one group: 'Year 8'; 'Staff'."""
    return "Staff" if year_group == STAFF else year_group_name(year_group)


def in_group(number: int, year_group: int) -> str:
    """'108 in Year 8'; '40 staff'."""
    if year_group == STAFF:
        return OF_STAFF.count(number)
    return f"{number:,} in {year_group_name(year_group)}"


def people_in_group(number: int, year_group: int) -> str:
    """'108 pupils in Year 8'; '40 staff'."""
    if year_group == STAFF:
        return OF_STAFF.count(number)
    return f"{OF_PUPILS.count(number)} in {year_group_name(year_group)}"


def more_of(number: int, year_group: int) -> str:
    """'95 pupils more of Year 8'; '3 staff more': promised beyond what there are."""
    if year_group == STAFF:
        return f"{OF_STAFF.count(number)} more"
    return f"{OF_PUPILS.count(number)} more of {year_group_name(year_group)}"


def changed_group(year_group: int, becomes: int, was: int) -> str:
    """'Year 8: 40 pupils, before 36.'; 'Staff: 40, before 36.'"""
    said = f"{becomes:,}" if year_group == STAFF else OF_PUPILS.count(becomes)
    return f"{box_of_group(year_group)}: {said}, before {was:,}."


def many_in_group(year_group: int) -> str:
    """'Year 8 pupils'; 'staff'."""
    return OF_STAFF.many if year_group == STAFF else f"{year_group_name(year_group)} pupils"
