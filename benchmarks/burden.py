"""What processes take of the machine, from /proc: seconds of the processor of a process and all below it, those that have
ended included, and memory of each."""

import os
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


def below(first: int) -> list[int]:
    """A process and all that come of it."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and (facts := _facts(int(entry.name))):
            children.setdefault(int(facts[1]), []).append(int(entry.name))
    found = [first]
    for one in found:
        found.extend(children.get(one, ()))
    return found


def parent(process: int) -> int:
    """-1, of which nothing is known, where it runs on another machine."""
    facts = _facts(process)
    return int(facts[1]) if facts else -1


def seconds(first: int) -> float:
    """Of the processor: its own, of what it waited for, and of what is below it."""
    ticks = 0
    for one in below(first):
        # utime, stime, and both of the children that it has waited for.
        ticks += sum(int(each) for each in _facts(one)[11:15])
    return ticks / TICK


def megabytes(process: int) -> float:
    """Its own memory and its part of what it shares (PSS)."""
    for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise ValueError(process)


def _facts(process: int) -> list[str]:
    """The fields of its line that follow its name; none of a process that is over."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []
