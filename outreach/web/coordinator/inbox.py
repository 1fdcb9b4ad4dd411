"""The inbox: what came back by mail and waits for a person, each with its one next action; and what was dealt
with."""

from contextlib import AbstractContextManager
from typing import Any
from urllib.parse import quote

from flask import Response, abort, flash, g, redirect, render_template, request, url_for

from outreach.booking import invite_answers, promises
from outreach.booking.desk import replies
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.ground.row_numbers import row_number
from outreach.ground.wording import and_list
from outreach.post.incoming import contents, inbox, parsed_mail, showing
from outreach.post.incoming.inbox import ADDRESS, DECLINE, DOUBT, MAIL, NEWCOMER, RAW, WISH, Incoming
from outreach.tour.performances import SlotTaken
from outreach.web import forms
from outreach.web.coordinator import inbox_words
from outreach.web.coordinator.inbox_cards import cards_of
from outreach.web.coordinator.inbox_words import BY_HAND, DONE, LEFT_OUT
from outreach.web.gate import coordinator, coordinators_only, who
from outreach.web.refusals import back_to

PAGE = 25
TASKS = {
    WISH: "Another time",
    DECLINE: "Declined",
    NEWCOMER: "Not on the booking",
    DOUBT: "In doubt",
    ADDRESS: "Came back",
    MAIL: "Mail",
    RAW: "Unreadable",
}


class RefuseForm(forms.Form):
    words = forms.words(
        "In your own words",
        hint="It stands in the letter. May be left empty.",
        at_most=1000,
    )


@coordinator.get("/inbox")
@coordinators_only
def inbox_list() -> Any:
    task = request.args.get("task", "")
    task = task if task in TASKS else ""
    counts = inbox.count_waiting(g.partnership.id)
    g.inbox_waiting = sum(counts.values())
    found = counts.get(task, 0) if task else g.inbox_waiting
    page, pages = _page(found)
    mails = inbox.waiting(g.partnership.id, [task] if task else (), first=(page - 1) * PAGE, most=PAGE)
    undo = inbox.get(_number("undone"), g.partnership.id) if request.args.get("undone") else None
    look = inbox.last_look()
    return render_template(
        "coordinator/inbox.html",
        cards=cards_of(mails, g.partnership.id),
        deeds=inbox_words.on_the_list,
        waiting=inbox_words.waiting(counts),
        last_read=inbox_words.last_read(look, waits=bool(counts)),
        counts=counts,
        task=task,
        tasks=TASKS,
        page=page,
        pages=pages,
        found=found,
        look=look,
        undo=undo if undo is not None and undo.settled_as in BY_HAND else None,
    )


@coordinator.get("/inbox/settled")
@coordinators_only
def inbox_settled() -> Any:
    page = max(1, min(_number("page", 1), 10_000))
    mails = inbox.settled(g.partnership.id, first=(page - 1) * PAGE, most=PAGE + 1)
    about = replies.matters({mail.stream for mail in mails}, g.partnership.id)
    return render_template(
        "coordinator/inbox_settled.html",
        mails=mails[:PAGE],
        about=about,
        tasks=TASKS,
        page=page,
        more=len(mails) > PAGE,
        by_hand=BY_HAND,
        inside=contents.contents_of_mails(mails[:PAGE]),
    )


@coordinator.get("/inbox/<int:mail_id>")
@coordinators_only
def inbox_mail(mail_id: int) -> Any:
    return _mail_page(_mail(mail_id), RefuseForm(formdata=None))


@coordinator.get("/inbox/<int:mail_id>.eml")
@coordinators_only
def inbox_file(mail_id: int) -> Any:
    """The mail as it came, for a mail program; never opened by the browser itself. A 404 once it was
    erased."""
    return Response(
        _mail(mail_id).raw or abort(404),
        mimetype="message/rfc822",
        headers={"Content-Disposition": f'attachment; filename="mail-{mail_id}.eml"'},
    )


@coordinator.post("/inbox/<int:mail_id>/done")
@coordinators_only
def inbox_done(mail_id: int) -> Any:
    """Nothing more is to do. A wish that is put aside so is one that the visit's own moving overtook."""
    with _else_back(), transaction():
        mail, now = _ours(mail_id), clock.now()
        as_ = LEFT_OUT if mail.task in (NEWCOMER, DOUBT) else DONE
        counter = inbox.counter_of(mail) if mail.task == WISH else None
        if counter is not None:
            inbox.end_counter(counter, "overtaken", who=who(), now=now)
        else:
            inbox.settle(mail, as_, who=who(), now=now)
        undone = mail.id if mail.settled_as in BY_HAND else None
    return redirect(url_for("coordinator.inbox_list", undone=undone), 303)


@coordinator.post("/inbox/<int:mail_id>/again")
@coordinators_only
def inbox_again(mail_id: int) -> Any:
    """Undo: back under To read."""
    with transaction():
        mail = _mail(mail_id)
        if mail.settled_as in BY_HAND:
            inbox.reopen(mail, who=who(), now=clock.now())
        back = bool(mail.task) and mail.settled_at is None
    return _back("It is back under To read.") if back else _back("Something came of it: it stays.", "confirm")


