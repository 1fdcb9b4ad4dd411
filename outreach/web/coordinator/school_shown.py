"""A school's page as it is shown: where it stands, the one next step, all that was said and done, whom to write to."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import current_app, g, render_template, request, url_for

from outreach.asking import invitations, notes, owners, short_codes
from outreach.asking.kept_on import BOOKING
from outreach.asking.notes import NoteOnOrganisation
from outreach.booking import accounts, diary, holds, proposals
from outreach.booking.promises import Booking
from outreach.booking.proposals import Proposal
from outreach.county import contacts, school_days, schools
from outreach.county.contacts import Contact
from outreach.county.lists import past_shows
from outreach.county.register import decisions, hands, lines
from outreach.county.school_days import SchoolCalendar
from outreach.county.school_lunch import in_words
from outreach.county.schools import Organisation
from outreach.coverage import figures, leavers
from outreach.coverage.gaps import named
from outreach.coverage.school import story
from outreach.coverage.school.story import Chapter
from outreach.ground import clock
from outreach.ground.errors import Refusal
from outreach.ground.row_numbers import row_number
from outreach.ground.school_year import year_name
from outreach.ground.timespans import day_of
from outreach.post import letterbook, links, outbox
from outreach.post.incoming import contents, inbox
from outreach.tour import programmes, target_decisions
from outreach.tour.programmes import Programme
from outreach.web import absent_words, forms
from outreach.web.coordinator import (
    body_words,
    follow_up_shown,
    list_place,
    school_log,
    school_next,
    school_told,
    school_words,
)
from outreach.web.coordinator.next_steps import NextSteps, could_book
from outreach.web.refusals import status

LETTERS, MAILS = 40, 20
"""How many letters and how much mail of a school its page holds; the letters page finds the rest."""

ONLINE, CHOSE, NOBODY, LATER, ELSE, NO = "online", "chose", "nobody", "later", "else", "no"
SAID = {
    ONLINE: "They will book online",
    CHOSE: "They chose a time: book it…",
    NOBODY: "Nobody answered",
    LATER: "Ring back later",
    ELSE: "Somebody else arranges this…",
    NO: "No, not this year…",
}
"""What a call comes to; '…': a page follows, on which that is entered."""


JUST = timedelta(hours=1)
"""How long what was kept last stands on the page with its undo."""


class CallForm(forms.Form):
    said = forms.choice("What did they say?", SAID.items(), required="Choose what they said.")
    text = forms.words("Note", at_most=notes.LONGEST - 100)
    again = forms.day("Ring again", hint="Like 2 Nov or next Monday. Empty: not set")

    def refuse(self, refusal: Refusal) -> None:
        if refusal.field == "day":
            refusal.field = "again"
        super().refuse(refusal)


@dataclass(frozen=True, kw_only=True)
class CodeShown:
    """What is read out: a code with the page and postcode it goes with, else a link (`address`)."""

    code: str
    first_page: str
    until: datetime
    address: str


def code_shown(code: str, token: str, *, now: datetime) -> CodeShown:
    here = str(current_app.config["PUBLIC_URL"])
    return CodeShown(
        code=code,
        first_page=here.partition("://")[2] + url_for("public.code"),
        until=now + short_codes.SPOKEN_LASTS,
        address=links.school_page(here, token) if token else "",
    )


def page_of(
    organisation: Organisation,
    programme: Programme | None,
    *,
    call: CallForm | None = None,
    code: CodeShown | None = None,
) -> Any:
    """The whole page. `call`: what was typed about a call; `code`: one that was just made, to be read out. A body is
    shown in a programme for adults: no other is for it."""
    now, ours = clock.now(), g.partnership.id
    organisation_id, today = organisation.organisation_id, day_of(now)
    if organisation.is_body and programme is not None and not programme.for_adults:
        programme = next((p for p in programmes.in_hand(ours, today) if p.for_adults), None)
    came_from, became = (
        lines.before([organisation_id], ours).get(organisation_id, []),
        lines.after([organisation_id], ours).get(organisation_id, []),
    )
    former = lines.former_selves([organisation_id], ours, today=today).get(organisation_id, [])
    family = [organisation_id, *(s.organisation_id for s in former)]
    on_file = contacts.to_write_to([organisation_id], ours).get(organisation_id, [])
    bookings = diary.of_organisations(family, ours)
    visits = [*(b.uid for b in bookings), *proposals.uids_of(family, ours)]
    written = letterbook.of_organisations(family, visits, ours, most=LETTERS)
    asked = invitations.of_organisation(programme.id, organisation_id) if programme else []
    about = {letter.id: letter for letter in (*written, *(own for _, own in asked)) if letter is not None}
    chapters = story.story_of_organisation(organisation_id, g.partnership, as_of=today, now=now)
    changes = decisions.of_school(organisation_id, ours)
    names = {s.organisation_id: s.name for s in (organisation, *came_from)}
    left = leavers.left(ours, now=now, organisation_ids=family)
    not_there = {item.live.of.id for item in left if item.live.kind == BOOKING}
    entries = school_log.line(
        notes=notes.of_organisations(family, partnership_id=ours),
        letters=about.values(),
        answers=invitations.answers_of(programme.id, organisation_id) if programme else [],
        deeds=school_told.deeds(
            family,
            [b.reference for b in bookings],
            {str(s.organisation_id): s.name for s in came_from},
            ours,
            of_adults={b.reference for b in bookings if b.programme.for_adults},
        ),
        mails=contents.about(
            {*visits, *(letter.stream for letter in written)}, {c.address for c in on_file}, ours, most=MAILS
        ),
        organisation_id=organisation_id,
        names=names,
        today=today,
    )
    part = request.args.get("log", "")
    part = part if part in school_log.PARTS else ""
    facts = school_told.facts(organisation)
    own_days = [] if organisation.is_body else school_days.own_days(organisation)
    calendar = SchoolCalendar() if organisation.is_body else school_days.load_one(organisation)
    dead = outbox.dead_addresses(c.address for c in on_file)
    unwritable = {a.lower() for a in dead} | invitations.asked_lately(asked, now=now)
    page = render_template(
        "coordinator/school.html",
        school=organisation,
        programme=programme,
        along=list_place.along(programme),
        place=list_place.place(programme, organisation_id) if programme else None,
        words=school_words,
        body_words=body_words,
        years=school_words.years(chapters, organisation_id, today=now.date()),
        succession=school_words.line_of_succession(
            organisation,
            became,
            beside=[s for s in came_from if s.is_open],
            came_from=[s for s in came_from if s in former],
        ),
        earlier=past_shows.of_schools(family, ours),
        names=names,
        named=named,
        census_said=figures.census_said,
        facts=facts,
        facts_inside=school_words.corrected_here(facts),
        changes=school_words.to_be_decided(len([c for c in changes if c.settled_at is None])),
        contacts=school_words.contact_lines(on_file, organisation_id, dead),
        own_days=own_days,
        hours=calendar.hours(),
        lunch_said=in_words(calendar.lunch),
        days_inside=school_words.days_inside(own_days, calendar.hours()),
        bookings=[
            school_words.booking_line(b, organisation, names, closing=b.id in not_there, now=now)
            for b in bookings
        ],
        log=school_log.narrowed(entries, part),
        log_part=part,
        log_parts=school_log.PARTS,
        log_shown=school_log.SHOWN,
        older_letters=len(written) == LETTERS,
        code=code,
        **(
            _in_programme(organisation, programme, chapters, family, on_file, unwritable, bookings, call)
            if programme
            else {}
        ),
    )
    return page, 200 if code else status()


def page_of_one_that_left(organisation: Organisation) -> Any:
    """Where it went, and what was agreed with it in our own programmes; what is known of it now is its holder's."""
    ours, now, numbers = g.partnership.id, clock.now(), [organisation.organisation_id]
    holder, since = hands.went_to(organisation, ours)
    return render_template(
        "coordinator/school_left.html",
        school=organisation,
        holder=holder,
        since=since,
        left=leavers.left(ours, now=now, organisation_ids=numbers, with_kept=True),
        bookings=[
            school_words.booking_line(b, organisation, {}, closing=False, now=now)
            for b in diary.of_organisations(numbers, ours)
        ],
    )


