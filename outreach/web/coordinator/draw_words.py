"""Words of a draw by lot: what it means, what chance decided and what need did, and how anybody can check it."""

from collections.abc import Iterable, Mapping

from outreach.asking.draws import AskingDraw, Place, Tier
from outreach.coverage.standings import Word
from outreach.coverage.who_asked import Asked
from outreach.ground.wording import count, date_and_time, number

MEANING = "Those most in need are asked first. Among schools equally due chance alone decides: anybody can check it."
"""Two sentences over the tiers, before anything is drawn."""

COMMAND = "flask draws check {}"
_BY_HAND = "printf '%s' '{} URN' | sha256sum"

CSV_HEAD = ["Place", "Asked", "Tier", "How due", "URN", "School", "SHA-256 of seed and URN"]


def by_hand(seed: str) -> str:
    """What anybody types to make one school's digest anew."""
    return _BY_HAND.format(seed)


def title(row: AskingDraw) -> str:
    """'20 of 44 schools are asked first'."""
    are = "is" if row.asked_first == 1 else "are"
    return f"{row.asked_first:,} of {count(row.schools, 'school')} {are} asked first"


def drawn_on(row: AskingDraw) -> str:
    return f"Drawn by lot on {date_and_time(row.recorded_at)} by {row.who}."


def decided(tiers: list[Tier]) -> str:
    """What chance decided, in a sentence."""
    split = [tier for tier in tiers if tier.is_split]
    if not split:
        return "The number ended between two tiers: need alone decided."
    tier = split[0]
    said = f"Of the {count(tier.schools, 'school')} of tier {tier.tier}, chance alone chose {number(tier.first)}."
    need = sum(one.schools for one in tiers if not one.is_split)
    return f"{said} The other {count(need, 'school')} went by need." if need else said


def by(tier: Tier) -> str:
    """How a tier's schools came to their side."""
    if tier.is_split:
        return f"{number(tier.first)} first, by lot"
    return "all first" if tier.first else "all later"


def to_ask(places: Iterable[Place], standing: Mapping[int, str]) -> list[int]:
    """URNs of a group that nobody has written to: there a letter can still go. `standing`: of the target."""
    return [one.organisation_id for one in places if standing.get(one.organisation_id) == Word.NOT_ASKED]


def why_again(row: AskingDraw, asked: Asked) -> str:
    return (
        f"Some of these {asked.many} had been drawn before. Why again: {row.why_again}. Both draws are kept."
    )


def to_draw_title(schools: int) -> str:
    return f"Draw who of {count(schools, 'school')} is asked first" if schools > 1 else "Nothing to draw"
