"""Contact lists in the shapes that councils have them: every one comes in whole, and its lines add up."""

from datetime import date

import pytest
from flask import Flask
from sqlalchemy import select

import make
from county.lists.shapes import SHAPES, Place
from outreach.county.contacts import Contact
from outreach.county.lists import contact_lists, uploads
from outreach.county.lists.entries import CHANGED, FATES, LEFT, NEW, REPAIR, SAME, TWICE
from outreach.county.lists.headings import CONTACTS
from outreach.ground import workbooks
from outreach.ground.db import db, transaction

SCHOOLS = 24
NAMES = (
    "St Mary’s C of E Primary School",
    "Redmere Academy",
    "The Garrick Community College",
    "Elmstead School",
)


def county() -> tuple[int, list[Place]]:
    """A partnership and its schools; of every name there are several, told apart by where they are."""
    partnership = make.partnership()
    places = []
    for n in range(SCHOOLS):
        place = Place(
            urn=115400 + n,
            laestab=f"931{4000 + n}",
            name=NAMES[n % len(NAMES)],
            postcode=f"ZZ{n // 10 + 1} {n % 10}AA",
            town=f"Town {n // len(NAMES)}",
        )
        make.school(
            urn=place.urn,
            name=place.name,
            postcode=place.postcode,
            town=place.town,
            establishment_number=4000 + n,
        )
        places.append(place)
    return partnership.id, places


def upload(content: bytes, partnership_id: int) -> uploads.Upload:
    row = uploads.keep(
        CONTACTS, "list", workbooks.read(content), partnership_id=partnership_id, who="Priya", now=make.NOW
    )
    return uploads.get(row.token, kind=CONTACTS, partnership_id=partnership_id, now=make.NOW)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_list_comes_in_whole(app: Flask, shape: str) -> None:
    write, who = SHAPES[shape]
    with transaction():
        partnership_id, places = county()
        waiting = upload(write(places), partnership_id)
        done, _ = contact_lists.take_in(
            waiting, ["931"], source="the council", source_date=date(2027, 1, 4), who="Priya", now=make.NOW
        )
    assert [(e.line, e.reason) for e in done.with_fate(REPAIR)] == []
    kept = db.session.execute(select(Contact.organisation_id, Contact.address).order_by(Contact.id)).all()
    assert sorted(kept) == sorted((p.urn, p.address(one)) for p in places for one in who)
    assert sum(done.sums.values()) == len(done.entries)
    assert {f"{e.sheet}.{e.line}" for e in done.entries} == {
        f"{layout.number}.{line}"
        for layout, sheet in zip(done.layouts, waiting.sheets, strict=True)
        if layout.read
        for line, _ in sheet.lines()
        if line > layout.heading_line
    }
    with transaction():
        again, _ = contact_lists.take_in(
            waiting, ["931"], source="the council", source_date=date(2027, 1, 4), who="Priya", now=make.NOW
        )
    assert (again.sums[NEW], again.sums[CHANGED], again.sums[SAME]) == (0, 0, done.sums[NEW])


__all__ = ["FATES", "LEFT", "TWICE"]
