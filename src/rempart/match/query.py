"""What one file brings to matching: its digests, and the variants of its PDQ."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rempart.model.fingerprint import DIGEST_BYTES, MATCHING_QUALITY_FLOOR, Fingerprint
from rempart.model.match import TRANSFORMS


@dataclass(frozen=True, slots=True)
class PictureQuery:
    """The PDQ side of a query.

    Attributes:
        variants: the eight dihedral values of 32 bytes in the order of `TRANSFORMS`, or the original alone.
        quality: PDQ quality of the picture; absent where the asker does not know it.
        cpp512: the value in the other dialect, where known; searched as `original`.
    """

    variants: tuple[bytes, ...]
    quality: int | None
    cpp512: bytes | None = None

    def __post_init__(self) -> None:
        if len(self.variants) not in {1, len(TRANSFORMS)}:
            msg = f"a picture has 1 or {len(TRANSFORMS)} variants, not {len(self.variants)}"
            raise ValueError(msg)

    @property
    def is_matchable(self) -> bool:
        """Whether the picture's quality allows matching."""
        return self.quality is None or self.quality >= MATCHING_QUALITY_FLOOR

    def values(self) -> list[tuple[str, bytes]]:
        """Return every value to search with the name of its transform, the original first."""
        named = list(zip(TRANSFORMS, self.variants, strict=False))
        return named if self.cpp512 is None else [*named, (TRANSFORMS[0], self.cpp512)]


@dataclass(frozen=True, slots=True)
class Query:
    """Everything one file brings to matching.

    Attributes:
        digests: exact hashes of the whole file.
        picture: PDQ of the whole picture, where there is one.
        partial: PDQ of what could be decoded of a torn picture.
    """

    digests: tuple[Fingerprint, ...]
    picture: PictureQuery | None = None
    partial: PictureQuery | None = None


def single_query(fingerprint: Fingerprint) -> Query:
    """Return the query for one fingerprint alone, as a person gives it: no turned variants.

    Raises:
        ValueError: the kind is opaque to this node, so that nothing can be searched.
    """
    if fingerprint.kind in DIGEST_BYTES:
        return Query(digests=(fingerprint,))
    if fingerprint.dialect is None:
        msg = f"a value of kind {fingerprint.kind} cannot be searched"
        raise ValueError(msg)
    picture = PictureQuery(variants=(fingerprint.value,), quality=fingerprint.quality)
    return Query(digests=(), picture=picture)


def as_matrix(values: list[bytes], width: int) -> NDArray[np.uint8]:
    """Return values of one width as an array of shape (count, width)."""
    return np.frombuffer(b"".join(values), dtype=np.uint8).reshape(len(values), width)
