"""The only IMAP socket: look into the mailbox, hand each mail on, and move it out of the way once it is kept.

Killed in between, the mail is there at the next look, and is known by its digest. Nothing is ever deleted.
"""

import imaplib
import re
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from outreach.post import server_words
from outreach.post.incoming.parsed_mail import MAIL_AT_MOST

TIMEOUT = 60.0
"""Seconds for each step of IMAP."""


class BadMailbox(ValueError):
    """IMAP_URL, IMAP_TOKEN_FILE or a folder's name makes no sense; the text says how it is written."""


class MailboxTrouble(Exception):
    """The mailbox cannot be looked into, or a mail not moved; the text says why. `refused`: our sign-in was."""

    refused = False


@dataclass(frozen=True, kw_only=True)
class Mailbox:
    """Where mail comes in. `security` is 'tls' or 'starttls'; with a `token_file` we sign in by XOAUTH2."""

    host: str
    port: int
    security: str
    user: str
    password: str = field(repr=False)
    folder: str
    token_file: Path | None
    done_folder: str
    unreadable_folder: str

    @classmethod
    def from_settings(cls, settings: Mapping[str, object]) -> "Mailbox | None":
        """From IMAP_URL, IMAP_TOKEN_FILE, IMAP_DONE_FOLDER and IMAP_UNREADABLE_FOLDER; None while IMAP_URL is
        empty.

        Raises BadMailbox.
        """
        url, token_file = str(settings["IMAP_URL"]), str(settings["IMAP_TOKEN_FILE"])
        if not url:
            return None
        kinds = {"imaps": ("tls", 993), "imap+starttls": ("starttls", 143)}
        try:
            parts = urlsplit(url)
            security, port = kinds[parts.scheme]
            if not parts.hostname or not parts.username or parts.query or parts.fragment:
                raise ValueError
            mailbox = cls(
                host=parts.hostname,
                port=parts.port or port,
                security=security,
                user=unquote(parts.username),
                password=unquote(parts.password or ""),
                folder=unquote(parts.path.strip("/")) or "INBOX",
                token_file=Path(token_file) if token_file else None,
                done_folder=str(settings["IMAP_DONE_FOLDER"]),
                unreadable_folder=str(settings["IMAP_UNREADABLE_FOLDER"]),
            )
        except (KeyError, ValueError):
            raise BadMailbox(
                "IMAP_URL must look like imaps://user:password@mail.example/INBOX (or imap+starttls://…); "
                "signs such as @ or / in the user or password are percent-encoded."
            ) from None
        if not mailbox.password and mailbox.token_file is None:
            raise BadMailbox("IMAP_URL must hold a password, or IMAP_TOKEN_FILE name a file with a token.")
        names = (mailbox.folder, mailbox.done_folder, mailbox.unreadable_folder)
        if len(set(names)) < 3 or not all(re.fullmatch(r"[ -~]+", name) for name in names):
            raise BadMailbox(
                "IMAP_URL’s folder, IMAP_DONE_FOLDER and IMAP_UNREADABLE_FOLDER must be three names in plain letters."
            )
        return mailbox


@dataclass(kw_only=True)
class LookTaken:
    """What one look did: how many mails were taken in, and how many of them could not be read."""

    taken: int = 0
    unreadable: int = 0


def look(
    mailbox: Mailbox, take: Callable[[bytes], bool | None], *, stop: Callable[[], bool] = lambda: False
) -> LookTaken:
    """Hand every mail in the mailbox to `take`, oldest first, those too that come meanwhile, until `stop()`
    says so.

    `take` keeps the mail for good before it returns, and says whether it could be read; None leaves it where
    it is. Of a mail that is too large it gets a byte more than may be. What `take` raises ends the look.
    Raises Trouble.
    """
    done, secret = LookTaken(), _secret(mailbox)
    try:
        line = _sign_in(mailbox, secret)
        try:
            _Round(mailbox, line, take, stop, done).through()
        finally:
            _leave(line)
    except (imaplib.IMAP4.error, OSError, MailboxTrouble) as error:
        trouble = MailboxTrouble(server_words.without(secret, _said(mailbox, error))[:500])
        trouble.refused = isinstance(error, _Refused)
        raise trouble from None
    return done


