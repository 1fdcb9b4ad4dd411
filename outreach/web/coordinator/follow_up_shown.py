"""Follow-up of a gap as pages show it: the form, what stands in words, and what was before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from flask import g
from flask_login import current_user

from outreach.asking import follow_ups, owners
from outreach.asking.follow_ups import DONE, LONGEST, MOVED, RING, SETTLED, WITHDRAWN, FollowUpOfOrganisation
from outreach.county.coordinators import Coordinator
from outreach.ground.timespans import day_of
from outreach.ground.wording import capfirst, day, day_short
from outreach.tour.programmes import Programme
from outreach.web import forms


class FollowUpForm(forms.Form):
    day = forms.day(
        "On which day?",
        required="Enter the day.",
        hint="For example: Monday, 2 Nov, in two weeks",
    )
    what = forms.remark("What is to be done?", at_most=LONGEST)
    whose = forms.pick("Who does it?")


@dataclass(frozen=True, kw_only=True)
class Past:
    """One that has ended: `told` in a line, `what` somebody typed."""

    follow_up_id: int
    what: str
    told: str


@dataclass(frozen=True, kw_only=True)
class FollowUpPanel:
    """What a school's page says of its follow-up. `standing` is None where none stands, or where it is settled since
    the school is missing no more; `tag` says it in a line; `may_set`: the school is missing; `undo`: the
    id of what was done last, where that can stand again."""

    organisation_id: int
    programme: Programme
    standing: FollowUpOfOrganisation | None
    tag: str
    is_due: bool
    may_set: bool
    before: list["Past"]
    undo: int | None
    form: FollowUpForm

    @property
    def is_shown(self) -> bool:
        """Whether anything stands or stood; setting the first day is a page of its own, one click away."""
        return bool(self.standing or self.before)


def panel(
    organisation_id: int, programme: Programme, family: Sequence[int], *, is_missing: bool, now: datetime
) -> FollowUpPanel | None:
    """Of a school and those it came from; None where nothing is to be followed up, nor ever was. Two queries."""
    today = day_of(now)
    rows = follow_ups.of_organisations(
        family, partnership_id=programme.partnership_id, programme_id=programme.id
    )
    if not (rows or is_missing):
        return None
    stands = next((row for row in rows if row.ended_at is None), None)
    before = [_past(row, said_of_past(row)) for row in rows if row.ended_at is not None]
    if stands and not is_missing:
        settled = f"{stands.what}, {day_short(stands.day)}: settled, the school is missing no more"
        before.insert(0, _past(stands, settled))
        stands = None
    return FollowUpPanel(
        organisation_id=organisation_id,
        programme=programme,
        standing=stands,
        tag=tag(stands, today=today, me=current_user.person_id) if stands else "",
        is_due=stands is not None and stands.is_due(today),
        may_set=is_missing,
        before=before,
        undo=rows[0].follow_up_id
        if is_missing and not stands and rows and rows[0].ended_as == DONE
        else None,
        form=form_for(stands),
    )


def _past(row: FollowUpOfOrganisation, told: str) -> Past:
    return Past(follow_up_id=row.follow_up_id, what=row.what, told=told)


def form_for(standing: FollowUpOfOrganisation | None = None) -> FollowUpForm:
    """Empty, but for what stands; it is one's own unless one says otherwise."""
    form = FollowUpForm()
    fill_in(form, standing)
    return form


def fill_in(form: FollowUpForm, standing: FollowUpOfOrganisation | None = None) -> None:
    """Who there is, and what stands, where nothing was typed yet."""
    people(form)
    if not form.is_submitted():
        form.what.data = standing.what if standing else RING
        form.whose.data = str(standing.person_id if standing else current_user.person_id)


def people(form: FollowUpForm) -> dict[str, Coordinator]:
    """Fill in who there is; by the value of the choice."""
    found = {str(person.id): person for person in owners.possible(g.partnership.id)}
    forms.set_choices(form.whose, [(key, _named(person)) for key, person in found.items()])
    return found


def tag(follow_up: FollowUpOfOrganisation, *, today: date, me: int) -> str:
    """'Today: ring the school, for you'; 'Monday 30 November: ring the school, for Owen Bright (has left)'."""
    when = _when(follow_up.day, today)
    left = " (has left)" if follow_up.left else ""
    whose = "you" if follow_up.person_id == me else follow_up.name + left
    what = follow_up.what[:1].lower() + follow_up.what[1:]
    return f"{when}: {what}, for {whose}"


def cell(follow_up: FollowUpOfOrganisation, *, today: date, me: int) -> tuple[str, str]:
    """('Monday 25 January', 'Ring the school, Owen Bright') for a table."""
    whose = "you" if follow_up.person_id == me else follow_up.name + (", has left" if follow_up.left else "")
    return _when(follow_up.day, today), f"{follow_up.what}, {whose}"


def _when(on: date, today: date) -> str:
    if on == today:
        return "Today"
    return f"Since {day(on, today=today)}" if on < today else day(on, today=today)


def said_of_past(row: FollowUpOfOrganisation) -> str:
    """'Ring the school, 9 November 2026: done by Owen Bright on 10 November 2026.'"""
    how = {
        DONE: "done by",
        MOVED: "moved to another day by",
        WITHDRAWN: "taken back by",
        SETTLED: "settled, the school was missing no more, by",
    }[row.ended_as or SETTLED]
    return capfirst(
        f"{row.what or 'follow-up'}, {day_short(row.day)}: {how} {row.ended_by} on {day_short(row.ended_at)}"
    )


def _named(person: Coordinator) -> str:
    return f"{person.name} (you)" if person.id == current_user.person_id else person.name
