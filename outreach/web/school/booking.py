"""The form of a booking, step by step, kept as a draft; the check of the answers; the booking itself: of a time that
the school holds, or of one that a coordinator keeps for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for

from outreach.booking import accounts, bookings, holds, in_hall, promises, proposals
from outreach.booking.desk import proposing
from outreach.booking.holds import AlreadyBooked, NothingHeld
from outreach.booking.promises import Booking
from outreach.booking.proposals import Proposal, ProposalEnded
from outreach.booking.told import ACCESS_NEEDS
from outreach.county import school_days, school_lunch
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.ground.errors import Refusal
from outreach.ground.timespans import day_of
from outreach.post.stationery import Addressee
from outreach.tour import over_lunch, performances
from outreach.tour.performances import Performance, SlotTaken
from outreach.web.gate import by_personal_link, reread, school
from outreach.web.refusals import refused
from outreach.web.school import check_words
from outreach.web.school.forms import Typed, TypedForm, hall_form
from outreach.web.school.known import Known
from outreach.web.school.steps import CHECK, HALL, PEOPLE, PUPILS, STEPS, Answers


@dataclass(frozen=True, kw_only=True)
class InHand:
    """What a school is about to book: the shows that it holds, none where none is kept; or the one of `proposal`."""

    token: str
    kept: Sequence[Performance]
    proposal: Proposal | None = None

    def to(self, page: str, **more: Any) -> str:
        """The address of one of its pages."""
        proposal_id = self.proposal.id if self.proposal is not None else None
        return url_for(f".{page}", token=self.token, proposal_id=proposal_id, **more)

    @property
    def gone(self) -> bool:
        """Whether nothing can be booked any more."""
        if self.proposal is None:
            return not self.kept
        return not self.kept or not self.proposal.is_open(clock.now())


@school.get("/i/<token>/form")
@school.get("/i/<token>/kept/<int:proposal_id>")
@by_personal_link
def form(token: str, proposal_id: int | None = None) -> Any:
    """To the first step that still wants something, else to the check."""
    hand = _in_hand(token, proposal_id)
    if hand.proposal is not None and hand.gone:
        return _lost(hand)
    return redirect(hand.to(_answers(hand).next_step()))


@school.route("/i/<token>/pupils", methods=["GET", "POST"])
@school.route("/i/<token>/kept/<int:proposal_id>/pupils", methods=["GET", "POST"])
@by_personal_link
def pupils(token: str, proposal_id: int | None = None) -> Any:
    return _step(PUPILS, _in_hand(token, proposal_id))


@school.route("/i/<token>/hall", methods=["GET", "POST"])
@school.route("/i/<token>/kept/<int:proposal_id>/hall", methods=["GET", "POST"])
@by_personal_link
def hall(token: str, proposal_id: int | None = None) -> Any:
    return _step(HALL, _in_hand(token, proposal_id))


@school.route("/i/<token>/people", methods=["GET", "POST"])
@school.route("/i/<token>/kept/<int:proposal_id>/people", methods=["GET", "POST"])
@by_personal_link
def people(token: str, proposal_id: int | None = None) -> Any:
    return _step(PEOPLE, _in_hand(token, proposal_id))


@school.get("/i/<token>/check")
@school.get("/i/<token>/kept/<int:proposal_id>/check")
@by_personal_link
def check(token: str, proposal_id: int | None = None) -> Any:
    """Everything that was said, before it is a promise."""
    hand = _in_hand(token, proposal_id)
    if hand.gone:
        return _lost(hand)
    answers = _answers(hand)
    step = answers.next_step()
    if step != CHECK:
        return redirect(hand.to(step))
    return _check_page(hand, answers)


@school.post("/i/<token>/book")
@by_personal_link
def book(token: str) -> Any:
    """The promise. Sent twice it books once; a kept time that ran out is taken again if nobody else has
    it."""
    now = clock.now()
    keys = request.form.get("slots", "")[:60].split("+")
    if (no := refused()) is not None:
        return _not_booked(_in_hand(token), no)
    try:
        with transaction():
            reference = _book(keys, now=now)[0].reference
    except (SlotTaken, NothingHeld):
        return _lost(_in_hand(token))
    return redirect(url_for(".booked", token=token, reference=reference), 303)


@school.post("/i/<token>/kept/<int:proposal_id>/book")
@by_personal_link
def accept(token: str, proposal_id: int) -> Any:
    """The yes to a time that a coordinator keeps. Sent twice it books once."""
    hand = _in_hand(token, proposal_id)
    if (no := refused()) is not None:
        return _not_booked(hand, no)
    if hand.gone:
        return _lost(hand)
    try:
        with transaction():
            reference = _accept(_in_hand(token, proposal_id), now=clock.now()).reference
    except ProposalEnded:
        return _lost(hand)
    return redirect(url_for(".booked", token=token, reference=reference), 303)


def _not_booked(hand: InHand, no: Refusal) -> Any:
    """Where it can be put right: the booking that stands, the step that wants something, else the check."""
    if isinstance(no, AlreadyBooked):
        flash(no.message, "confirm")
        return redirect(url_for(".start", token=hand.token), 303)
    if hand.gone:
        return _lost(hand)
    answers = _answers(hand)
    step = answers.next_step()
    if step != CHECK:
        flash(no.message, "confirm")
        return redirect(hand.to(step), 303)
    return _check_page(hand, answers, said=no.message), 422


@school.post("/i/<token>/renew")
@by_personal_link
def renew(token: str) -> Any:
    """Keep the time for as long again, and back to where the button was."""
    if refused():
        return _lost(_in_hand(token))
    with transaction():
        holds.renew(g.programme, g.organisation, now=clock.now())
    back = request.form.get("back", "")
    return redirect(
        url_for(f".{back}" if back in (*STEPS, "check", "start", "times") else ".form", token=token), 303
    )


@school.post("/i/<token>/give-back")
@by_personal_link
def give_back(token: str) -> Any:
    """Let the kept time go; what was typed stays. Pressed where none is kept any more, it says nothing."""
    with transaction():
        given = holds.give_back(g.programme.id, g.organisation.organisation_id, who=g.who, now=clock.now())
    if given:
        flash("The time is free again for others. What you typed is still here.", "confirm")
    return redirect(url_for(".start", token=token), 303)


class AnotherTimeKept(Refusal):
    def __init__(self) -> None:
        super().__init__(
            "Another time was chosen meanwhile, in another window or by a colleague. Check it before you book."
        )


class AnswersMissing(Refusal):
    def __init__(self) -> None:
        super().__init__("Something is missing. Go through the steps again; what you typed is still there.")


def _book(keys: Sequence[str], *, now: datetime) -> list[Booking]:
    """Inside a transaction: the rules are the verb's own; here what was typed becomes promises."""
    reread()
    at_hand = bookings.take_up(g.programme, g.organisation, now=now)
    if at_hand is None:
        made = _booked_already(keys)
        if not made:
            raise NothingHeld
        return made
    if [p.key for p in at_hand.kept] != list(keys):
        raise AnotherTimeKept
    answers = Answers(
        g.programme, g.organisation, at_hand.kept, at_hand.typed, _known(None), account=at_hand.account
    )
    if answers.next_step() != CHECK:
        raise AnswersMissing
    shows = list(zip(at_hand.kept, answers.promises(), strict=True))
    return bookings.book_kept(at_hand, shows, who=g.who, now=now)


