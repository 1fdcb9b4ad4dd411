"""Patterns that are driven, whatever the date, and the guests at their shows: what that comes to. Pure."""

from dataclasses import dataclass

import numpy as np

from outreach.tour.planning.kinds import PlanRoads
from outreach.tour.planning.pool import Pool


@dataclass(frozen=True, kw_only=True)
class Driven:
    """Which patterns of the pool are driven, each as often as it stands here; the pairs of guest and host, by
    their position; and the value that comes to."""

    patterns: tuple[int, ...]
    value: float
    guests: tuple[int, ...] = ()


def driven_of(
    figures: PlanRoads,
    pool: Pool,
    patterns: tuple[int, ...],
    *,
    guests: tuple[int, ...] | None = None,
    whole_schools: bool = False,
) -> Driven:
    """What these patterns come to, in minutes: their cost, what their guests count as, the worth of what is
    left out.

    `guests`: None for whoever gains by it.
    """
    covered = covered_by(figures, pool, patterns)
    if guests is None:
        guests = _seated(figures, covered)
    pairs = np.array(guests, np.int64)
    missing = missing_of(figures, covered, guests)
    if whole_schools:
        missing = np.ceil(missing)
    cost = pool.cost[np.array(patterns, np.int64)].sum() + figures.pairs.cost[pairs].sum()
    return Driven(patterns=patterns, value=float(cost + missing @ figures.worth), guests=guests)


def _seated(figures: PlanRoads, covered: np.ndarray) -> tuple[int, ...]:
    """For each school that could be a guest and has no show, the most worth first, the cheapest host with
    seats left."""
    pairs = figures.pairs
    left = pairs.seats * hosting_by(figures, covered)
    missing = covered[pairs.guest] == 0
    gain = figures.worth[pairs.guest] - pairs.cost
    found: list[int] = []
    taken: set[int] = set()
    for pair in np.lexsort((pairs.cost, -figures.worth[pairs.guest])).tolist():
        guest, host = int(pairs.guest[pair]), int(pairs.host[pair])
        if missing[pair] and guest not in taken and gain[pair] > 0 and left[host] >= pairs.pupils[pair]:
            taken.add(guest)
            left[host] -= pairs.pupils[pair]
            found.append(pair)
    return tuple(sorted(found))


def hosting_by(figures: PlanRoads, covered: np.ndarray) -> np.ndarray:
    """How many shows each host has that may take guests: one that stands is one."""
    shows: np.ndarray = np.append(np.minimum(covered, figures.need), 1)[figures.pairs.hosts]
    return shows


def missing_of(figures: PlanRoads, covered: np.ndarray, guests: tuple[int, ...]) -> np.ndarray:
    """The part of each school that is left out."""
    come = np.bincount(figures.pairs.guest[np.array(guests, np.int64)], minlength=figures.count)
    missing: np.ndarray = np.maximum(figures.need - covered - come, 0) / figures.need
    return missing


def covered_by(figures: PlanRoads, pool: Pool, patterns: tuple[int, ...]) -> np.ndarray:
    """How many shows each school has of its own."""
    members = pool.members[np.array(patterns, np.int64)]
    return np.bincount(members.ravel(), minlength=figures.count + 1)[: figures.count]
