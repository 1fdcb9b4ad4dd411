"""Words of the set-up's page: what comes next, with its count of the target, and how each step stands."""

from collections.abc import Sequence
from dataclasses import dataclass

from outreach.county import term_files
from outreach.coverage.readiness import Step
from outreach.ground.wording import count

NAMES = {
    "partnership": "Partnership",
    "authorities": "Authorities",
    "register": "Register of schools",
    "terms": "Term dates and INSET days",
    "programme": "Programme",
    "company": "Company and troupes",
    "tour days": "Tour days",
    "contacts": "Contacts",
    "invitations": "Invitations",
}
ENDPOINTS = {
    "partnership": "partnership_settings",
    "terms": "authorities",
    "programme": "programmes",
    "company": "companies",
    "tour days": "tour",
}
"""The page of a step, where it has not the step's own name."""

DOES = {
    "partnership": "Fill in the settings",
    "authorities": "Add an authority",
    "register": "See what it would change…",
    "terms": "See what it would add…",
    "programme": "Set up a programme",
    "company": "Add a company",
    "tour days": "Add tour days",
    "contacts": "Look at the list…",
    "invitations": "Invite schools",
}
TAKES = {"register": ".csv,.zip", "contacts": ".csv,.xlsx", "terms": term_files.KINDS}
"""The steps that a file takes further, and the files that are theirs."""


@dataclass(frozen=True, kw_only=True)
class Next:
    """The step to take now; `takes`: the kinds of file that do it, '' where no file does; `la_code`: of the authority
    whose page takes it."""

    what: str
    head: str
    said: str
    does: str
    takes: str
    la_code: str


def title(steps: Sequence[Step]) -> str:
    step = _first(steps)
    if step is None:
        return "Set-up: all is in place"
    name = NAMES[step.what]
    return f"Set-up: {name[0].lower()}{name[1:]} next" + _counted(step, ", ")


def how_far(steps: Sequence[Step]) -> str:
    done = sum(step.done for step in steps)
    return "Change any of it here." if done == len(steps) else f"{done} of {len(steps)} done."


def next_of(steps: Sequence[Step]) -> Next | None:
    step = _first(steps)
    if step is None:
        return None
    head = NAMES[step.what]
    if step.of and step.has is not None:
        lacking = count(step.of - step.has, "school")
        few = step.of - step.has == 1
        head = {
            "contacts": f"{lacking} {'has' if few else 'have'} nobody to write to",
            "register": f"{lacking} {'lacks' if few else 'lack'} what the register tells",
            "invitations": f"{lacking} {'is' if few else 'are'} not asked yet",
        }[step.what]
    return Next(
        what=step.what,
        head=head,
        said=step.said,
        does=DOES[step.what],
        takes=TAKES.get(step.what, ""),
        la_code=step.la_code,
    )


def row(step: Step, coming: Next | None) -> str:
    """What stands beside a step's name: of the next one, whose words stand above, the count alone."""
    if coming is None or step.what != coming.what:
        return step.said
    return _counted(step, "").capitalize()


def state(step: Step) -> tuple[str, str, str]:
    """How a step stands: its word, its colour and its glyph."""
    if step.done:
        return "Done", "seen", "seen"
    return ("In part", "confirm", "to-confirm") if step.in_part else ("Not yet", "quiet", "not-asked")


def _first(steps: Sequence[Step]) -> Step | None:
    return next((step for step in steps if not step.done), None)


def _counted(step: Step, before: str) -> str:
    return f"{before}{step.has or 0:,} of {step.of:,}" if step.of else ""
