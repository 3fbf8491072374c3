"""Figures for Prometheus, counted by every worker and added up when they are asked for.

Labels are closed lists: methods, address templates, statuses. No figure names a caller, a list or a fingerprint.
"""

import os
from contextlib import suppress
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
    multiprocess,
)

CONTENT_TYPE: Final = b"text/plain; version=0.0.4; charset=utf-8"
SHARED_FOLDER_VARIABLE: Final = "PROMETHEUS_MULTIPROC_DIR"
"""Where the workers of one machine keep their figures; the supervisor sets it before anything is imported."""

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_SECONDS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class Metrics:
    """What one worker counts."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "rempart_requests",
            "Requests answered.",
            ("method", "route", "status"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "rempart_request_seconds",
            "Time from the head of a request to the end of its answer.",
            ("route",),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._queries = Counter(
            "rempart_queries", "Queries that were matched.", registry=self._registry
        )
        self._hits = Counter(
            "rempart_queries_with_matches",
            "Queries that matched at least one entry.",
            registry=self._registry,
        )
        self._known_requests: dict[tuple[str, str, int], Counter] = {}
        self._known_seconds: dict[str, Histogram] = {}

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answer; one that cannot be counted, on a full disk, is answered all the same."""
        with suppress(OSError):
            self._answered(method, route, status, seconds)

    def _answered(self, method: str, route: str, status: int, seconds: float) -> None:
        key = (method if method in _METHODS else "other", route, status)
        counter = self._known_requests.get(key)
        if counter is None:
            labelled = self._requests.labels(key[0], route, str(status))
            counter = self._known_requests[key] = labelled
        counter.inc()
        histogram = self._known_seconds.get(route)
        if histogram is None:
            histogram = self._known_seconds[route] = self._seconds.labels(route)
        histogram.observe(seconds)

    def matched(self, queries: int, hits: int) -> None:
        """Count queries, and those of them that matched something."""
        self._queries.inc(queries)
        if hits:
            self._hits.inc(hits)

    def text(self) -> bytes:
        """Return the figures of all workers of this machine, or of this one where it is alone."""
        if SHARED_FOLDER_VARIABLE not in os.environ:
            return generate_latest(self._registry)
        shared = CollectorRegistry()
        multiprocess.MultiProcessCollector(shared)  # type: ignore[no-untyped-call]
        return generate_latest(shared)
