"""The mail server as we speak to it: the only SMTP socket. What it answers becomes one of four words.

Taken, not now (claims.Later), never (Never), or trouble that is no letter's fault (Trouble).
"""

import re
import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from outreach.post import server_words
from outreach.post.envelopes import CannotWriteTo, plain_address
from outreach.post.outgoing.claims import Later
from outreach.post.outgoing.pauses import CROWDED, REFUSED, UNREACHABLE

TIMEOUT = 30.0
"""Seconds for each step of SMTP but the last."""
TIMEOUT_AT_THE_END = 180.0
"""Seconds for the answer to the letter itself: servers look through it before they take it (RFC 5321
4.5.3.2.6)."""
LOST_IN_A_ROW = 3
"""So many lines lost one after the other are no letter's fault."""


class BadMailServer(ValueError):
    """SMTP_URL or SMTP_TOKEN_FILE makes no sense; the text says how it is written."""


@dataclass(frozen=True, kw_only=True)
class Server:
    """Where mail is handed over. `security` is '', 'starttls' or 'tls'; with a `token_file` we sign in by
    XOAUTH2."""

    host: str
    port: int
    security: str
    user: str
    password: str = field(repr=False)
    token_file: Path | None = None

    @classmethod
    def from_url(cls, url: str, token_file: str = "") -> "Server":
        """From smtp://, smtp+starttls:// or smtps://, with user:password@ percent-encoded. Raises
        BadMailServer."""
        kinds = {"smtp": ("", 25), "smtp+starttls": ("starttls", 587), "smtps": ("tls", 465)}
        try:
            parts = urlsplit(url)
            security, port = kinds[parts.scheme]
            if not parts.hostname or parts.path not in ("", "/") or parts.query or parts.fragment:
                raise ValueError
            server = cls(
                host=parts.hostname,
                port=parts.port or port,
                security=security,
                user=unquote(parts.username or ""),
                password=unquote(parts.password or ""),
                token_file=Path(token_file) if token_file else None,
            )
        except (KeyError, ValueError):
            raise BadMailServer(
                "SMTP_URL must look like smtp+starttls://user:password@mail.example:587 "
                "(or smtp:// without encryption, or smtps:// with TLS from the start); "
                "signs such as @ or / in the user or password are percent-encoded."
            ) from None
        if server.token_file and not server.user:
            raise BadMailServer(
                "With SMTP_TOKEN_FILE the SMTP_URL must name the user: smtp+starttls://user@host:587."
            )
        return server


class Never(Exception):
    """The server will never take this letter. `no_such_address` when it says that nobody reads mail there."""

    def __init__(self, why: str, *, no_such_address: bool = False) -> None:
        super().__init__(why)
        self.no_such_address = no_such_address


class MailServerTrouble(Exception):
    """No letter can go now; `kind` is the pause it brings. `certain` when the server has not taken the letter
    in hand."""

    def __init__(self, why: str, *, kind: str, certain: bool = True) -> None:
        super().__init__(why)
        self.kind, self.certain = kind, certain


