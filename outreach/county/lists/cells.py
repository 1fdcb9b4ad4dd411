"""Contents of one cell of a list: people with their addresses, a day, a school year, a number, a URN. Pure.

People write several into one cell: ‘Jo Fell <j.fell@…>; Sam Day (deputy DSL) s.day@…’, with semicolons,
slashes, line breaks.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from outreach.county.lists.headings import academic_year, role_of
from outreach.ground.typed_days import month_of


@dataclass(frozen=True, kw_only=True)
class PersonInCell:
    """One address of a cell as it is written, with the name and role that the cell says of it. `doubt`: why
    it cannot be so."""

    address: str
    name: str = ""
    role: str = ""
    doubt: str = ""


_NOTHING = re.compile(
    r"(?:n/?a|n\.a\.|none|nil|no|tb[cad]|to be confirmed|unknown|not known|vacant|vacancy|no e-?mail|no email address|"
    r"not applicable|as above|see above|same|same as above|ditto|awaiting|x|blank|null)\.?|[\W_]*",
    re.IGNORECASE,
)
_ADDRESS = re.compile(
    r"(?<![^\s<>()\[\]{},;:/\\|\"“”])[^\s<>()\[\]{},;:/\\|\"“”]*@[^\s<>()\[\]{},;:/\\|\"“”]*"
)
_BEHIND = re.compile(r"[>\]\s]*\(([^()@]{1,80})\)")
_LABEL = re.compile(
    r"(?:and|or|&|b?cc|[emt]|e-?mails?|mails?|mailto|(?:e-?mail )?address(?:es)?|contacts?|"
    r"(?:tel(?:ephone)?|mob(?:ile)?|phone)\b.*)",
    re.IGNORECASE,
)
"""What stands before an address and is nobody's name."""
_SHORT_PHONE = re.compile(r"([1-35789][0-9]{9})(?:\.0+)?")
_MARKS = " \t\r\n,;:/\\|<>()[]{}\"“”'‘’-–—•·*&"


def says_nothing(cell: str) -> bool:
    """Whether a cell is empty, or says ‘n/a’, ‘none’, ‘TBC’, a dash."""
    return bool(_NOTHING.fullmatch(cell.strip()))


def people_in_cell(cell: str, *, addresses: bool = True) -> list[PersonInCell]:
    """Everybody with an address in a cell, in its order. `addresses`: the cell is meant to hold them, so that
    one which holds none but says something is a Person in doubt."""
    text = re.sub("mailto:", " ", cell, flags=re.IGNORECASE).strip()
    found: list[PersonInCell] = []
    end = 0
    for match in _ADDRESS.finditer(text):
        before = text[end : match.start()]
        end = match.end()
        behind = _BEHIND.match(text, end)
        said = ""
        if behind and not before.strip(_MARKS):
            said, end = behind[1], behind.end()
        address = match[0].strip(".'‘’*")
        name, role = _who(before)
        if said:
            name, role = _who(said)
        doubt = _doubt(address, before, text[end : end + 40])
        if doubt:
            broken = (
                f"{' '.join(before.split()).lstrip(_MARKS)} {match[0]}".strip()
                if doubt == "space"
                else address
            )
            found.append(PersonInCell(address=_joined(broken, text, end), doubt=doubt))
        else:
            found.append(PersonInCell(address=address, name=name, role=role))
    if not found and addresses and not says_nothing(cell):
        return [PersonInCell(address=" ".join(cell.split()), doubt="no address")]
    return found


def name_and_role(cell: str) -> tuple[str, str]:
    """‘Jo Fell (DSL)’ -> ('Jo Fell', 'DSL'); addresses in the cell are no part of a name."""
    if says_nothing(cell):
        return "", ""
    return _who(_ADDRESS.sub(" ", cell)) if "@" in cell else _who(cell)


