"""Licences, bill of materials and known weaknesses of what the service stands on: scripts/dependencies calls it."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SERVICE, CHECKS = ROOT / "requirements.txt", ROOT / "requirements-dev.txt"

LET_THROUGH = {
    "0BSD",
    "Apache-2.0",
    "BSD",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "CC0-1.0",
    "ISC",
    "LGPL-3.0-only",  # psycopg: used as it is, never changed or put into a program of ours
    "MIT",
    "MIT-0",
    "MIT-CMU",  # pillow: the MIT licence with a line on advertising
    "PSF-2.0",
    "Unlicense",
    "Zlib",
}
"""What a council may run and hand on without a question; another licence is looked at before it is added here."""

SPELLED = {
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD",
    "MIT License": "MIT",
    "The Unlicense (Unlicense)": "Unlicense",
}
"""Names in the classifiers of older packages -> SPDX's, or the nearest (BSD: they do not say which)."""

READ_IN_ITS_FILE = {"pyrage": "MIT"}
"""Packages whose metadata tell no licence -> what their licence file says."""

UNREACHABLE = re.compile(
    r"ConnectionError|ConnectTimeout|ReadTimeout|ProxyError|SSLError|ServiceError|HTTPError"
)
"""How pip-audit tells that nobody answered, in the names of its own errors and those of its HTTP library."""


@dataclass(frozen=True, kw_only=True)
class Locked:
    """One version of a package that a lock names; `hashes` as SHA-256 in hexadecimal."""

    name: str
    version: str
    hashes: tuple[str, ...]


def locked(lock: Path) -> list[Locked]:
    """What a lock names, in its order; a package stands twice where another Python gets another version."""
    rows = re.findall(r"^([A-Za-z0-9._-]+)==(\S+)[^\n]*((?:\n {4}\S+(?: \\)?)*)", lock.read_text(), re.M)
    return [
        Locked(name=name, version=version, hashes=tuple(re.findall(r"--hash=sha256:([0-9a-f]{64})\b", below)))
        for name, version, below in rows
    ]


def licence_of(name: str) -> str:
    """A package's licence in SPDX's names, as its own metadata tell; '' where they do not."""
    told = metadata.metadata(name)
    expression = told.get("License-Expression")
    if expression:
        return str(expression)
    classifiers = [
        c.rpartition(" :: ")[2] for c in told.get_all("Classifier") or [] if c.startswith("License")
    ]
    if classifiers:
        return " OR ".join(sorted(SPELLED.get(one, one) for one in classifiers))
    line = str(told.get("License") or "").strip()
    return line if line and "\n" not in line else READ_IN_ITS_FILE.get(name, "")


def let_through(licence: str) -> bool:
    """Whether an expression holds with what is let through alone."""
    return any(
        all(one in LET_THROUGH for one in re.split(r"\s+AND\s+", way.strip("() ")))
        for way in re.split(r"\s+OR\s+", licence)
    )


def licences() -> int:
    """A line for each package that is installed here and named in a lock; 1 where the service's are not let through."""
    served = {one.name for one in locked(SERVICE)}
    wrong = []
    for name in sorted({one.name for one in locked(CHECKS)} | served):
        try:
            version, licence = metadata.version(name), licence_of(name)
        except metadata.PackageNotFoundError:
            continue  # for another system or another Python, or a check's where only the service is installed
        print(f"{name:28} {version:16} {'service' if name in served else 'checks':8} {licence or 'not told'}")
        if name in served and not let_through(licence):
            wrong.append(f"{name}: {licence or 'not told'}")
    if wrong:
        print(
            "Licences that nobody has looked at yet (LET_THROUGH in tests/dependencies.py):", file=sys.stderr
        )
        print("\n".join(wrong), file=sys.stderr)
    return 1 if wrong else 0


def sbom() -> int:
    """The bill of materials of what is served, as CycloneDX 1.6 in JSON, checked against its schema."""
    made = subprocess.run(
        [
            *(Path(sys.executable).with_name("cyclonedx-py"), "requirements", SERVICE),
            *("--pyproject", ROOT / "pyproject.toml", "--spec-version", "1.6", "--output-reproducible"),
        ],
        capture_output=True,
        text=True,
    )
    sys.stdout.write(made.stdout)
    if made.returncode:
        sys.stderr.write(made.stderr)
    return made.returncode


def audit() -> int:
    """Known weaknesses of what is served; 1 where there is one. Says what could not be looked up, and why."""
    asked = subprocess.run(
        [
            *(Path(sys.executable).with_name("pip-audit"), "--disable-pip", "--require-hashes"),
            *("--requirement", SERVICE, "--format", "json", "--progress-spinner", "off", "--timeout", "10"),
        ],
        capture_output=True,
        text=True,
    )
    return judged(asked.stdout, asked.stderr)


def judged(answer: str, complaint: str) -> int:
    """What pip-audit said, in words; the exit status."""
    if not answer.strip():
        why = (complaint.strip() or "no answer").splitlines()[-1][:200]
        if not UNREACHABLE.search(complaint):
            print(f"Known weaknesses: not looked up, pip-audit failed: {why}")
            return 2
        print(f"Known weaknesses: NOT LOOKED UP, no feed can be reached from here ({why}).")
        return 0
    packages = json.loads(answer)["dependencies"]
    skipped = [one["name"] for one in packages if "skip_reason" in one]
    found = list(_weaknesses(packages))
    if len(skipped) == len(packages):
        print(
            f"Known weaknesses: NOT LOOKED UP, the feed that can be reached knows none of these packages ({len(packages)})."
        )
    elif skipped:
        print(f"Known weaknesses: not looked up for {', '.join(skipped)}.")
    for line in found:
        print(line)
    if not found and len(skipped) < len(packages):
        print(f"Known weaknesses: none (packages looked up: {len(packages) - len(skipped)}).")
    return 1 if found else 0


def _weaknesses(packages: list[dict[str, object]]) -> Iterator[str]:
    for one in packages:
        for weakness in one.get("vulns", []):  # type: ignore[attr-defined]
            mended = ", ".join(weakness["fix_versions"]) or "no version yet"
            yield f"{one['name']} {one['version']}: {weakness['id']}, mended in {mended}"


WAYS = {"licences": licences, "sbom": sbom, "audit": audit}

if __name__ == "__main__":
    if sys.argv[1:] not in [[way] for way in WAYS]:
        sys.exit(f"One of: {', '.join(WAYS)}")
    sys.exit(WAYS[sys.argv[1]]())
