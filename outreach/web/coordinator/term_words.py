"""Words of term dates: what pasted or sent lines would add, what they lack, and what was changed last. Pure."""

from datetime import date, timedelta

from outreach.county import authorities
from outreach.county.authorities import Added, TermsRead
from outreach.county.term_lines import TermLine, Undivided
from outreach.ground.history import History
from outreach.ground.wording import and_list, count, day_short


def dates(terms: int, inset_days: int) -> str:
    """So many terms and INSET days."""
    found = ((terms, "term"), (inset_days, "INSET day"))
    return and_list(count(number, word) for number, word in found if number)


def title(read: TermsRead) -> str:
    new = dates(read.terms, read.inset_days)
    return f"Add {new}?" if new else "All of these dates stand here already"


def under_title(read: TermsRead) -> str:
    """What happens, and what stands already beside what is new."""
    if not read.new:
        return "Nothing is new, and nothing is changed."
    if not read.known:
        return "Nothing is added yet."
    return f"Nothing is added yet. {_known(read.known)}"


def lacks_half_term(term: Undivided) -> str:
    """What follows from a term without its half term, and the line that mends it."""
    said = (
        f"No half term is said between {day_short(term.first)} and {day_short(term.last)}: its days would count as "
        "school days."
    )
    if term.usual is None:
        return f"{said} Add its first and its last day."
    return f"{said} Add it in a line of its own, like ‘Half term: {_week(term.usual)}’."


def line(said: TermLine) -> str:
    return f"{day_short(said.first)} to {day_short(said.last)}" if said.is_term else day_short(said.first)


def told(added: Added) -> str:
    """What an import did."""
    new = dates(added.terms, added.inset_days)
    known = f" {_known(added.known)}" if added.known else ""
    return (f"Added {new}." if new else "Nothing was new.") + known


def changed(deed: History) -> str:
    """The last change, as far as it can be undone."""
    what = "added" if deed.what == authorities.ADDED else "removed"
    return f"{dates(*authorities.dates_of(deed))} {what}"


def _known(lines: int) -> str:
    return f"{count(lines, 'line')} {'stands' if lines == 1 else 'stand'} here already."


def _week(monday: date) -> str:
    friday = monday + timedelta(days=4)
    same = monday.month == friday.month
    return f"{monday.day}{'' if same else f' {monday:%B}'} to {friday.day} {friday:%B %Y}"
