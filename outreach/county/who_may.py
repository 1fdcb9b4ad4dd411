"""Matrix of rights: for each kind of object, the roles that see it, take it out as a file, and change it; what opens to
whoever comes without a role, by what they bring; and what the operator does at the command line.

The one place that says it. web/deeds.py names the kind and the verb of every page; docs/roles.md is made from both.
Tests try every role and everything that can be brought at every page, and hold every command against COMMANDS.
"""

from dataclasses import dataclass

from outreach.county.roles import BOARD, COMPANY, COORDINATOR, LEAD, NAMES, READER
from outreach.ground.wording import and_list

SEE, EXPORT, CHANGE = "see", "export", "change"

VERBS = {SEE: "see", EXPORT: "take out as a file or a list", CHANGE: "change"}

NOBODY: tuple[str, ...] = ()
LEADS = (LEAD,)
TEAM = (LEAD, COORDINATOR)
DESK = (LEAD, COORDINATOR, READER)
OURS = (LEAD, COORDINATOR, READER, BOARD)
ALL = (LEAD, COORDINATOR, READER, BOARD, COMPANY)


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of object, in words, and the roles that may do what to it. `part_of`: the kind of which it is the part
    that one company has to itself; who may something of the whole does it at the desk, and may give the right."""

    words: str
    see: tuple[str, ...]
    export: tuple[str, ...] = NOBODY
    change: tuple[str, ...]
    part_of: str = ""

    def roles(self, verb: str) -> tuple[str, ...]:
        return {SEE: self.see, EXPORT: self.export, CHANGE: self.change}[verb]


KINDS = {
    "own sign-in": Kind(
        words="one’s own password and second factor, and where one is signed in", see=ALL, change=ALL
    ),
    "own desk": Kind(
        words="what one’s own desk remembers: days of the digest, single keys, the filter of a list",
        see=DESK,
        change=DESK,
    ),
    "published figures": Kind(words="reports that were published", see=OURS, export=OURS, change=LEADS),
    "figures": Kind(
        words="figures: coverage, season, promises, outcomes, cost; reports before they are published",
        see=DESK,
        export=DESK,
        change=TEAM,
    ),
    "referrals": Kind(words="numbers of referrals, and their release", see=DESK, export=DESK, change=LEADS),
    "answers": Kind(
        words="the questionnaire, its codes, and answers one by one", see=DESK, export=TEAM, change=TEAM
    ),
    "desk": Kind(words="the desk, the search, the guide", see=DESK, change=TEAM),
    "schools": Kind(words="schools and bodies", see=DESK, export=DESK, change=TEAM),
    "gaps": Kind(  # the file holds what was noted of whom to ring
        words="gaps: notes, days to ring, reminders, who looks after them", see=DESK, export=TEAM, change=TEAM
    ),
    "tour": Kind(
        words="the tour: days, diary, plans, companies, venues, bookings, sessions",
        see=DESK,
        export=TEAM,
        change=TEAM,
    ),
    "own tour": Kind(
        words="a company’s own tour, on its own pages: days, weeks, sheets, reports, availability, calling off",
        see=(COMPANY,),
        export=(COMPANY,),
        change=(COMPANY,),
        part_of="tour",
    ),
    "contacts": Kind(
        words="contacts of schools and bodies, and the list to ring", see=DESK, export=TEAM, change=TEAM
    ),
    "letters": Kind(words="letters and invitations, sent and to send", see=DESK, export=TEAM, change=TEAM),
    "mail": Kind(words="mail that came in", see=DESK, export=TEAM, change=TEAM),
    "calendars": Kind(words="addresses of calendars", see=TEAM, change=TEAM),
    "wording": Kind(words="the partnership’s wording of letters", see=DESK, change=LEADS),
    "register": Kind(
        words="the register, terms and lists from the council", see=DESK, export=TEAM, change=TEAM
    ),
    "settings": Kind(
        words="settings of the partnership and its programmes, roads, the district map",
        see=DESK,
        export=DESK,
        change=LEADS,
    ),
    "tokens": Kind(
        words="tokens for programs that read, and webhooks that tell them", see=TEAM, change=LEADS
    ),
    "history": Kind(words="the history of the whole partnership", see=LEADS, export=LEADS, change=NOBODY),
    "words": Kind(
        words="words that were typed, gathered, and their erasing where they name a child",
        see=TEAM,
        change=TEAM,
    ),
    "held": Kind(
        words="all that is held about one person, and its erasing", see=LEADS, export=LEADS, change=LEADS
    ),
    "people": Kind(words="people and their roles", see=DESK, change=LEADS),
}


SCHOOL, TROUPE, PROGRAM, MONITOR, ANYBODY = "personal link", "troupe", "token", "bearer token", "open"
"""What is brought, by the name of the guard that looks at it."""

BROUGHT = {
    SCHOOL: "a school, by its link",
    TROUPE: "a company, by a troupe’s link",
    PROGRAM: "a program of a council, by a token",
    MONITOR: "a monitor, by a token of its own",
    ANYBODY: "anybody",
}
"""Who comes without a role."""

WITHOUT_ROLE = {
    "own school": Kind(
        words="what one school is asked, books, says and answers, its contacts and its link",
        see=(SCHOOL,),
        change=(SCHOOL,),
    ),
    "own troupe": Kind(
        words="the tour of one troupe, the same pages as a company member’s",
        see=(TROUPE,),
        change=(TROUPE,),
    ),
    "feed": Kind(
        words="figures, standings and bookings of one partnership, without people",
        see=(PROGRAM,),
        change=NOBODY,
    ),
    "measures": Kind(words="how the service is doing, in numbers", see=(MONITOR,), change=NOBODY),
    "front": Kind(
        words="who we are, whom to ask, what is kept, whether the service is up; styles and pictures",
        see=(ANYBODY,),
        change=NOBODY,
    ),
    "way in": Kind(
        words="signing in and out: a password, a code, a passkey, a council’s account, a link that works once",
        see=(ANYBODY,),
        change=(ANYBODY,),
    ),
    "way to a link": Kind(
        words="a school or a company without its link at hand: whom to find, what is sent to addresses that stand here",
        see=(ANYBODY,),
        change=(ANYBODY,),
    ),
    "one calendar": Kind(words="the calendar whose address that is", see=(ANYBODY,), change=NOBODY),
    "one answer": Kind(
        words="the questionnaire of the code in the address", see=(ANYBODY,), change=(ANYBODY,)
    ),
    "own mail": Kind(
        words="letters of one kind to whoever has that address in a letter: stopped, and begun again",
        see=(ANYBODY,),
        change=(ANYBODY,),
    ),
}
"""The same of those who come without a role; what is sent is a change."""

COMMANDS = {
    "the service itself: its schema, accounts of the database, backups, what is not ready": (
        "backup",
        "check",
        "database roles",
        "db",
        "demonstration addresses",
        "demonstration england",
        "demonstration load",
        "demonstration set-aside",
        "restore",
    ),
    "jobs, each partnership’s by itself: letters out, mail in, programs told, the day’s round, plans, roads": (
        "asking chase",
        "feeds rebuild",
        "planner work",
        "post poll",
        "post receive",
        "post send",
        "roads check",
        "roads fill",
        "webhooks send",
    ),
    "partnerships: founded, and the schools or authorities that one gives to another": (
        "register asked",
        "register hand-over",
        "register hand-over-authority",
        "setup",
    ),
    "the national register and postcodes": ("register apply", "register postcodes", "register preview"),
    "who signs in: people and their roles, a link that works once, second factors, providers": (
        "people add",
        "people end",
        "people link",
        "people reset-factor",
        "people role",
        "people seal-anew",
        "people stay",
        "sign-in check",
        "sign-in unbind",
    ),
    "proof: what is kept held against what it was made from": (
        "draws check",
        "history head",
        "history seal",
        "history verify",
        "outcomes verify",
        "promises limits",
    ),
    "questionnaires, approved in the name of somebody who has read them": ("questionnaires approve",),
    "privacy: what is past its time, what was erased before a backup, and what a partnership asks for of one person": (
        "privacy export",
        "privacy new-list",
        "privacy replay",
        "privacy sweep",
    ),
}
"""What the operator does, in words, and the commands for it. None shows what a partnership has but what its line says;
each stands in the history as done at the command line where it changes or takes out anything of a partnership's."""

