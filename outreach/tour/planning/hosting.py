"""Possible hosts and guests: pairs of a small school and a neighbour's show with seats for it. Pure.

Whether a new show's date and start suit the guest is known only when it has them; here, only whether they
ever could. A show that stands has both.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from outreach.tour.planning.problem import BookedShow, Problem, SchoolToPlan

Standing = tuple[int, BookedShow]
"""The position of a day, and a show that stands on it."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Pairs:
    """One line a pair. `guest`: a school's number; `host`: a position in `hosts`; `cost`: minutes of driving
    it counts as.

    `hosts`: numbers of schools, and for a show that stands the count of schools; `stands`: that show's
    position in `standing`, else -1; `seats`: what one show of each leaves for guests; `pupils`: of each
    line's guest.
    """

    guest: np.ndarray
    host: np.ndarray
    cost: np.ndarray
    pupils: np.ndarray
    hosts: np.ndarray
    stands: np.ndarray
    seats: np.ndarray
    standing: tuple[Standing, ...]

    @property
    def plays(self) -> np.ndarray:
        """Which of the hosts are schools with new shows."""
        new: np.ndarray = self.stands < 0
        return new

    def at_new_shows(self) -> np.ndarray:
        """The pairs at shows that do not stand."""
        return np.flatnonzero(self.plays[self.host])

    def seated(self, pairs: Iterable[int]) -> dict[int, tuple[Standing, float]]:
        """Of some pairs those at shows that stand: guest -> the show, and what it counts as."""
        at = ((pair, int(self.stands[self.host[pair]])) for pair in pairs)
        return {
            int(self.guest[pair]): (self.standing[show], float(self.cost[pair]))
            for pair, show in at
            if show >= 0
        }

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
            stands=self.stands[hosting],
            seats=self.seats[hosting],
            standing=self.standing,
        )


def pairs(
    problem: Problem,
    gaps: tuple[SchoolToPlan, ...],
    can: np.ndarray,
    column: np.ndarray,
    road: np.ndarray,
    place: np.ndarray,
) -> Pairs:
    """All pairs of a problem. `can`: on which dates each school can; `column`: the date of each day; `road`
    between places; `place` of each school."""
    rules = problem.guests
    standing: tuple[Standing, ...] = tuple(
        (day, show) for day, given in enumerate(problem.days) for show in given.booked if show.seats
    )
    found: list[tuple[int, int, float, int]] = []
    if rules is not None:
        small = [s for s, gap in enumerate(gaps) if gap.pupils and gap.shows == 1]
        hosts = [s for s, gap in enumerate(gaps) if gap.seats]
        for guest in small:
            own = gaps[guest]
            for host in hosts:
                minutes = int(road[place[guest], place[host]])
                if (
                    guest != host
                    and minutes <= rules.reach
                    and own.pupils <= gaps[host].seats
                    and (can[guest] & can[host]).any()
                    and _meet(starts(own, minutes), gaps[host].windows)
                ):
                    found.append((guest, host, price(problem, minutes), own.pupils))
            for at, (day, show) in enumerate(standing):
                minutes = int(road[place[guest], show.place])
                if (
                    own.school != show.school
                    and minutes <= rules.reach
                    and own.pupils <= show.seats
                    and can[guest, column[day]]
                    and _meet(starts(own, minutes), ((show.starts, show.starts),))
                ):
                    found.append((guest, len(gaps) + at, price(problem, minutes), own.pupils))
    there = np.array(sorted({host for _, host, _, _ in found}), np.int64)
    position = {host: at for at, host in enumerate(there.tolist())}
    stands = np.where(there >= len(gaps), there - len(gaps), -1)
    return Pairs(
        guest=np.array([guest for guest, *_ in found], np.int64),
        host=np.array([position[host] for _, host, *_ in found], np.int64),
        cost=np.array([cost for _, _, cost, _ in found], float),
        pupils=np.array([pupils for *_, pupils in found], np.int64),
        hosts=np.minimum(there, len(gaps)),
        stands=stands,
        seats=np.array(
            [
                gaps[host].seats if at < 0 else standing[at][1].seats
                for host, at in zip(there.tolist(), stands.tolist(), strict=True)
            ],
            np.int64,
        ),
        standing=standing,
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
