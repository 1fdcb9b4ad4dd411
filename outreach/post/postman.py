"""The only SMTP socket: claim a letter, send it with no transaction open, mark it; retry, give up.

Without a mail server each letter becomes a file in a folder. At least once: a postman that dies leaves
its letter to the next, with the same bytes and Message-ID.
"""

import hashlib
import hmac
import os
import random
import re
import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

from sqlalchemy import and_, exists, or_, select, update
from sqlalchemy.orm import aliased

from outreach.ground.db import db, transaction
from outreach.post import copies, outbox
from outreach.post.envelopes import CannotWriteTo, plain_address
from outreach.post.outbox import DEAD, FAILED, SENT, SUPERSEDED, WAITING, Letter, Pause

LEASE = timedelta(minutes=10)
"""Longer than any one delivery: each step of SMTP ends after TIMEOUT seconds."""

TIMEOUT = 30.0
_MINUTES = (1, 5, 15, 60, 180, 360, 720, 720, 720)
RETRIES = tuple(timedelta(minutes=m) for m in _MINUTES)
"""After 1, 5, 15 minutes, 1, 3, 6, 12 hours, then every 12 hours: the last try comes within 48 hours."""

PAUSE = timedelta(minutes=15)
"""How often a paused post tries one letter to see whether the mail server takes it again."""


class BadMailServer(ValueError):
    """SMTP_URL makes no sense; the text says how it is written."""


@dataclass(frozen=True, kw_only=True)
class Server:
    """Where mail is handed over. `security` is '', 'starttls' or 'tls'."""

    host: str
    port: int
    security: str
    user: str
    password: str = field(repr=False)

    @classmethod
    def of(cls, url: str) -> "Server":
        """From smtp://, smtp+starttls:// or smtps://, with user:password@ percent-encoded. Raises BadMailServer."""
        kinds = {"smtp": ("", 25), "smtp+starttls": ("starttls", 587), "smtps": ("tls", 465)}
        try:
            parts = urlsplit(url)
            security, port = kinds[parts.scheme]
            if not parts.hostname or parts.path not in ("", "/") or parts.query or parts.fragment:
                raise ValueError
            return cls(
                host=parts.hostname,
                port=parts.port or port,
                security=security,
                user=unquote(parts.username or ""),
                password=unquote(parts.password or ""),
            )
        except (KeyError, ValueError):
            raise BadMailServer(
                "SMTP_URL must look like smtp+starttls://user:password@mail.example:587 "
                "(or smtp:// without encryption, or smtps:// with TLS from the start); "
                "signs such as @ or / in the user or password are percent-encoded."
            ) from None


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
    """From SMTP_URL, MAIL_FOLDER, MAIL_DOMAIN and SECRET_KEY. Raises BadMailServer."""
    url = str(settings["SMTP_URL"])
    return Post(
        server=Server.of(url) if url else None,
        folder=Path(str(settings["MAIL_FOLDER"])),
        domain=str(settings["MAIL_DOMAIN"]),
        key=str(settings["SECRET_KEY"]).encode(),
    )


@dataclass(kw_only=True)
class Round:
    """What one round did. `held_up` says in words why it ended early; '' when nothing more was due."""

    sent: int = 0
    later: int = 0
    failed: int = 0
    held_up: str = ""


@dataclass(frozen=True, kw_only=True)
class Claimed:
    """A letter in this postman's hands; `perhaps_at` is what it was before."""

    id: int
    recipient: str
    raw: bytes
    kind: str
    method: str
    stream: str
    attempts: int
    perhaps_at: datetime | None
    give_up_at: datetime | None


class _Later(Exception):
    """Not now. `certain` when the server certainly has not taken the letter; `unreachable` when no letter can go."""

    def __init__(
        self, why: str, *, certain: bool = True, unreachable: bool = False, crowded: bool = False
    ) -> None:
        super().__init__(why)
        self.certain, self.unreachable, self.crowded = certain, unreachable, crowded


class _Never(Exception):
    """The server will never take this letter."""


class _NotUs(Exception):
    """The server refuses this service, whatever the letter."""


def send_waiting(
    post: Post, *, clock: Callable[[], datetime], name: str, stop: Callable[[], bool] = lambda: False
) -> Round:
    """Send what is due, one letter after the other over one connection, until nothing is or `stop()` says so.

    A paused post tries one letter every 15 minutes. `name` is this postman's own, unlike any other's.
    """
    done = Round()
    paused = outbox.pause()
    reason = paused.reason if paused else ""
    if paused and clock() < paused.tried_at + PAUSE:
        db.session.rollback()
        done.held_up = reason
        return done
    door = _FolderDoor(post) if post.server is None else _ServerDoor(post, post.server)
    try:
        while not stop() and not done.held_up:
            letter = claim(name, clock())
            if letter is None:
                break
            _deliver(door, letter, done, name=name, clock=clock, was_paused=bool(reason))
            reason = ""
    finally:
        door.close()
    return done


