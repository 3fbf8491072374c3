"""What a gate stands on, in memory: clocks that are set by hand, keys, and a count of what they used."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from rempart.access import Access
from rempart.keys import api_key_digest, api_key_text
from rempart.model.identifiers import KeyId, ListId, OrganisationId, PrincipalId
from rempart.model.principals import Principal, PrincipalKind
from rempart.model.service import ApiKey
from rempart.node.service.identity import Gate, GateSettings

NOW: Final = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
MAC_SECRET: Final = b"m" * 32
MINE: Final = ListId(UUID(int=1))
OTHER: Final = ListId(UUID(int=2))
ACCESS: Final = Access.load()


def principal(subject: str) -> Principal:
    return Principal(
        id=PrincipalId(UUID(int=hash(subject) & ((1 << 128) - 1))),
        issuer="rempart",
        subject=subject,
        organisation_id=OrganisationId(UUID(int=1)),
        kind=PrincipalKind.SERVICE,
    )


@dataclass
class Clocks:
    """A wall clock that can be set, and a clock that only goes on."""

    wall: datetime = NOW
    seconds: float = 1000.0

    def now(self) -> datetime:
        return self.wall

    def monotonic(self) -> float:
        return self.seconds

    def pass_time(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.seconds += seconds


@dataclass
class KeyShelf:
    """Keys by digest, and how often somebody looked."""

    keys: dict[bytes, ApiKey] = field(default_factory=dict)
    looked: int = 0

    def add(self, **stated: Any) -> str:
        number = len(self.keys) + 1
        text = api_key_text(number.to_bytes(16, "big"))
        digest = api_key_digest(text, mac_secret=MAC_SECRET)
        name = stated.pop("name", f"service-{number}")
        given: dict[str, Any] = {
            "id": KeyId(UUID(int=number)),
            "principal": principal(name),
            "label": name,
            "digest": digest,
            "roles": ("match",),
            "lists": None,
            "created_at": NOW,
        }
        self.keys[digest] = ApiKey(**{**given, **stated})
        return text

    def change(self, text: str, **changed: Any) -> None:
        digest = api_key_digest(text, mac_secret=MAC_SECRET)
        self.keys[digest] = replace(self.keys[digest], **changed)

    def find(self, digest: bytes) -> ApiKey | None:
        self.looked += 1
        return self.keys.get(digest)


@dataclass
class Ledger:
    """Counts queries as the store does: all of them or none."""

    used: dict[tuple[KeyId, date], int] = field(default_factory=dict)
    asked: int = 0

    def charge(self, key_id: KeyId, day: date, count: int, limit: int) -> int | None:
        self.asked += 1
        used = self.used.get((key_id, day), 0) + count
        if used > limit:
            return None
        self.used[key_id, day] = used
        return limit - used


@dataclass
class Parts:
    """A gate with all that it stands on."""

    clocks: Clocks
    shelf: KeyShelf
    ledger: Ledger
    gate: Gate


def make_parts(
    *,
    workers: int = 1,
    requests_per_minute: int = 0,
    queries_per_day: int = 0,
    anonymous: Principal | None = None,
) -> Parts:
    clocks, shelf, ledger = Clocks(), KeyShelf(), Ledger()
    gate = Gate(
        access=ACCESS,
        find_key=shelf.find,
        charge=ledger.charge,
        mac_secret=MAC_SECRET,
        settings=GateSettings(
            workers=workers,
            requests_per_minute=requests_per_minute,
            queries_per_day=queries_per_day,
        ),
        clock=clocks,
        anonymous=anonymous,
        monotonic=clocks.monotonic,
    )
    return Parts(clocks, shelf, ledger, gate)
