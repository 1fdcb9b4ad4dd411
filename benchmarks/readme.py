"""Compare what `scripts/bench --quick` printed with the figures in benchmarks/README.md.

  python benchmarks/readme.py PRINTED           name the lines of the README that no longer hold; status 1 if any
  python benchmarks/readme.py PRINTED --write   put the printed lines into the README, with today's date

A line holds while its numbers before the first bracket are within a quarter of what the README says (0.05 at least) and it
reaches or misses what was asked as before.
"""

import argparse
import re
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

README = Path(__file__).resolve().parent / "README.md"
FIGURES = re.compile(r"(?<=<!-- printed by scripts/bench --quick -->\n).*?(?=<!-- end -->)", re.DOTALL)
NUMBER = re.compile(r"(?<![\w.])[-+]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?")
TOLERANCE, SPARE = 0.25, 0.05


def figures(lines: Iterable[str]) -> dict[str, str]:
    """The lines that say a figure, by their words: what stands before the colon, and the rest with its numbers masked."""
    found = {}
    for line in lines:
        name, colon, _ = line.partition(": ")
        if colon and not line.startswith((" ", "=")) and NUMBER.search(measured(line)):
            found[f"{name}: {NUMBER.sub('#', measured(line))}"] = line.rstrip()
    return found


def measured(line: str) -> str:
    """What stands between the colon and the first bracket."""
    return line.partition(": ")[2].partition("(")[0].strip()


def holds(said: str, printed: str) -> bool:
    """Whether a printed line still says what the README says."""
    if ("MISSED" in said) != ("MISSED" in printed):
        return False
    then, now = (
        [float(n.replace(",", "")) for n in NUMBER.findall(measured(line))] for line in (said, printed)
    )
    return all(abs(b - a) <= max(SPARE, TOLERANCE * abs(a)) for a, b in zip(then, now, strict=True))


def differences(said: dict[str, str], printed: dict[str, str]) -> list[str]:
    """Lines of the README that no longer hold, were not printed, or are not there yet."""
    lines = []
    for words, line in said.items():
        if words not in printed:
            lines.append(f"not printed: {line}")
        elif not holds(line, printed[words]):
            lines.append(f"no longer holds: {line}\n            printed: {printed[words]}")
    return lines + [f"not in the README: {line}" for words, line in printed.items() if words not in said]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("printed", type=Path, help="what scripts/bench --quick printed")
    parser.add_argument("--write", action="store_true", help="put it into the README")
    asked = parser.parse_args()
    text, printed = README.read_text(), figures(asked.printed.read_text().splitlines())
    if asked.write:
        day = f"{datetime.now(UTC):%-d %B %Y}"
        block = f"Read on {day}.\n\n```\n" + "\n".join(printed.values()) + "\n```\n"
        README.write_text(FIGURES.sub(lambda _: block, text))
        return 0
    found = FIGURES.search(text)
    assert found, "README.md has lost its figures"
    differing = differences(figures(found[0].splitlines()), printed)
    print("\n".join(differing) or "benchmarks/README.md says what was printed.")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