class MailConnection:
    """One connection, opened for the first letter, kept for the next, opened anew when lost."""

    def __init__(self, server: Server, *, our_name: str) -> None:
        self.server, self.our_name = server, our_name
        self.smtp: _Smtp | None = None
        self.secret = server.password
        self.taken = 0
        self.lost = 0

    def hand_over(self, *, mail_from: str, to: str, raw: bytes) -> None:
        """The server has taken the letter when this returns. Raises Later, Never or Trouble."""
        try:
            recipient = plain_address(to)
        except CannotWriteTo as error:
            raise Never(error.message) from error
        try:
            self._send(mail_from, recipient, raw)
        except _Lost as error:
            self._drop()
            self.lost += 1
            if self.lost >= LOST_IN_A_ROW:
                why = f"The line to the mail server {self.server.host} was lost {self.lost} times in a row."
                raise MailServerTrouble(why, kind=UNREACHABLE, certain=error.certain) from error
            raise Later("The line to the mail server was lost.", certain=error.certain) from error
        self.taken, self.lost = self.taken + 1, 0

    def _send(self, mail_from: str, recipient: str, raw: bytes) -> None:
        """A server that closes a line which has served for some letters is rung again at once, for this
        letter."""
        used = self.smtp is not None and self.taken > 0
        try:
            self._begin(mail_from, raw)
        except _Lost:
            if not used:
                raise
            self._drop()
            self._begin(mail_from, raw)
        smtp = self.smtp
        assert smtp is not None
        self._step(smtp.docmd, "RCPT", f"TO:<{recipient}>", about="the address", good=(250, 251, 252))
        self._step(smtp.data, raw, about="the letter", good=(250,))

    def _begin(self, mail_from: str, raw: bytes) -> None:
        if self.smtp is None:
            self.smtp, self.taken = self._connect(), 0
        self.smtp.letter_begun = False
        size = f" SIZE={len(raw)}" if self.smtp.has_extn("size") else ""
        self._step(self.smtp.docmd, "MAIL", f"FROM:<{mail_from}>{size}", about="the sender", good=(250,))

    def _step(
        self, say: Callable[..., tuple[int, bytes]], *words: object, about: str, good: tuple[int, ...]
    ) -> None:
        """One command and its answer. Raises _Lost where the line is gone, else what the answer means."""
        smtp = self.smtp
        assert smtp is not None
        code: int
        answer: bytes | str
        try:
            code, answer = say(*words)
        except smtplib.SMTPDataError as error:  # the command DATA itself was refused
            code, answer = error.smtp_code, error.smtp_error
        except (OSError, smtplib.SMTPException) as error:
            raise _Lost(certain=not smtp.letter_begun) from error
        if code in good:
            return
        if code == -1:
            raise _Lost(certain=not smtp.letter_begun)
        if code == 421:  # it closes this line, and says so (RFC 5321 3.8)
            raise _Lost(certain=True)
        self._reset()
        raise judge(code, self._words(answer), about=about)

    def _reset(self) -> None:
        """Ready for the next letter; a server that cannot even do that is rung anew."""
        try:
            if self.smtp is not None and self.smtp.rset()[0] != 250:
                self._drop()
        except (OSError, smtplib.SMTPException):
            self._drop()

    def _connect(self) -> "_Smtp":
        where = f"The mail server {self.server.host}"
        try:
            return self._sign_in(self._ring())
        except ssl.SSLCertVerificationError as error:
            why = f"{where} shows a certificate that cannot be trusted: {error.verify_message}."
            raise MailServerTrouble(why, kind=REFUSED) from error
        except smtplib.SMTPAuthenticationError as error:
            raise judge(error.smtp_code, self._words(error.smtp_error), about="our sign-in") from error
        except smtplib.SMTPResponseException as error:
            raise judge(error.smtp_code, self._words(error.smtp_error), about="us") from error
        except smtplib.SMTPServerDisconnected as error:
            raise MailServerTrouble(
                f"{where} could not be reached: it closed the line.", kind=UNREACHABLE
            ) from error
        except smtplib.SMTPException as error:
            why = f"{where} does not offer what SMTP_URL asks for: {self._words(str(error))}"
            raise MailServerTrouble(why.rstrip(".") + ".", kind=REFUSED) from error
        except OSError as error:
            why = f"{where} could not be reached: {error.strerror or error}."
            raise MailServerTrouble(why, kind=UNREACHABLE) from error

    def _ring(self) -> "_Smtp":
        server = self.server
        if server.security == "tls":
            return _TlsSmtp(
                server.host,
                server.port,
                local_hostname=self.our_name,
                timeout=TIMEOUT,
                context=ssl.create_default_context(),
            )
        return _Smtp(server.host, server.port, local_hostname=self.our_name, timeout=TIMEOUT)

    def _sign_in(self, smtp: "_Smtp") -> "_Smtp":
        try:
            if self.server.security == "starttls":
                smtp.starttls(context=ssl.create_default_context())
            smtp.ehlo_or_helo_if_needed()
            if self.server.token_file:
                self._show_token(smtp, self.server.token_file)
            elif self.server.user:
                smtp.login(self.server.user, self.server.password)
        except BaseException:
            smtp.close()
            raise
        return smtp

    def _show_token(self, smtp: "_Smtp", file: Path) -> None:
        """Sign in by XOAUTH2."""
        try:
            self.secret = token = server_words.token_of(file)
        except server_words.NoToken as error:
            raise MailServerTrouble(
                f"SMTP_TOKEN_FILE {file} holds no token that can be read.", kind=REFUSED
            ) from error
        if "XOAUTH2" not in smtp.esmtp_features.get("auth", "").upper().split():
            raise smtplib.SMTPNotSupportedError("sign-in by XOAUTH2")

        def words(challenge: bytes | None = None) -> str:
            # A challenge tells why it was refused; the empty answer fetches the refusal itself.
            return f"user={self.server.user}\x01auth=Bearer {token}\x01\x01" if challenge is None else ""

        smtp.auth("XOAUTH2", words)

    def _words(self, answer: bytes | str) -> str:
        """On one line, without what we signed in with."""
        said = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
        return server_words.without(
            self.secret, "".join(c if c.isprintable() else " " for c in " ".join(said.split()))
        )

    def _drop(self) -> None:
        if self.smtp is not None:
            self.smtp.close()
            self.smtp = None

    def close(self) -> None:
        if self.smtp is not None:
            try:
                self.smtp.quit()
            except (OSError, smtplib.SMTPException):
                self.smtp.close()
            self.smtp = None


