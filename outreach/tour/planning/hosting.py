"""Possible hosts and guests: pairs of a small school and a neighbour's new show with seats for it. Pure.

Whether a show's date and start suit the guest is known only when it has them; here, only whether they ever
could.
"""

from dataclasses import dataclass

import numpy as np

from outreach.tour.planning.problem import Problem, SchoolToPlan


@dataclass(frozen=True, kw_only=True, eq=False)
class Pairs:
    """One line a pair. `guest`: a school's number; `host`: a position in `hosts`; `cost`: minutes of driving
    it counts as.

    `hosts`: numbers of schools; `seats`: what one show of each leaves for guests; `pupils`: of each line's
    guest.
    """

    guest: np.ndarray
    host: np.ndarray
    cost: np.ndarray
    pupils: np.ndarray
    hosts: np.ndarray
    seats: np.ndarray

    def __len__(self) -> int:
        return len(self.guest)

    def without(self, gone: np.ndarray) -> "Pairs":
        """The others, and their hosts."""
        stay = np.setdiff1d(np.arange(len(self)), gone)
        hosting, host = np.unique(self.host[stay], return_inverse=True)
        return Pairs(
            guest=self.guest[stay],
            host=host,
            cost=self.cost[stay],
            pupils=self.pupils[stay],
            hosts=self.hosts[hosting],
            seats=self.seats[hosting],
        )


def pairs(
    problem: Problem, gaps: tuple[SchoolToPlan, ...], can: np.ndarray, road: np.ndarray, place: np.ndarray
) -> Pairs:
    """All pairs of a problem. `can`: on which dates each school can; `road` between places; `place` of each
    school."""
    rules = problem.guests
    found: list[tuple[int, int, float, int]] = []
    if rules is not None:
        small = [s for s, gap in enumerate(gaps) if gap.pupils and gap.shows == 1]
        hosts = [s for s, gap in enumerate(gaps) if gap.seats]
        for guest in small:
            for host in hosts:
                minutes = int(road[place[guest], place[host]])
                if (
                    guest != host
                    and minutes <= rules.reach
                    and gaps[guest].pupils <= gaps[host].seats
                    and (can[guest] & can[host]).any()
                    and _meet(starts(gaps[guest], minutes), gaps[host].windows)
                ):
                    found.append((guest, host, price(problem, minutes), gaps[guest].pupils))
    hosts_there = sorted({host for _, host, _, _ in found})
    position = {host: at for at, host in enumerate(hosts_there)}
    return Pairs(
        guest=np.array([guest for guest, *_ in found], np.int64),
        host=np.array([position[host] for _, host, *_ in found], np.int64),
        cost=np.array([cost for _, _, cost, _ in found], float),
        pupils=np.array([pupils for *_, pupils in found], np.int64),
        hosts=np.array(hosts_there, np.int64),
        seats=np.array([gaps[host].seats for host in hosts_there], np.int64),
    )


def price(problem: Problem, minutes: int) -> float:
    """What a guest counts as that lives so many minutes from its host: asking, and the road there and
    back."""
    assert problem.guests is not None
    return problem.guests.price + 2 * minutes


def starts(guest: SchoolToPlan, minutes: int) -> tuple[tuple[int, int], ...]:
    """The starts of a neighbour's show that suit a guest: it leaves after its own first start, and is back in
    time."""
    narrowed = ((first + minutes, last - minutes) for first, last in guest.windows)
    return tuple((first, last) for first, last in narrowed if first <= last)


def common(
    one: tuple[tuple[int, int], ...], other: tuple[tuple[int, int], ...]
) -> tuple[tuple[int, int], ...]:
    """The starts that are in both."""
    both = ((max(a, c), min(b, d)) for a, b in one for c, d in other)
    return tuple(sorted({(first, last) for first, last in both if first <= last}))


def _meet(one: tuple[tuple[int, int], ...], other: tuple[tuple[int, int], ...]) -> bool:
    return bool(common(one, other))
