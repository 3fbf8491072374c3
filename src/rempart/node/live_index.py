"""The index of a serving process, kept in step with the store while it is searched.

A thread asks the store ten times a second for its change number. When it moved, the changes since are applied to the
index in memory, and when the machine's keeper has saved a newer index, that one is mapped in place of the old. Searches
take no lock and wait for nothing: each works on the snapshot that it began with.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from rempart.match import (
    DuplicateIdError,
    KnownIndex,
    LayeredIndex,
    SnapshotDamagedError,
    UnknownIdError,
)
from rempart.model.errors import RempartError
from rempart.model.identifiers import EventId
from rempart.node.errors import IndexNotReadyError
from rempart.node.folder import NodeFolder
from rempart.node.index_files import SavedIndex, advanced, saved_indexes
from rempart.store import Store, UnknownRecordError

POLL_SECONDS: Final = 0.1
"""How often a process asks whether something changed."""

LARGEST_STEP: Final = 65_536
"""Changes that a serving process applies at once; more are left to the keeper, whose new index is then mapped."""

_WAITS_FOR_KEEPER: Final = "the search index, which the keeper of this machine is building"

_TOO_FAR: Final = (
    "More changed in the store than a serving process applies; it waits for the keeper's new index."
)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a look-up needs, as of one moment.

    Attributes:
        index: searches numbers.
        largest_threshold_bits: largest threshold among the lists in force.
        has_cpp512_alone: whether some entry can be matched in PDQ dialect `cpp512` only; true also for a while
            after the last of them has gone.
    """

    index: LayeredIndex
    largest_threshold_bits: int
    has_cpp512_alone: bool

    @property
    def change_number(self) -> int:
        """The change of the store up to which this goes."""
        return self.index.change_number


@dataclass(frozen=True, slots=True)
class _State:
    """A snapshot, the saved index that it came from (None: none was needed), and an event that the store had then."""

    snapshot: Snapshot
    saved: SavedIndex | None
    event_id: EventId


