"""Export of all that is held about one person: kind by kind in words and rows, for a page and as JSON."""

import json
from datetime import datetime
from typing import Any

from outreach.ground import history
from outreach.ground.history import Subject
from outreach.ground.the_app import settings
from outreach.privacy import held, kept
from outreach.privacy.person import Person

MAILS = {True: "Written to them, or by them", False: "Written to somebody else, and names them"}


def told(person: Person, *, of: str, now: datetime) -> dict[str, Any]:
    """What a partnership, by its name, holds of somebody; plain values, in the order of docs/privacy.md."""
    rows = held.about(person)
    return {
        "held by": of,
        "about": {"addresses": list(person.addresses), "names": list(person.names)},
        "as of": now.isoformat(),
        "kinds": [
            {
                "kind": one.name,
                "what": one.what,
                "why": one.why,
                "from where": one.source,
                "how long": kept.how_long(one, settings()),
                "when erased": one.erased,
                "rows": [_row(row) for row in rows if row.kind is one],
            }
            for one in kept.KEPT
            if any(row.kind is one for row in rows)
        ],
        "mails": [
            {
                "at": one.at.isoformat(),
                "which": MAILS[one.theirs],
                "subject": one.subject,
                "words": one.words,
            }
            for one in held.mails(person).found
        ],
    }


def _row(row: held.Row) -> dict[str, Any]:
    return {
        "table": row.table,
        "row": row.key,
        "since": row.at.isoformat() if row.at else None,
        "said": row.said,
    }


def as_json(told: dict[str, Any]) -> str:
    return json.dumps(told, indent=2, ensure_ascii=False, default=str)


def put_down(what: str, partnership_id: int, *, who: str, now: datetime) -> None:
    """That somebody looked at it or took it out, in the history; of whom it was is not said, for that is held anew."""
    history.record(
        f"{what} what is held about a person",
        Subject("partnership", partnership_id, partnership_id),
        who=who,
        now=now,
    )
