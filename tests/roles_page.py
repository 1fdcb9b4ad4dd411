"""docs/roles.md: who may see, take out and change what, made from the code. Run it to write the page anew."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "roles.md"

HEAD = """# Who may do what

Made from `outreach/county/who_may.py` and `outreach/web/deeds.py` by `.venv/bin/python tests/roles_page.py`; a test checks
that it is current, another tries every role at every page of the desk and of a company with every method.

A person has one role in one partnership, and nothing of another partnership's is seen by anybody. Who is not signed in sees
no page of the desk. A company member belongs to one company: the database takes none without, none of another partnership's, and no
other role with one. Nothing of another company's is seen. Whoever holds a troupe's link opens the same pages of that troupe without an
account. Lead coordinators add people, change roles, and say who leaves and who takes their schools, on the page *People*;
`flask people role` and `end` do the same at the command line. The last lead coordinator can neither leave nor get another
role: the database refuses it.
"""

BEHIND = {"personal link": "`/i/…`", "troupe": "`/t/…`", "token": "`/api/…`", "bearer token": "`/metrics`"}

OPERATOR = """The operator founds partnerships and keeps the service running, and has no role in any of them. No command prints
figures, answers or contacts of a partnership, but `privacy export`: what is held about one person whose request a partnership
handed on, which stands in that partnership's history. `register asked`, `promises limits` and `draws check` name schools, the
last two by their numbers where something is not as it should be."""


def page() -> str:
    """The page as the code has it now."""
    sys.path[:0] = [str(ROOT)]
    from outreach.county import who_may
    from outreach.county.roles import NAMES
    from outreach.web import deeds

    lines = [HEAD, "| what | " + " | ".join(NAMES.values()) + " |", "|---" * (len(NAMES) + 1) + "|"]
    for kind in who_may.KINDS.values():
        cells = []
        for role in NAMES:
            may = [verb for verb in who_may.VERBS if role in kind.roles(verb)]
            cells.append(", ".join(may) or "nothing")
        lines.append(f"| {kind.words} | {' | '.join(cells)} |")
    said = "; ".join(f"*{verb}*: {words}" for verb, words in who_may.VERBS.items())
    lines += ["", f"{said[0].upper()}{said[1:]}.", "", "## The pages", ""]
    lines += [
        "What is sent to a page that is seen is a change of the same kind; a page for a change is that when it is opened, too.",
        "OPTIONS answers which methods there are and reaches no page.",
        "",
        "| what | verb | pages |",
        "|---|---|---|",
    ]
    for name, verbs in deeds.PAGES.items():
        for verb, names in verbs.items():
            pages = ", ".join(f"`{one}`" for one in names.split())
            lines.append(f"| {who_may.KINDS[name].words.partition(':')[0]} | {verb} | {pages} |")
    lines += [
        "",
        "## Who comes without a role",
        "",
        "A link, a token or an address opens its own alone; what is sent there is a change.",
        "",
    ]
    lines += ["| what | see | change | pages |", "|---|---|---|---|"]
    for name, kind in who_may.WITHOUT_ROLE.items():
        cells = [
            " or ".join(who_may.BROUGHT[one] for one in kind.roles(verb)) or "nobody"
            for verb in ("see", "change")
        ]
        names = deeds.OPEN_PAGES.get(name, "").split()
        guards = [guard for guard, of in deeds.OF_GUARD.items() if of == name]
        pages = ", ".join(f"`{one}`" for one in names) or f"all that ask for it: {BEHIND[guards[0]]}"
        lines.append(f"| {kind.words} | {' | '.join(cells)} | {pages} |")
    lines += [
        "",
        "## The operator, at the command line",
        "",
        OPERATOR,
        "",
        "| what | `flask …` |",
        "|---|---|",
    ]
    for words, names in who_may.COMMANDS.items():
        lines.append(f"| {words} | {', '.join(f'`{one}`' for one in names)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page())
