"""Our own reading of the mail around an invite, and of one revision against those before it.

The mail is taken apart by hand: the parser of the standard library forgives what other readers do not.
"""

import re
from base64 import b64decode
from binascii import Error
from email.header import decode_header
from typing import NamedTuple

from post.strict import Component, events_of, instant, plain, strict_problems

ONCE = {
    "from",
    "to",
    "reply-to",
    "subject",
    "date",
    "message-id",
    "auto-submitted",
    "x-auto-response-suppress",
    "mime-version",
    "content-type",
}
AT_MOST_ONCE = {"in-reply-to", "references"}
SEQUENCED = ("DTSTART", "DTEND", "LOCATION", "STATUS")
"""What raises SEQUENCE when it changes."""
ENDS = ("Cancelled: ", "Removed from your calendar: ")
UNFOLDED = ("To:", " <", "Content-Type:")
"""What cannot be folded, or need not be; a long address stands in a line of its own."""


class Part(NamedTuple):
    headers: dict[str, str]
    body: bytes


class Revision(NamedTuple):
    """One invite as one person got it."""

    method: str
    event: Component

    @property
    def rank(self) -> tuple[int, str]:
        return int(self.event.one("SEQUENCE")), self.event.one("DTSTAMP")


def mail_problems(raw: bytes) -> list[str]:
    """What is wrong with a letter that carries an invite, from its first header to its last boundary."""
    problems: list[str] = []
    if re.search(rb"(?<!\r)\n|\r(?!\n)", raw):
        problems.append("a line of the mail does not end with CRLF")
    if re.search(rb"[^\x09\x0d\x0a\x20-\x7e]", raw):
        problems.append("the mail is not ASCII")
    if any(len(line) > 998 for line in raw.split(b"\r\n")):
        problems.append("a line of the mail is longer than 998 octets")
    head, _, body = raw.decode("ascii", "replace").partition("\r\n\r\n")
    long = [line for line in head.split("\r\n") if len(line) > 78 and not line.startswith(UNFOLDED)]
    if long:
        problems.append(f"a header line is longer than 78 characters: {long[0]}")
    names, headers = _headers(head, problems)
    problems += [f"no header {name}" for name in sorted(ONCE - set(names))]
    problems += [f"header {name} twice" for name in sorted(set(names)) if names.count(name) > 1]
    problems += [f"unknown header {name}" for name in sorted(set(names) - ONCE - AT_MOST_ONCE)]
    if problems:
        return problems
    if (
        headers["auto-submitted"] != "auto-generated"
        or headers["x-auto-response-suppress"] != "OOF, AutoReply"
    ):
        problems.append("it does not say that a machine wrote it")
    if headers["from"] != headers["reply-to"]:
        problems.append("answers do not go to the sender")
    edge = re.fullmatch(r'multipart/alternative; boundary="([!-~]{1,70})"', headers["content-type"])
    if edge is None:
        return [*problems, "not multipart/alternative"]
    parts = _parts(body, edge[1], problems)
    kinds = [part.headers.get("content-type", "").split(";")[0] for part in parts]
    if kinds != ["text/plain", "text/html", "text/calendar"]:
        return [*problems, f"its parts are {kinds}"]
    return problems + _readings(parts[:2]) + _invite(headers, parts[2])


def invite_of(raw: bytes) -> tuple[str, bytes]:
    """(method as the MIME part says it, the calendar's bytes) of a letter."""
    body = raw.decode("ascii").partition("\r\n\r\n")[2]
    head, _, text = body.partition("Content-Type: text/calendar;")[2].partition("\r\n\r\n")
    return re.findall(r"method=([A-Z]+)", head)[0], b64decode(text.partition("\r\n--")[0])


def revision_of(raw: bytes) -> Revision:
    method, ics = invite_of(raw)
    (event,) = events_of(ics)
    return Revision(method, event)


def stream_problems(mails: list[bytes]) -> list[str]:
    """What is wrong with the letters that one person got about one event, in the order in which they went."""
    revisions = [revision_of(raw) for raw in mails]
    problems = []
    if revisions and revisions[0].method != "REQUEST":
        problems.append("the first that this person gets is no invite")
    for was, now in zip(revisions, revisions[1:], strict=False):
        problems += revision_problems(was, now)
    return problems


