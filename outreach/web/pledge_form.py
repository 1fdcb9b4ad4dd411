"""A form of pledges at whichever door: before the show what a school will do, after it what was done, each with one
tick."""

from collections.abc import Mapping
from typing import Any

from outreach.visits.pledges import PASSED_ON, PLEDGES, PledgeAnswer
from outreach.web import forms
from outreach.web.pledge_words import ANSWERS, FIELDS, WAS_DONE, WILL_DO, YES_OR_NO, said_on


class WillDoForm(forms.Form):
    """What a school promises before its show; a tick is a promise, and none takes back those that stood."""

    will = forms.ticks("What will you do?", ((FIELDS[p], words) for p, words in WILL_DO.items()))

    def validate(self, extra_validators: Any = None) -> bool:
        if not super().validate(extra_validators):
            return False
        if not self.will.data and not self.will.object_data:
            self.will.errors = ["Tick what you will do, or leave this page."]
        return not self.will.errors

    def ticked(self) -> list[str]:
        return [pledge for pledge in PLEDGES if FIELDS[pledge] in (self.will.data or ())]


class WasDoneForm(forms.Form):
    """What was done besides the show; what is left out stands as it stood. `first`: the question at which it is said
    that none was answered."""

    first = FIELDS[PLEDGES[0]]

    def validate(self, extra_validators: Any = None) -> bool:
        if not super().validate(extra_validators):
            return False
        if not self.answers():
            self[self.first].errors = ["Answer at least one question, or leave this page."]
        return bool(self.answers())

    def answers(self) -> dict[str, str]:
        return {p: self[FIELDS[p]].data for p in PLEDGES if self[FIELDS[p]].data}

    def say(self, said: Mapping[str, PledgeAnswer]) -> None:
        """Beside each question what was answered, and when."""
        for pledge, row in said.items():
            self[FIELDS[pledge]].description = said_on(row)


for _pledge in PLEDGES:
    _hint = "Yes, too, if there was none. Never how many." if _pledge == PASSED_ON else ""
    _field = forms.choice(WAS_DONE[_pledge], ANSWERS.get(_pledge, YES_OR_NO), hint=_hint)
    setattr(WasDoneForm, FIELDS[_pledge], _field)
