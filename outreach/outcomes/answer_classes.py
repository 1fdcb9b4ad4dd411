"""Answer classes that a count, a mean and a variance give away, by going through all that could lie behind them.
Pure.

A file for researchers says of a performance, a wave and an item how many answered, their mean and their variance.
From these one can often work out how many chose each answer. A row goes out only where no class of fewer than 5
answers is determined: where there are at least two ways to fill the classes that give the same row and differ in it.
"""

from collections.abc import Iterator, Sequence

from outreach.ground.suppression import AT_LEAST

DECIMALS = 2
"""Decimals of mean and variance as they are said."""


def said_of(counts: Sequence[int], points: Sequence[int]) -> tuple[int, float, float]:
    """(answers, mean, variance) as a row says them, rounded; the variance is that of those who answered.

    `counts` are the answers for each of `points`, the values of the classes. Raises ZeroDivisionError where nobody
    answered.
    """
    sums = (sum(point**power * n for point, n in zip(points, counts, strict=True)) for power in (1, 2))
    return sum(counts), *_mean_and_variance(sum(counts), *sums)


def small_and_determined(counts: Sequence[int], points: Sequence[int]) -> list[int]:
    """The points whose class holds fewer than 5 answers and can be worked out of the row; [] lets the row go out.

    `points` are whole numbers in a row, such as 0 and 1, or 1 to 5.
    """
    determined = {point for point, count in zip(points, counts, strict=True) if count < AT_LEAST}
    fillings = _fillings(*said_of(counts, points), points) if determined else iter(())
    for other in fillings:
        same = {point for point, n, own in zip(points, other, counts, strict=True) if n == own}
        determined &= same
        if not determined:
            break
    return sorted(determined)


def _mean_and_variance(answers: int, total: int, squares: int) -> tuple[float, float]:
    mean = total / answers
    return round(mean, DECIMALS), round(squares / answers - mean**2, DECIMALS)


def _fillings(answers: int, mean: float, variance: float, points: Sequence[int]) -> Iterator[list[int]]:
    """Every way to give so many answers to the points that is said with this mean and this variance."""
    lowest, highest = points[0], points[-1]
    step = 10.0**-DECIMALS
    for total in range(int(answers * (mean - step)), int(answers * (mean + step)) + 2):
        exact = total / answers
        around = answers * (variance + exact**2)
        for squares in range(int(around - answers * step), int(around + answers * step) + 2):
            if _mean_and_variance(answers, total, squares) == (mean, variance):
                above = total - lowest * answers
                squares_above = squares - 2 * lowest * above - lowest**2 * answers
                yield from _parts(answers, above, squares_above, highest - lowest)


def _parts(answers: int, total: int, squares: int, most: int) -> Iterator[list[int]]:
    """Every list of most + 1 counts of the values 0 to `most` with this number, this sum and this sum of squares."""
    if min(answers, total, squares) < 0:
        return
    if most == 1:
        if total == squares <= answers:
            yield [answers - total, total]
        return
    if most == 2:
        twos, left = divmod(squares - total, 2)
        ones = total - 2 * twos
        if not left and min(twos, ones, answers - ones - twos) >= 0:
            yield [answers - ones - twos, ones, twos]
        return
    for count in range(min(answers, total // most, squares // most**2) + 1):
        for fewer in _parts(answers - count, total - most * count, squares - most**2 * count, most - 1):
            yield [*fewer, count]