@coordinator.route("/inbox/<int:mail_id>/erase", methods=["GET", "POST"])
@coordinators_only
def inbox_erase(mail_id: int) -> Any:
    """The words go for good, as where they name a child; asks first."""
    mail = _mail(mail_id)
    if request.method != "POST":
        return render_template("coordinator/inbox_erase.html", mail=mail)
    with transaction():
        inbox.erase(_ours(mail_id), who=who(), now=clock.now())
    flash("Erased. What it did stays.")
    return redirect(url_for("coordinator.inbox_mail", mail_id=mail_id), 303)


@coordinator.post("/inbox/<int:mail_id>/take")
@coordinators_only
def inbox_take(mail_id: int) -> Any:
    with _else_back(), transaction():
        taken = replies.take_answer(_ours(mail_id), g.partnership.id, who=who(), now=clock.now())
        said = ["The answer is taken."]
        if taken.added:
            said.append(f"{and_list(taken.added)} has the visit in the calendar now, and gets the invite.")
        if taken.declined:
            said.append("It is a no: the visit stands until it is moved or cancelled.")
    return _back(" ".join(said))


@coordinator.post("/inbox/<int:mail_id>/ask")
@coordinators_only
def inbox_ask(mail_id: int) -> Any:
    with _else_back(), transaction():
        written = replies.ask_back(_ours(mail_id), g.partnership.id, who=who(), now=clock.now())
        names = and_list(person.name or person.address for person in written)
    return _back(f"The letter to {names} is on its way. The visit stands until they move or cancel it.")


@coordinator.post("/inbox/<int:mail_id>/grant")
@coordinators_only
def inbox_grant(mail_id: int) -> Any:
    key = request.form.get("slot", "")[:30]
    others = back_to(
        url_for("coordinator.inbox_mail", mail_id=mail_id),
        "confirm",
        SlotTaken,
        said="That time is not free any more. The visit stands as it was; these are the nearest now.",
    )
    with _else_back(), others, transaction():
        replies.grant(_ours(mail_id), key, g.partnership.id, who=who(), now=clock.now())
    return _back("Moved. Everybody who has it in the calendar is told; the same entry moves.")


@coordinator.post("/inbox/<int:mail_id>/refuse")
@coordinators_only
def inbox_refuse(mail_id: int) -> Any:
    form = RefuseForm()
    if not form.validate_on_submit():
        return _mail_page(_mail(mail_id), form), 422
    with _else_back(), transaction():
        told = replies.refuse(
            _ours(mail_id), form.words.data or "", g.partnership.id, who=who(), now=clock.now()
        )
    return _back(
        "Refused. A letter says that the visit stays where it is."
        if told
        else "Refused. No letter went: whoever asked has no link to this visit. Tell them yourself."
    )


def _mail_page(mail: Incoming, form: RefuseForm) -> str:
    """One mail: its words, what it is about, and what can be done."""
    (card,) = cards_of([mail], g.partnership.id)
    shown, matter, counter, wish = showing.show(mail.raw), card.matter, card.inside.counter, None
    booking = matter.booking if matter else None
    if matter is not None and booking is not None and counter is not None and counter.ended_at is None:
        wish = replies.wish(matter, counter, now=clock.now())
    people = promises.people_of(booking) if booking is not None else []
    said = invite_answers.by_person(booking, people) if booking is not None else {}
    others = [m for m in inbox.of_stream(mail.stream) if m.id != mail.id] if booking is not None else []
    return render_template(
        "coordinator/inbox_mail.html",
        card=card,
        mail=mail,
        shown=shown,
        form=form,
        tasks=TASKS,
        sender=inbox_words.sender(mail),
        to_do=inbox_words.what_to_do(
            card,
            wish,
            people=people,
            schools=len(promises.of_performance(booking.performance_id)) if booking is not None else 0,
            events=parsed_mail.read(mail.raw).events if mail.task in (NEWCOMER, DOUBT) else (),
            reply=_reply_to(mail),
        ),
        no_words=inbox_words.no_words(mail, shown),
        part_name=inbox_words.part_name,
        people=(
            inbox_words.people_named(people, said, booking.performance.starts_at)
            if booking is not None
            else []
        ),
        others=inbox_words.also_came_in(others),
        about=inbox_words.about(card) if booking is None else None,
    )


def _reply_to(mail: Incoming) -> str:
    """An address that opens the coordinator's own mail program."""
    if "@" not in mail.sender:
        return ""
    subject = mail.subject if mail.subject.lower().startswith("re:") else f"Re: {mail.subject}"
    return f"mailto:{quote(mail.sender, safe='@')}?subject={quote(subject)}"


def _mail(mail_id: int) -> Incoming:
    return inbox.get(mail_id, g.partnership.id) or abort(404)


def _ours(mail_id: int) -> Incoming:
    """The mail, this partnership's from now on if it was nobody's; inside a transaction."""
    mail = _mail(mail_id)
    if mail.partnership_id is None:
        inbox.take(mail, g.partnership.id, who=who(), now=clock.now())
    return mail


def _else_back() -> AbstractContextManager[None]:
    return back_to(url_for("coordinator.inbox_list"), "stop")


def _back(said: str, category: str = "message") -> Any:
    flash(said, category)
    return redirect(url_for("coordinator.inbox_list"), 303)


def _page(found: int) -> tuple[int, int]:
    pages = max(1, -(-found // PAGE))
    return max(1, min(_number("page", 1), pages)), pages


def _number(name: str, default: int = 0) -> int:
    number = row_number(request.args.get(name, ""))
    return default if number is None else number