MAY_ALL = (LEAD,)
"""Who may all that one may see, take out or change at the desk; a test holds it to the table."""


@dataclass(frozen=True)
class Deed:
    """A verb and a kind of object."""

    verb: str
    kind: str


def may(role: str | None, deed: Deed) -> bool:
    """Whether one who has this role may do it; who has none may do nothing."""
    return role is not None and role in KINDS[deed.kind].roles(deed.verb)


def may_by(brought: str, deed: Deed) -> bool:
    """Whether one who comes with that, and no role, may do it."""
    return brought in WITHOUT_ROLE[deed.kind].roles(deed.verb)


def roles_that(verb: str, kind: str) -> tuple[str, ...]:
    return KINDS[kind].roles(verb)


def may_give(giver: str | None, role: str) -> bool:
    """Whether one in the role `giver` may make somebody a `role`: nobody gives a right that they do not have, to the
    thing or to the whole of which it is a part."""
    return may(giver, Deed(CHANGE, "people")) and all(
        may(giver, Deed(verb, name)) or (kind.part_of and may(giver, Deed(verb, kind.part_of)))
        for name, kind in KINDS.items()
        for verb in VERBS
        if may(role, Deed(verb, name))
    )


def gained(before: str | None, after: str | None) -> list[str]:
    """What one in the role `after` may that one in the role `before` may not, a line a kind of object: 'change:
    the partnership’s wording of letters'. What is lost is what the other way round would gain."""
    lines = []
    for name, kind in KINDS.items():
        more = [
            words
            for verb, words in VERBS.items()
            if may(after, Deed(verb, name)) and not may(before, Deed(verb, name))
        ]
        if more:
            lines.append(f"{and_list(more)}: {kind.words.partition(':')[0]}")
    return lines


def who_may(deed: Deed) -> str:
    """'a lead coordinator or a coordinator'."""
    said = [f"a {NAMES[role]}" for role in roles_that(deed.verb, deed.kind)]
    return " or ".join(filter(None, (", ".join(said[:-1]), said[-1])))