class LiveIndex:
    """The index of one process over one store; start it after forking, close it in the end.

    Safe to use from several threads. What another process wrote counts here within the time of a poll.
    """

    def __init__(
        self,
        folder: NodeFolder,
        store: Store,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Join the machine's index files and the store; nothing is read before `start`."""
        self._folder = folder
        self._store = store
        self._monotonic = monotonic
        self._state: _State | None = None
        # What was found to be of no use, until another file is there.
        self._refused: list[SavedIndex | None] = []
        self._problem: str | None = None
        self._in_step_at = monotonic()
        self._refreshing = threading.Lock()
        self._moved = threading.Condition()
        self._wake = threading.Event()
        self._is_closed = False
        self._warming: threading.Thread | None = None
        self._poller = threading.Thread(target=self._poll, name="live-index", daemon=True)

    def start(self) -> None:
        """Open the newest saved index if there is one, and keep in step from now on.

        Returns at once when no index of use is there yet and the store is large: see `ready`.
        """
        self._try_to_refresh()
        self._poller.start()

    def close(self) -> None:
        """Stop following the store; snapshots that were handed out stay usable."""
        self._is_closed = True
        self._wake.set()
        for thread in (self._poller, self._warming):
            if thread is not None and thread.is_alive():
                thread.join()

    def current(self) -> Snapshot:
        """Return what look-ups work on now.

        Raises:
            IndexNotReadyError: there is no index yet; `waits_for` says why.
        """
        state = self._state
        if state is None:
            message = f"This service waits for {self.waits_for}."
            raise IndexNotReadyError(message, hint="Ask again in a moment; see /health/ready.")
        return state.snapshot

    def refresh(self) -> Snapshot:
        """Catch up with the store now, in this thread, and return what look-ups work on.

        Raises:
            IndexNotReadyError: there is no index yet.
        """
        self._try_to_refresh()
        return self.current()

    def wait_until(self, change_number: int, *, timeout_seconds: float) -> bool:
        """Wait until the index goes up to a change of the store; tell whether it does."""
        self._wake.set()
        with self._moved:
            return self._moved.wait_for(lambda: self._reaches(change_number), timeout_seconds)

    @property
    def ready(self) -> bool:
        """Whether look-ups can be answered."""
        return self._state is not None

    @property
    def waits_for(self) -> str | None:
        """What is missing before look-ups can be answered; nothing where they can."""
        if self.ready:
            return None
        return self._problem or _WAITS_FOR_KEEPER

    @property
    def staleness_seconds(self) -> float:
        """How long ago the index was last known to be in step with the store; about a tenth when all is well."""
        return max(0.0, self._monotonic() - self._in_step_at)

    @property
    def problems(self) -> tuple[str, ...]:
        """What keeps the index from following the store, in sentences for the operator; empty when all is well."""
        return () if self._problem is None else (self._problem,)

    def _reaches(self, change_number: int) -> bool:
        state = self._state
        return state is not None and state.snapshot.change_number >= change_number

    def _poll(self) -> None:
        while not self._is_closed:
            self._wake.wait(POLL_SECONDS)
            self._wake.clear()
            if not self._is_closed:
                self._try_to_refresh()

    def _try_to_refresh(self) -> None:
        with self._refreshing:
            began_at = self._monotonic()
            try:
                is_in_step = self._refresh()
            except RempartError as error:
                self._problem = error.message
            except Exception as error:  # noqa: BLE001 - the outermost loop: following must not end for one fault
                self._problem = f"Following the store failed: {type(error).__name__}."
            else:
                if is_in_step:
                    self._problem = None
                    self._in_step_at = began_at

    def _refresh(self) -> bool:
        """Take up what changed; tell whether the index is in step with the store now."""
        saved = next(iter(saved_indexes(self._folder.index)), None)
        state = self._state
        change_number = self._store.change_number()
        found = None
        if saved not in self._refused and (state is None or state.saved != saved):
            found = self._opened(saved)
            self._refused = [] if found else [saved]
        if found is None and state is not None:
            if state.snapshot.change_number == change_number:
                return True
            if (
                self._problem != _TOO_FAR
            ):  # else only a newer file helps, and reading all of it again is no use
                found = self._followed(state) or self._opened(state.saved)
        if found is None:
            self._problem = None if state is None else _TOO_FAR
            return False
        self._adopt(*found)
        return True

    def _opened(self, saved: SavedIndex | None) -> tuple[LayeredIndex, SavedIndex | None] | None:
        """Open what the keeper saved; a small store needs no file."""
        if saved is None:
            index = LayeredIndex(KnownIndex.empty(change_number=0))
        else:
            try:
                self._store.events(saved.event_id, limit=1)
                index = saved.open(self._of_same_base(saved))
            except (UnknownRecordError, SnapshotDamagedError):
                return None  # of another past, or removed or damaged meanwhile: the keeper makes a new one
        return self._advanced(index, saved)

    def _of_same_base(self, saved: SavedIndex) -> LayeredIndex | None:
        state = self._state
        if state is None or state.saved is None or state.saved.base != saved.base:
            return None
        return state.snapshot.index

    def _followed(self, state: _State | None) -> tuple[LayeredIndex, SavedIndex | None] | None:
        """Go on with the index in use."""
        if state is None:
            return None
        try:
            self._store.events(state.event_id, limit=1)
        except UnknownRecordError:
            return None  # a backup was brought back
        return self._advanced(state.snapshot.index, state.saved)

    def _advanced(
        self, index: LayeredIndex, saved: SavedIndex | None
    ) -> tuple[LayeredIndex, SavedIndex | None] | None:
        try:
            newer = advanced(index, self._store, limit=LARGEST_STEP)
        except (DuplicateIdError, UnknownIdError):
            return None
        return None if newer is None else (newer, saved)

    def _adopt(self, index: LayeredIndex, saved: SavedIndex | None) -> None:
        thresholds = [each.threshold_bits for each in self._store.lists()]
        snapshot = Snapshot(
            index=index,
            largest_threshold_bits=max(thresholds, default=0),
            has_cpp512_alone=index.has_cpp512_alone,
        )
        event_id = self._store.last_event_id()
        is_mapped_anew = self._state is None or self._state.saved != saved
        with self._moved:
            self._state = _State(snapshot, saved, event_id)
            self._moved.notify_all()
        if is_mapped_anew and saved is not None:
            goes_on = partial(self._uses, saved)
            self._warming = threading.Thread(
                target=index.warm_up, args=(goes_on,), name="live-index-warm-up", daemon=True
            )
            self._warming.start()

    def _uses(self, saved: SavedIndex) -> bool:
        state = self._state
        return not self._is_closed and state is not None and state.saved == saved
