"""A program that is told: a real server over TLS under an authority of its own, well behaved or hostile."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "program.example"


def _name(said: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, said)])


@dataclass(frozen=True)
class Authority:
    """Certificates that nobody but its tests trusts."""

    folder: Path
    key: Any
    certificate: Any

    @classmethod
    def made(cls, folder: Path) -> "Authority":
        key, name, now = (
            ec.generate_private_key(ec.SECP256R1()),
            _name("An authority of tests"),
            datetime.now(UTC),
        )
        certificate = (
            x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
            .not_valid_before(now - timedelta(days=9))
            .not_valid_after(now + timedelta(days=9))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(
                x509.KeyUsage(False, False, False, False, False, True, True, False, False), critical=True
            )
            .sign(key, hashes.SHA256())
        )
        (folder / "authority.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        return cls(folder, key, certificate)

    def trusted(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.folder / "authority.pem"))

    def served(self, host: str = HOST, *, over: bool = False) -> ssl.SSLContext:
        """As a server of that name; `over`: with a certificate of yesterday."""
        key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
        ends = now - timedelta(days=1) if over else now + timedelta(days=2)
        certificate = (
            x509.CertificateBuilder(
                self.certificate.subject, _name(host), key.public_key(), x509.random_serial_number()
            )
            .not_valid_before(now - timedelta(days=2))
            .not_valid_after(ends)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False
            )
            .sign(self.key, hashes.SHA256())
        )
        file = self.folder / f"{host}-{over}.pem"
        file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context


@dataclass
class Heard:
    """One request, as it came."""

    line: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Program:
    """Where it listens, and what it heard; `answer` writes what it says to the line."""

    port: int
    answer: Callable[[ssl.SSLSocket], None]
    heard: list[Heard] = field(default_factory=list)
    lines: int = 0

    @property
    def address(self) -> str:
        return f"https://{HOST}:{self.port}/told?from=outreach"


def says(status: str, body: str = "", **headers: str) -> Callable[[ssl.SSLSocket], None]:
    def answer(line: ssl.SSLSocket) -> None:
        head = "".join(f"{k}: {v}\r\n" for k, v in headers.items())
        line.sendall(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{head}\r\n{body}".encode())

    return answer


def drips(line: ssl.SSLSocket) -> None:
    """A byte a moment, without end: each comes well before a wait for the next would."""
    try:
        line.sendall(b"HTTP/1.1 200 OK\r\nX: ")
        while True:
            line.sendall(b"x")
            time.sleep(0.05)
    except OSError:
        return


def floods(line: ssl.SSLSocket) -> None:
    try:
        line.sendall(b"HTTP/1.1 200 OK\r\n")
        for _ in range(20_000):
            line.sendall(b"X-More: " + b"y" * 1000 + b"\r\n")
    except OSError:
        return


@contextmanager
def running(context: ssl.SSLContext, answer: Callable[[ssl.SSLSocket], None]) -> Iterator[Program]:
    with socket.create_server((str(ip_address("127.0.0.1")), 0)) as door:
        program = Program(door.getsockname()[1], answer)
        threading.Thread(target=_serve, args=(door, context, program), daemon=True).start()
        yield program


def _serve(door: socket.socket, context: ssl.SSLContext, program: Program) -> None:
    while True:
        try:
            plain, _ = door.accept()
        except OSError:
            return
        program.lines += 1
        threading.Thread(target=_take, args=(plain, context, program), daemon=True).start()


def _take(plain: socket.socket, context: ssl.SSLContext, program: Program) -> None:
    try:
        with plain, context.wrap_socket(plain, server_side=True) as line:
            line.settimeout(10)
            got = b""
            while b"\r\n\r\n" not in got:
                got += line.recv(4096)
            head, _, body = got.partition(b"\r\n\r\n")
            first, *rest = head.decode().split("\r\n")
            headers = {k.lower(): v for k, v in (one.split(": ", 1) for one in rest)}
            while len(body) < int(headers["content-length"]):
                body += line.recv(4096)
            program.heard.append(Heard(first, headers, body))
            program.answer(line)
    except OSError:
        return
