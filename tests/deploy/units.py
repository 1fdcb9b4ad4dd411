"""Unit files of deploy/systemd, read as systemd reads them: a unit, then what the folders of additions lay over it."""

import shlex
from dataclasses import dataclass
from pathlib import Path

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
SYSTEMD = DEPLOY / "systemd"
KINDS = (".service", ".socket", ".timer")

FLASK = "flask --app wsgi "


@dataclass(frozen=True)
class Unit:
    """`lines`: section -> (name, value), in their order; an empty value takes away what stood before it."""

    name: str
    lines: dict[str, list[tuple[str, str]]]

    def every(self, section: str, name: str) -> list[str]:
        found: list[str] = []
        for key, value in self.lines.get(section, []):
            if key == name:
                found = [*found, value] if value else []
        return found

    def last(self, section: str, name: str, default: str = "") -> str:
        return (self.every(section, name) or [default])[-1]

    def named(self, section: str, name: str) -> list[str]:
        """Words of all its lines of that name."""
        return [word for line in self.every(section, name) for word in line.split()]

    @property
    def instance(self) -> str:
        return self.name.partition("@")[2].rpartition(".")[0]

    def commands(self, name: str = "ExecStart") -> list[list[str]]:
        return [
            shlex.split(line.replace("%i", self.instance).replace("%I", self.instance))
            for line in self.every("Service", name)
        ]


def read(name: str, folder: Path = SYSTEMD) -> Unit:
    file = folder / name
    if "@" in name and not file.exists():
        file = folder / f"{name.partition('@')[0]}@.{name.rpartition('.')[2]}"
    lines = _lines(file.read_text())
    for addition in _additions(name, folder):
        for section, more in _lines(addition.read_text()).items():
            lines.setdefault(section, []).extend(more)
    return Unit(name, lines)


def _additions(name: str, folder: Path) -> list[Path]:
    """Of `outreach-web.service.d` and of `outreach-.service.d`, by the names of their files."""
    stem, _, kind = name.rpartition(".")
    parts = stem.split("-")
    owners = [stem, *("-".join(parts[:n]) + "-" for n in range(1, len(parts)))]
    found = [file for owner in owners for file in (folder / f"{owner}.{kind}.d").glob("*.conf")]
    return sorted(found, key=lambda file: file.name)


def _lines(text: str) -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    section = ""
    for line in text.replace("\\\n", " ").splitlines():
        if not line.strip() or line.startswith(("#", ";")):
            continue
        if line.startswith("["):
            section = line.strip("[] ")
            found.setdefault(section, [])
            continue
        key, sign, value = line.partition("=")
        assert sign and section, f"no line of a unit: {line}"
        found[section].append((key.strip(), value.strip()))
    return found


def every_name() -> list[str]:
    return sorted(path.name for path in SYSTEMD.iterdir() if path.suffix in KINDS)


def processes() -> dict[str, list[str]]:
    """Each service and its commands as python -m takes them: 'flask --app wsgi post send --loop'."""
    return {
        name.removesuffix(".service"): [
            " ".join(words).partition(" -m ")[2] for words in read(name).commands()
        ]
        for name in every_name()
        if name.endswith(".service")
    }
