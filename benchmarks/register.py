"""The register of all England: 52,000 rows and 140 columns, onto an empty database and onto last year's with
2 % changed.

  python benchmarks/register.py [--quick | --smoke] [--database sqlite|postgresql]

The floor is csv.DictReader alone over the same file, read before and after each step in the same process.
Preview: reading and comparing. Apply: reading, comparing and writing, to the commit. Peak memory is that of
the whole process: the service, both files one after the other.
"""

import csv
import gc
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

from serving import databases, environment, kinds, options, say, size, status

ROWS, COLUMNS = 52_000, 140
PREVIEW, APPLY, MEGABYTES = 3.0, 6.0, 300


def write(path: Path, rows: int, changed: float) -> None:
    """A made-up register in cp1252, as the real one is; the share `changed` of its rows differs from
    `changed=0`."""
    chance = random.Random(7)
    again = random.Random(11)
    syllables = (
        "ash",
        "mere",
        "kester",
        "mill",
        "red",
        "wood",
        "long",
        "bury",
        "holt",
        "ford",
        "stoke",
        "wick",
    )
    kinds = (
        "Community school",
        "Academy converter",
        "Voluntary aided school",
        "Free schools",
        "Independent school",
    )
    filler = [f"Column {n} (name)" for n in range(COLUMNS - 26)]
    fillings = ["", "Not applicable", "0", "999", "E05000141", "", "Does not apply", "19-01-2023", "2", ""]
    with path.open("w", encoding="cp1252", newline="") as out:
        lines = csv.writer(out)
        lines.writerow(
            [
                "URN",
                "LA (code)",
                "LA (name)",
                "EstablishmentName",
                "TypeOfEstablishment (name)",
                "EstablishmentStatus (name)",
                "OpenDate",
                "CloseDate",
                "PhaseOfEducation (name)",
                "StatutoryLowAge",
                "StatutoryHighAge",
                "NumberOfPupils",
                "Trusts (name)",
                "Street",
                "Locality",
                "Address3",
                "Town",
                "Postcode",
                "SchoolWebsite",
                "TelephoneNum",
                "HeadFirstName",
                "HeadLastName",
                "DistrictAdministrative (code)",
                "DistrictAdministrative (name)",
                "Easting",
                "Northing",
                *filler,
            ]
        )
        for n in range(rows):
            name = " ".join(chance.choice(syllables).capitalize() for _ in range(3))
            pupils = chance.randrange(40, 1800)
            if again.random() < changed:
                pupils += 1
            la = 201 + n % 150
            lines.writerow(
                [
                    100000 + n,
                    la,
                    f"Authority {la}",
                    f"{name} École {n}",
                    chance.choice(kinds),
                    "Closed" if n % 2 else "Open",
                    f"01-09-{1990 + n % 30}",
                    f"31-08-{1995 + n % 30}" if n % 2 else "",
                    chance.choice(("Primary", "Secondary", "Not applicable")),
                    4 + n % 8,
                    11 + n % 8,
                    pupils,
                    f"{name} Trust" if n % 3 else "",
                    f"{n % 300} {name} Lane",
                    name.split()[0],
                    "",
                    name.split()[1],
                    f"ZZ{n % 99} {n % 9}{chance.choice('ABCD')}X",
                    f"https://www.school{n}.example/",
                    f"01632{n:06d}",
                    "A",
                    "Head",
                    f"E07{n % 330:06d}",
                    f"District {n % 330}",
                    400000 + chance.randrange(200000),
                    100000 + chance.randrange(400000),
                    *(fillings[(n + c) % 10] for c in range(len(filler))),
                ]
            )


def floor(path: Path) -> float:
    began = perf_counter()
    with path.open(encoding="cp1252", newline="") as source:
        assert all(row["URN"] for row in csv.DictReader(source))
    return perf_counter() - began


Step = tuple[str, float, float]
"""What was done, its seconds, and the floor's seconds just before and after it, halved: others use the
machine too."""


def run(url: str, folder: Path, files: list[Path]) -> dict[str, Any]:
    """Preview each file twice and apply it, in this process: its steps and its peak of megabytes."""
    os.environ.update(environment(url, folder))
    from outreach import create_app
    from outreach.county import register
    from outreach.ground.db import transaction

    now = datetime(2026, 9, 1, tzinfo=UTC)
    steps: list[Step] = []
    told: list[str] = []

    def read(path: Path) -> Any:
        with path.open("rb") as source:
            return register.read(source, la_codes=None, also=register.urns_of(None))

    def preview(path: Path) -> Any:
        return register.preview(read(path), None)

    def apply(path: Path) -> Any:
        file = read(path)
        with transaction():
            register.lock()
            changes = register.preview(file, None)
            register.apply(changes, file_name=path.name, la_codes=None, who="benchmark", now=now)
        return changes

    with create_app({}).app_context():
        for what, path in zip(("empty", "last year's"), files, strict=True):
            before = floor(path)
            for name, step in (("preview", preview), ("preview", preview), ("apply", apply)):
                gc.collect()
                began = perf_counter()
                changes = step(path)
                took = perf_counter() - began
                after = floor(path)
                steps.append((f"{name} onto {what}", took, (before + after) / 2))
                before = after
            told.append(changes.summary)
            del changes
    # ru_maxrss is in kilobytes on Linux.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"steps": steps, "peak": peak, "told": told}


def measured(url: str, folder: Path, files: list[Path]) -> dict[str, Any]:
    """`run` in a process of its own, so that its peak of memory is its own."""
    command = [sys.executable, __file__, "--run", url, str(folder), *map(str, files)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def main() -> int:
    asked = options(__doc__, quick="each once").parse_args()
    rows = size(asked, ROWS, ROWS, 200)
    reached = True
    runs: dict[str, list[dict[str, Any]]] = {kind: [] for kind in kinds(asked)}
    with tempfile.TemporaryDirectory() as made:
        files = [Path(made) / "last_year.csv", Path(made) / "this_year.csv"]
        for path, changed in zip(files, (0.0, 0.02), strict=True):
            write(path, rows, changed)
        print(f"{rows:,} rows, {COLUMNS} columns, {files[0].stat().st_size / 1e6:.0f} MB")
        for _ in range(size(asked, 3, 1, 1)):
            with databases(list(runs)) as fresh:
                for kind, url, folder in fresh:
                    runs[kind].append(measured(url, folder, files))
    for kind, done in runs.items():
        print(f"{kind}: {'; then '.join(done[0]['told'])}")
        for what in dict.fromkeys(step for step, _, _ in done[0]["steps"]):
            all_of_it = [(took, bare) for each in done for step, took, bare in each["steps"] if step == what]
            took, bare = min(all_of_it, key=lambda pair: pair[0] / pair[1])
            detail = f"({took:.2f} s, csv.DictReader alone {bare:.2f} s, best of {len(all_of_it)})"
            asked_for = PREVIEW if what.startswith("preview") else APPLY
            reached &= say(f"{what}, {kind}", took / bare, asked_for, detail=detail)
        peak = max(each["peak"] for each in done)
        enough = peak < MEGABYTES
        print(
            f"peak memory, {kind}: {peak:.0f} MB (under {MEGABYTES} asked: {'reached' if enough else 'MISSED'})"
        )
        reached &= enough
    return status(asked, reached)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--run"]:
        print(json.dumps(run(sys.argv[2], Path(sys.argv[3]), [Path(name) for name in sys.argv[4:]])))
    else:
        sys.exit(main())
