"""Kinds of establishment, by the register's own words for type and phase: who can be in a target, who is
estimated. Pure.

A school without ages counts by its phase's usual ages, compared without case and hyphens ('Not applicable'
and empty are no phase). With neither it counts by type: schools and alternative provision are in and marked
'ages unknown', and so is a type nobody knows. Colleges and institutions for ages 16 to 19 are in where their
ages, or their phase, say so. The types of OUT have no pupils of school age and are never in.
"""

from functools import cache

from outreach.ground.school_year import offered


def never_estimated(type_of_establishment: str, name: str) -> bool:
    """Alternative provision and hospital schools: their pupils are registered elsewhere, so they are asked.

    GIAS has no type of its own for most hospital schools; their names say it.
    """
    return _registered_elsewhere(type_of_establishment) or "hospital" in name.casefold()


@cache
def _registered_elsewhere(type_of_establishment: str) -> bool:
    kind = type_of_establishment.casefold()
    return any(part in kind for part in ("alternative provision", "pupil referral unit", "hospital"))


_USUAL_AGES = {
    "nursery": (2, 4),
    "primary": (4, 11),
    "middle deemed primary": (8, 12),
    "middle deemed secondary": (9, 13),
    "secondary": (11, 18),
    "all through": (4, 18),
    "16 plus": (16, 19),
}

OUT = (
    "children's centre",
    "nursery",
    "nurseries",
    "early years",
    "higher education",
    "adult",
    "online provider",
    "offshore",
    "overseas",
    "service children's education",
    "welsh",
)
"""Parts of type names that are never in a target."""

BY_AGES_ALONE = ("further education", "post 16", "16 19", "16 to 19", "sixth form")
"""Parts of type names whose schools are in a target only where ages or phase say which year groups they
have."""

NO_PHASE = "Phase not given"


@cache
def never_in(type_of_establishment: str) -> bool:
    """Nurseries, children's centres, higher and adult colleges, online, overseas and Welsh types."""
    name = _plain(type_of_establishment)
    return any(part in name for part in OUT)


@cache
def only_by_ages(type_of_establishment: str) -> bool:
    """Colleges of further education and institutions for ages 16 to 19: with neither ages nor phase they are
    out."""
    name = _plain(type_of_establishment)
    return any(part in name for part in BY_AGES_ALONE)


@cache
def usual_year_groups(phase: str | None) -> tuple[int, ...] | None:
    """The year groups a phase usually has; None for no phase, or one nobody knows."""
    ages = _USUAL_AGES.get(_plain(phase or ""))
    return None if ages is None else offered(*ages)


@cache
def phase_name(phase: str | None, type_of_establishment: str) -> str:
    """The row of the phase table a school stands in: its phase, else what its type says."""
    if _plain(phase or "") in _USUAL_AGES:
        text = (phase or "").strip()
        return text[:1].upper() + text[1:].lower() if not text[:1].isdigit() else text.lower()
    kind = _plain(type_of_establishment)
    if "special" in kind or "alternative provision" in kind or "pupil referral" in kind:
        return "Special and alternative provision"
    if "independent" in kind:
        return "Independent, phase not given"
    return NO_PHASE


URBAN, RURAL = "Urban", "Rural"


@cache
def urban_or_rural(said: str | None) -> str:
    """'Urban' or 'Rural' of the register's words, of whichever classification; '' where it says neither.

    The one of 2011 says 'Rural town and fringe', that of 2021 'Larger rural: nearer to a major town or city'.
    """
    words = _plain(said or "").replace(":", " ").split()
    return RURAL if "rural" in words else URBAN if "urban" in words else ""


@cache
def town_name(said: str) -> str:
    """A town as it is listed: BANBURY and Banbury are one."""
    text = " ".join(said.split())
    return text.title() if text.isupper() else text


def _plain(text: str) -> str:
    return " ".join(text.casefold().replace("-", " ").replace("\u2019", "'").split())
