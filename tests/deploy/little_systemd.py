"""A little systemd of the tests: starts what unit files below a folder say, in that folder as root of its file system.

It is no systemd: it knows sockets that are handed on, services of four kinds, what they require, their accounts, folders and
settings, and when they are ready. It knows nothing of sandboxes, limits, timers and targets. It has the network and the
processes to itself (unshare); commands come to it by a socket in the folder, from the `systemctl` that stands there.
"""

import fcntl
import json
import os
import select
import shlex
import signal
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

from units import Unit, read

SYSTEMCTL = """#!/usr/bin/python3
import json, socket, sys
line = socket.socket(socket.AF_UNIX)
line.connect("/run/little-systemd.sock")
line.sendall(json.dumps(sys.argv[1:]).encode() + b"\\n")
told = b"".join(iter(lambda: line.recv(65536), b""))
status, words = json.loads(told)
sys.stdout.write(words)
sys.exit(status)
"""

PLACES = ("etc/systemd/system", "usr/lib/systemd/system")


class LittleSystemd:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.sockets: dict[str, list[socket.socket]] = {}
        self.mains: dict[str, int] = {}
        self.enabled: set[str] = set()
        self.wanted: dict[str, Unit] = {}
        self.due: dict[str, float] = {}
        self.log = (root / "var/log/little-systemd.log").open("ab", buffering=0)

    # Commands, as systemctl takes them.

    def told(self, words: list[str]) -> tuple[int, str]:
        options = [word for word in words if word.startswith("-")]
        verb, *names = [word for word in words if not word.startswith("-")]
        if verb == "list-units":
            found = sorted(name for name in self.mains if name.startswith("outreach-post@"))
            return 0, "".join(f"{name} loaded active\n" for name in found)
        names = [name if "." in name else f"{name}.service" for name in names]
        match verb:
            case "show":  # -p MainPID --value UNIT
                return 0, f"{self.main(names[-1])}\n"
            case "daemon-reload":
                return 0, ""
            case "is-active":
                return (0 if all(map(self.is_active, names)) else 3), ""
            case "enable":
                self.enabled |= set(names)
                return self.each(self.start, names) if "--now" in options else (0, "")
            case "disable":
                self.enabled -= set(names)
                return self.each(self.stop, names) if "--now" in options else (0, "")
            case "start":
                return self.each(self.start, names)
            case "stop":
                return self.each(self.stop, names)
            case "restart":
                for name in names:
                    self.stop(name)
                return self.each(self.start, names)
            case "reload-or-restart" | "reload":
                return self.each(self.reload, names)
        return 1, f"little systemd knows no {verb}\n"

    def each(self, deed, names) -> tuple[int, str]:
        failed = [name for name in names if not deed(name)]
        return (1, f"failed: {' '.join(failed)}\n") if failed else (0, "")

    # Units.

    def unit(self, name: str) -> Unit | None:
        for place in PLACES:
            folder = self.root / place
            template = f"{name.partition('@')[0]}@.{name.rpartition('.')[2]}"
            if (folder / name).exists() or ("@" in name and (folder / template).exists()):
                return read(name, folder)
        return None

    def is_active(self, name: str) -> bool:
        return name in self.sockets or name.endswith(".timer") and name in self.enabled or self.main(name) > 0

    def main(self, name: str) -> int:
        """Its main process, 0 where it has none."""
        if name == "postgresql.service":
            name = f"postgresql@{self.cluster()}.service"
        pid = self.mains.get(name, 0)
        if pid and not _alive(pid):
            del self.mains[name]
            return 0
        return pid

    def cluster(self) -> str:
        [found] = (self.root / "etc/postgresql").glob("*/*")
        return f"{found.parent.name}-{found.name}"

    def start(self, name: str) -> bool:
        if self.is_active(name):
            return True
        if name == "postgresql.service":
            return self.start(f"postgresql@{self.cluster()}.service")
        unit = self.unit(name)
        if unit is None:
            return self.say(f"there is no unit {name}")
        if name.endswith(".timer"):
            return True
        required, wanted = unit.named("Unit", "Requires"), unit.named("Unit", "Wants")
        for other in [*required, *wanted]:
            if other.startswith("outreach-") and not self.start(other) and other in required:
                return False
        self.say(f"starting {name}")
        if name.endswith(".socket"):
            self.sockets[name] = [_listening(at) for at in unit.every("Socket", "ListenStream")]
            return True
        return self.start_service(unit)

    def start_service(self, unit: Unit) -> bool:
        kind, name = unit.last("Service", "Type", "simple"), unit.name
        for words in unit.commands("ExecStartPre"):
            if self.run(unit, words):
                return False
        commands = unit.commands()
        if kind in ("oneshot", "forking"):
            if any(self.run(unit, words) for words in commands):
                return False
            if kind == "forking":
                file = self.root / unit.last("Service", "PIDFile").replace("%i", unit.instance).lstrip("/")
                return self.until(lambda: file.exists() and bool(self.noted(name, int(file.read_text()))), 60)
            return True
        self.wanted[name] = unit
        if kind != "notify":
            self.mains[name] = self.spawned(unit, commands[0]).pid
            return True
        path = self.root / f"run/notify-{name}"
        path.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
            line.bind(str(path))
            path.chmod(0o666)
            process = self.spawned(unit, commands[0], NOTIFY_SOCKET=f"/run/notify-{name}")
            self.mains[name] = process.pid
            until = time.monotonic() + _seconds(unit.last("Service", "TimeoutStartSec", "90"))
            while time.monotonic() < until and process.poll() is None:
                if select.select([line], [], [], 0.2)[0] and b"READY=1" in line.recv(4096):
                    return True
        self.stop(name)
        return self.say(f"{name} was never ready")

    def stop(self, name: str) -> bool:
        if name == "postgresql.service":
            name = f"postgresql@{self.cluster()}.service"
        self.say(f"stopping {name}")
        self.wanted.pop(name, None)
        self.due.pop(name, None)
        for listening in self.sockets.pop(name, []):
            listening.close()
        pid = self.main(name)
        if not pid:
            return True
        unit = self.unit(name)
        assert unit is not None
        for words in unit.commands("ExecStop"):
            self.run(unit, [word.replace("$MAINPID", str(pid)) for word in words])
        if unit.last("Service", "KillMode") == "mixed" or unit.every("Service", "ExecStop"):
            _kill(pid, signal.SIGTERM)
        else:
            _kill(-pid, signal.SIGTERM)
        patience = _seconds(unit.last("Service", "TimeoutStopSec", "90"))
        if not self.until(lambda: not _alive(pid), patience):
            self.say(f"killing {name}")
        _kill(-pid, signal.SIGKILL)
        self.mains.pop(name, None)
        return True

    def reload(self, name: str) -> bool:
        pid, unit = self.main(name), self.unit(name)
        if not pid or unit is None:
            return self.start(name)
        return not any(
            self.run(unit, [word.replace("$MAINPID", str(pid)) for word in words])
            for words in unit.commands("ExecReload")
        )

    def look_after(self) -> None:
        """Starts again what ended by itself and is to go on."""
        for name, unit in list(self.wanted.items()):
            if self.main(name) or unit.last("Service", "Restart", "no") != "always":
                continue
            at = self.due.setdefault(
                name, time.monotonic() + float(unit.last("Service", "RestartSec", "0.1"))
            )
            if time.monotonic() >= at:
                del self.due[name]
                self.start_service(unit)

    # Processes.

    def run(self, unit: Unit, words: list[str]) -> int:
        """Its status, 0 where the unit does not care."""
        easy, words = words[0].startswith("-"), [words[0].lstrip("-+!:@"), *words[1:]]
        status = self.spawned(unit, words).wait()
        return 0 if easy else status

    def spawned(self, unit: Unit, words: list[str], **more: str) -> subprocess.Popen[bytes]:
        listening = [s for name in unit.named("Service", "Sockets") for s in self.sockets.get(name, [])]
        environment = {
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "LANG": "C.UTF-8",
        }
        for line in unit.every("Service", "Environment"):
            environment |= dict(word.split("=", 1) for word in shlex.split(line))  # type: ignore[misc]
        for file in unit.every("Service", "EnvironmentFile"):
            if (path := self.root / file.lstrip("-/")).exists():
                environment |= settings_of(path.read_text())
        if user := unit.last("Service", "User"):
            uid, gid = _account(self.root, user)
        else:
            uid = gid = 0
        nice, folder = int(unit.last("Service", "Nice", "0")), unit.last("Service", "WorkingDirectory", "/")
        more |= {"LISTEN_FDS": str(len(listening))} if listening else {}

        def in_the_folder() -> None:
            for number, one in enumerate(listening, 3):
                os.dup2(one.fileno(), number)
            os.chroot(self.root)
            os.chdir(folder)
            os.setgroups([])
            os.setgid(gid)
            os.setuid(uid)
            os.nice(nice)

        return subprocess.Popen(
            # By a shell, which knows its own number.
            ["/bin/sh", "-c", 'LISTEN_PID=$$ exec "$@"' if listening else 'exec "$@"', "sh", *words],
            env=environment | more,
            preexec_fn=in_the_folder,
            pass_fds=tuple(range(3, 3 + len(listening))),
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=self.log,
            start_new_session=True,
        )

    def noted(self, name: str, pid: int) -> int:
        self.mains[name] = pid
        return pid

    def until(self, so, seconds: float) -> bool:
        end = time.monotonic() + seconds
        while not so():
            if time.monotonic() > end:
                return False
            time.sleep(0.05)
        return True

    def say(self, words: str) -> bool:
        self.log.write(f"{time.strftime('%H:%M:%S')} {words}\n".encode())
        return False

    def serve(self) -> None:
        desk = self.root / "run/little-systemd.sock"
        desk.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX) as door:
            door.bind(str(desk))
            door.listen()
            print("ready", flush=True)
            while True:
                if not select.select([door], [], [], 0.5)[0]:
                    self.look_after()
                    continue
                caller, _ = door.accept()
                with caller, caller.makefile("rb") as line:
                    words = json.loads(line.readline())
                    if words == ["the end"]:
                        return
                    try:
                        answer = self.told(words)
                    except Exception as error:
                        answer = 1, f"{words}: {error!r}\n"
                    self.say(f"{words} -> {answer}")
                    caller.sendall(json.dumps(answer).encode())

    def end(self) -> None:
        for name in [*self.sockets, *reversed(self.mains)]:
            self.stop(name)