def names(cell: str) -> list[tuple[str, str]]:
    """The names of a cell that holds several, each with its role: parted by semicolons, slashes, line breaks
    or ‘and’."""
    parts = [p for p in re.split(r"[;/\n|]+|(?<!\s)\s+(?:and|&)\s+", cell) if p.strip(_MARKS)]
    return [name_and_role(part) for part in parts]


def fits(name: str, address: str) -> bool:
    """Whether an address seems to be that person's: a word of the name stands before the @."""
    local = re.sub(r"[^a-z]", "", address.partition("@")[0].casefold())
    return any(len(word) > 2 and word in local for word in re.findall(r"[^\W\d_]+", name.casefold()))


def month(cell: str) -> tuple[int, int] | None:
    """(year, month) of ‘March 2024’ or ‘Mar-24’; else None."""
    found = re.fullmatch(r"([a-z]{3,9})\.?[ \-,/]+([0-9]{2}|[0-9]{4})", cell.strip().casefold())
    if found is None or not month_of(found[1]):
        return None
    year = int(found[2])
    return (year if year > 99 else 2000 + year), month_of(found[1])


def lacks_zero(cell: str) -> bool:
    """Whether a cell is a UK telephone number that was kept as a number: ten digits, its 0 is lost."""
    return bool(_SHORT_PHONE.fullmatch(cell.strip()))


def phone(cell: str) -> str:
    """A telephone number with the 0 that it lost: ‘1865123456’ is ‘01865123456’; any other as it is written."""
    found = _SHORT_PHONE.fullmatch(cell.strip())
    return f"0{found[1]}" if found else cell


_NUMBER = re.compile(r"([^0-9%£$€/]*?)[~≈+]?([0-9]{1,6})(?:\.0+)?([^0-9%£$€/]*)")
_OF_PEOPLE = frozenset(
    "a about all approx approximately around at attended attending audience ca c children circa employees est "
    "estimate estimated fte front frontline head headcount heads in line nearly no number of officers over people "
    "persons practitioners present pupil pupils reached roughly saw seen some staff student students the total was "
    "were workers young yp".split()
)


def number(cell: str) -> int | None:
    """The one whole number of people that a cell says: ‘250’, ‘about 250 pupils’, ‘1,080’; None where it says none,
    several, one below 0, or one of something else: ‘2 forms’, ‘Year 8’."""
    found = _NUMBER.fullmatch(re.sub(r"(?<=[0-9]),(?=[0-9]{3}\b)", "", cell))
    if found is None or found[1].rstrip().endswith(("-", "−", "–")):
        return None
    of = re.findall(r"[^\W\d_]+", f"{found[1]} {found[3]}".casefold())
    return int(found[2]) if _OF_PEOPLE.issuperset(of) else None


def identifiers(cell: str) -> list[str]:
    """The numbers by which a school may be known, as figures alone: ‘URN 115482’, ‘115492.0’, ‘931/4001’,
    ‘9314001’."""
    text = re.sub(r"(?<=[0-9])\.0+\b", "", cell.strip())
    text = re.sub(r"(?<=[0-9]),(?=[0-9]{3}\b)", "", text)
    text = re.sub(r"(?<![0-9])([0-9]{3})\s{0,3}[/\- ]\s{0,3}([0-9]{4})(?![0-9])", r"\1\2", text)
    return re.findall(r"(?<![0-9])[0-9]{1,8}(?![0-9])", text)


_POSTCODE = re.compile(r"\b([A-Z]{1,2}[0-9][A-Z0-9]?) ?([0-9][A-Z]{2})\b", re.IGNORECASE)


def postcode(text: str) -> str:
    """The first postcode in a text, as it is compared: without its space, in capitals; '' without one."""
    found = _POSTCODE.search(text)
    return f"{found[1]}{found[2]}".upper() if found else ""


