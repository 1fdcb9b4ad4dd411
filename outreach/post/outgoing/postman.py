"""The postman: take letters, hand them over with no transaction open, mark them; wait when nothing can go.

Without a mail server each letter becomes a file in a folder. At least once: a postman that dies leaves
what he had in hand to the next, with the same bytes and Message-ID.
"""

import hashlib
import hmac
import logging
import os
import re
import secrets
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from outreach.ground import secret_settings, whose
from outreach.ground.db import db
from outreach.post.outgoing import claims, duty, pauses
from outreach.post.outgoing.claims import Claimed, Later, LetterOutcome, LetterTurns
from outreach.post.outgoing.mail_server import BadMailServer as BadMailServer
from outreach.post.outgoing.mail_server import MailConnection, MailServerTrouble, Never, Server
from outreach.post.outgoing.pauses import CROWDED, SAID, UNREACHABLE

MOST = 250
"""Letters in hand at once, at most."""
A_TURN = timedelta(milliseconds=250)
"""About how long the letters of one turn take: what is lost with a dying postman, and what cannot be called
back."""
TOO_LONG = timedelta(seconds=1)
"""When a turn has taken so long, what is done is marked, and what was not tried is put back."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Post:
    """How this service hands over its mail. `server` None writes files into `folder` instead."""

    server: Server | None
    folder: Path
    domain: str
    key: bytes = field(repr=False)

    def bounce_address(self, letter_id: int) -> str:
        """The envelope sender of one letter (VERP), so that a bounce tells which letter it was; signed."""
        signature = hmac.new(self.key, f"bounce {letter_id}".encode(), hashlib.sha256).hexdigest()[:16]
        return f"bounce+{letter_id}.{signature}@{self.domain}"


def post_of(settings: dict[str, object]) -> Post:
    """From SMTP_URL, SMTP_TOKEN_FILE, MAIL_FOLDER, MAIL_DOMAIN and SECRET_KEY. Raises BadMailServer."""
    url = str(settings["SMTP_URL"])
    return Post(
        server=Server.from_url(url, str(settings.get("SMTP_TOKEN_FILE", ""))) if url else None,
        folder=Path(str(settings["MAIL_FOLDER"])),
        domain=str(settings["MAIL_DOMAIN"]),
        key=str(settings["SECRET_KEY"]).encode(),
    )


@dataclass(kw_only=True)
class Round:
    """What one round did. `held_up` says in words why it ended early; '' when nothing more was due. `more`: its time
    was over first."""

    sent: int = 0
    later: int = 0
    failed: int = 0
    held_up: str = ""
    more: bool = False


def send_waiting(
    post: Post,
    *,
    clock: Callable[[], datetime],
    name: str,
    stop: Callable[[], bool] = lambda: False,
    turns: LetterTurns | None = None,
    until: datetime | None = None,
) -> Round:
    """Send what is due over one connection, until nothing is, `until` has come or `stop()` says so: what somebody
    waits for first, and of each rank those of one partnership after the other.

    While the post is held up one letter is tried now and then. `name` is this postman's own, unlike any
    other's. `turns`: who was served before, and is after.
    """
    leave = pauses.ask_leave(name, clock())
    if leave.why_not:
        return Round(held_up=leave.why_not)
    door = _FolderDoor(post) if post.server is None else _ServerDoor(post, post.server)
    work = _Work(door, name, clock, stop, pause=leave.kind, turns=turns or LetterTurns(), until=until)
    try:
        work.through()
    finally:
        door.close()
        if leave.kind == CROWDED:
            pauses.give_back(name, clock())
    return work.done


class _Work:
    """One postman's round: letters taken a turn at a time, as many as he can deliver in about A_TURN."""

    def __init__(
        self,
        door: "_FolderDoor | _ServerDoor",
        name: str,
        clock: Callable[[], datetime],
        stop: Callable[[], bool],
        *,
        pause: str,
        turns: LetterTurns,
        until: datetime | None,
    ) -> None:
        self.door, self.name, self.clock, self.stop, self.pause = door, name, clock, stop, pause
        self.turns, self.until = turns, until
        self.done = Round()
        self.trouble: MailServerTrouble | None = None
        self.size = 1 if pause else 8

    def through(self) -> None:
        """Until nothing is due, or nothing can go. What is done is marked, whatever happens."""
        outcomes: list[LetterOutcome] = []
        while letters := claims.turn(
            self.name,
            outcomes,
            self.clock(),
            most=0 if self._is_over() else self.size,
            alone=self.pause == CROWDED,
            turns=self.turns,
        ):
            outcomes = self._deliver_all(letters)
            if self.trouble is not None:
                self.done.held_up = str(self.trouble)
                claims.hold_up(
                    self.name, outcomes, kind=self.trouble.kind, why=str(self.trouble), now=self.clock()
                )
                return

    def _is_over(self) -> bool:
        self.done.more = self.until is not None and self.clock() >= self.until
        return self.done.more or self.stop()

    def _deliver_all(self, letters: Sequence[Claimed]) -> list[LetterOutcome]:
        """One outcome for each letter, tried or not. Those not tried go back to whoever is free."""
        began, outcomes = self.clock(), []
        for letter in letters:
            slow = self.clock() - began > TOO_LONG
            if slow or self.trouble is not None or self.stop():
                outcomes.append(claims.untouched(letter))
            else:
                outcomes.append(self._deliver(letter))
                _tell(outcomes[-1])
        took = max(self.clock() - began, timedelta(milliseconds=1))
        self.size = max(1, min(MOST, int(len(letters) * (A_TURN / took))))
        return outcomes

    def _deliver(self, letter: Claimed) -> LetterOutcome:
        try:
            self.door.hand_over(letter)
        except MailServerTrouble as trouble:
            self.trouble = trouble
            self.done.later += 1
            return claims.untouched(
                letter, SAID[trouble.kind], perhaps_at=None if trouble.certain else self.clock()
            )
        except Never as refusal:
            self.done.failed += 1
            return claims.failed(letter, str(refusal), no_such_address=refusal.no_such_address)
        except Later as refusal:
            return self._later(letter, refusal)
        except Exception:
            # One letter that trips a fault of ours must not keep back all others, nor go out at every look.
            log.exception("letter %s could not be handed over", letter.id)
            return self._later(letter, Later("Something went wrong here. The log says what.", certain=False))
        self.done.sent += 1
        if self.pause:
            pauses.end(self.clock())
            self.pause = CROWDED if self.pause == CROWDED else ""
        return claims.sent(letter, self.clock())

    def _later(self, letter: Claimed, refusal: Later) -> LetterOutcome:
        outcome = claims.later(letter, refusal, self.clock())
        self.done.later += outcome.goes_again
        self.done.failed += not outcome.goes_again
        return outcome


