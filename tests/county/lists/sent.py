"""A list sent in, for tests: read, kept, and got back as a page gets it."""

from typing import Any

import make
from outreach.county.lists import contact_lists, uploads
from outreach.county.lists.headings import CONTACTS
from outreach.county.lists.uploads import Upload
from outreach.ground import workbooks


def send(content: bytes, partnership_id: int, kind: str = CONTACTS) -> Upload:
    row = uploads.keep(
        kind, "list", workbooks.read(content), partnership_id=partnership_id, who="Priya", now=make.NOW
    )
    return uploads.get(row.token, kind=kind, partnership_id=partnership_id, now=make.NOW)


def lines(*written: str) -> bytes:
    return "\n".join(written).encode()


SOURCE: dict[str, Any] = {
    "source": "the leads' list",
    "source_date": make.EARLIER.date(),
    "who": "Priya",
    "now": make.NOW,
}


def take_in(upload: Upload, **changes: Any) -> Any:
    return contact_lists.take_in(upload, ["931"], **(SOURCE | changes))[0]
