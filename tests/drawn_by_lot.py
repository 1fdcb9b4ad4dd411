"""A draw by lot laid down as it is wanted, for tests of what is made of it."""

from collections.abc import Sequence
from datetime import datetime

import make
from outreach.asking.draws import AskingDraw, DrawnOrganisation
from outreach.ground.db import db
from outreach.tour.programmes import Programme


def lay_draw(
    programme: Programme, first: Sequence[int], later: Sequence[int], *, now: datetime = make.EARLIER
) -> AskingDraw:
    """Schools of one tier, by URN, of which chance put some first and others later."""
    row = AskingDraw(
        partnership_id=programme.partnership_id,
        programme_id=programme.id,
        recorded_at=now,
        who="Priya Nandakumar",
        seed=f"{first[0]:032}",
        schools=len(first) + len(later),
        asked_first=len(first),
        why_again="",
    )
    db.session.add(row)
    db.session.flush()
    for place, organisation_id in enumerate([*first, *later], start=1):
        facts = {"tier": 1, "due": "Never seen, in any year", "place": place}
        db.session.add(
            DrawnOrganisation(
                draw_id=row.id,
                organisation_id=organisation_id,
                partnership_id=programme.partnership_id,
                **facts,
            )
        )
    db.session.flush()
    return row
