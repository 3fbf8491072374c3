"""One process opens a file twice: that must not make another process take the journal away under it."""

import subprocess
import sys
from pathlib import Path

import pytest
from tests.store.material import Laboratory

from rempart.store import Store, StoreDamagedError

_COME_AND_GO = """
import sys
from pathlib import Path
from rempart.store import Store
with Store.open(Path(sys.argv[1])) as store:
    print(len(store.events()))
"""


def events_that_another_process_sees(path: Path) -> int:
    command = [sys.executable, "-c", _COME_AND_GO, str(path)]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def test_second_opening_drops_no_lock_of_the_first(sqlite_laboratory: Laboratory) -> None:
    path = Path(str(sqlite_laboratory.place))
    before = len(sqlite_laboratory.store.events())

    with Store.open(path) as second:
        events_that_another_process_sees(path)
        assert path.with_name(path.name + "-wal").exists()
        with sqlite_laboratory.write() as writer:
            writer.record("exercise.done", {})
        assert len(second.events()) == before + 1
        assert events_that_another_process_sees(path) == before + 1


def test_file_is_looked_into_again_once_nobody_is_connected(sqlite_path: Path) -> None:
    Store.open(sqlite_path).close()
    sqlite_path.write_bytes(b"")

    with pytest.raises(StoreDamagedError, match="empty"):
        Store.open(sqlite_path)