def _tell(outcome: LetterOutcome) -> None:
    """A line of the log: which letter, and which request or round put it down; to whom it goes stands in none."""
    letter = outcome.letter
    fields = {"letter": letter.id, "kind": letter.kind, "attempts": letter.attempts}
    if letter.errand:
        fields["put_down_by"] = letter.errand
    log.info(
        "letter %s", "to be tried again" if outcome.goes_again else outcome.status, extra={"fields": fields}
    )


class _FolderDoor:
    """Each letter becomes one .eml file; the same letter again becomes the same file."""

    def __init__(self, post: Post) -> None:
        self.folder = post.folder

    def hand_over(self, letter: Claimed) -> None:
        path = self.folder / file_name(letter.id, letter.kind, letter.recipient)
        draft = path.with_suffix(".part")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with draft.open("wb") as file:
                file.write(letter.raw)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        except OSError as error:
            with suppress(OSError):
                draft.unlink(missing_ok=True)  # half of a letter
            why = f"The folder for letters cannot be written: {error.strerror}."
            raise MailServerTrouble(why, kind=UNREACHABLE) from error

    def close(self) -> None:
        pass


class _ServerDoor:
    """Each letter goes to the mail server, under an envelope address of its own."""

    def __init__(self, post: Post, server: Server) -> None:
        self.post, self.line = post, MailConnection(server, our_name=post.domain)

    def hand_over(self, letter: Claimed) -> None:
        self.line.hand_over(
            mail_from=self.post.bounce_address(letter.id), to=letter.recipient, raw=letter.raw
        )

    def close(self) -> None:
        self.line.close()


def file_name(letter_id: int, kind: str, recipient: str) -> str:
    """'000012 booked to j.fell@redmere.example.eml' without spaces or anything a file system minds."""
    words = f"{letter_id:06d}-{kind}-to-{recipient}"
    return re.sub(r"[^A-Za-z0-9.@_-]+", "-", words)[:120].rstrip(".-") + ".eml"


def new_name(key: bytes) -> str:
    """A name for this process as a postman: host, process and chance, unlike any other's; and the mark of the key by
    which he signs, so that other hosts see whether it is theirs."""
    host, by = socket.gethostname().replace(":", "-"), secret_settings.mark(key.decode())
    return f"{host}:{os.getpid()}:{secrets.token_hex(4)}:{by}"


def take_over(name: str, now: datetime, *, own: bool = False) -> int:
    """Free the letters of this host's postmen whose process is gone, instead of waiting for their lease to
    end. `own`: this one's too, who has nothing in hand but does not know what became of what he had, since the database
    went away before he could say.

    Whoever is taken for dead and lives loses nothing: his letters go twice, the same bytes.
    """
    host = name.split(":")[0]
    dead = [each for each in duty.not_gone_home(host) if each != name and not _lives(each)]
    db.session.rollback()
    left = [*dead, name] if own else dead
    freed = sum(whose.of_each(lambda: claims.free(left))) if left else 0
    for each in dead:
        duty.end(each, now)
    return freed


def _lives(name: str) -> bool:
    process = int(name.split(":")[1])
    if process == os.getpid():  # a number used again, as the first process of a container is
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
