"""A real IMAP server for tests: Dovecot as Debian has it, on a port of its own, with TLS and one mailbox in a
folder."""

import base64
import hmac
import imaplib
import json
import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from urllib.parse import quote

import pytest

from ports import free_port
from post.mail_server import CERTIFICATE

USERS = [f"bookings{n}@outreach.example" for n in range(100)]
"""Each with a mailbox of its own."""
PASSWORD = "sésame, ouvre-toi"
KEY = b"signs the tokens of these tests, and nothing else"
_n = count(1)


def needed() -> None:
    """Skip where Dovecot 2.4 is not installed; scripts/test --all installs it where it can."""
    if not Path("/usr/lib/dovecot/imap").exists():
        pytest.skip("Dovecot is not installed (Debian package dovecot-imapd)")
    version = subprocess.run(["dovecot", "--version"], capture_output=True, text=True, check=True).stdout
    if not version.startswith("2.4"):
        pytest.skip(f"these settings are written for Dovecot 2.4, not {version.split()[0]}")


class Dovecot:
    """`folder` is the mailbox of `user` as a Maildir."""

    def __init__(self, home: Path, port: int) -> None:
        self.home, self.port = home, port
        self._unused = iter(USERS)
        self.empty()

    def empty(self) -> None:
        """From now on a mailbox that nobody had: for one that was killed, the server may still be at work in the
        last."""
        self.user = next(self._unused)
        self.folder = self.home / "mail" / self.user
        self.folder.mkdir(parents=True)
        for made in (self.folder.parent, self.folder):
            _give_to_the_server(made)

    @property
    def url(self) -> str:
        return f"imaps://{quote(self.user)}:s%C3%A9same%2C%20ouvre-toi@localhost:{self.port}/INBOX"

    def deliver(self, raw: bytes) -> None:
        """As a mail server does: a whole file appears in `new` at once."""
        name = f"{time.time_ns()}.{next(_n)}.test"
        for place in ("tmp", "new", "cur"):
            (self.folder / place).mkdir(parents=True, exist_ok=True)
            _give_to_the_server(self.folder / place)
        (self.folder / "tmp" / name).write_bytes(raw)
        _give_to_the_server(self.folder / "tmp" / name)
        os.rename(self.folder / "tmp" / name, self.folder / "new" / name)

    def holds(self, folder: str) -> list[bytes]:
        """The mails in a folder, as a mail program sees them; without those that a poller moved away meanwhile."""
        with self.line() as line:
            if line.select(f'"{folder}"', readonly=True)[0] != "OK":
                return []
            found = line.uid("SEARCH", "UNDELETED")[1][0].split()
            told = [line.uid("FETCH", uid.decode(), "(BODY.PEEK[])")[1][0] for uid in found]
            return [bytes(one[1]) for one in told if one is not None]

    @contextmanager
    def line(self) -> Iterator[imaplib.IMAP4]:
        line = imaplib.IMAP4_SSL("localhost", self.port, ssl_context=_trusting())
        try:
            line.authenticate("PLAIN", lambda _: f"\0{self.user}\0{PASSWORD}".encode())
            yield line
        finally:
            line.logout()

    def token(self, good_for: int = 3600) -> str:
        """An access token (RFC 7519, HS256) that this server takes for so many seconds."""
        said = {
            "email": self.user,
            "sub": self.user,
            "iat": int(time.time()) - 3600,
            "exp": int(time.time()) + good_for,
        }
        head = ".".join(_base64(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, said))
        return f"{head}.{_base64(hmac.digest(KEY, head.encode(), 'sha256'))}"


def _give_to_the_server(path: Path) -> None:
    """Only what we made ourselves: the server makes, renames and removes files of its own meanwhile."""
    if os.getuid() == 0:
        shutil.chown(path, "nobody", "nogroup")


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _trusting() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(CERTIFICATE))


@contextmanager
def running(without: Iterable[str] = (), prefix: str = "") -> Iterator[Dovecot]:
    """`without` are capabilities that this server does not offer, such as MOVE; all folders stand below
    `prefix`."""
    needed()
    home = Path(tempfile.mkdtemp(prefix="dovecot-"))
    home.chmod(0o755)
    port = free_port()
    server = Dovecot(home, port)
    (home / "users").write_text("".join(f"{user}:{{PLAIN}}{PASSWORD}\n" for user in USERS))
    key = home / "keys" / "default" / "HS256" / "default"
    key.parent.mkdir(parents=True)
    key.write_bytes(base64.b64encode(KEY))
    (home / "dovecot.conf").write_text(_settings(home, port, set(without), prefix))
    process = subprocess.Popen(["dovecot", "-F", "-c", str(home / "dovecot.conf")], stderr=subprocess.PIPE)
    try:
        _wait(process, port, home)
        yield server
    finally:
        process.terminate()
        process.wait(120)
        shutil.rmtree(home, ignore_errors=True)


def _wait(process: subprocess.Popen[bytes], port: int, home: Path) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        if process.poll() is not None:
            said = process.stderr.read().decode() if process.stderr else ""
            raise RuntimeError(f"Dovecot did not start: {said}")
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"Dovecot does not answer: {(home / 'log').read_text()}")


def _settings(home: Path, port: int, without: set[str], prefix: str) -> str:
    root = os.getuid() == 0
    us = "nobody" if root else subprocess.check_output(["id", "-un"], text=True).strip()
    group = "nogroup" if root else subprocess.check_output(["id", "-gn"], text=True).strip()
    refused = "".join(f"  {name} = no\n" for name in sorted(without))
    offered = f"imap_capability {{\n{refused}}}\n" if refused else ""
    return f"""
dovecot_config_version = 2.4.0
dovecot_storage_version = 2.4.0
base_dir = {home}/run
state_dir = {home}/state
log_path = {home}/log
protocols = imap
listen = 127.0.0.1, 127.0.0.2
default_internal_user = {us}
default_internal_group = {group}
default_login_user = {us}
mail_driver = maildir
mail_home = {home}
mail_path = {home}/mail/%{{user}}
mail_uid = {us}
mail_gid = {group}
first_valid_uid = 1
first_valid_gid = 1
mail_access_groups =
mail_privileged_group =
ssl = required
ssl_server_cert_file = {CERTIFICATE}
ssl_server_key_file = {CERTIFICATE}
auth_mechanisms = plain xoauth2
auth_failure_delay = 0
oauth2 {{
  introspection_mode = local
  username_attribute = email
  oauth2_local_validation {{
    dict fs {{
      fs posix {{
        prefix = {home}/keys/
      }}
    }}
  }}
}}
passdb passwd-file {{
  passwd_file_path = {home}/users
}}
userdb static {{
  fields {{
    uid = {us}
    gid = {group}
    home = {home}
  }}
}}
namespace inbox {{
  inbox = yes
  separator = .
  prefix = {prefix}
}}
{offered}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = {port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
"""
