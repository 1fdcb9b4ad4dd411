"""Lunch for many ways through a day at once: lunch.py in arrays. Pure."""

import numpy as np

from outreach.tour.planning.kinds import NEVER
from outreach.tour.planning.lunch import FIRST, LAST


def arrives(minutes: int, ready: np.ndarray, road: np.ndarray, *, leaving: bool) -> np.ndarray:
    """The earliest arrival at the next place with lunch before the drive or after it; NEVER when it is too
    late for it.

    `leaving`: the troupe has not left in the morning, and could have had lunch before it did.
    """
    there = np.maximum(FIRST, ready + road) + minutes
    eaten = np.maximum(ready, FIRST + minutes) if leaving else np.maximum(FIRST, ready) + minutes
    before = np.where(eaten <= LAST, eaten + road, NEVER) if not leaving else eaten + road
    earliest: np.ndarray = np.minimum(np.where(there <= LAST, there, NEVER), before)
    return earliest


def before(minutes: int, ready: np.ndarray, road: np.ndarray, gets_in: int, *, leaving: bool) -> np.ndarray:
    """Whether lunch fits before a show that stands."""
    free = np.zeros_like(ready) if leaving else ready
    fits: np.ndarray = _fits(minutes, free, gets_in - road) | _fits(
        minutes, ready + road, np.full_like(ready, gets_in)
    )
    return fits


def after_last(minutes: int, ready: np.ndarray, road: np.ndarray, returns: int) -> np.ndarray:
    """Whether lunch fits after the last show, there or once the troupe is back."""
    fits: np.ndarray = _fits(minutes, ready, returns - road) | _fits(
        minutes, ready + road, np.full_like(ready, LAST)
    )
    return fits


def _fits(minutes: int, free: np.ndarray, until: np.ndarray) -> np.ndarray:
    fits: np.ndarray = np.maximum(FIRST, free) + minutes <= np.minimum(LAST, until)
    return fits
