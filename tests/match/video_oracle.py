"""The vPDQ rule once more, as plainly as it can be said: every frame against every frame, whole shares as fractions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from uuid import UUID

import numpy as np

from rempart.match import KnownIndex, Matcher, Query, VideoQuery, VideoRule, frame_rows
from rempart.model.fingerprint import Fingerprint
from rempart.model.handling import Subject
from rempart.model.identifiers import EntryId, FingerprintNumber, ListId, MatchId
from rempart.model.lists import ListPurpose
from rempart.model.match import KnownFingerprint, Match
from rempart.model.video import VideoFrame, frames_text


def frame(value: bytes, at: float = 0, quality: int = 90) -> VideoFrame:
    return VideoFrame(value, quality, round(at * 1000))


def video(*values: bytes, quality: int = 90) -> tuple[VideoFrame, ...]:
    """Return the frames of a video that shows each value for a second."""
    return tuple(frame(value, at, quality) for at, value in enumerate(values))


def distinct_values(count: int, seed: int = 1) -> list[bytes]:
    """Return values far from each other."""
    return [bytes(row) for row in np.random.default_rng(seed).integers(0, 256, (count, 32), "u1")]


def moved(value: bytes, bits: int) -> bytes:
    """Return a value that differs in exactly so many bits."""
    changed = bytearray(value)
    for bit in range(bits):
        changed[bit % 32] ^= 1 << (bit // 32)
    return bytes(changed)


def distance(one: bytes, other: bytes) -> int:
    return (int.from_bytes(one, "big") ^ int.from_bytes(other, "big")).bit_count()


def counted(frames: Iterable[VideoFrame]) -> list[VideoFrame]:
    """Return the frames that count: quality of 50 or more, each value once."""
    seen: list[VideoFrame] = []
    for each in sorted(frames, key=lambda one: one.milliseconds):
        if each.quality >= 50 and each.value not in [one.value for one in seen]:
            seen.append(each)
    return seen


def shares(
    query: Sequence[VideoFrame], listed: Sequence[VideoFrame], threshold: int
) -> tuple[Fraction, Fraction] | None:
    """Return which share of each video's frames lies near the other's; nothing where a video has none that count."""
    asked, known = counted(query), counted(listed)
    if not asked or not known:
        return None
    near = [[distance(one.value, other.value) <= threshold for other in known] for one in asked]
    return (
        Fraction(sum(any(row) for row in near), len(asked)),
        Fraction(sum(any(column) for column in zip(*near, strict=True)), len(known)),
    )


def decides(
    rules: Iterable[VideoRule],
    query: Sequence[VideoFrame],
    listed: Sequence[VideoFrame],
    threshold: int,
) -> bool:
    found = shares(query, listed, threshold)
    return (
        found is not None
        and min(found) > 0
        and any(
            found[0] * 100 >= rule.query_percent and found[1] * 100 >= rule.list_percent
            for rule in rules
        )
    )


@dataclass
class Known:
    """What is known, in memory: explains numbers, as the node's store does."""

    by_number: dict[int, KnownFingerprint] = field(default_factory=dict)
    texts: dict[int, bytes] = field(default_factory=dict)
    pictures: dict[int, bytes] = field(default_factory=dict)
    digests: dict[int, Fingerprint] = field(default_factory=dict)
    described: set[int] = field(default_factory=set)

    def add(
        self,
        content: bytes | Fingerprint | Sequence[VideoFrame],
        *,
        entry: int | None = None,
        purpose: ListPurpose = ListPurpose.KNOWN,
        threshold: int = 31,
        list_no: int = 7,
    ) -> FingerprintNumber:
        """Add a picture by its value, a digest, or a video by its frames."""
        number = FingerprintNumber(len(self.by_number) + 1)
        kind = "vpdq"
        if isinstance(content, Fingerprint):
            kind = content.kind
            self.digests[number] = content
        elif isinstance(content, bytes):
            kind = "pdq"
            self.pictures[number] = content
        else:
            self.texts[number] = frames_text(content).encode()
        self.by_number[number] = KnownFingerprint(
            number=number,
            list_id=ListId(UUID(int=list_no)),
            list_name="known" if purpose is ListPurpose.KNOWN else "harmless",
            owner="Exercise Hotline",
            purpose=purpose,
            subject=Subject.CHILD if purpose is ListPurpose.KNOWN else Subject.HARMLESS,
            threshold_bits=threshold,
            list_generation=3,
            entry_id=EntryId(UUID(int=entry or 1000 + number)),
            entry_version=1,
            kind=kind,
            dialect="exact" if kind == "pdq" else None,
            quality=None,
            labels=(),
        )
        return number

    def harmless(
        self, content: bytes | Sequence[VideoFrame], *, threshold: int = 31, list_no: int = 7
    ) -> FingerprintNumber:
        return self.add(
            content, purpose=ListPurpose.KNOWN_HARMLESS, threshold=threshold, list_no=list_no
        )

    def describe(
        self, numbers: Iterable[FingerprintNumber]
    ) -> Mapping[FingerprintNumber, KnownFingerprint]:
        wanted = list(numbers)
        self.described.update(wanted)
        return {each: self.by_number[each] for each in wanted if each in self.by_number}

    def chunks(self, kind: str) -> Iterable[tuple[np.ndarray, np.ndarray]]:
        if kind == "vpdq":
            return frame_rows(self.texts.items())
        held = {at: each.value for at, each in self.digests.items() if each.kind == kind}
        if kind == "pdq":
            held = self.pictures
        if not held:
            return []
        values = np.frombuffer(b"".join(held.values()), np.uint8).reshape(len(held), -1)
        return [(np.array(list(held), np.int64), values)]

    def matcher(self, rules: Sequence[str] = ("80/0", "0/80")) -> Matcher:
        made = iter(range(1, 1_000_000))
        return Matcher(
            KnownIndex.build(self.chunks, change_number=1),
            self,
            largest_threshold_bits=max(
                (each.threshold_bits for each in self.by_number.values()), default=0
            ),
            new_match_id=lambda _: MatchId(UUID(int=next(made))),
            video_rules=[VideoRule.parse(rule) for rule in rules],
        )

    def matches(
        self, frames: Sequence[VideoFrame], rules: Sequence[str] = ("80/0", "0/80")
    ) -> tuple[Match, ...]:
        query = Query(digests=(), video=VideoQuery(tuple(frames)))
        return self.matcher(rules).match_many([query])[0].matches
