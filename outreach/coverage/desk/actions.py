"""Action required: what waits for a coordinator, each with its number and a sentence, and gone when nothing
waits.

Here stand the numbers, the words and how they are ranked; the page knows which list is behind each, and the list
has just as many rows.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from outreach.asking import open_door, owners
from outreach.asking.chasing import chases, raising
from outreach.asking.confirming import vouching
from outreach.asking.owners import Owner
from outreach.booking import holds, limits, promises, proposals, undelivered
from outreach.county.register import decisions
from outreach.coverage import followed, gaps, leavers, who_asked
from outreach.coverage.followed import Unconfirmed
from outreach.coverage.gaplist import follow_ups
from outreach.coverage.gaps import Word
from outreach.coverage.standings import Reckoning, Standing
from outreach.ground.timespans import day_of
from outreach.ground.wording import and_list, clock, count, day_short
from outreach.post.incoming import inbox
from outreach.post.webhooks import subscriptions
from outreach.tour import itinerary
from outreach.tour.programmes import Programme
from outreach.visits import pledges, unreported

SOON = timedelta(days=3)
"""A time that is kept for a school until a day this near is about to lapse."""
WEEK = timedelta(days=7)
NEAR = timedelta(days=250)
"""Days as near as this are told without their year."""

CLOSING, REGISTER, RAISE = "closing", "register", "raise"
LAPSING, LETTERS, UNREPORTED, REQUESTS = "lapsing", "letters", "unreported", "requests"
LATE, UNREACHABLE, AGES, ROOM = "late", "unreachable", "ages unknown", "room"
BEYOND = "beyond"
PROMISED, CONCERNS = "promised", "concerns"
FOLLOW_UP = "follow-up"
WEBHOOKS = "webhooks"

TODAY, THIS_WEEK, LATER = "Today", "This week", "When there is time"
GROUPS = (TODAY, THIS_WEEK, LATER)
"""A person or a show waits; a date passes, or a count stays wrong; the rest."""

_MAIL = {
    inbox.DECLINE: ("declined by calendar", "declined by calendar", "the booking still stands"),
    inbox.WISH: ("wish for another time", "wishes for another time", "grant it, or offer what is nearest"),
    inbox.ADDRESS: ("letter came back", "letters came back", "put the address right"),
    inbox.NEWCOMER: (
        "answer from somebody not on the booking",
        "answers from people not on the booking",
        "add them, or leave it",
    ),
    inbox.DOUBT: ("answer in doubt", "answers in doubt", "it may not be from whom it says"),
    inbox.MAIL: ("mail to read", "mails to read", "a person wrote"),
    inbox.RAW: ("mail that cannot be read", "mails that cannot be read", "look at it as it came"),
}
_CAUSES = {
    gaps.CANCELLED: ("school lost its show", "schools lost their show"),
    gaps.FAILED: ("show did not take place", "shows did not take place"),
    gaps.OTHER_DATE: ("school wants another date", "schools want another date"),
    gaps.DUE_AGAIN: ("due to be trained again", "due to be trained again"),
    gaps.REFUSED_SLOT: ("school refused its slot", "schools refused their slot"),
    gaps.SOMEBODY_ELSE: ("school named somebody else", "schools named somebody else"),
    gaps.REPORTS_DISAGREE: ("school’s reports disagree", "schools’ reports disagree"),
}
_PLEDGES = {
    pledges.LEAD_PRESENT: "safeguarding lead there",
    pledges.STAFF_BRIEFED: "staff briefed",
    pledges.LETTER_HOME: "letter home",
    pledges.LESSON: "follow-up lesson",
    pledges.PASSED_ON: "concerns passed on in a day",
    pledges.POLICY: "policy reviewed",
}
GONE_WRONG = {*_MAIL, LETTERS}
"""What did not arrive, and what came in and waits for a person."""
_TODAY = {*_MAIL, LETTERS, REQUESTS, FOLLOW_UP, CONCERNS, gaps.OTHER_DATE}
_LATER = {CLOSING, ROOM, LATE, REGISTER, AGES, PROMISED}
"""What stands in these groups whatever its date; all else is of this week."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """`kind` says which list is behind it: one of the words above, an inbox task, or a cause of a gap.

    `detail` is the worst case; `nearest` the day by which something has to happen, if one does; `organisation_ids` whom
    it is about, and `owners` who looks after them, or said that they would do it, by id with their names. `unowned`:
    some of it nobody does who still signs in.
    """

    kind: str
    count: int
    what: str
    detail: str
    organisation_ids: frozenset[int] = frozenset()
    nearest: date | None = None
    group: str = ""
    owners: Mapping[int, str] = field(default_factory=dict)
    unowned: bool = False


def actions_on_desk(
    reckoning: Reckoning,
    mail: Sequence[tuple[str, str]],
    *,
    now: datetime,
    school_days: Sequence[date],
) -> list[Action]:
    """What waits in a programme, in its partnership's post and in its register: group by group, a concern before all
    else, and in each by the nearest date; 31 queries, one more where mail is about a visit, and those of
    raising.waiting once some school has had its last reminder.

    `mail` is what waits in the inbox, (task, stream) of each, as inbox.waiting_streams gives it.
    """
    programme, today = reckoning.programme, day_of(now)
    asked = who_asked.of_target(reckoning)
    of_cause: dict[str, list[Standing]] = {}
    for s in reckoning.target:
        if s.is_gap:
            of_cause.setdefault(s.kind, []).append(s)
    besides = followed.unconfirmed(reckoning, now=now)
    found = [
        _concerns(reckoning, besides),
        _closing(programme.partnership_id, now),
        _follow_ups(reckoning, now),
        _lapsing(programme, now),
        *_of_mail(mail, now),
        *(_of_cause(cause, of_cause.get(cause, []), today) for cause in _CAUSES),
        _plain(
            LETTERS,
            undelivered.how_many(programme.partnership_id, now=now),
            ("letter did not go", "letters did not go", "each says why"),
        ),
        _unreported(programme, now),
        _about(
            REQUESTS,
            [
                *open_door.organisations_waiting(programme.partnership_id),
                *vouching.organisations_waiting(programme.partnership_id),
            ],
            (
                "address waits for your word",
                "addresses wait for your word",
                asked.said("not on file, or not the school’s own"),
            ),
        ),
        _waiting_list(programme, of_cause.get(gaps.WAITING_LIST, []), now),
        _raise(reckoning, now),
        _promised(besides),
        _late(programme, of_cause.get(gaps.SILENT, []), today),
        _unreachable(reckoning.target),
        _about(
            REGISTER,
            decisions.schools_waiting(programme.partnership_id),
            ("change of the register", "changes of the register", "accept it, or keep ours"),
        ),
        _webhooks(programme.partnership_id, now),
        _beyond(programme.partnership_id, now),
        _ages(reckoning.target),
    ]
    whose = _Owners(reckoning, owners.owners_of_programme(programme.id))
    soon = [d for d in school_days if d > today][:2]
    said = programme.words.said
    grouped = [
        replace(
            whose.told(a),
            what=asked.said(said(a.what)),
            detail=said(a.detail),
            group=_group(a, today, soon[-1] if soon else today),
        )
        for a in found
        if a.count
    ]
    return sorted(grouped, key=lambda a: (GROUPS.index(a.group), a.kind != CONCERNS, a.nearest or date.max))


def is_of(action: Action, person_id: int) -> bool:
    """Whether a coordinator looks after one of its schools."""
    return person_id in action.owners


@dataclass(frozen=True, slots=True)
class Shares:
    """What waits as one coordinator looks at it. `mine`: of one's own schools; `nobodys`: urgent, and nobody else's
    either, so that it is everybody's; `rest`: of others, or of nobody and with time."""

    mine: Sequence[Action]
    nobodys: Sequence[Action]
    rest: Sequence[Action]