def _who(text: str) -> tuple[str, str]:
    """(name, role) of what stands before an address: ‘Jo Fell (DSL)’, ‘DSL - Jo Fell’, ‘Head: ’."""
    text = re.sub(
        r"[\"“]([^\"”,]{1,100}),\s{0,9}([^\"”,]{1,100})[\"”]", r"\2 \1", text
    )  # "Fell, Jo", as Outlook writes it
    parts = [p.strip(_MARKS) for p in re.split(r"[(),;:\n|\[\]<>]|\s[-–—/]\s", text)]
    parts = [" ".join(p.split()) for p in parts]
    parts = [p for p in parts if p and not _LABEL.fullmatch(p)]
    parts = [re.sub(r"^(?:and|or)\s+", "", p) for p in parts]
    roles = [p for p in parts if role_of(p)]
    rest = [p for p in parts if p not in roles and not re.search(r"[0-9]{5}", p)]
    return (rest[-1] if len(rest) > 1 and len(rest[-1]) > 2 else (rest[0] if rest else "")), ", ".join(roles)


def _doubt(address: str, before: str, after: str) -> str:
    """Why what looks like an address cannot be taken as it stands; '' when it can."""
    local, _, domain = address.partition("@")
    if not local or not domain or "@" in domain:
        return "broken"
    if re.search(r"[A-Za-z0-9][._\-]$", before.rstrip()):
        return "space"
    last = before.strip().rsplit(None, 1)[-1:]
    if (
        last
        and re.fullmatch(r"[a-z]+[0-9]*", last[0])
        and not role_of(last[0])
        and not _LABEL.fullmatch(last[0])
        and len(before.split()) == 1
    ):
        return "space"
    if re.match(r"\s*\.\s*[A-Za-z]", after):
        return "space"
    return ""


def _joined(broken: str, text: str, end: int) -> str:
    """The broken address with what belongs to it behind: ‘jo@redmere .example’."""
    behind = re.match(r"\s*\.\s*[A-Za-z][A-Za-z.]*", text[end:])
    return broken + (behind[0] if behind else "")


def mended(address: str) -> str:
    """What a broken address was probably meant to be: without its blanks, ‘(at)’ and ‘,co.uk’ as they should
    be."""
    text = re.sub(r" ?[\[(] ?at ?[\])] ?| at ", "@", " ".join(address.split()), flags=re.IGNORECASE)
    text = re.sub(r" ?[\[(] ?dot ?[\])] ?| dot ", ".", text, flags=re.IGNORECASE)
    return re.sub(r"\.{2,}", ".", re.sub(r"\s+", "", text)).replace(",", ".").replace("@@", "@").strip(".")


def paired(people_: Sequence[PersonInCell], cell: str, role: str) -> list[PersonInCell]:
    """People of an address cell with the names of the cell beside it, which win over what stands before an address:
    where there are as many, each to the one address that it fits, else in their order; else the one name goes to the
    address that fits it, or to the first."""
    if not people_:
        return []
    written = names(cell) if len(people_) > 1 else [name_and_role(cell)]
    by_comma = [part.strip() for part in cell.split(",")]
    if len(written) != len(people_) and len(by_comma) == len(people_) and all(" " in p for p in by_comma):
        written = [name_and_role(part) for part in by_comma]
    found: list[PersonInCell] = []
    if len(written) == len(people_):
        fitting = [[one for one in written if fits(one[0], p.address)] for p in people_]
        each_fits = all(len(found) == 1 for found in fitting) and len({f[0] for f in fitting}) == len(written)
        named = [found[0] for found in fitting] if each_fits else written
    else:
        whole = name_and_role(cell)
        at = next((n for n, p in enumerate(people_) if fits(whole[0], p.address)), 0) if whole[0] else 0
        named = [whole if n == at else ("", "") for n in range(len(people_))]
    for p, (name, its_role) in zip(people_, named, strict=True):
        found.append(
            PersonInCell(
                address=p.address, name=name or p.name, role=p.role or its_role or role, doubt=p.doubt
            )
        )
    return found


def year(cell: str) -> int | None:
    """The school year that a cell says, by its first calendar year: ‘2023/24’; None where it says none."""
    return academic_year(cell)
