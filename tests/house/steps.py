"""Steps of a backtracking search, counted and not timed; and texts that a pattern may take long for."""

import re
from collections.abc import Callable, Iterator
from functools import cache
from re import _compiler, _parser  # how Python itself takes a pattern apart
from re import _constants as c
from typing import Any

MANY = 200
"""A repeat bounded below this costs each start a fixed number of steps at most."""
MOST_A_SIGN = 400
"""Steps for each sign, past which a pattern is too slow without looking further."""
ENDS = "\0\n!\u00e9;A1"
PROBES = 'aZ0 \n\t._-/(,:<"|\u00e9'
_STANDS = {
    c.AT_BEGINNING: r"^",
    c.AT_BEGINNING_STRING: r"\A",
    c.AT_BOUNDARY: r"\b",
    c.AT_NON_BOUNDARY: r"\B",
    c.AT_END: r"$",
    c.AT_END_STRING: r"\Z",
}
_REPEATS = (c.MAX_REPEAT, c.MIN_REPEAT, c.POSSESSIVE_REPEAT)


class TooMany(Exception):
    pass


@cache
def _takes(op: Any, said: str, flags: int) -> Callable[[str], bool]:
    """Whether one sign is taken by an atom, which Python's own matcher says once for each sign."""
    node = _parser.SubPattern(_parser.State())
    node.state.flags, node.state.str = flags, ""
    node.append((op, _ATOMS[said]))
    return cache(lambda sign: _compiler.compile(node, flags).fullmatch(sign) is not None)


_ATOMS: dict[str, Any] = {}


def _atom(op: Any, said: Any, flags: int) -> Callable[[str], bool]:
    _ATOMS[repr(said)] = said
    return _takes(op, repr(said), flags)


def program(pattern: Any, flags: int) -> list[tuple[Any, ...]]:
    """A parsed pattern as steps: take a sign, go two ways, jump, look."""
    steps: list[tuple[Any, ...]] = []
    for op, said in pattern:
        if op in (c.LITERAL, c.NOT_LITERAL, c.ANY, c.IN):
            steps.append(("take", _atom(op, said, flags)))
        elif op is c.SUBPATTERN:
            steps += program(said[3], (flags | said[1]) & ~said[2])
        elif op is c.ATOMIC_GROUP:
            steps.append(("alone", [*program(said, flags), ("end",)]))
        elif op is c.BRANCH:
            ways = [program(way, flags) for way in said[1]]
            behind = sum(len(way) + 2 for way in ways) - 2
            for way in ways[:-1]:
                steps += [("ways", 1, len(way) + 2), *way]
                behind -= len(way) + 2
                steps.append(("jump", behind + 1))
            steps += ways[-1]
        elif op in _REPEATS:
            steps += _repeated(op, *said, flags)
        elif op is c.AT:
            steps.append(("at", re.compile(_STANDS[said], flags & re.MULTILINE).match))
        elif op in (c.ASSERT, c.ASSERT_NOT):
            back = said[1].getwidth()[0] if said[0] < 0 else 0
            steps.append(("look", [*program(said[1], flags), ("end",)], back, op is c.ASSERT))
        else:
            raise NotImplementedError(op)
    return steps


def _repeated(op: Any, least: int, most: Any, body: Any, flags: int) -> list[tuple[Any, ...]]:
    once = program(body, flags)
    far = len(once)
    assert most is not c.MAXREPEAT or body.getwidth()[0], "a repeat of nothing"
    lazy = op is c.MIN_REPEAT

    def ways(on: int, off: int) -> tuple[Any, ...]:
        return ("ways", off, on) if lazy else ("ways", on, off)

    if most is c.MAXREPEAT:
        rest = [ways(1, far + 2), *once, ("jump", -far - 1)]
    else:
        left = most - least
        rest = [step for n in range(left) for step in (ways(1, (left - n) * (far + 1)), *once)]
    steps = once * least + rest
    return [("alone", [*steps, ("end",)])] if op is c.POSSESSIVE_REPEAT else steps


class Counted:
    """A text gone through; `steps` so far. Raises TooMany past `most`."""

    def __init__(self, text: str, most: int) -> None:
        self.text, self.most, self.steps = text, most, 0

    def match(self, steps: list[tuple[Any, ...]], at: int, whole: bool = False) -> int | None:
        text, size, waiting, here = self.text, len(self.text), [], 0
        while True:
            self.steps += 1
            if self.steps > self.most:
                raise TooMany
            step = steps[here]
            what, held = step[0], True
            if what == "take":
                if held := at < size and step[1](text[at]):
                    at += 1
                here += 1
            elif what == "ways":
                waiting.append((here + step[2], at))
                here += step[1]
            elif what == "jump":
                here += step[1]
            elif what == "at":
                held, here = step[1](text, at) is not None, here + 1
            elif what == "look":
                found = self.match(step[1], at - step[2]) if at >= step[2] else None
                held, here = (found is not None) is step[3], here + 1
            elif what == "alone":
                found = self.match(step[1], at)
                held, at, here = found is not None, at if found is None else found, here + 1
            elif not whole or at == size:
                return at
            else:
                held = False
            if not held:
                if not waiting:
                    return None
                here, at = waiting.pop()

    def go(self, steps: list[tuple[Any, ...]], kind: str) -> int:
        """Steps of `kind`: 'match' and 'fullmatch' have one start, all else every start that no match took."""
        if kind in ("match", "fullmatch"):
            self.match(steps, 0, kind == "fullmatch")
            return self.steps
        at = 0
        while at <= len(self.text):
            found = self.match(steps, at)
            at = at + 1 if found is None or found == at else found
        return self.steps