def _just_kept(organisation_id: int) -> NoteOnOrganisation | None:
    """The call that one has just kept, as `?done=` names it; nothing of it an hour later, or once it was undone."""
    note_id = row_number(request.args.get("done", ""))
    if note_id is None:
        return None
    note = notes.read(note_id, partnership_id=g.partnership.id)
    if (
        note is None
        or note.organisation_id != organisation_id
        or note.withdrawn_at
        or note.recorded_at < clock.now() - JUST
    ):
        return None
    return note


def _in_programme(
    organisation: Organisation,
    programme: Programme,
    chapters: list[Chapter],
    family: list[int],
    on_file: list[Contact],
    unwritable: Collection[str],
    bookings: list[Booking],
    call: CallForm | None,
) -> dict[str, Any]:
    """What the page says of the school in the programme in hand."""
    now, organisation_id = clock.now(), organisation.organisation_id
    chapter = next(c for c in chapters if c.programme.id == programme.id)
    proposed = proposals.all_open(programme.id, organisation_id, now=now)
    account = accounts.account(programme, organisation, now=now)
    missing = chapter.standing if chapter.standing is not None and chapter.standing.is_gap else None
    steps = (
        NextSteps(programme, {organisation_id: missing}, {organisation_id: tuple(family)}, now=now)
        if missing
        else None
    )
    decision = target_decisions.decisions(programme.id).get(organisation_id)
    owner = owners.owners_of_programme(programme.id, [organisation_id]).get(organisation_id)
    pupils = school_words.pupils_known(
        account.expected, schools.own_numbers(organisation_id, programme.academic_year)
    )
    step = school_next.next_step(
        school_next.Known(
            organisation=organisation,
            programme=programme,
            standing=missing or chapter.standing,
            steps=steps,
            account=account,
            on_file=on_file,
            unwritable=unwritable,
            bookings=[b for b in bookings if b.programme_id == programme.id],
            proposed=proposed,
            held=holds.held(programme.id, organisation_id, now=now),
            could_book=organisation_id in could_book(programme, {organisation: account}, now=now),
            now=now,
        )
    )
    return {
        "step": step,
        "of_programme": f"{programme.title}, {year_name(programme.academic_year)}",
        "follow_up_panel": follow_up_shown.panel(
            organisation_id, programme, family, is_missing=missing is not None, now=now
        ),
        "call_form": call or CallForm(formdata=None),
        "just_kept": _just_kept(organisation_id),
        "proposed": [(p, school_words.kept(p, _heard(p))) for p in proposed],
        "chapter": chapter,
        "standing": chapter.standing,
        "about": school_words.about(organisation, account.expected),
        "owner": school_words.looked_after(owner.name if owner else "", chapter.standing),
        "account": account,
        "missed": absent_words.of_standing(chapter.standing) if chapter.standing else {},
        "pupils": pupils,
        "pupils_inside": school_words.pupils_inside(pupils),
        "year_states": (
            school_words.year_groups(chapter.standing, account.promised) if chapter.standing else {}
        ),
        "decision": decision,
        "target_words": school_words.target_words(
            decided=decision is not None, in_target=chapter.standing is not None
        ),
    }


def _heard(proposal: Proposal) -> dict[str, str]:
    """What calendars said of the time that is kept now, by address; it books nothing."""
    words = {
        "ACCEPTED": "said yes in the calendar",
        "TENTATIVE": "said perhaps in the calendar",
        "DECLINED": "said no in the calendar",
    }
    found = inbox.answers_of([proposal.uid or ""]).get(proposal.uid or "", {})
    return {
        address: words[answer.partstat]
        for address, answer in found.items()
        if answer.sequence >= proposal.sequence
    }


def address_of(organisation_id: int, programme: Programme | None, **more: Any) -> str:
    """The school's page, with the list from which somebody came."""
    return url_for(
        "coordinator.school", organisation_id=organisation_id, **list_place.along(programme), **more
    )
