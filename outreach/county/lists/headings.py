"""Headings of a list matched to what they mean, in the many ways people write them, and by what stands under
them. Pure.

A column is taken as one of `KINDS`; those of people belong to a block: one person of a line that names
several ('Head name, Head email, DSL name, DSL email'). A column called notes is not read unless somebody says
so.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from outreach.ground.wording import words_of

SKIP, NOTES = "skip", "notes"
CONTACTS, VISITS, BODIES = "contacts", "past shows", "bodies"
OF_PEOPLE = (CONTACTS, BODIES)
"""Lists whose lines name people."""

SCHOOL_KINDS = {
    "urn": "URN",
    "laestab": "LAESTAB or DfE number",
    "la": "Authority’s number",
    "school": "School",
    "postcode": "Postcode",
    "town": "Town",
    "street": "Postal address",
}
PERSON_KINDS = {
    "name": "Name",
    "first": "First name",
    "last": "Last name",
    "role": "Role",
    "address": "Email address",
    "phone": "Telephone",
}
VISIT_KINDS = {
    "day": "Day of the show",
    "year": "School year",
    "pupils": "How many saw it",
    "seen": "Seen in the year of the heading",
}
BODY_KINDS = {
    "body": "Body",
    "body_kind": "Kind of body",
    "district": "District",
    "staff": "Front-line staff",
    "counted": "Counted on",
}
KINDS = {
    CONTACTS: SCHOOL_KINDS | PERSON_KINDS | {SKIP: "not read"},
    VISITS: SCHOOL_KINDS | VISIT_KINDS | {SKIP: "not read"},
    BODIES: BODY_KINDS | PERSON_KINDS | {SKIP: "not read"},
}
KEYS = ("urn", "laestab", "school")
"""By any of these a school can be found."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column: its heading as written, what it is taken as, and of a person's which block it is of.

    `role`: what that block's person is, where the heading says so. `sure`: the heading was recognised.
    """

    heading: str
    kind: str
    block: str = ""
    role: str = ""
    sure: bool = True
    notes: bool = False


@dataclass(frozen=True, kw_only=True)
class Under:
    """What stands under a heading: how many lines say anything, and how many an address, a URN, a postcode or
    a telephone number that lost its 0."""

    filled: int = 0
    addresses: int = 0
    numbers: int = 0
    postcodes: int = 0
    short_phones: int = 0


_ROLES: tuple[tuple[str, str], ...] = (
    (
        (
            r"deputy (?:designated )?(?:safeguarding|child protection)(?: lead| officer| person)?s?|"
            r"(?:deputy|dep) (?:dsl|dsp)|ddsls?|ddsp"
        ),
        "Deputy designated safeguarding lead",
    ),
    (
        (
            r"(?:designated )?(?:safeguarding|child protection)(?: lead| officer| person| teacher| contact| "
            r"coordinator)?|designated (?:senior )?(?:lead|person|teacher)|dsls?|dsps?|sg lead|cp lead|cpo"
        ),
        "Designated safeguarding lead",
    ),
    (r"executive (?:head ?teacher|head|principal)", "Executive headteacher"),
    (r"(?:deputy|assistant|dep|asst) (?:head ?teacher|head|principal)", "Deputy headteacher"),
    (
        r"head ?teachers?|heads? of school|head ?masters?|head ?mistress|heads?|principals?|hts?",
        "Headteacher",
    ),
    (r"(?:pshe|rshe|phse|rse)(?: lead| coordinator| teacher| co ordinator)?", "PSHE lead"),
    (r"sendco|senco|inclusion(?: lead| manager)?", "SENCo"),
    (r"(?:school )?business manager|sbm|bursar|finance", "School business manager"),
    (r"(?:school )?(?:office|admin(?:istrator|istration)?|secretary|reception|enquiries)", "School office"),
    (r"chair(?: of governors)?|governors?", "Chair of governors"),
    (r"(?:pastoral|welfare|wellbeing|attendance|mental health)(?: lead| officer| manager)?", "Pastoral lead"),
    (r"(?:head|leader) of (?:year|key stage)(?: [0-9]+)?|year [0-9]+ lead", "Head of year"),
)
"""How people write a role into a heading, in small letters without marks; the first that fits."""

_ROLE = [(re.compile(rf"(?:^| )(?:{pattern})(?= |$)"), label) for pattern, label in _ROLES]

_WORDS: tuple[tuple[str, str], ...] = (
    (
        "urn",
        (
            r"(?:school |gias |dfe |edubase )?urns?(?: no| number| code)?|unique reference(?: number| no)?|"
            r"school (?:unique )?ref(?:erence)?(?: number| no)?"
        ),
    ),
    (
        "laestab",
        (
            r"(?:la|lea) ?estab(?: no| number| code)?|la ?establishment(?: number| no)?|dfe?s?(?:e|es)?(?: "
            r"estab(?:lishment)?)?(?: no| number| code| ref| id)?|dcsf(?: no| number)?|(?:full "
            r")?estab(?:lishment)?(?: no| number| code)|school (?:number|no|code|id)"
        ),
    ),
    ("la", r"la|lea|(?:la|lea) (?:code|no|number)|local authority(?: code| number)?"),
    ("postcode", r"(?:school )?post ?codes?|p code|pcode|zip(?: code)?"),
    (
        "town",
        r"(?:school )?town(?: city)?|city|town or city|village|(?:address )?town|post town|address3|address 3",
    ),
    ("street", r"(?:school |postal |full |street |site )?address(?: ?[12]| line ?[12])?|street|location"),
    ("first", r"(?:contact )?(?:first|fore|given|christian) ?names?|first"),
    ("last", r"(?:contact )?(?:last|sur|family|second) ?names?|last"),
    (
        "address",
        (
            r"(?:contact |work |main |direct |primary |secondary |preferred |school |your |generic |general "
            r")*(?:e ?mails?|mails?)(?: address(?:es)?| contacts?| id)?(?: ?[0-9])?"
        ),
    ),
    (
        "phone",
        (
            r"(?:contact |work |main |direct |school |daytime )*(?:(?:tele)?phones?|tel|telephone|mobiles?|"
            r"mob|landline|contact (?:number|no)|direct (?:line|dial))(?: numbers?| nos?)?(?: ?[0-9])?"
        ),
    ),
    (
        "role",
        (
            r"(?:contact )?(?:roles?|job(?: title| role)?|position|post(?: held| title)?|designation|job "
            r"description)(?: in school| at school| title)?"
        ),
    ),
    (
        "school",
        (
            r"(?:name of )?(?:the )?(?:schools?|academy|establishments?|settings?|institution|provision|"
            r"education setting|organisation|college)(?: or (?:setting|college|academy))?(?: (?:setting|"
            r"college|academy|site))?(?: names?)?|schools? (?:academy|college)(?: name)?"
        ),
    ),
    (
        "name",
        (
            r"(?:full |contact |staff |lead )?names?(?: of (?:contact|person|lead|staff|member of "
            r"staff))?(?: ?[0-9])?|(?:main |key |named |primary |secondary |alternative |other "
            r")?(?:contacts?|persons?)(?: person| name| details)?(?: ?[0-9])?|full name"
        ),
    ),
)

_VISIT_WORDS: tuple[tuple[str, str], ...] = (
    (
        "day",
        (
            r"(?:show |performance |visit |event |tour )?(?:dates?|days?)(?: of (?:the )?(?:show|"
            r"performance|visit|play|event))?|(?:performed|played|seen|visited|booked)(?: on)?|when(?: "
            r"seen)?|performance|date seen"
        ),
    ),
    ("year", r"(?:school|academic|tour)? ?years?(?: seen)?|season"),
    (
        "pupils",
        (
            r"(?:no|nos|number|numbers|how many|total)?(?: of)? ?(?:pupils?|students?|children|audience|"
            r"young people|yp)(?: (?:attended|seen|saw it|present|attending|numbers?|reached))?|(?:number|"
            r"no|total) (?:attended|attending|present|seen)|attendance|attended|attendees|numbers?|how "
            r"many(?: saw it| attended)?|headcount|head count|total"
        ),
    ),
)

_BODY_WORDS: tuple[tuple[str, str], ...] = (
    (
        "body",
        (
            r"(?:name of )?(?:the )?(?:body|bodies|organisations?|agency|agencies|services?|teams?|units?)"
            r"(?: or (?:team|service|unit))?(?: names?)?|names?"
        ),
    ),
    (
        "body_kind",
        r"(?:kind|type|sort|sector|category)(?: of)?(?: (?:body|organisation|agency|service|team))?|"
        r"(?:body|organisation|agency|service) (?:kind|type)",
    ),
    ("district", r"(?:district|area|locality)(?: names?)?"),
    (
        "staff",
        (
            r"(?:no|nos|number|numbers|how many|total)?(?: of)? ?(?:front ?line )?(?:staff|workers?|officers?|"
            r"practitioners?|employees)(?: numbers?)?|head ?count|fte"
        ),
    ),
    ("counted", r"(?:date )?counted(?: on)?|(?:staff |head ?count )?(?:as at|as of|date)"),
)

_ASIDE = re.compile(
    r"notes?|comments?|remarks?|additional info(?:rmation)?|other info(?:rmation)?|concerns?|"
    r"observations?|further (?:info|information|details)"
)
"""Columns that may hold remarks about people: not read unless somebody says so."""

_KNOWN_ELSE = re.compile(
    r"phase|type|trust|mat|district|area|locality|region|quadrant|website|web(?: site)?|url|nor|number "
    r"on roll|roll|pupils|"
    r"date|last updated|updated|status|what is wrong|sheet|line|title|salutation|gender|denomination|ward|cluster|"
    r"partnership|county|headings?|id|no|row|phase of education|age range|open|training|trained|ofsted"
)


def recognised(heading: str, of: str) -> Column:
    """What a column is by its heading alone; `kind` is SKIP and `sure` False where the heading says nothing
    known."""
    said = _folded(heading)
    if not said:
        return Column(heading=heading, kind=SKIP, sure=False)
    if _aside(said):
        return Column(heading=heading, kind=SKIP, notes=True)
    alone = _visit_kind(said) if of == VISITS else _body_kind(said) if of == BODIES else None
    if alone is not None:
        return Column(heading=heading, kind=alone)
    kind = _plain(said)
    if kind is not None and kind in KINDS[of]:
        block = _general(said) if kind in ("address", "phone") else ""
        return Column(heading=heading, kind=kind, block=block or _numbered(said, kind))
    if of in OF_PEOPLE:
        found_in = _of_role(said)
        if found_in is not None:
            return replace(found_in, heading=heading)
    return Column(heading=heading, kind=SKIP, sure=bool(_KNOWN_ELSE.fullmatch(said)))


def settled(
    headings: Sequence[str], under: Sequence[Under], of: str, chosen: Mapping[str, str], *, named: bool = True
) -> tuple[Column, ...]:
    """The columns of a sheet. `chosen`: {folded heading: kind} that a coordinator chose, now or before, and
    which wins.

    `named`: the list has a line of headings; without one the columns are told by what stands under them
    alone.
    """
    columns = [
        recognised(heading, of) if named else Column(heading=heading, kind=SKIP, sure=False)
        for heading in headings
    ]
    for at, (column, filled) in enumerate(zip(columns, under, strict=True)):
        columns[at] = _by_content(column, filled, of, named=named)
    if of in OF_PEOPLE:
        columns = _blocks(columns)
    for at, column in enumerate(columns):
        kind = chosen.get(key_of(column.heading))
        if kind in KINDS[of]:
            columns[at] = replace(column, kind=kind, sure=True)
    return tuple(columns)


def key_of(heading: str) -> str:
    """By which a heading is known again: without case, spaces and marks."""
    return re.sub(r"[^0-9a-z]", "", heading.casefold())[:100]


def is_complete(columns: Sequence[Column], of: str) -> bool:
    """Whether a list can be read by these columns: which school, and of whom or when."""
    kinds = {column.kind for column in columns}
    if of == BODIES:
        return "body" in kinds
    found = bool(kinds & set(KEYS))
    return found and ("address" in kinds if of == CONTACTS else True)


def score(cells: Sequence[str], of: str, chosen: Mapping[str, str]) -> int:
    """How much a line looks like one of headings: how many of its cells are known ones, or were `chosen` by a
    coordinator.

    0 for a line with an address.
    """
    if any("@" in cell or len(cell) > 120 for cell in cells):
        return 0
    found = [_known(cell, of, chosen) for cell in cells if cell]
    known = {(c.kind, c.block) for c in found if c.kind != SKIP}
    kinds = {kind for kind, _ in known}
    if not kinds & {*KEYS, "address", "name", "last", "postcode", "body"} or len(found) < 2:
        return 0
    return len(known) * 2 + sum(c.sure and c.kind == SKIP for c in found)


def _known(heading: str, of: str, chosen: Mapping[str, str]) -> Column:
    column, kind = recognised(heading, of), chosen.get(key_of(heading))
    return column if kind is None else replace(column, kind=kind, sure=True)


def academic_year(text: str) -> int | None:
    """‘2023/24’, ‘2023-2024’, ‘23/24’, ‘AY 2023 24’ -> 2023; anything else is None."""
    found = re.search(r"(?<![0-9])(?:20)?([0-9]{2})\s{0,9}[-/–—_ ]\s{0,9}(?:20)?([0-9]{2})(?![0-9/.-])", text)
    if found is None or (int(found[1]) + 1) % 100 != int(found[2]):
        return None
    return 2000 + int(found[1])


def role_of(text: str) -> str | None:
    """The role that a text says and nothing else, as it is written; None where it is, or holds, something
    else."""
    said = _folded(text)
    if not said:
        return None
    rest, found = said, False
    for pattern, _ in _ROLE:
        rest, times = pattern.subn(" ", rest)
        found = found or bool(times)
    rest = re.sub(
        r"\b(?:and|of|the|lead|teacher|school|acting|interim|joint|co|for|senior|main|manager|officer|contact)\b|[0-9]",
        " ",
        rest,
    )
    return " ".join(text.split()).strip(" -–:,") if found and not rest.strip() else None


def _folded(heading: str) -> str:
    said = words_of(heading.replace("'", "").replace("’", ""))
    said = re.sub(r"\be (?=mail)", "e", said)
    return re.sub(
        r"\b(head|safeguarding lead|principal|school|dsl|lead) ?s (?=e?mail|name|tel|phone|address)",
        r"\1 ",
        said,
    ).strip()


def _aside(said: str) -> bool:
    without = re.sub(r"\b(?:[0-9]+|any|dsl|school|internal|our|contact|office|la)\b", "", said).strip()
    return bool(_ASIDE.fullmatch(" ".join(without.split())))


def _plain(said: str) -> str | None:
    return next((kind for kind, pattern in _WORDS if re.fullmatch(pattern, said)), None)


def _visit_kind(said: str) -> str | None:
    if academic_year(said.replace(" ", "/")) is not None or academic_year(said) is not None:
        return "seen"
    return next((kind for kind, pattern in _VISIT_WORDS if re.fullmatch(pattern, said)), None)


def _body_kind(said: str) -> str | None:
    return next((kind for kind, pattern in _BODY_WORDS if re.fullmatch(pattern, said)), None)


def _general(said: str) -> str:
    """The block of ‘School email’ and ‘Main telephone’: they are the school's, and no person's."""
    return "school" if re.match(r"(?:school|generic|general)\b", said) else ""


def _numbered(said: str, kind: str) -> str:
    found = re.search(r"([0-9])$", said)
    if kind in PERSON_KINDS and found:
        return found[1]
    if kind in ("name", "address", "phone") and re.match(r"(?:secondary|alternative|other)\b", said):
        return "2"
    return ""


def _of_role(said: str) -> Column | None:
    """‘DSL email’, ‘Email of DSL’, ‘Headteacher’: a column of the block of that role."""
    for pattern, label in _ROLE:
        found = pattern.search(said)
        if found is None:
            continue
        rest, labels = said, set()
        for other, its_label in _ROLE:
            if other.search(rest):
                rest = other.sub(" ", rest)
                labels.add(its_label)
        rest = re.sub(r"\b(?:of|for|the|s|school|schools|main|current|named|lead|setting|in)\b", " ", rest)
        number = re.search(r"(?:^| )([0-9])(?= |$)", rest)
        rest = " ".join(re.sub(r"[0-9]", " ", rest).split())
        kind = "name" if not rest else _plain(rest)
        if kind == "street":
            kind = "address"
        if kind not in PERSON_KINDS and kind is not None:
            kind = None
        if kind is None and rest in ("details", "contact details", "contact", "info"):
            kind = "name"
        if kind is None:
            continue
        # ‘Head / DSL name’ is one person of either role.
        block = " or ".join(sorted(labels)) + (f" {number[1]}" if number else "")
        return Column(heading="", kind=kind, block=block, role=label if len(labels) == 1 else "")
    return None


def _by_content(column: Column, under: Under, of: str, *, named: bool) -> Column:
    """A heading that says nothing is told by what stands under it; ‘Address’ may be either kind of one."""
    if column.notes or not under.filled:
        return column
    mostly = under.filled / 2
    if of in OF_PEOPLE:
        if column.kind in ("street", "name", "role", "phone") and under.addresses >= mostly:
            return replace(column, kind="address")
        if column.kind == "address" and of == CONTACTS and not under.addresses and under.postcodes:
            return replace(column, kind="street")
        if column.kind == SKIP and under.addresses and not column.sure:
            return replace(column, kind="address", block="" if not named else column.block)
    if column.kind != SKIP or column.sure or of == BODIES:
        return column
    if under.numbers > mostly:
        return replace(column, kind="urn")
    if under.postcodes > mostly:
        return replace(column, kind="postcode" if under.postcodes > under.filled * 0.8 else "street")
    return column


def _blocks(columns: list[Column]) -> list[Column]:
    """Which person each column of a person is of, where headings are said twice or say it by their order."""
    people = [c for c in columns if c.kind in PERSON_KINDS]
    names = Counter(c.block for c in people if c.kind in ("name", "last"))
    # ‘Email 1, Email 2’ beside one name are two addresses of one person.
    for at, c in enumerate(columns):
        if (
            c.kind in PERSON_KINDS
            and c.block.isdigit()
            and c.block not in ({b for b in names if b.isdigit()} if len(names) > 1 else set())
        ):
            columns[at] = replace(c, block="")
    free = [c for c in columns if c.kind == "address" and not c.block]
    named_free = sum(c.kind in ("name", "last") and not c.block for c in columns)
    bare = _bare(columns)
    if named_free > 1 or (len(free) > 1 and bare):
        return _by_order(columns)
    if len(free) == 1 and not named_free and len(bare) == 1:
        # ‘DSL, Email’: the one address is of the one person named.
        block = next(iter(bare))
        role = next(c.role for c in columns if c.block == block)
        return [
            replace(c, block=block, role=role) if c.kind in PERSON_KINDS and not c.block else c
            for c in columns
        ]
    return columns


def _bare(columns: Sequence[Column]) -> set[str]:
    """The blocks that name somebody and have no address of their own."""
    named = {c.block for c in columns if c.block and c.kind in ("name", "first", "last")}
    return named - {c.block for c in columns if c.kind == "address"}


def _by_order(columns: list[Column]) -> list[Column]:
    """‘Name, Email, Name, Email’ and ‘Head, Email, DSL, Email’: a name begins a person, what follows is
    theirs."""
    block, role, number = "", "", 0
    begun: set[str] = set()
    found = []
    for c in columns:
        if c.kind not in PERSON_KINDS:
            found.append(c)
            continue
        if c.block == "school":
            found.append(c)
        elif c.block:
            block, role = c.block, c.role
            begun = {c.kind}
            found.append(c)
        else:
            begins = c.kind in ("name", "first") or (c.kind == "last" and "first" not in begun)
            if begins and (not block or begun & {c.kind, "address"} or role):
                number += 1
                block, role, begun = f"person {number}", "", set()
            begun.add(c.kind)
            found.append(replace(c, block=block, role=role))
    return found