def _deliver(
    door: "_FolderDoor | _ServerDoor", letter: Claimed, done: Round,
    *, name: str, clock: Callable[[], datetime], was_paused: bool,
) -> None:  # fmt: skip
    try:
        door.hand_over(letter)
    except _Later as refusal:
        later = _put_back(letter, refusal, name=name, now=clock())
        done.later += later
        done.failed += not later
        if refusal.unreachable:
            done.held_up = str(refusal)
    except _Never as refusal:
        _mark(
            letter, name,
            status=FAILED, last_error=str(refusal), perhaps_at=letter.perhaps_at,
        )  # fmt: skip
        done.failed += 1
    except _NotUs as refusal:
        _hold_up(letter, str(refusal), name=name, now=clock())
        done.later += 1
        done.held_up = str(refusal)
    else:
        _mark(letter, name, status=SENT, handed_at=clock(), last_error=None, raw=copies.masked(letter.raw))
        if was_paused:
            with transaction():
                db.session.execute(update(Pause).where(Pause.lifted_at.is_(None)).values(lifted_at=clock()))
        done.sent += 1


def claim(name: str, now: datetime) -> Claimed | None:
    """Take the oldest letter that is due into one's hands for LEASE; None when there is none.

    Only the first waiting letter of a stream and recipient is ever due, whatever its next try. Two
    postmen never get the same: PostgreSQL skips a row another one has locked, SQLite lets one write.
    """
    earlier = aliased(Letter)
    due = (
        select(Letter)
        .where(
            Letter.status == WAITING,
            Letter.not_before <= now,
            or_(Letter.lease_until.is_(None), Letter.lease_until < now),
            ~exists().where(
                and_(
                    earlier.stream == Letter.stream, earlier.recipient == Letter.recipient,
                    earlier.status == WAITING, earlier.id < Letter.id,
                )
            ),
        )
        .order_by(Letter.not_before, Letter.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=Letter)
    )  # fmt: skip
    with transaction():
        while (letter := db.session.scalar(due)) is not None:
            if hopeless := _hopeless(letter, now):
                letter.status, letter.last_error = FAILED, hopeless
                letter.lease_until = letter.leased_by = None
                db.session.flush()
                continue
            claimed = Claimed(
                id=letter.id, recipient=letter.recipient, raw=letter.raw, kind=letter.kind,
                method=letter.method, stream=letter.stream, attempts=letter.attempts + 1,
                perhaps_at=letter.perhaps_at, give_up_at=letter.give_up_at,
            )  # fmt: skip
            letter.attempts += 1
            letter.lease_until, letter.leased_by = now + LEASE, name
            letter.perhaps_at = letter.perhaps_at or now
            return claimed
    return None


def _hopeless(letter: Letter, now: datetime) -> str:
    if outbox.is_dead(letter.recipient):
        return DEAD
    if letter.give_up_at and letter.give_up_at <= now:
        return "The show began before this letter could go."
    return ""


def _mark(letter: Claimed, name: str, **values: object) -> bool:
    """Write down what became of a letter, if it is still in this postman's hands."""
    with transaction():
        done = db.session.scalar(
            update(Letter)
            .where(Letter.id == letter.id, Letter.leased_by == name, Letter.status == WAITING)
            .values(lease_until=None, leased_by=None, **values)
            .returning(Letter.id)
        )
    return done is not None


def _put_back(letter: Claimed, refusal: _Later, *, name: str, now: datetime) -> bool:
    """Wait for the next try; failed when there is none. A newer letter about the same takes its place."""
    perhaps_at = letter.perhaps_at if refusal.certain else (letter.perhaps_at or now)
    if letter.attempts > len(RETRIES):
        _mark(
            letter, name, status=FAILED, last_error=f"{refusal} We tried for two days.", perhaps_at=perhaps_at
        )
        return False
    again = now + RETRIES[letter.attempts - 1]
    if refusal.crowded:
        again += timedelta(seconds=random.uniform(0, 60))
    if letter.give_up_at and again >= letter.give_up_at:
        _mark(
            letter, name, status=FAILED, last_error=f"{refusal} The show begins first.", perhaps_at=perhaps_at
        )
        return False
    _mark(letter, name, not_before=again, last_error=str(refusal), perhaps_at=perhaps_at)
    if letter.method:
        _give_way(letter)
    return True


def _give_way(letter: Claimed) -> None:
    """A revision that was being tried while a newer one was put down is not tried again."""
    newer = aliased(Letter)
    with transaction():
        db.session.execute(
            update(Letter)
            .where(
                Letter.id == letter.id, Letter.status == WAITING, Letter.lease_until.is_(None),
                exists().where(
                    newer.stream == letter.stream, newer.recipient == letter.recipient,
                    newer.method != "", newer.status == WAITING, newer.id > letter.id,
                ),
            )
            .values(
                status=SUPERSEDED, raw=copies.masked(letter.raw),
                last_error="A newer letter took its place before it went.",
            )
            .execution_options(synchronize_session=False)
        )  # fmt: skip


