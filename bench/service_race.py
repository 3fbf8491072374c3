"""The race of look-ups: what each contender is asked over one list, in turns."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
from service_load import JSON, MSGPACK, Figures, Questions, measure, pdq_values
from service_running import Running, peer_service, rempart_service

SECONDS: Final = 3.0
_WARM_SECONDS: Final = 2.0
BUSY: Final = 32
MODEST: Final = 4
BATCH: Final = 1_000
LARGE_BATCH: Final = 10_000
REMPART: Final = "rempart, 2 workers"
REMPART_ALONE: Final = "rempart, 1 worker"
AS_SHIPPED: Final = "peer, OpenMP as it comes"
ONE_THREAD: Final = "peer, OMP_NUM_THREADS=1"
PEERS: Final[Mapping[str, int | None]] = {AS_SHIPPED: None, ONE_THREAD: 1}


@dataclass(frozen=True, slots=True)
class Single:
    """One fingerprint a request, on so many connections."""

    is_known: bool
    connections: int


@dataclass(frozen=True, slots=True)
class Batch:
    """So many a request, on a few connections; with `has_known` one in a hundred matches."""

    size: int
    form: str = JSON
    has_known: bool = False


Asked: TypeAlias = Single | Batch
MISS: Final = Single(is_known=False, connections=BUSY)
HIT: Final = Single(is_known=True, connections=BUSY)
MODEST_MISS: Final = Single(is_known=False, connections=MODEST)
MODEST_HIT: Final = Single(is_known=True, connections=MODEST)
JSON_BATCH: Final = Batch(BATCH)
SINGLES: Final = (MISS, HIT, MODEST_MISS, MODEST_HIT)
BATCHES: Final = (
    JSON_BATCH,
    Batch(BATCH, MSGPACK),
    Batch(BATCH, has_known=True),
    Batch(LARGE_BATCH),
    Batch(LARGE_BATCH, MSGPACK),
)
OF_REMPART: Final[Mapping[int, tuple[Asked, ...]]] = {
    2: (*SINGLES, *BATCHES),
    1: (MISS, HIT, JSON_BATCH, Batch(LARGE_BATCH)),
}
OF_PEER: Final = (MISS, HIT, MODEST_MISS, JSON_BATCH)


class Taken:
    """What was found out: figures of each contender, or why there are none."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, Asked], Figures | str] = {}

    def attempt(self, contender: str, asked: Asked, run: Callable[[], Figures]) -> None:
        """Take one contender's figures."""
        print(f"  {contender}: {asked}", file=sys.stderr)
        try:
            self._found[contender, asked] = run()
        except Exception as error:  # noqa: BLE001 - one contender must not cost the others
            self.fail(contender, [asked], error)

    def fail(
        self, contender: str, everything: tuple[Asked, ...] | list[Asked], error: Exception
    ) -> None:
        """Note why a contender has no figures."""
        reason = " ".join(str(error).replace("|", "/").split())[-160:]
        print(f"  {contender} failed: {reason}", file=sys.stderr)
        for asked in everything:
            self._found.setdefault((contender, asked), f"failed: {reason}")

    def get(self, contender: str, asked: Asked) -> Figures | str | None:
        """Return what was found out, or why it was not; nothing where it was not asked."""
        return self._found.get((contender, asked))


class Race:
    """One list, all contenders."""

    def __init__(self, rempart: Path, node: Path, place: Path, *, token: str) -> None:
        """Lay out what is asked; every contender is asked the same."""
        self._rempart, self._node, self._place = rempart, node, place
        self.values = pdq_values(node)
        self.questions = Questions(place, self.values, token=token)
        self.taken = Taken()
        self.peer_notes: list[str] = []

    @property
    def log(self) -> Path:
        """Where the contenders write."""
        return self._place / "contenders.log"

    def run_rempart(self, *, workers: int, then: Callable[[Running], None] | None = None) -> None:
        """Measure Rempart, and whatever else is to be looked at while it runs."""
        name = REMPART if workers > 1 else REMPART_ALONE
        asked_of_it = OF_REMPART[workers]
        try:
            with rempart_service(
                self._rempart, self._node, workers=workers, log=self.log
            ) as running:
                self._warm(running, self.questions.singles(self.questions.unknown))
                for asked in asked_of_it:
                    self._ask(name, running, asked)
                if then is not None:
                    then(running)
        except Exception as error:  # noqa: BLE001 - one contender must not cost the others
            self.taken.fail(name, asked_of_it, error)

    def run_peers(self) -> None:
        """Measure the peer, with as many threads as OpenMP takes and with one."""
        hashes = self._place / "hashes.npy"
        np.save(hashes, self.values)
        for name, threads in PEERS.items():
            try:
                with peer_service(hashes, threads=threads, log=self.log) as running:
                    self._warm(running, self.questions.peer_singles(self.questions.unknown))
                    for asked in OF_PEER:
                        self._ask_peer(name, running, asked)
                    self.peer_notes.append(
                        f"{name}: ready {running.ready_seconds:.1f} s after its start,"
                        f" {running.pss_bytes() / 1e6:,.0f} MB"
                    )
            except Exception as error:  # noqa: BLE001 - one contender must not cost the others
                self.taken.fail(name, OF_PEER, error)

    def _warm(self, running: Running, requests: Path) -> None:
        """Load a service without counting: what it starts with, such as reading its index, is no look-up's cost."""
        measure(running, requests, connections=MODEST, seconds=_WARM_SECONDS)

    def _ask(self, name: str, running: Running, asked: Asked) -> None:
        ask = self.questions
        if isinstance(asked, Single):
            requests = ask.singles(ask.known if asked.is_known else ask.unknown)
            connections, queries = asked.connections, 1
        else:
            values = ask.some_known if asked.has_known else ask.unknown
            requests = ask.batches(values, asked.size, form=asked.form)
            connections, queries = MODEST, asked.size
        self.taken.attempt(
            name,
            asked,
            lambda: measure(
                running, requests, connections=connections, seconds=SECONDS, queries=queries
            ),
        )

    def _ask_peer(self, name: str, running: Running, asked: Asked) -> None:
        ask = self.questions
        if isinstance(asked, Single):
            requests = ask.peer_singles(ask.known if asked.is_known else ask.unknown)
            connections, queries = asked.connections, 1
        else:
            requests = ask.peer_batch(ask.unknown, asked.size)
            connections, queries = 1, asked.size
        self.taken.attempt(
            name,
            asked,
            lambda: measure(
                running, requests, connections=connections, seconds=SECONDS, queries=queries
            ),
        )
