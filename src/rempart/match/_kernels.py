"""Which module does the work of exact search: the compiled kernels or their numpy twin."""

from importlib.util import find_spec
from types import ModuleType
from typing import Final, Protocol, cast

from rempart._native import hamming_numpy
from rempart._native.hamming_numpy import Bytes, Hits, Ids, Numbers, Sketches, Words
from rempart._native.kernel_choice import KernelUnavailableError, choose_kernel
from rempart.match.errors import SearchKernelError

_native: ModuleType | None = None
if find_spec("rempart._native._hamming") is not None:  # absent when built with REMPART_PURE=1
    from rempart._native import _hamming

    _native = _hamming

NUMPY: Final = "numpy"


class Searcher(Protocol):
    """A search over a frozen part and a tail."""

    def query(self, hash: bytes, radius: int, /) -> list[tuple[int, int]]:  # noqa: A002 - the public name
        """Return (id, distance), nearest first, ties by id."""

    def query_many(self, hashes: Bytes, radius: int, /) -> Hits:
        """Return query numbers, ids and distances, ordered by query, distance, id."""

    def with_changes(
        self, *, dead: Bytes, tail_words: Words, tail_ids: Ids, tail_dead: Bytes, tail_count: Ids
    ) -> "Searcher":
        """Return a searcher over the same frozen part with other marks and another tail."""


class KernelModule(Protocol):
    """What `_hamming` and `hamming_numpy` both offer; the twin documents the arrays."""

    def permute(self, hashes: Bytes, rows: Words) -> None:
        """Put the bits of each hash in the fixed order."""

    def find_groups(self, rows: Words, group_of_row: Numbers) -> int:
        """Number the distinct hashes."""

    def fill_tables(
        self, rows: Words, offsets: Numbers, table_groups: Numbers, sketches: Sketches
    ) -> None:
        """Sort the distinct hashes into the 16 tables."""

    def make_searcher(
        self,
        *,
        groups: int,
        ids: Ids,
        dead: Bytes,
        columns: Words | None,
        rows: Words | None,
        offsets: Numbers | None,
        table_groups: Numbers | None,
        sketches: Sketches | None,
        group_starts: Numbers | None,
        members: Numbers | None,
        tail_words: Words,
        tail_ids: Ids,
        tail_dead: Bytes,
        tail_count: Ids,
        kernel: str,
        was_checked: bool = False,
    ) -> Searcher:
        """Return a searcher over these arrays."""


def available_kernels() -> list[str]:
    """Return the names of the kernel paths that this build and processor can run, best first."""
    compiled = [] if _native is None else _native.available_kernels()
    return [*compiled, NUMPY]


def pick_kernel(name: str | None = None) -> tuple[KernelModule, str]:
    """Return the module to call and the name of the kernel path.

    Args:
        name: a path to insist on; absent: what REMPART_KERNEL names, else the best available one.

    Raises:
        SearchKernelError: what REMPART_KERNEL names cannot run here.
        KernelUnavailableError: the path to insist on cannot run here.
    """
    available = available_kernels()
    chosen = _chosen(available) if name is None else name
    if chosen not in available:
        msg = f"kernel {chosen} cannot run here; available: {', '.join(available)}"
        raise KernelUnavailableError(msg)
    module = hamming_numpy if chosen == NUMPY else _native
    # Modules that fit the protocol: a cast, because the compiled one may be absent.
    return cast("KernelModule", module), chosen


def _chosen(available: list[str]) -> str:
    try:
        return choose_kernel(available)
    except KernelUnavailableError as error:
        message, _, hint = str(error).partition(". ")
        raise SearchKernelError(message + ".", hint=hint) from error