def _hold_up(letter: Claimed, reason: str, *, name: str, now: datetime) -> None:
    """Pause the post; the letter is not to blame and keeps its tries."""
    _mark(letter, name, attempts=letter.attempts - 1, last_error=reason, perhaps_at=letter.perhaps_at)
    with transaction():
        standing = outbox.pause()
        if standing is None:
            db.session.add(Pause(recorded_at=now, reason=reason, tried_at=now))
        else:
            standing.reason, standing.tried_at = reason, now


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
            why = f"The folder for letters cannot be written: {error.strerror}."
            raise _Later(why, unreachable=True) from error

    def close(self) -> None:
        pass


def file_name(letter_id: int, kind: str, recipient: str) -> str:
    """'000012 booked to j.fell@redmere.example.eml' without spaces or anything a file system minds."""
    words = f"{letter_id:06d}-{kind}-to-{recipient}"
    return re.sub(r"[^A-Za-z0-9.@_-]+", "-", words)[:120].rstrip(".-") + ".eml"


class _ServerDoor:
    """One connection, opened for the first letter, kept for the next, opened anew when lost."""

    def __init__(self, post: Post, server: Server) -> None:
        self.post, self.server = post, server
        self.line: smtplib.SMTP | None = None

    def hand_over(self, letter: Claimed) -> None:
        try:
            recipient = plain_address(letter.recipient)
        except CannotWriteTo as error:
            raise _Never(error.message) from error
        line = self.line = self.line or self._connect()
        try:
            line.sendmail(self.post.bounce_address(letter.id), [recipient], letter.raw)
        except smtplib.SMTPRecipientsRefused as error:
            raise _judge(*error.recipients[recipient], about="the address") from error
        except smtplib.SMTPSenderRefused as error:
            raise _judge(error.smtp_code, error.smtp_error, about="the sender") from error
        except smtplib.SMTPDataError as error:
            raise _judge(error.smtp_code, error.smtp_error, about="the letter") from error
        except smtplib.SMTPResponseException as error:
            raise _judge(error.smtp_code, error.smtp_error, about="the letter") from error
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            raise _Later("The line to the mail server was lost.", certain=False) from error
        finally:
            if self.line is not None and self.line.sock is None:
                self.line = None

    def _connect(self) -> smtplib.SMTP:
        server = self.server
        try:
            if server.security == "tls":
                line: smtplib.SMTP = smtplib.SMTP_SSL(
                    server.host, server.port, local_hostname=self.post.domain, timeout=TIMEOUT,
                    context=ssl.create_default_context(),
                )  # fmt: skip
            else:
                line = smtplib.SMTP(
                    server.host, server.port, local_hostname=self.post.domain, timeout=TIMEOUT
                )
            if server.security == "starttls":
                line.starttls(context=ssl.create_default_context())
            if server.user:
                line.login(server.user, server.password)
            return line
        except smtplib.SMTPAuthenticationError as error:
            raise _judge(error.smtp_code, error.smtp_error, about="our sign-in") from error
        except smtplib.SMTPNotSupportedError as error:
            raise _NotUs(f"The mail server does not offer what SMTP_URL asks for: {error}.") from error
        except smtplib.SMTPResponseException as error:
            raise _judge(error.smtp_code, error.smtp_error, about="us") from error
        except ssl.SSLCertVerificationError as error:
            raise _NotUs(
                f"The mail server's certificate cannot be trusted: {error.verify_message}."
            ) from error
        except (OSError, smtplib.SMTPException) as error:
            why = f"The mail server {server.host} could not be reached."
            raise _Later(why, unreachable=True) from error

    def _drop(self) -> None:
        if self.line is not None:
            self.line.close()
            self.line = None

    def close(self) -> None:
        if self.line is not None:
            try:
                self.line.quit()
            except (OSError, smtplib.SMTPException):
                self.line.close()


_SIGN_IN = (530, 534, 535, 538)
"""Codes that speak of our sign-in, not of the letter (RFC 4954)."""


def _judge(code: int, answer: bytes | str, *, about: str) -> Exception:
    """What a refusal by the server means, in words that keep its own."""
    said = " ".join((answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer).split())
    why = f"The mail server did not take {about}: {code} {said}"[:500]
    if 400 <= code < 500 or code == -1:
        unreachable = about in ("us", "our sign-in")
        return _Later(why, unreachable=unreachable, certain=code != -1, crowded=code == 432)
    about_us = about in ("us", "our sign-in") or (about == "the sender" and code != 552)
    if about_us or code in _SIGN_IN or re.search(r"\brelay", said, re.IGNORECASE):
        return _NotUs(why)
    return _Never(why)
