"""Measures of the pages that this process and its neighbours served, as Prometheus reads them, beside figures that
stand in the database.

Kept by prometheus-client: in files of a folder that all processes of one gunicorn share (gunicorn.conf.py), else in
this process alone. Without METRICS_TOKEN nobody may read them, and nothing is measured. A page is told by the rule of
its address; of pupils' pages, and of what staff say, those alone that failed.
"""

from collections.abc import Iterable, Iterator
from threading import Lock
from typing import Any

from flask import Flask, current_app
from sqlalchemy.pool import QueuePool

from outreach.ground.db import db
from outreach.ground.errands import Errand
from outreach.ground.figures import Figure

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

BOUNDS = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds."""

_KEY = "outreach: measures"


def init_app(app: Flask) -> None:
    app.extensions[_KEY] = Measures()


def of_process() -> "Counts | None":
    """None where nobody may read them."""
    if not current_app.config["METRICS_TOKEN"]:
        return None
    measures: Measures = current_app.extensions[_KEY]
    return measures.counts()


class Measures:
    """Of one process: what it counts, once it counts anything."""

    def __init__(self) -> None:
        self._counts: Counts | None = None
        self._one_begins = Lock()

    def counts(self) -> "Counts":
        with self._one_begins:
            if self._counts is None:
                self._counts = Counts()
            return self._counts

    def begin_anew(self) -> None:
        self._counts = None


class Counts:
    """What is counted: by prometheus-client, which is loaded here."""

    def __init__(self) -> None:
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

        self.own = CollectorRegistry()
        self.requests = Counter(
            "outreach_requests",
            "Requests that were answered.",
            ("route", "method", "status"),
            registry=self.own,
        )
        self.seconds = Histogram(
            "outreach_request_seconds",
            "How long they took.",
            ("route",),
            buckets=BOUNDS,
            registry=self.own,
        )
        self.statements = Counter(
            "outreach_statements", "Statements that they sent to the database.", ("route",), registry=self.own
        )
        self.in_database = Counter(
            "outreach_database_seconds",
            "How long the database took for these.",
            ("route",),
            registry=self.own,
        )
        self.slow = Counter(
            "outreach_slow_statements",
            "Those that took as long as SLOW_STATEMENT_MS, or longer.",
            ("route",),
            registry=self.own,
        )
        self.connections = Gauge(
            "outreach_pool_connections",
            "Connections to the database in use as a request ended, and how many there may be at most.",
            ("state",),
            multiprocess_mode="livesum",
            registry=self.own,
        )

    def answered(self, errand: Errand, method: str, status: int, seconds: float) -> None:
        route = errand.route
        self.requests.labels(route, method, str(status)).inc()
        self.seconds.labels(route).observe(seconds)
        if errand.statements:
            self.statements.labels(route).inc(errand.statements)
            self.in_database.labels(route).inc(errand.seconds)
        if errand.slow:
            self.slow.labels(route).inc(errand.slow)
        pool = db.engine.pool
        if isinstance(pool, QueuePool):
            self.connections.labels("in use").set(pool.checkedout())
            self.connections.labels("most").set(pool.size() + pool._max_overflow)

    def text(self, told: Iterable[Figure]) -> bytes:
        """Those of all processes, and what is told besides."""
        from prometheus_client import CollectorRegistry, generate_latest
        from prometheus_client.multiprocess import MultiProcessCollector

        registry = CollectorRegistry()
        if folder := current_app.config["PROMETHEUS_MULTIPROC_DIR"]:
            MultiProcessCollector(registry, path=folder)  # type: ignore[no-untyped-call]
            return generate_latest(registry) + generate_latest(_registry_of(told))
        return generate_latest(self.own) + generate_latest(_registry_of(told))


def _registry_of(told: Iterable[Figure]) -> Any:
    from prometheus_client import CollectorRegistry

    registry = CollectorRegistry()
    registry.register(_Told(told))
    return registry


class _Told:
    """Figures as prometheus-client collects them."""

    def __init__(self, told: Iterable[Figure]) -> None:
        self.told = list(told)

    def describe(self) -> list[Any]:
        return []

    def collect(self) -> Iterator[Any]:
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        for one in self.told:
            if not one.samples:
                continue
            family = CounterMetricFamily if one.counts else GaugeMetricFamily
            names = list(one.samples[0][0])
            made = family(one.name, one.words, labels=names)
            for labels, value in one.samples:
                made.add_metric([labels[name] for name in names], value)
            yield made
