"""The places between which a partnership's vans drive: its open schools and its troupes' bases, and what a file
calls them."""

from dataclasses import dataclass

from sqlalchemy import select

from outreach.county import school_locations
from outreach.county.partnerships import Authority, Partnership
from outreach.county.schools import School
from outreach.ground.csv_lines import fold
from outreach.ground.db import db
from outreach.ground.row_numbers import row_number
from outreach.tour import roads
from outreach.tour.companies import Company, Troupe
from outreach.tour.roads import Stop


@dataclass(frozen=True, kw_only=True)
class PlacesOfPartnership:
    """The places of a partnership: its open schools, its troupes' bases; their names; `words`: what a file may call a
    base; `guessed`: schools whose own point is not known."""

    stops: dict[int, Stop]
    names: dict[int, str]
    words: dict[str, tuple[int, ...]]
    guessed: frozenset[int]

    @property
    def possible(self) -> int:
        """Pairs that somebody may drive: between schools, and from a base to a school."""
        schools, bases = sum(key > 0 for key in self.stops), sum(key < 0 for key in self.stops)
        return schools * (schools - 1) // 2 + schools * bases

    def said(self, key: int) -> str:
        """What a file calls a place: its URN, or a base's name."""
        return str(key) if key > 0 else self.names[key]

    def named(self, said: str) -> str:
        """The name of what a file calls a place; as it calls it where that is none of ours."""
        keys = self.meant(said)
        return said if isinstance(keys, str) else self.names.get(keys[0], said)

    def meant(self, said: str) -> tuple[int, ...] | str:
        """The keys of what a file calls a place, a URN that is not ours included; else why it is none, as the end of
        a sentence."""
        if not said:
            return "a place is missing"
        urn = row_number(said)
        if urn is not None:
            return (urn,)
        word = self.words.get(fold(said))
        if word is not None:
            return word
        if fold(said) == "base":
            return "‘base’ could be one of several, or none is set: name the troupe"
        return f"‘{said[:40]}’ is neither a URN nor a troupe’s base"


NOWHERE = PlacesOfPartnership(stops={}, names={}, words={}, guessed=frozenset())


def of_partnership(partnership: Partnership) -> PlacesOfPartnership:
    """Two queries, and one more where a school's own point is not known."""
    schools = [
        school
        for school in db.session.scalars(
            select(School)
            .join(Authority, Authority.la_code == School.la_code)
            .where(Authority.partnership_id == partnership.id)
            .order_by(School.organisation_id)
        )
        if school.is_open
    ]
    troupes = list(
        db.session.scalars(
            select(Troupe)
            .join(Company, Company.id == Troupe.company_id)
            .where(Company.partnership_id == partnership.id)
            .order_by(Troupe.id)
        )
    )
    where = school_locations.locate_all(schools)
    stops = {s.organisation_id: Stop(s.organisation_id, where[s.organisation_id].place) for s in schools}
    names = {s.organisation_id: s.name for s in schools}
    words: dict[str, tuple[int, ...]] = {}
    for troupe in troupes:
        stop = roads.base_stop(troupe)
        if stop is None:
            continue
        stops[stop.key], names[stop.key] = stop, troupe.base_name or f"base of {troupe.name}"
        for word in {fold(troupe.name), fold(names[stop.key])} - {""}:
            words[word] = (*words.get(word, ()), stop.key)
    bases = [stop for key, stop in stops.items() if key < 0]
    if bases and len({stop.place for stop in bases}) == 1:
        words["base"] = tuple(stop.key for stop in bases)
    guessed = frozenset(key for key, located in where.items() if not located.known)
    return PlacesOfPartnership(stops=stops, names=names, words=words, guessed=guessed)