def _accept(hand: InHand, *, now: datetime) -> Booking:
    """The same for a proposal. Raises ProposalEnded."""
    assert hand.proposal is not None
    answers = _answers(hand)
    if answers.next_step() != CHECK:
        raise AnswersMissing
    return proposing.accept(hand.proposal, answers.promises()[0], who=g.who, now=now)


def _booked_already(keys: Sequence[str]) -> list[Booking]:
    """The school's bookings of exactly these slots: the form came twice."""
    return [
        b for b in promises.live(g.programme.id, g.organisation.organisation_id) if b.performance.key in keys
    ]


def _step(name: str, hand: InHand) -> Any:
    """Show a step filled from the draft; on POST keep what was typed first, then judge it."""
    answers = _answers(hand)
    if name not in answers.steps:
        return redirect(hand.to(HALL), 303)
    if request.method != "POST":
        return _lost(hand) if hand.gone else _step_page(name, hand, answers, answers.shown(name))
    typed = answers.typed | {name: answers.form(name).taken_from(request.form)}
    with transaction():
        if name == HALL:
            _keep_lunch(hand, typed[name])
        holds.save_draft(g.programme.id, g.organisation.organisation_id, typed, now=clock.now())
    if hand.gone:
        return _lost(hand)
    asked = Answers(g.programme, g.organisation, hand.kept, typed, _known(hand.proposal)).shown(name)
    if not asked.validate():
        return _step_page(name, hand, answers, asked), 422
    return redirect(hand.to("form"), 303)


