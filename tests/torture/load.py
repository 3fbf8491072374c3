"""Mixed load by patient clients, each of which keeps a ledger of what it was answered."""

import random
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Self

from tests.torture.running import until

from rempart.client import Client, Fingerprint, Label, NewEntry, NotFoundError, Query

LIST: Final = "torture"
SCHEME: Final = "exercise"
_AT_ONCE: Final = 500
_KINDS: Final = (("pdq", 32), ("md5", 16), ("sha256", 32))


@dataclass
class Known:
    """What one actor was told of an entry of its own."""

    source_id: str
    kind: str
    value: str
    label: str = "exercise-0"
    is_withdrawn: bool = False

    def said(self, label: str) -> NewEntry:
        """Return what is said of it with another label."""
        fingerprint = Fingerprint(self.kind, self.value)
        return NewEntry([fingerprint], self.source_id, [Label(SCHEME, label)])


@dataclass
class Write:
    """One accepted write: how to send it again, and what was answered."""

    kind: str
    about: str | None
    send: Callable[[Client], Any]
    answer: Any


@dataclass
class Actor:
    """Acts under a name of its own on entries of its own, and remembers every answer."""

    name: str
    principal: str
    key: str
    client: Client
    dice: random.Random
    entries: dict[str, Known] = field(default_factory=dict)
    writes: list[Write] = field(default_factory=list)
    hits: dict[str, str] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    asked: int = 0
    made: int = 0

    def act(self) -> None:
        """Do one thing."""
        doing = self.dice.choices(
            (self.put, self.change, self.withdraw, self.match, self.dispose, self.again),
            weights=(6, 4, 2, 8, 3, 1),
        )[0]
        doing()
        self.asked += 1

    def put(self) -> None:
        """Add entries."""
        drafts = []
        for _ in range(self.dice.randint(1, 3)):
            kind, size = self.dice.choice(_KINDS)
            self.made += 1
            drafts.append(Known(f"{self.name}-{self.made}", kind, self.dice.randbytes(size).hex()))
        said = [each.said(each.label) for each in drafts]
        answer = self._write(
            "entries.put",
            None,
            lambda client, token: client.put_entries(LIST, said, idempotency_key=token),
        )
        for draft, record in zip(drafts, answer.records, strict=True):
            assert record.outcome == "added", record
            self.entries[record.entry] = draft

    def change(self) -> None:
        """Say something else of an entry."""
        entry = self._active()
        if entry is None:
            return
        known = self.entries[entry]
        label = f"exercise-{self.dice.randrange(1 << 30)}"
        said = known.said(label)
        answer = self._write(
            "entry.changed",
            entry,
            lambda client, token: client.change_entry(LIST, entry, said, idempotency_key=token),
        )
        assert answer.outcome == "changed", answer
        known.label = label

    def withdraw(self) -> None:
        """Withdraw an entry."""
        entry = self._active()
        if entry is None:
            return
        self._write(
            "entry.withdrawn",
            entry,
            lambda client, token: client.withdraw_entry(LIST, entry, idempotency_key=token),
        )
        self.entries[entry].is_withdrawn = True

    def match(self) -> None:
        """Ask for what is known and for what is not."""
        asked = [self._active() for _ in range(3)]
        values = [(e.kind, e.value) for e in (self.entries[each] for each in asked if each)]
        values.append(("pdq", self.dice.randbytes(32).hex()))
        answer = self.client.match([Query([Fingerprint(*each)], self.name) for each in values])
        for result, entry in zip(answer.results, [*filter(None, asked), None], strict=True):
            assert {each.entry for each in result.matches} <= {entry}
            self.hits |= {each.id: each.entry for each in result.matches}

    def dispose(self) -> None:
        """Say what a match is."""
        if not self.hits:
            return
        match = self.dice.choice(list(self.hits))
        value: Any = self.dice.choice(("true", "false", "unclear"))
        try:
            self._write(
                "match.disposed",
                match,
                lambda client, token: client.dispose_match(
                    match, value, "exercise", idempotency_key=token
                ),
            )
        except NotFoundError:
            return  # on record on one machine's disk, and not yet where all machines look

    def again(self) -> None:
        """Send a write again that was answered before: it gets the same answer, and nothing is done."""
        if self.writes:
            self.repeat(self.dice.choice(self.writes))

    def repeat(self, write: Write) -> None:
        """Send one write again."""
        assert write.send(self.client) == write.answer, write.kind

    def _write(
        self, kind: str, about: str | None, call: Callable[[Client, str], Any]
    ) -> Any:  # Any: each operation has its own answer
        token = f"{self.name}-{len(self.writes)}-{self.dice.randrange(1 << 60)}"
        answer = call(self.client, token)
        self.writes.append(Write(kind, about, lambda client: call(client, token), answer))
        return answer

    def matches_as_it_should(self) -> bool:
        """Tell whether each entry matches, and each that was withdrawn does not."""
        entries = list(self.entries.items())
        for start in range(0, len(entries), _AT_ONCE):
            part = entries[start : start + _AT_ONCE]
            queries = [Query([Fingerprint(known.kind, known.value)]) for _, known in part]
            results = self.client.match(queries).results
            for (entry, known), result in zip(part, results, strict=True):
                wanted = set() if known.is_withdrawn else {entry}
                if {each.entry for each in result.matches} != wanted:
                    return False
        return True

    def _active(self) -> str | None:
        active = [key for key, each in self.entries.items() if not each.is_withdrawn]
        return self.dice.choice(active) if active else None


class Load:
    """Actors at work, each in a thread, until the block ends."""

    def __init__(self, actors: Sequence[Actor]) -> None:
        self.actors = actors
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._work, args=(each,)) for each in actors]

    def __enter__(self) -> Self:
        for each in self._threads:
            each.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for each in self._threads:
            each.join()

    def goes_on(self, count: int = 12) -> None:
        """Wait until every actor was answered so many times more."""
        goals = [(each, each.asked + count) for each in self.actors]
        until(
            lambda: (
                all(actor.asked >= goal or actor.errors for actor, goal in goals)
                or self._over.is_set()
            )
        )

    def _work(self, actor: Actor) -> None:
        while not self._over.is_set() and not actor.errors:
            try:
                actor.act()
            except Exception as error:  # noqa: BLE001 - told by the test itself
                actor.errors.append(f"{actor.name}: {error!r}")


def written(actors: Sequence[Actor]) -> Counter[tuple[str, str, str | None]]:
    """Return how often each principal was told that a write of a kind about something was accepted."""
    return Counter(
        (actor.principal, write.kind, write.about) for actor in actors for write in actor.writes
    )
