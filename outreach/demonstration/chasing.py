"""Chasing in the made-up year: reminders, whose gaps are whose, and what was said on the phone."""

from datetime import datetime, time, timedelta

from outreach.asking import follow_ups, notes, owners
from outreach.asking.chasing import reminders, settings
from outreach.asking.chasing.settings import Schedule
from outreach.asking.own_letters import drafts
from outreach.asking.own_letters.drafts import Typed
from outreach.county.coordinators import Coordinator
from outreach.coverage.gaplist import saved_views
from outreach.demonstration import cast
from outreach.demonstration.cast import Cast
from outreach.ground.timespans import day_of, wall
from outreach.tour.programmes import Programme

REMINDED = {1: 5, 2: 2}
"""How many of the silent schools were reminded a first and a second time."""

DISTRICTS = (("Kestermere", "Fenwold"), ("Marlford City", "North Marl"))
"""Whose gaps the first and the second coordinator look after; nobody has taken the others yet."""


def switch_on(programme: Programme, *, who: str, now: datetime) -> None:
    """Reminders go by themselves; what is offered to who waits, and asking for reports, is left to a
    click."""
    settings.settle(programme, Schedule(reminders_on=True), who=who, now=now)


def remind(programme: Programme, parts: Cast, nth: int, *, asked: datetime, now: datetime) -> None:
    """The silent schools' reminder, each on the day on which it was due, where that lies behind."""
    silent = {school.organisation_id for school in parts.playing(cast.SILENT)[: REMINDED[nth]]}
    coming, _ = reminders.coming(programme, now=asked + timedelta(days=1))
    for reminder in coming:
        if (
            reminder.organisation.organisation_id in silent
            and reminder.nth == nth
            and reminder.due < day_of(now)
        ):
            reminders.send_due(
                programme, reminder.organisation.organisation_id, now=wall(reminder.due, time(7, 30))
            )


def share_out(programme: Programme, people: list[Coordinator], parts: Cast, *, now: datetime) -> None:
    """The coordinators share the districts, keep what schools told them on the phone, and when they ring again."""
    for person, districts in zip(people, DISTRICTS, strict=True):
        organisation_ids = [
            school.organisation_id for school in parts.everybody if school.district_name in districts
        ]
        owners.assign(programme, organisation_ids, person, who=person.name, now=now - timedelta(days=20))
        named, asked_for = f"To ring, {person.name}", f"cause=silent&owner={person.id}"
        saved_views.save(person, named, asked_for, shared=True, now=now - timedelta(days=20))
    for school, words, person, ahead in zip(
        parts.playing(cast.SILENT),
        (
            "Rang the office: the lead is away until Monday, ring again then.",
            "The office says that the letter has arrived; the lead decides with the head.",
        ),
        people,
        (0, 6),
        strict=False,
    ):
        notes.write(
            school.organisation_id,
            words,
            programme,
            partnership_id=programme.partnership_id,
            kind=notes.PHONE,
            who=people[0].name,
            now=now - timedelta(days=2),
        )
        follow_ups.set_follow_ups(
            programme,
            [school.organisation_id],
            day_of(now) + timedelta(days=ahead),
            "Ring the office again",
            person,
            who=person.name,
            now=now - timedelta(days=2),
        )
    drafts.keep(
        programme,
        [school.organisation_id for school in parts.playing(cast.SILENT)],
        Typed(
            subject="The hall at {school}",
            words="Dear {first name},\n\nBefore you choose a day for ‘{programme}’: is your hall free on Tuesdays? "
            "A line to this address is enough.",
        ),
        form_key="demonstration",
        who=people[0].name,
        now=now - timedelta(days=1),
    )
    settings.ran(now=now - timedelta(hours=2))
