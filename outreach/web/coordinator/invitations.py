"""Rounds of invitations: choose schools, see the exact list and the exact letter, send; and what came of
it."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for

from outreach.asking import draws, invitations, rounds
from outreach.booking import told
from outreach.county import organisations, partnerships
from outreach.coverage import gaps, standings
from outreach.coverage.standings import Standing, Word
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.ground.errors import Refusal
from outreach.ground.timespans import day_of
from outreach.ground.wording import count
from outreach.post import letters, stationery
from outreach.tour.programmes import Programme
from outreach.web import forms, spoken
from outreach.web.coordinator import draw_words
from outreach.web.coordinator.framing import framing, in_frame, organisation_ids_sent, shown_to_go
from outreach.web.gate import (
    coordinator,
    coordinators_only,
    our_organisation,
    programme_in_hand,
    the_programme,
    who,
)
from outreach.web.refusals import back_to

ANY = "any"
"""The letter's own HTML runs nothing, loads nothing, sends nothing, and leads nowhere."""


@dataclass(frozen=True)
class InvitationFilters:
    """What the list of schools is narrowed to, from the address; '' is no limit."""

    standing: str
    district: str
    phase: str

    def match(self, row: Standing) -> bool:
        return (
            self.standing in (ANY, row.standing)
            and self.district in ("", row.district_code)
            and self.phase in ("", row.phase)
        )


class SendForm(forms.Form):
    note = forms.remark("A name for this round", hint="For your own list, for example: spring, first round.")


@coordinator.get("/invitations", endpoint="invitations")
@coordinators_only
def choose() -> Any:
    """Whom to write to: the target's schools, those never asked first; and the rounds so far."""
    programme = programme_in_hand()
    return _choose_page(programme) if programme else render_template("coordinator/invitations_none.html")


@coordinator.post("/invitations/preview")
@coordinators_only
def invitations_preview() -> Any:
    """Changes nothing: who would get the letter, who not and why, and the letter."""
    programme = the_programme()
    organisation_ids = (
        organisation_ids_sent("all")
        if request.form.get("whole")
        else organisation_ids_sent("organisation_id")
    )
    if not organisation_ids:
        return _choose_page(
            programme,
            wrong="Tick at least one school, or write to the whole list.",
        ), 422
    return _preview_page(programme, organisation_ids, SendForm(formdata=None))


@coordinator.post("/invitations/send")
@coordinators_only
def invitations_send() -> Any:
    """The list that was shown, judged again: nobody gets a letter whom the list did not name."""
    programme, form, now = the_programme(), SendForm(), clock.now()
    seen, target = shown_to_go(), standings.target_of(programme.id, now=now)
    if not form.validate_on_submit() or not seen:
        return _preview_page(programme, list(seen), form, 422)
    words = rounds.words_for(programme, seen.keys() & target, now=now)
    with transaction():
        sent = rounds.send_round(
            programme,
            seen,
            note=form.note.data,
            who=who(),
            now=now,
            words=words,
            seen=seen,
            target=target,
            warned=bool(request.form.get("without_times")),
            kept_back=rounds.KEPT_BACK,
        )
        round_id = sent.round.id
    told = f"{count(len(sent.written), 'letter')} waiting to go out. You have a minute to stop them."
    if sent.left_out:
        told += f" {spoken.asked_on_page().count(len(sent.left_out))} left out, since something changed meanwhile."
    flash(told)
    return redirect(url_for("coordinator.invitation_round", round_id=round_id, programme=programme.id), 303)


@coordinator.get("/invitations/<int:round_id>")
@coordinators_only
def invitation_round(round_id: int) -> Any:
    """One past round, school by school; `?only=` narrows it to what a number of the list counted."""
    programme = the_programme()
    found = rounds.of_programme(programme.id, round_id)
    if not found:
        abort(404)
    only = request.args.get("only", "")
    rows = [o for o in found[0].outcomes if _belongs(o, only)]
    return render_template(
        "coordinator/invitation_round.html",
        programme=programme,
        past=found[0],
        rows=rows,
        only=only,
        kinds=KINDS,
        counts={kind: sum(_belongs(o, kind) for o in found[0].outcomes) for kind in KINDS},
        seconds_left=found[0].seconds_left(clock.now()),
    )


@coordinator.post("/invitations/<int:round_id>/withdraw")
@coordinators_only
def invitation_round_withdraw(round_id: int) -> Any:
    """The whole round is taken back, while none of it has gone."""
    programme = the_programme()
    where = url_for("coordinator.invitation_round", round_id=round_id, programme=programme.id)
    with back_to(where), transaction():
        n = rounds.withdraw(programme, round_id, who=who(), now=clock.now())
    schools = spoken.asked_on_page().many
    flash(
        f"Taken back: {count(n, 'letter')}. Nothing went, and the {schools} stand as if nobody had asked them."
        if n
        else "It was taken back already."
    )
    return redirect(where, 303)