def shares_of(found: Sequence[Action], person_id: int) -> Shares:
    """All of it, each once, in the order in which it stands."""
    mine = [a for a in found if is_of(a, person_id)]
    nobodys = [a for a in found if a.unowned and a.group == TODAY and not is_of(a, person_id)]
    return Shares(mine, nobodys, [a for a in found if a not in mine and a not in nobodys])


def said_of(action: Action, person_id: int, *, is_anybodys: bool) -> str:
    """The worst case, and whose it is as a coordinator reads it; `is_anybodys`: somebody looks after some school."""
    if not is_anybodys:
        return action.detail
    others = sorted(name for key, name in action.owners.items() if key != person_id)
    names = (["you"] if person_id in action.owners else []) + others
    whose = and_list(names if len(names) < 3 else [names[0], count(len(names) - 1, "other")])
    if whose and action.unowned:
        whose += ", some nobody’s"
    return " · ".join(part for part in (action.detail, whose or "nobody") if part)


def _group(action: Action, today: date, soon: date) -> str:
    """`soon`: the second school day from today."""
    near = action.nearest
    if action.kind in _TODAY or near is not None and near <= (today if action.kind == LAPSING else soon):
        return TODAY
    if action.kind in _LATER and (near is None or near > today + WEEK):
        return LATER
    return THIS_WEEK


