"""The only reader of the time. Everything else is handed `now` as an aware UTC instant."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)
