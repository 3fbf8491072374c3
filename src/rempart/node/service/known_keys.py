"""Keys that were looked up a moment ago: a request seldom needs the store to know its caller."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from typing import Final, NamedTuple, TypeVar

from rempart.keys import same_secret
from rempart.model.service import ApiKey
from rempart.node.service.caller import Caller

REMEMBERED_SECONDS: Final = 0.5
"""How long an answer of the store is believed: a key that was made or revoked takes effect within a second."""

MOST_KEYS: Final = 10_000
MOST_UNKNOWN: Final = 10_000

_V = TypeVar("_V")

FindKey = Callable[[bytes], ApiKey | None]
MakeCaller = Callable[[ApiKey], Caller]


class _Known(NamedTuple):
    caller: Caller
    expires_at: datetime | None
    looked_up: float


class KnownKeys:
    """Answers who a key stands for. Keys and unknown digests are remembered apart, so that guesses push out no key."""

    def __init__(
        self, find: FindKey, make_caller: MakeCaller, *, monotonic: Callable[[], float]
    ) -> None:
        """Take what looks up in the store, what makes a caller of a key, and a clock that only goes forward."""
        self._find = find
        self._make_caller = make_caller
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._known: OrderedDict[bytes, _Known] = OrderedDict()
        self._unknown: OrderedDict[bytes, float] = OrderedDict()

    def held_before(self, digest: bytes) -> bool:
        """Tell whether the key of this digest held when it was last looked up."""
        return digest in self._known

    def refused_before(self, digest: bytes) -> bool:
        """Tell whether the store did not know the key of this digest, or no longer, when it was last looked up."""
        return digest in self._unknown

    def in_hand(self, digest: bytes, now: datetime) -> Caller | None:
        """Return who the key of this digest stands for, if that is known without the store."""
        known = self._known.get(digest)
        if known is None or self._monotonic() - known.looked_up >= REMEMBERED_SECONDS:
            return None
        has_expired = known.expires_at is not None and known.expires_at <= now
        return None if has_expired else known.caller

    def caller(self, digest: bytes, now: datetime) -> Caller | None:
        """Return who the key of this digest stands for; nothing where it is unknown, revoked or expired."""
        at = self._monotonic()
        known = self._known.get(digest)
        if known is None or at - known.looked_up >= REMEMBERED_SECONDS:
            if known is None and self._is_known_as_unknown(digest, at):
                return None
            known = self._look_up(digest, at)
        if known is None or (known.expires_at is not None and known.expires_at <= now):
            return None
        return known.caller

    def _is_known_as_unknown(self, digest: bytes, at: float) -> bool:
        looked_up = self._unknown.get(digest)
        return looked_up is not None and at - looked_up < REMEMBERED_SECONDS

    def _look_up(self, digest: bytes, at: float) -> _Known | None:
        # `at` is from before the question: the answer may be as old as that.
        key = self._find(digest)
        if key is None or key.revoked_at is not None or not same_secret(key.digest, digest):
            with self._lock:
                self._known.pop(digest, None)
                _keep(self._unknown, digest, at, most=MOST_UNKNOWN)
            return None
        known = _Known(self._make_caller(key), key.expires_at, at)
        with self._lock:
            self._unknown.pop(digest, None)
            _keep(self._known, digest, known, most=MOST_KEYS)
        return known


def _keep(kept: OrderedDict[bytes, _V], digest: bytes, value: _V, *, most: int) -> None:
    kept[digest] = value
    kept.move_to_end(digest)
    if len(kept) > most:
        kept.popitem(last=False)
