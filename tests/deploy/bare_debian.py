"""A bare Debian 13 in a folder: made by mmdebstrap from this machine's own sources, entered by chroot, its processes run by
the little systemd in a network of their own."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CERTIFICATES = "/usr/local/share/ca-of-this-machine.crt"

WHY_NOT = (
    "this needs root, unshare and mmdebstrap"
    if os.geteuid() or not shutil.which("unshare") or not shutil.which("mmdebstrap")
    else ""
)


@dataclass
class BareDebian:
    """`root` is its folder; `pid`: a process in its network, once its processes are run."""

    root: Path
    pid: int = 0
    environment: dict[str, str] = field(default_factory=dict)

    def fetch(self, *command: str, **more: str) -> subprocess.CompletedProcess[str]:
        """A command in it, with the network of this machine."""
        mounted = 'mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" && exec chroot "$0" "$@"'
        return self._done(
            ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", mounted, str(self.root)],
            command,
            more,
        )

    def run(self, *command: str, **more: str) -> subprocess.CompletedProcess[str]:
        """A command beside its processes."""
        return self._done([*self.beside(), "chroot", str(self.root)], command, more)

    def beside(self) -> list[str]:
        return ["nsenter", "--target", str(self.pid), "--mount", "--net", "--pid"]

    def _done(
        self, before: list[str], command: tuple[str, ...], more: dict[str, str]
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*before, *command],
            env=self.environment | more,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def file(self, path: str) -> Path:
        return self.root / path.lstrip("/")

    def checkout(self) -> Path:
        """Where the repository stands in it, as an operator clones it."""
        return self.file("/root/outreach")


def made(folder: Path) -> BareDebian:
    """Debian's sources and pip's settings are those of this machine, whatever they are."""
    root = folder / "debian"
    sources = [path for path in _sources() if "URIs: file:" not in path.read_text()]
    subprocess.run(
        [
            "mmdebstrap",
            "--quiet",
            "--variant=minbase",
            "--include=ca-certificates,git",
            "trixie",
            root,
            *sources,
        ],
        check=True,
    )
    found = BareDebian(
        root, environment={"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
    )
    found.environment |= {n: v for n, v in os.environ.items() if n.lower().endswith("_proxy")}
    found.environment |= {
        n: v for n, v in os.environ.items() if n.startswith("PIP_") and n != "PIP_FIND_LINKS"
    }
    for name in Path("/etc/apt/apt.conf.d").glob("[0-9]*"):
        shutil.copy(name, root / "etc/apt/apt.conf.d")
    for name in ("/etc/resolv.conf", "/etc/hosts", "/etc/pip.conf"):
        if Path(name).exists():
            shutil.copy(name, root / name.lstrip("/"))
    if trusted := os.environ.get("PIP_CERT") or os.environ.get("SSL_CERT_FILE"):
        shutil.copy(trusted, root / CERTIFICATES.lstrip("/"))
        found.environment["PIP_CERT"] = CERTIFICATES
    # Nothing is started by a package; systemctl stands there as on a machine that boots.
    _program(root / "usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n")
    _program(root / "usr/local/bin/systemctl", "#!/bin/sh\nexit 1\n")
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", ROOT, found.checkout()], check=True)
    return found


def _sources() -> list[Path]:
    return sorted(
        [*Path("/etc/apt").glob("sources.list"), *Path("/etc/apt/sources.list.d").glob("*.sources")]
        + [*Path("/etc/apt/sources.list.d").glob("*.list")]
    )


def _program(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


@contextmanager
def running(debian: BareDebian) -> Iterator[None]:
    """Its little systemd, with all that it starts, in a network and among processes of their own."""
    with subprocess.Popen(
        ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child"]
        + [sys.executable, str(HERE / "little_systemd.py"), str(debian.root)],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
    ) as outside:
        assert outside.stdout is not None
        assert outside.stdout.readline() == b"ready\n"
        [child] = Path(f"/proc/{outside.pid}/task/{outside.pid}/children").read_text().split()
        debian.pid = int(child)
        try:
            yield
        finally:
            with socket.socket(socket.AF_UNIX) as line:
                line.connect(str(debian.file("/run/little-systemd.sock")))
                line.sendall(json.dumps(["the end"]).encode() + b"\n")
            try:
                outside.wait(timeout=120)
            finally:
                outside.send_signal(signal.SIGKILL)


def waited(so, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while not so():
        if time.monotonic() > until:
            return False
        time.sleep(0.1)
    return True
