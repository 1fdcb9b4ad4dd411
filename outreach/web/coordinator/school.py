"""All that is known of one school, in one place: where it stands and stood, whom to write to, what was said
and done; and why it is not offered a day."""

from typing import Any

from flask import g, render_template, request

from outreach.asking import notes, owners
from outreach.booking import accounts, diary, holds, proposals
from outreach.booking.desk import closing
from outreach.booking.proposals import Proposal
from outreach.county import contacts, school_days, schools
from outreach.county.lists import past_shows
from outreach.county.register import decisions, lines
from outreach.county.schools import School
from outreach.coverage import figures
from outreach.coverage.gaps import named
from outreach.coverage.school import story
from outreach.coverage.school.story import Chapter
from outreach.coverage.standings import Word
from outreach.ground import clock
from outreach.ground.timespans import day_of
from outreach.ground.typed_days import NotADay, read_day
from outreach.post import letterbook, outbox
from outreach.post.incoming import contents, inbox
from outreach.tour import target_decisions, why_not
from outreach.tour.programmes import Programme
from outreach.web.coordinator import follow_up_shown, school_told, school_words
from outreach.web.coordinator.next_steps import SEE, NextSteps
from outreach.web.gate import coordinator, coordinators_only, our_school, programme_in_hand, the_programme

LETTERS, MAILS = 40, 20
"""How many letters and how much mail of a school its page holds; the letters page finds the rest."""


@coordinator.get("/schools/<int:urn>")
@coordinators_only
def school(urn: int) -> Any:
    found, programme, now = our_school(urn), programme_in_hand(), clock.now()
    ours = g.partnership.id
    came_from, became = lines.before([urn], ours).get(urn, []), lines.after([urn], ours).get(urn, [])
    former = lines.former_selves([urn], ours, today=day_of(now)).get(urn, [])
    family = [urn, *(s.urn for s in former)]
    on_file = contacts.to_write_to([urn]).get(urn, [])
    bookings = diary.of_schools(family, g.partnership.id)
    visits = [*(b.uid for b in bookings), *proposals.uids_of(family, ours)]
    written = letterbook.of_schools(family, visits, g.partnership.id, most=LETTERS)
    streams, senders = {letter.stream for letter in written}, {c.address for c in on_file}
    chapters = story.story_of_school(urn, g.partnership, as_of=day_of(now), now=now)
    changes = decisions.of_school(urn, ours)
    names = {s.urn: s.name for s in (found, *came_from)}
    not_there = {item.booking.id for item in closing.of_schools(family, ours, now=now)}
    return render_template(
        "coordinator/school.html",
        school=found,
        programme=programme,
        words=school_words,
        years=school_words.years(chapters, urn, today=now.date()),
        succession=school_words.line_of_succession(
            found,
            became,
            beside=[s for s in came_from if s.is_open],
            came_from=[s for s in came_from if s in former],
        ),
        earlier=past_shows.of_schools(family, g.partnership.id),
        named=named,
        census_said=figures.census_said,
        facts=school_told.facts(found),
        changes=school_words.to_be_decided(len([c for c in changes if c.settled_at is None])),
        contacts=school_words.contact_lines(on_file, urn, outbox.dead_addresses(c.address for c in on_file)),
        own_days=school_days.own_days(found),
        hours=school_days.hours(found),
        bookings=[
            school_words.booking_line(b, found, names, closing=b.id in not_there, now=now) for b in bookings
        ],
        letters=written,
        older_letters=len(written) == LETTERS,
        mails=contents.about({*visits, *streams}, senders, g.partnership.id, most=MAILS),
        notes=notes.of_schools(family, partnership_id=g.partnership.id),
        no_names=notes.NO_NAMES,
        note_at_most=notes.LONGEST,
        deeds=school_told.deeds(
            family, [b.reference for b in bookings], {str(s.urn): s.name for s in came_from}, ours
        ),
        names=names,
        **(_in_programme(found, programme, chapters, family, reachable=bool(on_file)) if programme else {}),
    )


@coordinator.get("/schools/<int:urn>/why-not")
@coordinators_only
def why_not_day(urn: int) -> Any:
    """Why the school is not offered a day, every rule's word on it. `?day=2027-03-12`; without one only the
    question, with one that is no date a sentence."""
    school, programme = our_school(urn), the_programme()
    typed = request.args.get("day", "").strip()[:40]
    day, wrong = None, ""
    if typed:
        try:
            day = read_day(typed, today=day_of(clock.now()))
        except NotADay as no:
            wrong = no.message
    return render_template(
        "coordinator/why_not.html",
        school=school,
        programme=programme,
        typed=typed,
        day=day,
        wrong=wrong,
        found=why_not.verdicts_on_day(programme, school, day, now=clock.now()) if day else [],
    ), 422 if wrong else 200


def _in_programme(
    school: School, programme: Programme, chapters: list[Chapter], family: list[int], *, reachable: bool
) -> dict[str, Any]:
    """What the page says of the school in the programme in hand."""
    now, urn = clock.now(), school.urn
    chapter = next(c for c in chapters if c.programme.id == programme.id)
    proposed = proposals.all_open(programme.id, school.urn, now=now)
    account = accounts.account(programme, school, now=now)
    missing = chapter.standing if chapter.standing is not None and chapter.standing.is_gap else None
    step = None
    if missing:
        step = NextSteps(programme, {urn: missing}, {urn: tuple(family)}, now=now).step_for(missing)
    decision = target_decisions.decisions(programme.id).get(urn)
    owner = owners.owners_of_programme(programme.id, [urn]).get(urn)
    return {
        "follow_up_panel": follow_up_shown.panel(
            urn, programme, family, is_missing=missing is not None, now=now
        ),
        "next_step": None if step is None or step[0] == SEE else step,
        "proposed": [(p, school_words.kept(p, _heard(p))) for p in proposed],
        "chapter": chapter,
        "standing": chapter.standing,
        "owner": owner,
        "looked_after": school_words.looked_after(owner.name if owner else "", chapter.standing),
        "account": account,
        "pupils": school_words.pupils_known(
            account.expected, schools.own_numbers(urn, programme.academic_year)
        ),
        "decision": decision,
        "said": school_told.said(programme.id, urn),
        "in_head": school_words.ways_in_head(
            school,
            programme,
            chapter.standing,
            reachable=reachable,
            account_open=account.is_open,
            may_propose=len(proposed) < accounts.shows_needed(programme, account.still_open),
            late=day_of(now) > programme.reply_by,
        ),
        "ways_on": school_words.ways_on(
            school,
            decided=decision is not None,
            in_target=chapter.standing is not None,
            by_phone=urn in holds.who_could_book(programme, {school: account}, now=now),
            unreachable=missing is not None and missing.standing == Word.UNREACHABLE,
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
