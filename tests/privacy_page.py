"""docs/privacy.md: record of processing and retention schedule, made from the code. Run it to write the page anew."""

import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "privacy.md"

HEAD = """# What is kept of people

Record of processing activities (UK GDPR, article 30) and retention schedule of this service, made from
`outreach/privacy/kept.py` by `.venv/bin/python tests/privacy_page.py`; a test checks that it is current, another that every
column of text is named in that file, as somebody's or as nobody's. The public page `/privacy` shows the same list.
How long letters and mail are kept is a setting (`LETTERS_MONTHS`, `REPLIES_DAYS`); below stands what is usual. What is due is
erased by the day's round (`flask asking chase`), and counted by `flask privacy sweep`.
[dpia.md](dpia.md) is a template of the impact assessment, filled for this service.

The controller is the partnership that runs its programmes here; whoever runs the computer is its processor. No pupil is named
anywhere. Recipients: the partnership's coordinators; the touring company, of the day's contact alone; nobody outside the
United Kingdom unless the operator's own mail server or backups stand there. Security: [roles](roles.md), and
[operating](operating.md).

## What erasing somebody leaves

Who is erased because somebody asked goes out of every table above, by address, full name and telephone number: out of rows
of the partnership, out of mail of which nobody can tell whose it is, and out of what was typed, as 'Rang [erased] on
[erased]'. A number that is also a school's or somebody else's stays, and so does a first name alone. What remains:

- **Letters that were sent** stand in the mailboxes of those who got them, and so does mail in the mailbox that was read.
- **Backups** of before hold them until they are deleted; a restored one is erased again by the list of ERASURES_FILE.
- **Exports**: files, prints and calendars that somebody took out before, and what programs were told.
- What goes by itself after its time goes by address alone: names and numbers within notes stay with the note.
"""


def page() -> str:
    """The page as the code has it now."""
    sys.path[:0] = [str(ROOT)]
    from outreach.ground import config
    from outreach.privacy import kept

    as_set = config.read({})
    lines = [HEAD, "## Lawful bases", ""]
    lines += [f"- *{name}*. {words}" for name, words in kept.BASES.items()]
    for one in kept.KEPT:
        lines += ["", f"## {one.name}", ""]
        lines += [
            f"- **What.** {one.what}",
            f"- **Of whom.** {one.whose}",
            f"- **Why.** {one.why}",
            f"- **Lawful basis.** {one.basis[0].upper()}{one.basis[1:]}.",
            f"- **From where.** {one.source}",
            f"- **How long.** {kept.how_long(one, as_set)}",
            f"- **When erased.** {one.erased}",
            f"- **Where it stands.** {_columns(one.columns)}.",
        ]
    lines += ["", "## Columns of text with nobody in them", "", "| why | columns |", "|---|---|"]
    lines += [f"| {why} | {_columns(names)} |" for why, names in kept.NOT_OF_PEOPLE.items()]
    return "\n".join(lines) + "\n"


def _columns(lines: str) -> str:
    from outreach.privacy import kept

    found: dict[str, list[str]] = defaultdict(list)
    for table, column in kept.columns_in(lines):
        found[table].append(column)
    return ", ".join(f"`{table}` ({', '.join(names)})" for table, names in sorted(found.items()))


if __name__ == "__main__":
    PAGE.write_text(page())
