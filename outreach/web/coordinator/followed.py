"""Commitments: what schools are expected, and agreed, to do besides the show and what became of it, by commitment,
district and school, as of any day; every number leads to its list."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any
from urllib.parse import urlencode

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask_login import current_user

from outreach.asking import owners
from outreach.asking.owners import Owner
from outreach.booking import promises
from outreach.booking.promises import Booking
from outreach.coverage import followed
from outreach.coverage.board import commitments
from outreach.coverage.followed import OPEN, STATES, FollowedOrganisation
from outreach.coverage.lists import NO_DISTRICT
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.ground.typed_days import written
from outreach.ground.wording import day_short
from outreach.tour.programmes import Programme
from outreach.visits import pledges
from outreach.visits.kept import DIFFER, NOT_ANSWERED
from outreach.visits.pledges import NOT_DONE
from outreach.visits.reports import SCHOOL, SETTLED
from outreach.web import downloads, forms
from outreach.web.coordinator import followed_words
from outreach.web.coordinator.as_of import View, page_asked, view
from outreach.web.coordinator.followed_words import AGREED, ALL
from outreach.web.gate import coordinator, coordinators_only, our_booking, who
from outreach.web.pledge_form import WasDoneForm, WillDoForm
from outreach.web.pledge_words import FIELDS, said_of_pledges
from outreach.web.refusals import status

PAGE, SHOWN = 50, 10
"""Schools of a list on one page, and on the page of all."""

MINE = "mine"
NOT_FOR_PUBLICATION = "Not for publication: what single schools agreed to and did."

_PLEDGES = {name: pledge for pledge, name in FIELDS.items()}


@coordinator.get("/followed", endpoint="followed")
@coordinators_only
def followed_page() -> Any:
    asked = view(g.partnership.id, clock.now())
    if asked.programme is None:
        return render_template("coordinator/coverage_none.html")
    organisations = _organisations(asked)
    to, owner_of = _list(asked), owners.owners_of_programme(asked.programme.id)
    still_open = followed.open_first(s for s in organisations if s.is_in(OPEN))
    shown = still_open[:SHOWN]
    county = followed_words.row_of_district(g.partnership.county, None, organisations, to)
    return render_template(
        "coordinator/followed.html",
        view=asked,
        typed_day=request.args.get("as_of", "") if asked.wrong else written(asked.as_of),
        schools=organisations,
        headline=commitments.said(organisations),
        tables=[
            (title, columns.values(), followed_words.rows_by_pledge(organisations, to, agreed=agreed))
            for title, columns, agreed in (
                ("Where it is expected", followed_words.COLUMNS, False),
                ("Where the school agreed to it", followed_words.COLUMNS_OF_AGREED, True),
            )
        ],
        districts=[
            followed_words.row_of_district(name, code or NO_DISTRICT, theirs, to)
            for code, name, theirs in followed.by_district(organisations)
        ],
        county=county,
        still_open=still_open,
        rows=_rows(asked, shown, owner_of),
        lists=[
            (
                "Not kept",
                to(state=NOT_DONE, **AGREED),
                sum(s.is_in(NOT_DONE, agreed=True) for s in organisations),
            ),
            ("Sides differ", to(state=DIFFER), sum(s.is_in(DIFFER) for s in organisations)),
            ("Not answered", to(state=NOT_ANSWERED), sum(s.is_in(NOT_ANSWERED) for s in organisations)),
            ("Mine", to(state=OPEN, whose=MINE), sum(_is_mine(s, owner_of) for s in still_open)),
        ],
        every=to(state=OPEN),
        write_to=_write_to(asked.programme, still_open),
    ), 422 if asked.wrong else 200


@coordinator.get("/followed/schools")
@coordinators_only
def followed_list() -> Any:
    """The schools behind a number: `?pledge=`, `?state=` (see followed.STATES), `?agreed=yes`, `?district=`,
    `?whose=mine`."""
    asked = view(g.partnership.id, clock.now())
    if asked.programme is None:
        return render_template("coordinator/coverage_none.html")
    owner_of = owners.owners_of_programme(asked.programme.id)
    picked = followed.open_first(_picked(asked, owner_of))
    pages = max(1, -(-len(picked) // PAGE))
    page = page_asked(pages, asked.left_out)
    here = urlencode({key: word for key, word in request.args.items() if word and key != "page"})
    district = request.args.get("district", "")
    name = next((s.standing.district_name for s in picked if s.standing.district_code == district), district)
    return render_template(
        "coordinator/followed_organisations.html",
        view=asked,
        title=followed_words.list_title(
            len(picked), _state(), _pledge(), "" if district == NO_DISTRICT else name, agreed=_agreed()
        ),
        rows=_rows(asked, picked[(page - 1) * PAGE : page * PAGE], owner_of),
        page=page,
        pages=pages,
        to_page=lambda n: f"{url_for('coordinator.followed_list')}?{here}&page={n}",
        write_to=_write_to(asked.programme, picked) if _state() in (OPEN, NOT_ANSWERED, NOT_DONE) else "",
    ), 422 if asked.wrong else 200


@coordinator.get("/followed.csv")
@coordinators_only
def followed_csv() -> Any:
    """Every school that has seen it, a line each."""
    return _file("csv")


@coordinator.get("/followed.xlsx")
@coordinators_only
def followed_xlsx() -> Any:
    return _file("xlsx")


def _file(kind: str) -> Any:
    asked = view(g.partnership.id, clock.now())
    if asked.programme is None:
        return "There is no programme yet.", 404
    if asked.wrong:
        return " ".join(asked.wrong.values()), 422
    title = f"{asked.programme.title}, as of {day_short(asked.as_of)}. {NOT_FOR_PUBLICATION}"
    name = f"commitments-{asked.programme.id}-{asked.as_of.isoformat()}.{kind}"
    owner_of = owners.owners_of_programme(asked.programme.id)
    lines = _lines(_organisations(asked), owner_of)
    if kind == "csv":
        return downloads.csv_file(name, (), lines, notice=title)
    return downloads.workbook(name, [("Commitments", (), lines)], notice=title)


def _lines(
    organisations: Sequence[FollowedOrganisation], owner_of: dict[int, Owner]
) -> Iterator[Sequence[Any]]:
    yield followed_words.header()
    for organisation in organisations:
        yield followed_words.line(organisation, _owner(organisation, owner_of))


def _organisations(asked: View) -> list[FollowedOrganisation]:
    return followed.followed_organisations(asked.narrow(asked.reckoning()), now=asked.now)


def _picked(asked: View, owner_of: dict[int, Owner]) -> list[FollowedOrganisation]:
    """What the address asks for; a word that nobody knows is a 404."""
    found, state, pledge, agreed = _organisations(asked), _state(), _pledge(), _agreed()
    if state != ALL:
        found = [s for s in found if s.is_in(state, pledge, agreed=agreed)]
    return [s for s in found if _is_mine(s, owner_of)] if request.args.get("whose") == MINE else found


def _state() -> str:
    state = request.args.get("state") or ALL
    return state if state in (*STATES, ALL) else abort(404)


def _pledge() -> str:
    """The pledge asked for; '' for any of them."""
    asked = request.args.get("pledge", "")
    return _PLEDGES[asked] if asked in _PLEDGES else "" if not asked else abort(404)


def _agreed() -> bool:
    return request.args.get("agreed") == AGREED["agreed"]


def _list(asked: View) -> Callable[..., str]:
    """The address of the list for some of its words, as of the same day and of the same schools."""
    assert asked.programme is not None
    before = {"programme": asked.programme.id, "as_of": asked.as_of.isoformat()} | asked.narrowed
    address = url_for("coordinator.followed_list")

    def to(pledge: str = "", **words: str) -> str:
        named = {"pledge": FIELDS[pledge]} if pledge else {}
        return f"{address}?{urlencode(before | named | words)}"

    return to


def _rows(
    asked: View, organisations: Sequence[FollowedOrganisation], owner_of: dict[int, Owner]
) -> list[tuple[FollowedOrganisation, list[followed_words.Cell], str, str]]:
    """(school, its cells, who looks after it, the booking where one puts down what it says)."""
    references = promises.references_of([s.newest_booking for s in organisations])
    return [
        (s, followed_words.cells(s, today=asked.as_of), _owner(s, owner_of), references[s.newest_booking])
        for s in organisations
    ]


def _owner(organisation: FollowedOrganisation, owner_of: dict[int, Owner]) -> str:
    owner = owner_of.get(organisation.standing.organisation_id)
    return owner.name if owner and not owner.left else ""


def _is_mine(organisation: FollowedOrganisation, owner_of: dict[int, Owner]) -> bool:
    owner = owner_of.get(organisation.standing.organisation_id)
    return owner is not None and owner.person_id == current_user.person_id


def _write_to(programme: Programme, organisations: Sequence[FollowedOrganisation]) -> str:
    """Where a letter in own words to these schools is begun; '' where there is none."""
    if not organisations:
        return ""
    organisation_ids = ",".join(str(s.standing.organisation_id) for s in organisations)
    return url_for("coordinator.own_letter_new", programme=programme.id, organisation_id=organisation_ids)


WHOSE = (
    (SCHOOL, "The school’s"),
    (SETTLED, "Mine, which settles it"),
)


class ToldForm(WasDoneForm):
    """What a coordinator puts down after a call."""

    side = forms.choice("Whose word is it?", WHOSE, required="Say whose word it is.")


@coordinator.route("/bookings/<reference>/promised", methods=["GET", "POST"])
@coordinators_only
def booking_promised(reference: str) -> Any:
    """What was said besides one show, and a coordinator's word for a school that is on the phone."""
    booking, now = our_booking(reference), clock.now()
    if booking.programme.for_adults:
        abort(404)
    begun = booking.performance.starts_at <= now
    answers = pledges.answers_of([booking.id]).get(booking.id, [])
    stands = [FIELDS[pledge] for pledge in pledges.promised(answers)]
    form = ToldForm() if begun else WillDoForm(data={"will": stands})
    if booking.ended_at is None and form.validate_on_submit():
        with transaction():
            _put_down(our_booking(reference), form)
        flash("It is put down.")
        return redirect(url_for("coordinator.booking_promised", reference=reference), 303)
    page = render_template(
        "coordinator/booking_promised.html",
        booking=booking,
        form=form,
        begun=begun,
        pledged=said_of_pledges(answers),
        questions=[form[name] for name in FIELDS.values()] if begun else [],
    )
    return page, status()


def _put_down(booking: Booking, form: ToldForm | WillDoForm) -> None:
    """Of all the shows of the day, as where the school itself says it."""
    now = clock.now()
    for one in pledges.bookings_of_visit(booking):
        if isinstance(form, WillDoForm):
            pledges.promise(one, form.ticked(), who=who(), now=now)
        elif one.performance.starts_at <= now:
            pledges.answer(one, form.answers(), side=form.side.data, who=who(), now=now)
