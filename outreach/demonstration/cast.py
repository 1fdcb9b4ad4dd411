"""Cast of the made-up year: which school plays which part. Pure: the same schools and seed, the same cast."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from random import Random

from outreach.county.schools import School
from outreach.ground import school_year

TARGET = (8, 9)

# How far each district has come: the chance that a school there has had its show.
PACE = {
    "Teal Valley": 5.0,
    "Marlford City": 4.0,
    "Kestermere": 2.0,
    "Saxby Downs": 2.0,
    "North Marl": 1.6,
    "Fenwold": 0.5,
}

SEEN, ONE_SIDED, HALF_SEEN, HALF_BOOKED = "seen", "one side", "one year group", "rest booked"
UNREPORTED, DISAGREE, NEVER_CAME, CALLED_OFF = "unreported", "disagree", "did not take place", "called off"
BOOKED, IN_PART, PROPOSED = "booked", "booked in part", "proposed"
DECLINED, OTHER_DATE, WAITING_LIST, SOMEBODY_ELSE = "declined", "other date", "waiting list", "somebody else"
BEGUN, SILENT, BOUNCED, NO_ADDRESS = "begun", "silent", "bounced", "no address"
EXCLUDED, ASKED_TODAY, BOOKED_TODAY, NEW_HERE = "excluded", "asked today", "booked today", "not asked"
AGES_UNKNOWN = "ages unknown"

PLAYED = {SEEN: 25, HALF_SEEN: 3, HALF_BOOKED: 2, ONE_SIDED: 3, UNREPORTED: 3, DISAGREE: 1, NEVER_CAME: 1}
OTHERS = {
    BOOKED: 14,
    IN_PART: 1,
    CALLED_OFF: 1,
    BOOKED_TODAY: 1,
    PROPOSED: 4,
    DECLINED: 3,
    OTHER_DATE: 1,
    WAITING_LIST: 1,
    SOMEBODY_ELSE: 1,
    BEGUN: 1,
    SILENT: 7,
    BOUNCED: 2,
    NO_ADDRESS: 2,
    EXCLUDED: 2,
    ASKED_TODAY: 3,
}

NEEDS_BOTH_YEARS = (HALF_SEEN, HALF_BOOKED, IN_PART)
EARLY = 16
"""So many of the schools that have seen it had it months ago, and were asked before the others."""

HAS_A_HALL = 150
"""A school of so many pupils has a hall for a show of its own, and classes enough that what they answer is shown."""

NEVER_ASKED = (NO_ADDRESS, EXCLUDED, ASKED_TODAY, NEW_HERE, AGES_UNKNOWN)


@dataclass(frozen=True, kw_only=True)
class Cast:
    """The schools by part, each part in the order in which its schools act."""

    parts: dict[str, list[School]] = field(default_factory=dict)

    def playing(self, *parts: str) -> list[School]:
        return [school for part in parts for school in self.parts.get(part, [])]

    @property
    def everybody(self) -> list[School]:
        return self.playing(*self.parts)

    @property
    def early(self) -> list[School]:
        """Whom the first round wrote to, and who had their shows long ago."""
        return self.playing(SEEN)[:EARLY]

    def in_order(self, organisation_ids: Iterable[int]) -> "Cast":
        """The same, the parts of PLAYED taken anew by their schools in this order: those first in it are the early
        ones."""
        schools = {school.organisation_id: school for school in self.playing(*PLAYED)}
        waiting = [schools[organisation_id] for organisation_id in organisation_ids]
        early, waiting = waiting[:EARLY], waiting[EARLY:]
        choosy_first = sorted(PLAYED, key=lambda part: part not in NEEDS_BOTH_YEARS)
        anew = {part: _take(waiting, part, PLAYED[part] - EARLY * (part == SEEN)) for part in choosy_first}
        return Cast(parts=self.parts | anew | {SEEN: [*early, *anew[SEEN]]})

    @property
    def asked(self) -> list[School]:
        """Whom the second round wrote to: all the others that are to be asked."""
        asked = self.playing(*(part for part in self.parts if part not in NEVER_ASKED))
        return [school for school in asked if school not in self.early]


def choose(random: Random, schools: Iterable[School]) -> Cast:
    """Give every school that the programme is for a part; those that are left were not asked yet."""
    known = sorted(schools, key=lambda s: s.organisation_id)
    waiting = [school for school in known if is_for(school)]
    waiting.sort(key=lambda s: random.random() ** (1 / PACE.get(s.district_name or "", 1.0)), reverse=True)
    parts = {part: _take(waiting, part, number) for part, number in PLAYED.items()}
    random.shuffle(waiting)
    parts |= {part: _take(waiting, part, number) for part, number in OTHERS.items()}
    parts[NEW_HERE] = waiting
    parts[AGES_UNKNOWN] = [
        s
        for s in known
        if s.is_open and s.statutory_low_age is None and "independent" in s.type_of_establishment.lower()
    ]
    return Cast(parts=parts)


def is_for(school: School) -> bool:
    """Open, and by its ages with a year group of the target."""
    groups = school_year.offered(school.statutory_low_age, school.statutory_high_age)
    return school.is_open and bool(set(groups or ()) & set(TARGET))


def _take(waiting: list[School], part: str, number: int) -> list[School]:
    taken = [
        s
        for s in waiting
        if (part not in NEEDS_BOTH_YEARS or _has_both_years(s))
        and (part not in PLAYED or (s.number_of_pupils or 0) > HAS_A_HALL)
    ][:number]
    for school in taken:
        waiting.remove(school)
    return taken


def _has_both_years(school: School) -> bool:
    groups = school_year.offered(school.statutory_low_age, school.statutory_high_age) or ()
    return set(TARGET) <= set(groups) and (school.number_of_pupils or 0) > 400