def revision_problems(was: Revision, now: Revision) -> list[str]:
    """What is wrong with a revision that follows another of the same event."""
    # A booking is made later than the proposal that it comes of, though it is the same event.
    booked = was.event.one("STATUS") == "TENTATIVE" != now.event.one("STATUS")
    problems = [
        f"{name} is another one"
        for name in ("UID", "ORGANIZER", *([] if booked else ["CREATED"]))
        if was.event.one(name) != now.event.one(name)
    ]
    if now.rank <= was.rank and now.event != was.event:
        problems.append(f"revision {now.rank} does not come after {was.rank}")
    changed = [
        n for n in SEQUENCED if was.event.one(n) != now.event.one(n) and (n != "STATUS" or now.event.one(n))
    ]
    raised = int(now.event.one("SEQUENCE")) > int(was.event.one("SEQUENCE"))
    # A removed person's CANCEL has no STATUS; when that person comes back, SEQUENCE stays (invites: added
    # again).
    if changed and not raised and was.method == now.method:
        problems.append(f"SEQUENCE was not raised, but {', '.join(changed)} changed")
    sent_again = now.event == was.event and now.method == was.method
    if now.method == "CANCEL" and not sent_again:
        if not raised:
            problems.append("a CANCEL that does not raise SEQUENCE")
        # Whoever is left out when a proposal is taken loses the entry under the name that it has from then
        # on.
        kept = ("DTSTART", "DTEND", *(["SUMMARY"] if now.event.one("STATUS") else []))
        changed = [n for n in kept if was.event.one(n) != now.event.one(n)]
        # Where revisions between were overtaken before they went, the end is that of the newest.
        next_one = int(now.event.one("SEQUENCE")) == int(was.event.one("SEQUENCE")) + 1
        if changed and next_one and was.method == "REQUEST":
            problems.append(f"a CANCEL that changes {', '.join(changed)}")
    return problems


def _headers(head: str, problems: list[str]) -> tuple[list[str], dict[str, str]]:
    names, headers = [], {}
    for line in re.sub(r"\r\n(?=[ \t])", "", head).split("\r\n"):
        match = re.fullmatch(r"([A-Za-z-]+): (.+)", line)
        if match is None:
            problems.append(f"not a header: {line!r}")
            continue
        names.append(match[1].lower())
        headers[match[1].lower()] = match[2].strip()
    return names, headers


def _parts(body: str, edge: str, problems: list[str]) -> list[Part]:
    pieces = ("\r\n" + body).split(f"\r\n--{edge}")
    if len(pieces) < 2 or pieces[-1].strip() != "--" or pieces[0].strip():
        problems.append("the boundaries are not in order")
    parts = []
    for piece in pieces[1:-1]:
        head, _, text = piece.removeprefix("\r\n").partition("\r\n\r\n")
        parts.append(Part(_headers(head, problems)[1], text.encode()))
    return parts


def _readings(parts: list[Part]) -> list[str]:
    problems = []
    for part, kind in zip(parts, ("plain", "html"), strict=True):
        if part.headers != {
            "content-type": f"text/{kind}; charset=UTF-8",
            "content-transfer-encoding": "quoted-printable",
        }:
            problems.append(f"text/{kind} says {part.headers}")
        if any(len(line) > 76 for line in part.body.split(b"\r\n")):
            problems.append(f"a line of text/{kind} is longer than 76 octets")
    return problems


def _invite(headers: dict[str, str], part: Part) -> list[str]:
    said = re.fullmatch(r"text/calendar; charset=UTF-8; method=([A-Z]+)", part.headers["content-type"])
    if said is None or part.headers.get("content-transfer-encoding") != "base64" or len(part.headers) != 2:
        return [f"text/calendar says {part.headers}"]
    try:
        ics = b64decode(part.body.replace(b"\r\n", b""), validate=True)
    except Error:
        return ["the calendar is no base64"]
    if any(len(line) > 76 for line in part.body.split(b"\r\n")):
        return ["a line of base64 is longer than 76 octets"]
    if problems := strict_problems(ics, said[1]):
        return problems
    (event,) = events_of(ics)
    problems = []
    summary = plain(event.one("SUMMARY"))
    subject = "".join(
        piece if isinstance(piece, str) else piece.decode(charset or "ascii")
        for piece, charset in decode_header(headers["subject"])
    )
    if subject not in ([end + summary for end in ENDS] if said[1] == "CANCEL" else [summary]):
        problems.append(f"the subject {subject!r} is not the entry's title {summary!r}")
    (sender,) = re.findall(r"<([^<>]+)>\Z", headers["from"]) or [headers["from"]]
    if event.one("ORGANIZER") != f"mailto:{sender}":
        problems.append("the organizer is not the sender")
    if not re.fullmatch(r"[a-z0-9.-]+\+[A-Za-z0-9]{16,}@[a-z0-9.-]+", sender):
        problems.append(f"the sender {sender} bears no token of its own")
    attendees = {p.value.removeprefix("mailto:").casefold() for p in event.all("ATTENDEE")}
    if headers["to"].casefold() not in attendees:
        problems.append(f"{headers['to']} is not among the attendees")
    try:
        instant(event.all("DTSTART")[0])
    except ValueError as wrong:
        problems.append(str(wrong))
    return problems