def settings_of(text: str) -> dict[str, str]:
    """Of a file of settings, each value perhaps in quotes."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return {name: "".join(shlex.split(value)) for name, _, value in (line.partition("=") for line in lines)}


def _seconds(words: str) -> float:
    return float(words.rstrip("smh")) * {"m": 60, "h": 3600}.get(words[-1], 1)


def _account(root: Path, user: str) -> tuple[int, int]:
    for line in (root / "etc/passwd").read_text().splitlines():
        name, _, uid, gid, *_ = line.split(":")
        if name == user:
            return int(uid), int(gid)
    raise KeyError(user)


def _listening(at: str) -> socket.socket:
    host, _, port = at.rpartition(":")
    found = socket.socket()
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    found.bind((host or "0.0.0.0", int(port)))
    found.listen(4096)
    return found


def _alive(pid: int) -> bool:
    try:
        os.waitpid(pid, os.WNOHANG)
    except OSError:
        pass
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _kill(pid: int, which: signal.Signals) -> None:
    try:
        os.kill(pid, which)
    except ProcessLookupError:
        pass


def _loopback_up() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(
            any_socket, 0x8914, struct.pack("16sh14x", b"lo", 0x1 | 0x40)
        )  # SIOCSIFFLAGS: up, running


def main() -> None:
    root = Path(sys.argv[1])
    for kind, what, where in (("proc", "proc", "proc"), ("sysfs", "sysfs", "sys")):
        subprocess.run(["mount", "-t", kind, what, root / where], check=True)
    subprocess.run(["mount", "--rbind", "/dev", root / "dev"], check=True)
    subprocess.run(["mount", "-t", "proc", "proc", "/proc"], check=True)
    _loopback_up()
    (root / "usr/local/bin/systemctl").write_text(SYSTEMCTL)
    (root / "usr/local/bin/systemctl").chmod(0o755)
    little = LittleSystemd(root)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        little.serve()
    finally:
        little.end()


if __name__ == "__main__":
    main()