@dataclass(frozen=True)
class _Owners:
    reckoning: Reckoning
    owner_of: Mapping[int, Owner]

    def told(self, action: Action) -> Action:
        """The same with who looks after its schools, or after those that they came from."""
        if action.owners:
            return action
        found = [self._of(organisation_id) for organisation_id in action.organisation_ids]
        owners = {one.person_id: one.name for one in found if one}
        return replace(action, owners=owners, unowned=not all(found) or not found)

    def _of(self, organisation_id: int) -> Owner | None:
        found = (
            self.owner_of.get(one) for one in (organisation_id, *self.reckoning.kin.before(organisation_id))
        )
        owner = next(filter(None, found), None)
        return None if owner is None or owner.left else owner


def lapsing_until(now: datetime) -> date:
    """The last day to reply by of what is about to lapse."""
    return day_of(now) + SOON


def _plain(kind: str, n: int, words: tuple[str, str, str]) -> Action:
    one, many, detail = words
    return Action(kind=kind, count=n, what=one if n == 1 else many, detail=detail)


def _about(
    kind: str, organisation_ids: Sequence[int], words: tuple[str, str, str], nearest: date | None = None
) -> Action:
    return replace(
        _plain(kind, len(organisation_ids), words),
        organisation_ids=frozenset(organisation_ids),
        nearest=nearest,
    )


def _closing(partnership_id: int, now: datetime) -> Action:
    """By the first that is live at a school that has left."""
    rows = [item.live for item in leavers.left(partnership_id, now=now)]
    words = ("booking, offer or wait at a school that left", "bookings, offers or waits at schools that left")
    nearest = day_of(rows[0].starts_at) if rows and rows[0].starts_at else None
    first = rows[0].organisation.name + (f", {_by(nearest, now)}" if nearest else "") if rows else ""
    return _about(CLOSING, [row.organisation.organisation_id for row in rows], (*words, first), nearest)


def _follow_ups(reckoning: Reckoning, now: datetime) -> Action:
    """What somebody set for today, or for a day before, about schools that are missing still."""
    found = follow_ups.due(reckoning, now=now)
    first = f"{found[0].standing.name}: {found[0].follow_up.what}" if found else ""
    words = ("school to follow up today", "schools to follow up today")
    action = _about(FOLLOW_UP, [one.standing.organisation_id for one in found], (*words, first))
    return replace(
        action,
        nearest=found[0].follow_up.day if found else None,
        owners={one.follow_up.person_id: one.follow_up.name for one in found if not one.follow_up.left},
        unowned=any(one.follow_up.left for one in found),
    )


def _of_mail(mail: Sequence[tuple[str, str]], now: datetime) -> list[Action]:
    """What a person has to do about mail; where it is about shows, by the next of them."""
    visits = promises.visits_of({stream for _, stream in mail if stream})
    found = []
    for task, words in _MAIL.items():
        streams = [stream for of, stream in mail if of == task]
        about = sorted((visits[x] for x in streams if x in visits), key=lambda v: v.starts_at)
        coming = next((v for v in about if v.starts_at > now), None)
        action = replace(
            _plain(task, len(streams), words), organisation_ids=frozenset(v.organisation_id for v in about)
        )
        if coming is not None and task in (inbox.WISH, inbox.DECLINE):
            said = f"{coming.school}, {_by(day_of(coming.starts_at), now)} {clock(coming.starts_at)}"
            action = replace(action, detail=said, nearest=day_of(coming.starts_at))
        found.append(action)
    return found


def _of_cause(cause: str, standings: Sequence[Standing], today: date) -> Action:
    """Whoever has waited longest stands for all."""
    longest = min(standings, key=lambda s: (s.since or today, s.name), default=None)
    since = f", since {_on(longest.since, today)}" if longest and longest.since else ""
    said = f"{longest.name}{since}" if longest else ""
    return _about(cause, [s.organisation_id for s in standings], (*_CAUSES[cause], said))


def _lapsing(programme: Programme, now: datetime) -> Action:
    """What is kept until a day that is near, or for the minutes in which a school fills in the form."""
    soon = [p for p in proposals.still_open(programme.id, now=now) if p.reply_by <= lapsing_until(now)]
    held = holds.in_hand(programme.id, now=now)
    until = held[0].held_until if held else None
    said = ""
    if soon:
        said = f"{soon[0].organisation.name} has until the end of {_by(soon[0].reply_by, now)}"
    elif until is not None:
        said = f"{held[0].host.name} has until {clock(until)}, while it fills in the form"
    words = ("kept time is about to lapse", "kept times are about to lapse")
    organisation_ids = [*(p.organisation_id for p in soon), *(h.organisation_id for h in held)]
    return _about(LAPSING, organisation_ids, (*words, said), soon[0].reply_by if soon else None)


def _webhooks(partnership_id: int, now: datetime) -> Action:
    found = subscriptions.not_told(partnership_id, now=now)
    words = ("program does not take what it is told", "programs do not take what they are told")
    first = found[0] if found else None
    why = "says that it is gone" if first and first.withdrawn_at else "is tried again by itself"
    return _plain(WEBHOOKS, len(found), (*words, f"{first.label} {why}" if first else ""))


