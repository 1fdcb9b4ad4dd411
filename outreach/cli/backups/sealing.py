"""Sealing of backups with age: whoever makes one knows the public key alone; the private one opens it elsewhere."""

from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

import pyrage

from outreach.cli.backups.archive import Measured, NoBackup, copied

Identity = Any
"""A private key of age or SSH; the library carries no types."""


def recipients(keys: Iterable[str]) -> list[Any]:
    """Raises NoBackup where one is no public key."""
    found = []
    for key in keys:
        kind = pyrage.ssh if key.startswith("ssh-") else pyrage.x25519
        try:
            found.append(kind.Recipient.from_str(key))
        except pyrage.RecipientError as error:
            raise NoBackup(
                f"BACKUP_RECIPIENTS holds '{key[:20]}…', which is no public key: {error}."
            ) from None
    return found


def identity(path: Path) -> Identity:
    """The private key in a file, as `age-keygen` or `ssh-keygen` writes it. Raises NoBackup."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise NoBackup(f"{path} cannot be read: {error.strerror}.") from None
    lines = [line.strip() for line in text.decode(errors="replace").splitlines()]
    written = [line for line in lines if line.startswith("AGE-SECRET-KEY-1")]
    try:
        if len(written) == 1:
            return pyrage.x25519.Identity.from_str(written[0])
        return pyrage.ssh.Identity.from_buffer(text)
    except (pyrage.IdentityError, ValueError) as error:
        raise NoBackup(f"{path} holds no private key of age or SSH: {error}.") from None


def seal(plain: IO[bytes], into: Measured, keys: list[Any]) -> None:
    """All of `plain`, for whoever holds one of the keys. Raises OSError where `into` does."""
    try:
        pyrage.encrypt_io(plain, into, keys)
    except (pyrage.EncryptError, OSError) as error:
        raise into.failed or NoBackup(f"The copy cannot be sealed: {error}.") from None


def unseal(sealed: IO[bytes], into: Any, key: Identity) -> None:
    """All that was sealed. Raises NoBackup where the key is another or the file was changed; what came out until then
    has been written."""
    try:
        pyrage.decrypt_io(sealed, into, [key])
    except (pyrage.DecryptError, OSError) as error:
        raise NoBackup(f"The backup cannot be opened with this key: {_said(error)}.") from None


def plain_copy(opened: IO[bytes], into: Any, key: Identity | None) -> None:
    """A backup's copy as it was before it was sealed, if it was. Raises NoBackup as `unseal` does."""
    if key is None:
        copied(opened, into)
    else:
        unseal(opened, into, key)


class _Enough(Exception):
    pass


class _First:
    """Where the first bytes come out the key is right, and no more is asked for."""

    came = False

    def write(self, some: bytes) -> int:
        self.came = True
        raise _Enough

    def flush(self) -> None:
        pass


def check(sealed: IO[bytes], key: Identity) -> None:
    """Raises NoBackup where the key is another: before anything is done with what comes out."""
    first = _First()
    try:
        unseal(sealed, first, key)
    except (NoBackup, _Enough):
        if not first.came:
            raise


def _said(error: Exception) -> str:
    return (
        str(error).splitlines()[0].rstrip(".").replace("No matching keys found", "it was sealed for another")
    )