def sample(pattern: Any, flags: int) -> str:
    """A short text that (looks aside) matches."""
    said = ""
    for op, what in pattern:
        if op in (c.LITERAL, c.NOT_LITERAL, c.ANY, c.IN):
            takes = _atom(op, what, flags)
            said += next((s for s in PROBES + ENDS + "".join(map(chr, range(32, 0x2100))) if takes(s)), "")
        elif op is c.SUBPATTERN:
            said += sample(what[3], (flags | what[1]) & ~what[2])
        elif op is c.BRANCH:
            said += sample(what[1][0], flags)
        elif op in _REPEATS:
            said += sample(what[2], flags) * max(what[0], 1 if what[1] else 0)
        elif op is c.ATOMIC_GROUP:
            said += sample(what, flags)
    return said


def _long_repeats(pattern: Any, flags: int, before: str) -> Iterator[tuple[str, Any, int]]:
    """(what stands before it, its body, flags) of each repeat that may go on."""
    for at, (op, said) in enumerate(pattern):
        ahead = before + sample(pattern[:at], flags)
        if op in _REPEATS:
            if said[1] is c.MAXREPEAT or said[1] > MANY:
                yield ahead, said[2], flags
            yield from _long_repeats(said[2], flags, ahead)
        elif op is c.SUBPATTERN:
            yield from _long_repeats(said[3], (flags | said[1]) & ~said[2], ahead)
        elif op is c.BRANCH:
            for way in said[1]:
                yield from _long_repeats(way, flags, ahead)
        elif op in (c.ASSERT, c.ASSERT_NOT):
            yield from _long_repeats(said[1], flags, ahead)
        elif op is c.ATOMIC_GROUP:
            yield from _long_repeats(said, flags, ahead)


def _atoms(pattern: Any, flags: int) -> Iterator[tuple[Any, Any, int]]:
    for op, said in pattern:
        if op in (c.LITERAL, c.NOT_LITERAL, c.ANY, c.IN):
            yield op, said, flags
        else:
            for part in _parts(op, said):
                yield from _atoms(part, flags | (said[1] if op is c.SUBPATTERN else 0))


def _parts(op: Any, said: Any) -> list[Any]:
    if op is c.BRANCH:
        return list(said[1])
    if op is c.SUBPATTERN:
        return [said[3]]
    if op in _REPEATS:
        return [said[2]]
    return [said[1]] if op in (c.ASSERT, c.ASSERT_NOT) else [said] if op is c.ATOMIC_GROUP else []


def attacks(parsed: Any, flags: int) -> set[tuple[str, str, str]]:
    """(beginning, what is repeated, end) of texts that make each long repeat go on, and fail in the end."""
    literals = {chr(said) for op, said, _ in _atoms(parsed, flags) if op is c.LITERAL}
    found = set()
    for before, body, its_flags in _long_repeats(parsed, flags, ""):
        takes = [_atom(*atom) for atom in _atoms(body, its_flags)]
        units = {sign for sign in {*PROBES, *literals} if any(one(sign) for one in takes)}
        once = sample(body, its_flags)
        units |= {once, before + once, sample(parsed, flags)} - {""}
        end = next((sign for sign in ENDS if not any(one(sign) for one in takes)), "")
        found |= {(begin, unit, end) for begin in {"", before} for unit in units}
    return found


def grows(pattern: str | bytes, flags: int, kind: str) -> str:
    """A text for which 4,000 signs take more than eight times the steps of 1,000; '' for none."""
    text = pattern.decode("latin-1") if isinstance(pattern, bytes) else pattern
    parsed = _parser.parse(text, flags)
    its_flags = parsed.state.flags
    steps = [*program(parsed, its_flags), ("end",)]
    for attack in sorted(attacks(parsed, its_flags)):
        if _over(steps, kind, attack, 25, 4.6) and _over(steps, kind, attack, 1_000, 8):
            return "{!r} + {!r} * n + {!r}".format(*attack)
    return ""


def _over(
    steps: list[tuple[Any, ...]], kind: str, attack: tuple[str, str, str], few: int, times: float
) -> bool:
    """Whether four times as many signs take over so many times the steps."""
    begin, unit, end = attack
    short, long = (begin + (unit * n)[:n] + end for n in (few, 4 * few))
    try:
        least = Counted(short, MOST_A_SIGN * len(short)).go(steps, kind)
        Counted(long, int(least * times)).go(steps, kind)
    except TooMany:
        return True
    return False