def _by(until: date, now: datetime) -> str:
    """A day of the coming week by its name."""
    ahead = (until - day_of(now)).days
    return "today" if ahead == 0 else f"{until:%A}" if 0 < ahead < 7 else _on(until, day_of(now))


def _on(when: date, today: date) -> str:
    """With the year only where it is far away."""
    return f"{when.day} {when:%B}" if abs(when - today) < NEAR else day_short(when)


def _unreported(programme: Programme, now: datetime) -> Action:
    found = unreported.unreported_of_programme(programme.id, now=now)
    detail = ""
    if found.since is not None:
        days = (day_of(now) - day_of(found.since)).days
        waited = f"has waited {count(days, 'day')}" if days else "had its show today"
        detail = f"{found.longest} {waited}"
    return _about(UNREPORTED, found.organisation_ids, ("report is missing", "reports are missing", detail))


def _waiting_list(programme: Programme, standings: Sequence[Standing], now: datetime) -> Action:
    """Only where there is a time to offer."""
    room = itinerary.room_left(programme.id, now=now)
    words = ("school on the waiting list", "schools on the waiting list")
    organisation_ids = [s.organisation_id for s in standings] if room else []
    return _about(ROOM, organisation_ids, (*words, f"the coming days have room for {count(room, 'show')}"))


def _raise(reckoning: Reckoning, now: datetime) -> Action:
    """Reminded twice and silent: to the head teacher or the trust, if a coordinator says so."""
    programme, rows = reckoning.programme, []
    if chases.is_anybody_reminded_out(programme.id):
        rows = raising.waiting(programme, now=now, target={s.organisation_id for s in reckoning.target})
    words = ("school to raise to its head or trust", "schools to raise to their heads or trusts")
    return _about(
        RAISE, [r.organisation.organisation_id for r in rows], (*words, "reminded twice and silent")
    )


def _concerns(reckoning: Reckoning, found: Unconfirmed) -> Action:
    """Gone once the school says that it did, or a coordinator has rung and settled it."""
    names = {s.organisation_id: s.name for s in reckoning.target}
    longest = min(found.concerns, key=lambda who: (found.concerns[who], names[who]), default=None)
    said = (
        ""
        if longest is None
        else f"ring {names[longest]} first, since {_on(found.concerns[longest], reckoning.as_of)}"
    )
    words = (
        "school: a concern did not reach its safeguarding lead in a day",
        "schools: a concern did not reach their safeguarding lead in a day",
    )
    return _about(CONCERNS, list(found.concerns), (*words, said))


def _promised(found: Unconfirmed) -> Action:
    """What schools agreed to besides the show and do not say that they did, named where it is one thing alone."""
    named = " with commitments to follow up"
    if len(found.organisation_ids) == 1:
        named = f": {_PLEDGES[next(iter(found.organisation_ids))]} agreed and not confirmed"
    others = count(found.expected, "other has", "others have")
    detail = f"{others} not confirmed what is expected" if found.expected else ""
    return _about(PROMISED, found.schools, (f"school{named}", f"schools{named}", detail))


def _late(programme: Programme, standings: Sequence[Standing], today: date) -> Action:
    words = ("school never answered", "schools never answered")
    detail = f"they were to reply by {day_short(programme.reply_by)}"
    return _about(
        LATE, [s.organisation_id for s in standings] if today > programme.reply_by else [], (*words, detail)
    )


def _unreachable(target: Iterable[Standing]) -> Action:
    standings = [s for s in target if s.standing == Word.UNREACHABLE]
    why = Counter(s.detail.partition("; ")[0] for s in standings)
    said = {gaps.NO_CONTACT: "nobody to write to", gaps.ALL_BOUNCED: gaps.ALL_BOUNCED}
    if len(why) == 1:
        detail = said[next(iter(why))]
    else:
        detail = and_list(f"{n:,}: {said[word]}" for word, n in sorted(why.items()))
    words = ("school cannot be reached", "schools cannot be reached")
    return _about(UNREACHABLE, [s.organisation_id for s in standings], (*words, detail))


def _beyond(partnership_id: int, now: datetime) -> Action:
    found = limits.beyond(partnership_id, now=now)
    words = ("school promised more than it has", "schools promised more than they have")
    return _about(
        BEYOND,
        [b.organisation.organisation_id for b in found],
        (*words, found[0].organisation.name if found else ""),
    )


def _ages(target: Sequence[Standing]) -> Action:
    words = ("school’s ages are unknown", "schools’ ages are unknown", "include or exclude each")
    return _about(AGES, [s.organisation_id for s in target if s.ages_unknown], words)
