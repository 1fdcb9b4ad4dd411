"""Values of placeholders: the facts of a letter's template, in words; and which kind of letter it is. Pure."""

from collections.abc import Callable, Mapping
from typing import Any

from outreach.ground import wording
from outreach.ground.audience import in_group
from outreach.post.calendars import one_line

Facts = Mapping[str, Any]
"""The facts of a letter by the names that its template has for them."""


def kind_of(template: str, facts: Facts) -> str:
    """The kind, as letter_kinds has it, of a letter with this template and these facts; one that nobody may edit is
    none of them."""
    kind = template.replace("_", " ")
    branch = _BRANCHES.get(template)
    return branch(kind, facts) if branch else kind


def values_of(facts: Facts) -> dict[str, str]:
    """Each on one line. What this letter has nothing for is left out; what may be empty is ''."""
    found = _of_anybody(facts)
    if "asking" in facts:
        found |= _of_asking(facts)
    if "visit" in facts:
        found |= _of_visit(facts)
    if "note" in facts and not isinstance(facts["note"], str):
        found |= _of_guest(facts)
    if "held" in facts:
        found |= _of_contacts(facts)
    return {name: one_line(value) for name, value in found.items()}


def _booked(kind: str, facts: Facts) -> str:
    visit = facts["visit"]
    return f"{kind} at a session" if visit.held else f"{kind} as a guest" if visit.host_name else kind


def _moved(kind: str, facts: Facts) -> str:
    visit = facts["visit"]
    if facts["was_starts_at"] == visit.starts_at:
        return "same time as a guest" if visit.host_name else "same time"
    return _booked(kind, facts)


def _proposed(kind: str, facts: Facts) -> str:
    if facts.get("lost"):
        return f"{kind} instead"
    return f"{kind} from the list" if facts["visit"].waiting else kind


def _of_note(kind: str, facts: Facts) -> str:
    note = facts["note"]
    if note.wait is not None:
        return "waiting for places"
    return {"fewer": "fewer seats", "refused": "seats refused"}.get(
        note.kind, note.kind if kind == "guest answer" else f"guest {note.kind}"
    )


def _later(kind: str, facts: Facts) -> str:
    later = facts["later"] if "later" in facts else facts["words"].later
    return f"{kind} later" if later else kind


_BRANCHES: Mapping[str, Callable[[str, Facts], str]] = {
    "booked": _booked,
    "moved": _moved,
    "cancelled": lambda kind, facts: f"{kind} at a session" if facts["visit"].held else kind,
    "handed_on": lambda kind, facts: f"{kind} elsewhere" if facts["elsewhere"] else kind,
    "proposed": _proposed,
    "proposal_ended": lambda kind, facts: f"proposal {facts['how']}",
    "guest_to_host": _of_note,
    "guest_answer": _of_note,
    "staff_questions": _later,
    "questions_open": _later,
    "troupe_cancelled": lambda kind, facts: "troupe left" if facts["goes_ahead"] else kind,
    "troupe": lambda kind, facts: f"{kind} changed" if facts["changes"] else kind,
    "reminder": lambda kind, facts: f"second {kind}" if facts["nth"] == 2 else kind,
}
"""Templates whose branches are kinds of their own."""


def _of_anybody(facts: Facts) -> dict[str, str]:
    to, whom = facts["to"], facts["whom"]
    return {
        "name": to.name or to.role or "colleague",
        "school": facts["organisation_name"],
        "place": facts["organisation_name"],
        "your school": f"your {whom}",
        "schools": f"{whom}s",
        "play": f"‘{one_line(facts.get('title', '')).removeprefix('‘').removesuffix('’')}’",
    }


def _of_asking(facts: Facts) -> dict[str, str]:
    asking, sender = facts["asking"], facts["sender"]
    minutes = wording.count(asking.running_minutes, "minute")
    talk = asking.discussion_minutes
    length = minutes + (f", with a {talk}-minute discussion after it" if talk else "")
    summary = _sentence(asking.summary)
    cost = asking.cost.strip().rstrip(".")
    brought = f"; {asking.company_names} brings it to the school" if asking.company_names else ""
    ring = f": ring {sender.contact_name or sender.partnership_name} on {sender.contact_phone}"
    return {
        "for whom": facts["audience"],
        "summary": summary,
        "length": length,
        "where": asking.where,
        "cost": "It costs you nothing." if facts["free"] else f"Cost: {cost}.",
        "reply by": facts["day"](asking.reply_by),
        "first asked": facts["day"](facts["asked_on"]) if facts.get("asked_on") else "",
        "written to": facts.get("written_to", ""),
        "written on": wording.and_list(wording.day_short(day) for day in facts.get("written_on", ())),
        "what it is": f"{summary} It lasts {length}{brought}. "
        + ("It costs the school nothing." if facts["free"] else f"Cost to the school: {cost}."),
        "other address": facts.get("asked_by_address", ""),
        "tell us": "tell us" + (ring if sender.contact_phone else ""),
    }


