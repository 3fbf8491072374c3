# Types of the compiled kernels of exact search; `hamming_numpy` is the twin and documents the arrays.

import numpy as np
import numpy.typing as npt

class Searcher:
    def query(self, hash: bytes, radius: int) -> list[tuple[int, int]]: ...  # noqa: A002 - the public name
    def query_many(
        self, hashes: npt.NDArray[np.uint8], radius: int
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]: ...
    def with_changes(
        self,
        *,
        dead: npt.NDArray[np.uint8],
        tail_words: npt.NDArray[np.uint64],
        tail_ids: npt.NDArray[np.int64],
        tail_dead: npt.NDArray[np.uint8],
        tail_count: npt.NDArray[np.int64],
    ) -> Searcher: ...

def available_kernels() -> list[str]: ...
def permute(hashes: npt.NDArray[np.uint8], rows: npt.NDArray[np.uint64]) -> None: ...
def find_groups(rows: npt.NDArray[np.uint64], group_of_row: npt.NDArray[np.uint32]) -> int: ...
def fill_tables(
    rows: npt.NDArray[np.uint64],
    offsets: npt.NDArray[np.uint32],
    table_groups: npt.NDArray[np.uint32],
    sketches: npt.NDArray[np.uint16],
) -> None: ...
def read_random_lines(memory: npt.NDArray[np.uint8], count: int) -> int: ...
def make_searcher(
    *,
    groups: int,
    ids: npt.NDArray[np.int64],
    dead: npt.NDArray[np.uint8],
    columns: npt.NDArray[np.uint64] | None,
    rows: npt.NDArray[np.uint64] | None,
    offsets: npt.NDArray[np.uint32] | None,
    table_groups: npt.NDArray[np.uint32] | None,
    sketches: npt.NDArray[np.uint16] | None,
    group_starts: npt.NDArray[np.uint32] | None,
    members: npt.NDArray[np.uint32] | None,
    tail_words: npt.NDArray[np.uint64],
    tail_ids: npt.NDArray[np.int64],
    tail_dead: npt.NDArray[np.uint8],
    tail_count: npt.NDArray[np.int64],
    kernel: str,
    was_checked: bool = False,
) -> Searcher: ...
