"""New schools of a file that probably are schools it no longer has: same place, like name. Pure.

A download that lists open schools alone shows a conversion as one school gone and another come, on the same
site. The register's links file would say it; without it a coordinator does, pair by pair.
"""

import re
from collections.abc import Iterable
from difflib import SequenceMatcher
from typing import NamedTuple

from outreach.county.register.code_point import compact
from outreach.county.register.columns import Facts
from outreach.ground.school_year import offered
from outreach.ground.wording import words_of


class Became(NamedTuple):
    """A school that a file no longer has, and the new one that it probably became."""

    old: Facts
    new: Facts

    @property
    def pair(self) -> tuple[int, int]:
        return self.old.urn, self.new.urn


ALIKE = 0.6
"""How much of two names must agree, their plain words left out; 1 is all."""

PLAIN = frozenset(
    "academy ce church cofe college community c england first free e high infant infants junior juniors middle nursery "
    "of primary rc school schools secondary the and trust upper voluntary aided controlled catholic roman".split()
)


def probable(new: Iterable[Facts], gone: Iterable[Facts]) -> tuple[Became, ...]:
    """For each school that is gone the likeliest of the new ones at its place, if there is one; by name.

    The place is the postcode, and the name or the site: the same grid reference, or street and house. Schools
    whose ages are known and do not overlap share a site and are not each other.
    """
    at: dict[str, list[Facts]] = {}
    for school in new:
        if school.is_open and compact(school.postcode):
            at.setdefault(compact(school.postcode), []).append(school)
    found = []
    for old in gone:
        likely = [s for s in at.get(compact(old.postcode), ()) if _same_ages(old, s) and _same(old, s)]
        if likely:
            found.append(Became(old, max(likely, key=lambda s: (_likeness(old.name, s.name), -s.urn))))
    return tuple(sorted(found, key=lambda b: (b.old.name, b.old.urn)))


def _same(old: Facts, new: Facts) -> bool:
    return _likeness(old.name, new.name) >= ALIKE or _same_site(old, new)


def _likeness(one: str, other: str) -> float:
    mine, theirs = _own_words(one), _own_words(other)
    if set(mine) <= set(theirs) or set(theirs) <= set(mine):
        return 1.0
    return SequenceMatcher(None, " ".join(mine), " ".join(theirs)).ratio()


def _own_words(name: str) -> list[str]:
    words = words_of(name).split()
    return [word for word in words if word not in PLAIN] or words


def _same_site(old: Facts, new: Facts) -> bool:
    if old.easting is not None and (old.easting, old.northing) == (new.easting, new.northing):
        return True
    street = words_of(old.street)
    return bool(re.search(r"\d", street)) and street == words_of(new.street)


def _same_ages(old: Facts, new: Facts) -> bool:
    mine, theirs = (offered(s.statutory_low_age, s.statutory_high_age) for s in (old, new))
    return mine is None or theirs is None or bool(set(mine) & set(theirs)) or mine == theirs
