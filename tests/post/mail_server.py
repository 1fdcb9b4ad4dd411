"""A real mail server for tests, which can be told to refuse, to lose the line, to sleep, or to be away."""

import asyncio
import base64
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, Session

from ports import free_port

CERTIFICATE = Path(__file__).with_name("localhost.pem")
"""Signed by itself, for localhost, made for these tests."""


@dataclass
class Taken:
    mail_from: str
    to: str
    raw: bytes


@dataclass
class MailServer:
    """`answers` are used up one after the other, each at its step: 'EHLO', 'MAIL', 'RCPT', 'DATA' (when the
    letter has come) or 'TAKEN' (when it was kept); then an answer such as '550 no', or 'DROP' the line, or
    'HANG' for long. Once it has taken `most` letters it lets the next one wait until it may take more."""

    port: int = 0
    taken: list[Taken] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    tries: int = 0
    rings: int = 0
    seconds: float = 0.0
    most: int | None = None
    while_taking: Callable[[], Any] = lambda: None
    passwords: dict[bytes, bytes] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    secure: bool = False
    _controller: Controller | None = None

    def __enter__(self) -> "MailServer":
        self.port = free_port()
        self.up()
        return self

    def __exit__(self, *_: object) -> None:
        self.down()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def up(self) -> None:
        options: dict[str, Any] = {}
        if self.secure:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(CERTIFICATE)
            options |= {"tls_context": context, "require_starttls": True}
        if self.passwords or self.tokens:
            options |= {
                "auth_required": True,
                "auth_require_tls": self.secure,
                "authenticator": lambda _s, _session, _e, _mechanism, data: AuthResult(
                    success=self.passwords.get(data.login) == data.password, handled=False
                ),
            }
        self._controller = Controller(
            self, hostname="127.0.0.1", port=self.port, ready_timeout=120, **options
        )
        self._controller.start()

    def down(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    async def _next(self, step: str, server: Any) -> str | None:
        if not self.answers or not self.answers[0].startswith(step):
            return None
        said = self.answers.pop(0).removeprefix(step).strip()
        if said == "DROP":
            server.transport.abort()
        elif said == "HANG":
            await asyncio.sleep(3600)
        return said

    async def handle_EHLO(
        self, server: Any, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.rings += 1
        session.host_name = hostname
        refused = await self._next("EHLO", server)
        return responses if refused in (None, "DROP") else [refused]

    async def auth_XOAUTH2(self, server: Any, args: list[str]) -> AuthResult:
        """As Google and Microsoft do: a refusal comes as a challenge first, and as 535 after the empty
        answer."""
        said = base64.b64decode(args[1]).decode() if len(args) > 1 else ""
        if any(said == f"user={user}\x01auth=Bearer {token}\x01\x01" for user, token in self.tokens.items()):
            return AuthResult(success=True, auth_data=said)
        answer = await server.challenge_auth(b'{"status":"400"}', encode_to_b64=True)
        assert answer == b"", answer
        await server.push("535 5.7.3 Authentication unsuccessful")
        return AuthResult(success=False, handled=True)

    async def handle_MAIL(
        self, server: Any, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.tries += 1
        refused = await self._next("MAIL", server)
        if refused is not None:
            return refused
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(
        self, server: Any, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        refused = await self._next("RCPT", server)
        if refused is not None:
            return refused
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, _session: Session, envelope: Envelope) -> str:
        self.while_taking()
        if self.seconds:
            await asyncio.sleep(self.seconds)
        while self.most is not None and len(self.taken) >= self.most:
            await asyncio.sleep(0.01)
        refused = await self._next("DATA", server)
        if refused is not None:
            return refused
        assert isinstance(envelope.original_content, bytes)
        self.taken.append(Taken(str(envelope.mail_from), envelope.rcpt_tos[0], envelope.original_content))
        return await self._next("TAKEN", server) or "250 OK"
