"""The only SMTP socket: claim a letter, send it with no transaction open, mark it; retry, give up.

Without a mail server each letter becomes a file in a folder. At least once: a postman that dies leaves
its letter to the next, with the same bytes and Message-ID.
"""

import hashlib
import hmac
import os
import re
import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

from outreach.ground.db import db
from outreach.post import claims, copies
from outreach.post.claims import Claimed, Later
from outreach.post.envelopes import CannotWriteTo, plain_address
from outreach.post.outbox import FAILED, SENT

TIMEOUT = 30.0
"""Seconds for each step of SMTP."""
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
    paused = claims.pause()
    reason = paused.reason if paused else ""
    if paused and clock() < paused.tried_at + PAUSE:
        db.session.rollback()
        done.held_up = reason
        return done
    door = _FolderDoor(post) if post.server is None else _ServerDoor(post, post.server)
    try:
        while not stop() and not done.held_up:
            letter = claims.claim(name, clock())
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
    except Later as refusal:
        later = claims.put_back(letter, refusal, name=name, now=clock())
        done.later += later
        done.failed += not later
        if refusal.unreachable:
            done.held_up = str(refusal)
    except _Never as refusal:
        claims.mark(
            letter, name,
            status=FAILED, last_error=str(refusal), perhaps_at=letter.perhaps_at,
        )  # fmt: skip
        done.failed += 1
    except _NotUs as refusal:
        claims.hold_up(letter, str(refusal), name=name, now=clock())
        done.later += 1
        done.held_up = str(refusal)
    else:
        claims.mark(
            letter, name, status=SENT, handed_at=clock(), last_error=None, raw=copies.masked(letter.raw)
        )
        if was_paused:
            claims.lift_pause(clock())
        done.sent += 1


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
            raise Later(why, unreachable=True) from error

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
            raise Later("The line to the mail server was lost.", certain=False) from error
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
            raise Later(why, unreachable=True) from error

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
        return Later(why, unreachable=unreachable, certain=code != -1, crowded=code == 432)
    about_us = about in ("us", "our sign-in") or (about == "the sender" and code != 552)
    if about_us or code in _SIGN_IN or re.search(r"\brelay", said, re.IGNORECASE):
        return _NotUs(why)
    return _Never(why)