class _Round:
    def __init__(
        self,
        mailbox: Mailbox,
        line: imaplib.IMAP4,
        take: Callable[[bytes], bool | None],
        stop: Callable[[], bool],
        done: LookTaken,
    ) -> None:
        self.mailbox, self.line, self.take, self.stop, self.done = mailbox, line, take, stop, done
        self.moves = "MOVE" in line.capabilities
        self.expunges = "UIDPLUS" in line.capabilities

    def through(self) -> None:
        _ok(self.line.select(_quoted(self.mailbox.folder)), f"open the folder {self.mailbox.folder}")
        done, unreadable = (
            self._folder(self.mailbox.done_folder),
            self._folder(self.mailbox.unreadable_folder),
        )
        seen: set[bytes] = set()
        while not self.stop() and (uids := [uid for uid in self._uids() if uid not in seen]):
            for uid in uids:
                if self.stop():
                    return
                seen.add(uid)
                raw = self._fetch(uid)
                if raw is None:
                    continue  # somebody else has moved it meanwhile
                readable = self.take(raw)
                if readable is None:
                    continue
                self.done.taken += 1
                self.done.unreadable += not readable
                self._move(uid, done if readable else unreadable)

    def _uids(self) -> list[bytes]:
        found = _ok(self.line.uid("SEARCH", "UNDELETED"), "look through the mailbox")
        return sorted((found[0] or b"").split(), key=int)

    def _fetch(self, uid: bytes) -> bytes | None:
        """The mail, unread as it was; as much of it as tells that it is too large."""
        found = _ok(
            self.line.uid("FETCH", _text(uid), f"(BODY.PEEK[]<0.{MAIL_AT_MOST + 1}>)"), "fetch a mail"
        )
        for item in found:
            if isinstance(item, tuple):
                return bytes(item[1])
        return b"" if any(isinstance(item, bytes) and b'""' in item for item in found) else None

    def _move(self, uid: bytes, folder: str) -> None:
        if self.moves:
            _ok(self.line.uid("MOVE", _text(uid), folder), "move a mail")
            return
        _ok(self.line.uid("COPY", _text(uid), folder), "move a mail")
        _ok(self.line.uid("STORE", _text(uid), "+FLAGS.SILENT", r"(\Deleted)"), "move a mail")
        if self.expunges:
            # Never a bare EXPUNGE: it would take what others have marked.
            _ok(self.line.uid("EXPUNGE", _text(uid)), "move a mail")

    def _folder(self, name: str) -> str:
        """The folder as the server knows it, quoted; made when it is not there. Some have all folders below
        INBOX."""
        listed = _ok(self.line.list('""', '""'), "list the folders")
        between = re.search(rb'\)\s+"(.)"', listed[0] or b"")
        below = f"INBOX{between[1].decode()}{name}" if between else name
        for known in (name, below):
            if any(item for item in _ok(self.line.list('""', _quoted(known)), "list the folders")):
                return _quoted(known)
        for new in (name, below):
            if self.line.create(_quoted(new))[0] == "OK":
                self.line.subscribe(_quoted(new))
                return _quoted(new)
        raise MailboxTrouble(f"The mailbox does not let us make the folder {name}.")


class _Refused(imaplib.IMAP4.error):
    """Our sign-in."""


def _secret(mailbox: Mailbox) -> str:
    """The password, or the token. Raises MailboxTrouble."""
    try:
        return server_words.token_of(mailbox.token_file) if mailbox.token_file else mailbox.password
    except server_words.NoToken as error:
        raise MailboxTrouble(
            f"IMAP_TOKEN_FILE {mailbox.token_file} holds no token that can be read."
        ) from error


def _sign_in(mailbox: Mailbox, secret: str) -> imaplib.IMAP4:
    trusted = ssl.create_default_context()
    if mailbox.security == "tls":
        line: imaplib.IMAP4 = imaplib.IMAP4_SSL(
            mailbox.host, mailbox.port, ssl_context=trusted, timeout=TIMEOUT
        )
    else:
        line = imaplib.IMAP4(mailbox.host, mailbox.port, timeout=TIMEOUT)
    try:
        if mailbox.security == "starttls":
            line.starttls(ssl_context=trusted)
        try:
            _show(line, mailbox, secret)
        except imaplib.IMAP4.abort:
            raise  # the line is gone
        except imaplib.IMAP4.error as error:
            raise _Refused(*error.args) from None
        # What a server can do it may say only to whom it knows.
        line.capabilities = tuple(_text(line.capability()[1][-1]).upper().split())
    except BaseException:
        _leave(line)
        raise
    return line


def _show(line: imaplib.IMAP4, mailbox: Mailbox, secret: str) -> None:
    """By XOAUTH2 where it is a token. LOGIN takes ASCII only (RFC 3501 6.2.3)."""
    if mailbox.token_file is not None:
        said = [f"user={mailbox.user}\x01auth=Bearer {secret}\x01\x01".encode()]
        # A challenge tells why it was refused; the empty answer fetches the refusal itself.
        line.authenticate("XOAUTH2", lambda _: said.pop() if said else b"")
    elif "AUTH=PLAIN" in line.capabilities:
        line.authenticate("PLAIN", lambda _: f"\0{mailbox.user}\0{secret}".encode())
    else:
        line.login(mailbox.user, secret)


def _leave(line: imaplib.IMAP4) -> None:
    try:
        line.logout()
    except (imaplib.IMAP4.error, OSError):
        line.shutdown()


def _ok(answer: tuple[str, list[Any]], deed: str) -> list[Any]:
    status, data = answer
    if status != "OK":
        raise MailboxTrouble(f"The mailbox did not let us {deed}: {_text(data[0] if data else b'')}")
    return data


def _quoted(name: str) -> str:
    """A folder's name in a command (RFC 3501 5.1.3: & begins other letters, so it is written &-)."""
    return '"' + name.replace("&", "&-").replace("\\", "\\\\").replace('"', '\\"') + '"'


def _text(said: Any) -> str:
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said or "")


def _said(mailbox: Mailbox, error: Exception) -> str:
    """Why it went wrong, with the server's own words."""
    if isinstance(error, MailboxTrouble):
        return str(error)
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"The certificate of the mailbox at {mailbox.host} cannot be trusted: {error.verify_message}."
    if isinstance(error, OSError):
        return f"The mailbox at {mailbox.host} could not be reached: {error.strerror or error}."
    words = _text(error.args[0] if error.args else "")
    return f"The mailbox at {mailbox.host} refused us: {words}"
