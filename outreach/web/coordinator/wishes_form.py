"""Wishes for the days of a plan, to be chosen: how much each matters."""

from outreach.planning.rules import PlanRules
from outreach.tour.planning import day_wishes
from outreach.tour.planning.day_wishes import Wishes
from outreach.web import forms

HOW_MUCH = [
    (day_wishes.FREE, "as far as it costs no driving"),
    (day_wishes.NOT_AT_ALL, "not at all"),
    (day_wishes.A_LITTLE, "a little"),
    (day_wishes.SOME, "some"),
    (day_wishes.MUCH, "much"),
]

NIGHTS = [
    (day_wishes.NOT_AT_ALL, "not at all"),
    (day_wishes.A_LITTLE, "a little: where they save three times what they cost"),
    (day_wishes.SOME, "some: where they save twice what they cost"),
    (day_wishes.MUCH, "much: where they save more than they cost"),
]

EVEN, FILLED = "even", "filled"


class WishesForm(forms.Form):
    wish_behind = forms.pick("Who is furthest behind comes first", HOW_MUCH)
    wish_near = forms.pick("A week stays in one part of the county", HOW_MUCH)
    wish_weeks = forms.pick("How weeks and troupes are filled", HOW_MUCH)
    filled = forms.pick(
        "Weeks and troupes are to be", [(EVEN, "even"), (FILLED, "filled one after the other")]
    )

    wish_nights = forms.pick("Nights away are proposed", NIGHTS)

    def wishes(self) -> Wishes:
        return Wishes(
            behind=self.wish_behind.data,
            near=self.wish_near.data,
            weeks=self.wish_weeks.data,
            filled=self.filled.data == FILLED,
        )


def wishes_of(asked: PlanRules) -> dict[str, str]:
    """What its fields hold for a plan by these rules."""
    return {
        "wish_behind": asked.wish_behind,
        "wish_near": asked.wish_near,
        "wish_weeks": asked.wish_weeks,
        "filled": FILLED if asked.weeks_filled else EVEN,
        "wish_nights": asked.wish_nights,
    }