class _Lost(Exception):
    """The line is gone. `certain` when it went before the letter was given over."""

    def __init__(self, *, certain: bool) -> None:
        super().__init__()
        self.certain = certain


class _Smtp(smtplib.SMTP):
    """smtplib's, with a longer wait for the last answer; it knows whether the letter itself was begun."""

    letter_begun = False

    def send(self, s: Any) -> None:
        if not isinstance(s, str) and self.sock is not None:  # commands are str; bytes are the letter
            self.letter_begun = True
            self.sock.settimeout(TIMEOUT_AT_THE_END)
        super().send(s)

    def data(self, msg: Any) -> tuple[int, bytes]:
        try:
            return super().data(msg)
        finally:
            if self.sock is not None:
                self.sock.settimeout(TIMEOUT)


class _TlsSmtp(_Smtp, smtplib.SMTP_SSL):
    """The same with TLS from the start."""


_SIGN_IN = (530, 534, 535, 538)
"""Codes that speak of our sign-in, not of the letter (RFC 4954)."""
_NO_SUCH_ADDRESS = re.compile(r"5\.1\.(1|2|3|6|10)\b|5\.2\.1\b")
"""Enhanced codes for an address that does not exist, has moved without a trace, or is closed (RFC 3463)."""
_ABOUT_US = re.compile(
    r"\brelay|\bsend as\b|sendasdenied|5\.7\.(57|60|64)\b|client host.{0,200}(blocked|rejected)|sending (limit|quota)",
    re.IGNORECASE,
)
"""Refusals by policy that name no letter: servers say them at RCPT or even after DATA."""


def judge(code: int, said: str, *, about: str) -> Exception:
    """What a refusal by the server means, in words that keep its own. `about` is what it was told last."""
    why = f"The mail server did not take {about}: {code} {said}"[:500]
    us = about in ("us", "our sign-in")
    if code == 432 and about != "our sign-in":  # Exchange: too many lines at once
        return MailServerTrouble(why, kind=CROWDED)
    if 400 <= code < 500 and code != 432:
        return MailServerTrouble(why, kind=UNREACHABLE) if us else Later(why)
    if us or (about == "the sender" and code != 552) or code in (*_SIGN_IN, 432) or _ABOUT_US.search(said):
        return MailServerTrouble(why, kind=REFUSED)
    if code < 400:  # an answer that makes no sense: perhaps taken, perhaps not
        return Later(why, certain=False)
    return Never(why, no_such_address=about == "the address" and bool(_NO_SUCH_ADDRESS.match(said)))
