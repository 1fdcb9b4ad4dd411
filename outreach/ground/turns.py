"""Turns of partnerships: each is served after the one before it, and none twice before the others."""

from collections.abc import Collection


class Turns:
    """Who was served last, by one process; another's begin anew."""

    def __init__(self) -> None:
        self._last = 0

    def order(self, waiting: Collection[int]) -> list[int]:
        """Those who wait, whoever comes after the one served last at first."""
        return sorted(waiting, key=lambda one: (one <= self._last, one))

    def whole(self, waiting: Collection[int | None]) -> list[int | None]:
        """The same; as they were where no wall stands between them, and one sees to all at once."""
        if None in waiting:
            return list(waiting)
        return [*self.order([one for one in waiting if one is not None])]

    def served(self, one: int) -> None:
        self._last = one