def _of_visit(facts: Facts) -> dict[str, str]:
    visit, day = facts["visit"], facts["day"]
    words, adults, whom = visit.words, visit.for_adults, facts["whom"]
    before = facts.get("was_starts_at")
    lost = facts.get("lost")
    earlier = lost.starts_at if lost else before
    wished = facts.get("wish_starts_at")
    typed = facts.get("words")
    held_elsewhere = (
        "Your places are kept. Say on your page whether you still come; if the new time does not suit you may leave, "
        "however near the day is."
    )
    return (
        {
            "where": visit.where,
            "day": day(visit.starts_at),
            "time": wording.clock(visit.starts_at),
            "reference": visit.reference,
            "visit": words.visit,
            "show": words.show,
            "seats": f"{words.seat}s",
            "they see": words.come_to_see,
            "they saw": words.saw_it,
            "hall": words.hall,
            "company": words.company,
            "how many": words.how_many,
            "had before": "You had this entry before, so your calendar may ask whether to take it in again: say yes."
            if facts.get("comes_back")
            else "",
            "note": (typed if isinstance(typed, str) else facts.get("note")) or "",
            "host": visit.host_name,
            "places": visit.places,
            "places kept": held_elsewhere if visit.host_name else "",
            "old day": day(earlier) if earlier else "",
            "old time": wording.clock(earlier) if earlier else "",
            "old place": facts.get("was_at", ""),
            "old name": facts.get("was", ""),
            "new name": facts.get("becomes", ""),
            "goes ahead": facts.get("goes_ahead", ""),
            "company cannot": ": the company cannot play" if lost and lost.by == "company" else "",
            "wished day": day(wished) if wished else "",
            "wished time": wording.clock(wished) if wished else "",
            "other times": "The other times that are free stand on your page."
            if visit.move_until >= facts["today"]
            else "",
            "comment": f"and wrote ‘{facts['comment']}’" if facts.get("comment") else "",
            "reply by": day(visit.reply_by) if visit.reply_by else "",
            "on the list": f"Your {whom} stays on the waiting list." if visit.waiting else "",
            "name nobody": words.name_nobody,
            "in your tour": words.in_your_tour[:1].lower() + words.in_your_tour[1:],
            "arrive": wording.clock(visit.get_in_at),
            "leave": wording.clock(visit.away_at),
            "ring": f"The school’s number on the day: {visit.phone}." if visit.phone else "",
        }
        | _of_cancelling(facts)
        | _of_reporting(adults, facts)
        | _of_pupils(facts)
    )


def _of_cancelling(facts: Facts) -> dict[str, str]:
    visit, reason, how = facts["visit"], one_line(facts.get("reason") or "").rstrip("."), facts.get("how")
    lost = facts.get("lost")
    by = {
        "school": f"your {facts['whom']}",
        "company": "the company",
        "host": "the school that was to be the host",
    }.get(facts.get("by", ""), facts["sender"].partnership_name)
    had_to = "" if reason else ", which had to cancel"
    places = {"your school": "you", "your organisation": "you", "the company": "the trainer"}.get(by, by)
    given = "are given up, by" if facts.get("by") == "school" else "were cancelled by"
    said = f"The reason given: {reason}." if reason else ""
    if how == "refused":
        said = f": {reason}" if reason else ""
    elif how == "withdrawn":
        said = f"The reason: {reason}." if reason else ""
    return {
        "who": by + had_to,
        "given up": f"{given} {places}{had_to}" if visit.held else "",
        "reason": one_line(lost.reason).rstrip(".") if lost else said,
    }


def _of_reporting(adults: bool, facts: Facts) -> dict[str, str]:
    visit, whom = facts["visit"], facts["whom"]
    words = visit.words
    booked = ", ".join(in_group(n, y) for y, n in visit.pupils)
    came = f"{wording.capfirst(words.how_many)}"
    came += f"{words.one_by_one}? Booked were {booked}." if booked else "?"
    if "shows" in facts:
        asks = "Whether it took place and how many came"
        if not adults:
            asks = (
                "Whether it took place, how many came, whether the safeguarding lead was there, and whether each "
                "concern was handed to them"
            )
    else:
        asks = "Whether it took place, how many came"
        asks += "" if adults else ", whether your safeguarding lead was there"
    return {
        "having": "coming to" if adults else "having",
        "what we ask": asks,
        "numbers only": f"Numbers only: no name, and nothing that {words.somebody} told you. If {words.somebody} has "
        "spoken up, tell your safeguarding lead today.",
        "numbers please": f"Numbers only, please: no name, and nothing that {words.somebody} told you. If "
        f"{words.somebody} has spoken up, follow your {whom}’s own safeguarding procedure.",
        "take place": "take place" if adults else f"{words.be_at} your {whom}",
        "how many came": came,
        "lead there": "" if adults else "Was your safeguarding lead there?",
        "when we ask again": "We do not ask again."
        if facts.get("last")
        else "We ask once more, six weeks after the show.",
    }


def _of_pupils(facts: Facts) -> dict[str, str]:
    """Of the letter with questions for pupils."""
    if not (last := getattr(facts.get("words"), "last_day", None)):
        return {}
    return {
        "until": facts["day"](last),
        "number": str(facts["words"].number),
        "nobody has to": "Nobody has to answer. Do not ask a pupil whose family said no.",
    }


def _of_guest(facts: Facts) -> dict[str, str]:
    note = facts["note"]
    words = note.words
    return {
        "other school": note.other_name,
        "who comes": note.who_comes(),
        "day": facts["day"](note.starts_at),
        "time": wording.clock(note.starts_at),
        "show": words.show,
        "seats": f"{words.seat}s",
        "see": words.see,
        "number": str(note.seats),
        "number of seats": words.seats(note.seats),
        "they say": f"{note.other_name} says: {note.said}" if note.said else "",
        "what it is about": note.wait.subject if note.wait else "",
        "news": note.wait.said if note.wait else "",
    }


def _of_contacts(facts: Facts) -> dict[str, str]:
    return {"year": facts["year"], "reply by": facts["day"](facts["held"].answer_by)}


def _sentence(text: str) -> str:
    return f"{one_line(text).rstrip('.')}." if text.strip() else ""
