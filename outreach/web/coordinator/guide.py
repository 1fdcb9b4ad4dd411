"""Guide of the desk: a paragraph for each of its pages, what its words mean, and a search in both."""

from dataclasses import dataclass
from typing import Any

from flask import render_template, request

from outreach.web import doors, meanings
from outreach.web.gate import coordinator, coordinators_only


@dataclass(frozen=True, kw_only=True)
class Paragraph:
    """What one page is for. `anchor` is the name of its row, to which the '?' of its pages leads; `picture` says what
    one sees on its picture, '' where it has none."""

    anchor: str
    title: str
    text: str
    address: str
    picture: str


@coordinator.get("/guide")
@coordinators_only
def guide() -> Any:
    """All of it, or what holds every word of `?q=`."""
    wanted = request.args.get("q", "").strip()[:100]
    said, pictures = meanings.told("guide"), meanings.told("pictures")
    chapters = []
    for door in doors.DOORS:
        rows = [
            Paragraph(
                anchor=row.name,
                title=row.words,
                text=said[row.name],
                address=row.address(),
                picture=pictures[row.name]["alt"] if row.name in pictures else "",
            )
            for row in door.rows
            if _holds(wanted, row.words, said[row.name])
        ]
        if rows:
            chapters.append((door.words, rows))
    words = {
        word: meaning for word, meaning in meanings.told("glossary").items() if _holds(wanted, word, meaning)
    }
    return render_template("guide/guide.html", wanted=wanted, chapters=chapters, words=words)


def _holds(wanted: str, *texts: str) -> bool:
    text = " ".join(texts).casefold()
    return all(word in text for word in wanted.casefold().split())