def _keep_lunch(hand: InHand, typed: Typed) -> None:
    """What the school says of its lunch is kept at once, for this time and the next years, and what it holds is held
    to it; a time that lies across it is refused in its step."""
    if g.programme.for_adults:
        return
    lunch = hall_form(typed, shows=1, needs={}, dining=()).lunch()
    if lunch is None or lunch == school_days.load_one(g.organisation).lunch:
        return
    performances.lock_organisation(g.organisation.organisation_id)
    school_lunch.say(
        g.organisation,
        lunch.begins,
        lunch.ends,
        is_dining_hall=bool(lunch.is_dining_hall),
        set_may_stay=lunch.set_may_stay,
        who=g.who,
        now=clock.now(),
    )
    for show in _in_hand(hand.token, hand.proposal.id if hand.proposal else None).kept:
        performances.hold_to(show, over_lunch.kept_out(lunch))


def _step_page(name: str, hand: InHand, answers: Answers, asked: TypedForm) -> str:
    before = answers.before(name)
    return render_template(
        f"school/{name}.html",
        token=hand.token,
        form=asked,
        hand=hand,
        kept=hand.kept,
        now=clock.now(),
        step=answers.steps.index(name) + 1,
        steps=len(answers.steps),
        back=hand.to(before) if before else _times(hand),
        back_to=name,
        needs=ACCESS_NEEDS,
    )


def _check_page(hand: InHand, answers: Answers, said: str = "") -> str:
    made = answers.promises()
    return render_template(
        "school/check.html",
        token=hand.token,
        hand=hand,
        kept=hand.kept,
        keys="+".join(p.key for p in hand.kept),
        shows=[
            check_words.show(show, work, promise)
            for show, work, promise in zip(hand.kept, in_hall.at_work(hand.kept), made, strict=True)
        ],
        rows=[
            *check_words.hall(made[0], g.programme.words),
            *check_words.lunch(answers.lunch()),
            *check_words.people(made[0].people),
        ],
        then=check_words.then(
            g.programme,
            g.organisation,
            hand.kept[0],
            made[0].people,
            hand.proposal,
            today=day_of(clock.now()),
        ),
        now=clock.now(),
        back=hand.to(answers.before(CHECK)),
        back_to=CHECK,
        said=said,
    )


def _times(hand: InHand) -> str:
    """All times; where one is kept for the school until a day, on its first page."""
    return url_for(".times" if hand.proposal is None else ".start", token=hand.token)


def _lost(hand: InHand) -> Any:
    """To the times that are left, or to the booking when that is what became of it; it says that the time is gone
    only where one was kept."""
    if hand.proposal is not None:
        if not promises.live(g.programme.id, g.organisation.organisation_id):
            flash(ProposalEnded().message, "confirm")
        return redirect(url_for(".start", token=hand.token), 303)
    if holds.draft(g.programme.id, g.organisation.organisation_id).get("slots"):
        return redirect(url_for(".times", token=hand.token, lost=1), 303)
    why = holds.why_nothing(
        g.programme, g.organisation, accounts.account(g.programme, g.organisation, now=clock.now())
    )
    flash(why.message if why else "No time is kept for you yet: choose one first.", "confirm")
    return redirect(url_for(".start" if why else ".times", token=hand.token), 303)


def _in_hand(token: str, proposal_id: int | None = None) -> InHand:
    """What is kept for the school; also what was kept and has run out, while nobody else has taken it."""
    if proposal_id is None:
        return InHand(
            token=token, kept=holds.kept(g.programme, g.organisation.organisation_id, now=clock.now())
        )
    proposal = proposals.get(proposal_id, g.programme.id, g.organisation.organisation_id)
    kept = [proposal.performance] if proposal.performance is not None else []
    return InHand(token=token, kept=kept, proposal=proposal)


def _answers(hand: InHand) -> Answers:
    typed = holds.draft(g.programme.id, g.organisation.organisation_id)
    return Answers(g.programme, g.organisation, hand.kept, typed, _known(hand.proposal))


def _known(proposal: Proposal | None) -> Known:
    """Whom we wrote to is whoever holds the link, or those whom the proposal went to."""
    if proposal is not None:
        return Known(g.programme, g.organisation, [person.addressee() for person in proposal.people])
    return Known(g.programme, g.organisation, [Addressee(address=g.link.address, name=g.link.name)])
