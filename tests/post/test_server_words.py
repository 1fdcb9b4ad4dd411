"""A mail server that repeats what it was sent: no password or token stands in its words as they are logged and kept."""

import base64
import re
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from urllib.parse import quote

import pytest
from flask import Flask
from sqlalchemy import select

from outreach.cli.stopping import StopSignal
from outreach.ground.db import db
from outreach.post import server_words
from outreach.post.incoming import mailbox
from outreach.post.incoming.inbox import MailboxLook
from outreach.post.outgoing import postman
from outreach.post.outgoing.pauses import Pause
from post.facts import NOW
from post.mail_server import CERTIFICATE
from post.postmen import put

PROOF = re.compile("[0-9a-f]{32}")
SECRET = "Rw7\\'q\"zX-vk9%Tn"


class Repeating(StreamRequestHandler):
    """Speaks as much of SMTP or IMAP as a sign-in needs, and refuses it with all that it was told, decoded too."""

    mechanism = ""
    imap = False
    told: list[str]

    def handle(self) -> None:
        self.say("* OK ready" if self.imap else "220 ready")
        while line := self.hear():
            tag, _, command = line.partition(" ") if self.imap else ("", "", line)
            verb = command.split()[0].upper()
            if verb == "CAPABILITY":
                self.say(f"* CAPABILITY IMAP4rev1 AUTH={self.mechanism}", f"{tag} OK done")
            elif verb == "EHLO":
                self.say("250-here", f"250 AUTH {self.mechanism}")
            elif verb in ("AUTH", "AUTHENTICATE", "LOGIN"):
                self.told.append(command.partition(" ")[2])
                if self.mechanism in ("LOGIN", "CRAM-MD5") if not self.imap else verb == "AUTHENTICATE":
                    self.say("+ " if self.imap else f"334 {base64.b64encode(b'<1@here>').decode()}")
                    self.told.append(self.hear())
                words = " ".join([*self.told, *map(decoded, " ".join(self.told).split())])
                self.say(f"{tag} NO {words}" if self.imap else f"535 {words}")
            else:
                self.say(f"{tag} OK done" if self.imap else "221 bye")

    def hear(self) -> str:
        return self.rfile.readline().decode().strip()

    def say(self, *lines: str) -> None:
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())


def decoded(word: str) -> str:
    try:
        return base64.b64decode(word, validate=True).decode().translate({0: " ", 1: " "})
    except ValueError:
        return ""


@contextmanager
def repeating(mechanism: str, *, imap: bool) -> Iterator[tuple[int, list[str]]]:
    """The port of such a server, and what it was told of our sign-in."""
    told: list[str] = []
    kind = type("Kind", (Repeating,), {"mechanism": mechanism, "imap": imap, "told": told})
    with ThreadingTCPServer(("127.0.0.1", 0), kind) as server:
        if imap:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(CERTIFICATE)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=[0.02], daemon=True).start()
        yield server.server_address[1], told
        server.shutdown()


def tells(words: str, told: list[str]) -> list[str]:
    """Pieces in these words of the secret, of the base64 that has it, and of what proves that it is known."""
    sent = {one for one in " ".join(told).split() if SECRET in decoded(one) or PROOF.search(decoded(one))}
    sent |= {SECRET, *(found[0] for one in sent if (found := PROOF.search(decoded(one))))}
    return [one[n : n + 6] for one in sent for n in range(len(one) - 5) if one[n : n + 6] in words]


@pytest.mark.parametrize(
    ("mechanism", "imap"),
    [("PLAIN", False), ("LOGIN", False), ("XOAUTH2", False), ("CRAM-MD5", False)]
    + [("PLAIN", True), ("LOGIN", True), ("XOAUTH2", True)],
)
def test_no_server_brings_the_password_into_the_log_or_the_database(
    app: Flask,
    mechanism: str,
    imap: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    file = tmp_path / "token"
    file.write_text(SECRET)
    by_token = mechanism == "XOAUTH2"
    kind, scheme = ("IMAP", "imaps") if imap else ("SMTP", "smtp")
    with repeating(mechanism, imap=imap) as (port, told):
        password = "" if by_token else ":" + quote(SECRET, safe="")
        app.config[f"{kind}_URL"] = f"{scheme}://bookings%40outreach.example{password}@localhost:{port}"
        app.config[f"{kind}_TOKEN_FILE"] = str(file) if by_token else ""
        put()
        if imap:
            said = app.test_cli_runner().invoke(args=["post", "poll"]).output
            kept = db.session.scalars(select(MailboxLook.problem)).one()
        else:
            said = postman.send_waiting(postman.post_of(app.config), clock=lambda: NOW, name="a").held_up
            kept = db.session.scalars(select(Pause.reason)).one()
    assert told, said + kept
    assert "refused us" in kept if imap else "our sign-in: 535" in kept
    assert [tells(words, told) for words in (said, caplog.text, kept)] == [[], [], []]


@pytest.mark.parametrize("cut", [9, 14, 20])
def test_a_secret_is_struck_out_though_a_server_cuts_it_or_shouts_it_and_other_words_stay(cut: int) -> None:
    secret = "sésame, ouvre-toi"
    for said in (secret, secret.upper(), repr(secret.encode()), coded(secret), coded(f"\0joe\0{secret}")):
        assert server_words.without(secret, f"535 5.7.8 <{said[-cut:]}> no")[10:-3].strip("<>'…") == ""
    assert server_words.without(secret, "535 5.7.8 Ask bookings@outreach.example") == (
        "535 5.7.8 Ask bookings@outreach.example"
    )


def coded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def test_a_mailbox_that_refuses_us_is_tried_with_growing_pauses(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And as often as before once it lets us in, or says something else."""
    refused, away = mailbox.MailboxTrouble("no"), mailbox.MailboxTrouble("nobody there")
    refused.refused = True
    came: list[mailbox.MailboxTrouble | None] = [*[refused] * 9, away, refused, None]
    waited: list[float] = []

    def look(*_args: object, **_more: object) -> mailbox.LookTaken:
        if trouble := came.pop(0):
            raise trouble
        return mailbox.LookTaken()

    monkeypatch.setattr(mailbox, "look", look)
    monkeypatch.setattr(StopSignal, "wait", lambda _self, seconds: waited.append(seconds))
    monkeypatch.setattr(StopSignal, "is_set", lambda _self: not came)
    app.config["IMAP_URL"] = "imaps://joe:secret@mail.example/INBOX"
    assert app.test_cli_runner().invoke(args=["post", "poll", "--loop"]).exit_code == 0
    assert waited == [120, 240, 480, 960, 1920, 3600, 3600, 3600, 3600, 60, 120, 60]
