"""A file that was sent in and waits for the daily job: put down by its page, and how far the reading of it is."""

from collections.abc import Mapping
from typing import Any

from flask import g, render_template, request

from outreach.county import files_to_read
from outreach.county.files_to_read import FILE, FileToRead
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.ground.wording import count
from outreach.web.gate import ASKED_BY_PAGE, who

PARTS = {
    "links": "the links file",
    "code_point": "the Code-Point Open file",
    "points": "the file of points",
}
"""What lies beside a file, as a refusal names it."""


def put_down(kind: str, parts: Mapping[str, Any], *, asked: str = "") -> str:
    """What was chosen of the fields of a form; the token of the page that says how far it is."""
    with transaction():
        return files_to_read.put_down(
            kind,
            {part: field.data.stream for part, field in parts.items() if field.data and field.data.filename},
            file_name=parts[FILE].data.filename,
            asked=asked,
            partnership_id=g.partnership.id,
            who=who(),
            now=clock.now(),
        )


def page(file: FileToRead, discard: str) -> str:
    """`discard`: where its button sends."""
    return render_template(
        "coordinator/reading.html",
        file=file,
        far=_how_far(file),
        nobody=file.nobody_reads(clock.now()),
        part=PARTS.get(file.why_of, ""),
        again=f"{request.path}?{ASKED_BY_PAGE}=1",
        discard=discard,
    )


def _how_far(file: FileToRead) -> str:
    if file.beat_at is None:
        return "The daily job begins to read it within seconds."
    return f"The daily job has read {count(file.lines, 'line')} so far."