@coordinator.get("/invitations/letter/<int:organisation_id>")
@coordinators_only
def invitation_letter(organisation_id: int) -> Any:
    """The exact letter to one school, as it would go now; its link is not made yet."""
    programme, organisation = the_programme(), our_organisation(organisation_id)
    contact = invitations.first_reachable(organisation_id)
    if contact is None:
        abort(404)
    letter = _letter(programme, organisation_id)
    page = render_template(
        "coordinator/letter_to_go.html",
        back=url_for("coordinator.invitations", programme=programme.id),
        school=organisation,
        contact=contact,
        letter=letter,
        frame=url_for(
            "coordinator.invitation_letter_html", organisation_id=organisation_id, programme=programme.id
        ),
    )
    return framing(page)


@coordinator.get("/invitations/letter/<int:organisation_id>/html")
@coordinators_only
def invitation_letter_html(organisation_id: int) -> Any:
    """The same as mail readers show it, for the frame on its page."""
    programme, organisation = the_programme(), our_organisation(organisation_id)
    return in_frame(_letter(programme, organisation.organisation_id).html)


KINDS = {
    "handed": "handed to the mail server",
    "waiting": "waiting to go",
    "failed": "did not arrive",
    "booked": "booked since",
    "declined": "declined since",
}
"""What a round's list can be narrowed to, and in which words."""


def _belongs(outcome: rounds.InvitationOutcome, only: str) -> bool:
    return {
        "handed": outcome.handed_over,
        "waiting": not outcome.handed_over and not outcome.never_arrived,
        "failed": outcome.never_arrived,
        "booked": outcome.booked,
        "declined": outcome.declined,
    }.get(only, True)


def _choose_page(programme: Programme, wrong: str = "") -> str:
    reckoning = standings.standings_of_programme(programme.id, as_of=day_of(clock.now()), now=clock.now())
    filters = InvitationFilters(
        standing=request.values.get("standing", Word.NOT_ASKED),
        district=request.values.get("district", ""),
        phase=request.values.get("phase", ""),
    )
    order: list[str] = [Word.NOT_ASKED, Word.UNREACHABLE, Word.ASKED, Word.DECLINED]
    rows = [row for row in reckoning.target if filters.match(row)]
    rows.sort(key=lambda r: (order.index(r.standing) if r.standing in order else 9, r.name.casefold()))
    past = rounds.of_programme(programme.id)
    return render_template(
        "coordinator/invitations.html",
        programme=programme,
        filters=filters,
        rows=rows,
        target=reckoning.target,
        wrong=spoken.asked_on_page().said(wrong),
        districts=sorted({(r.district_code, r.district_name) for r in reckoning.target}, key=lambda d: d[1]),
        phases=sorted({r.phase for r in reckoning.target}),
        words=[w for w in Word if w is not Word.EXCLUDED],
        named=partial(gaps.named, for_adults=programme.for_adults),
        any_standing=ANY,
        rounds=[(p, {kind: sum(_belongs(o, kind) for o in p.outcomes) for kind in KINDS}) for p in past],
        draws=draws.listed(programme.id),
        draw_title=draw_words.title,
        late=day_of(clock.now()) > programme.reply_by,
        no_times=(no_times := invitations.why_no_times(programme, now=clock.now())),
        again=[] if no_times else _to_write_again(programme, reckoning.target),
    )


def _to_write_again(programme: Programme, target: list[Standing]) -> list[int]:
    """Who was told that we write again when there are times, and has promised or refused nothing since."""
    told = set(invitations.told_that_we_write_again(programme.id))
    return [
        row.organisation_id for row in target if row.organisation_id in told and row.standing == Word.ASKED
    ]


def _preview_page(
    programme: Programme, organisation_ids: list[int], form: SendForm, status: int = 200
) -> Any:
    try:
        found = rounds.preview_round(
            programme,
            organisation_ids,
            now=clock.now(),
            target=standings.target_of(programme.id, now=clock.now()),
        )
    except Refusal as refusal:
        return _choose_page(programme, wrong=refusal.message), 422
    page = render_template(
        "coordinator/invitations_preview.html", programme=programme, form=form, found=found
    )
    return framing(page), status


def _letter(programme: Programme, organisation_id: int) -> stationery.Rendered:
    contact = invitations.first_reachable(organisation_id) or abort(404)
    return letters.preview_invitation(
        invitations.asking(
            programme, organisations.get(organisation_id, programme.partnership_id), now=clock.now()
        ),
        invitations.addressee(contact),
        told.sender_of(partnerships.get(programme.partnership_id)),
        now=clock.now(),
    )
