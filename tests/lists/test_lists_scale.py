"""Long lists take little memory."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

LIMIT_MB = 64
MEASURE = r"""
import re, sys
from pathlib import Path
from rempart.lists import draft_digest, entry_key, read_list
bad = []
count = 0
with open(sys.argv[1], "rb") as stream:
    for draft in read_list(stream, format="auto", on_bad=bad.append):
        entry_key(draft), draft_digest(draft)
        count += 1
# ru_maxrss would count the process that started this one.
status = Path("/proc/self/status").read_text()
print(count, len(bad), int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) // 1024)
"""


def measured(path: Path) -> tuple[int, int, int]:
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, path], capture_output=True, text=True, check=True
    )
    count, bad, megabytes = done.stdout.split()
    return int(count), int(bad), int(megabytes)


def vics(path: Path, count: int) -> None:
    with path.open("w") as file:
        file.write('{"value":[')
        for number in range(count):
            record = {"MediaID": number, "Category": 1, "MD5": f"{number * 2654435761 + 1:032X}"}
            record |= {"MediaSize": number, "Series": "demo-bridges", "Tags": ["bridge"]}
            file.write("," * bool(number) + json.dumps(record))
        file.write(',{"MD5":"00000000000000000000000000000001"}]}')


def csv(path: Path, count: int) -> None:
    with path.open("w") as file:
        file.write("type,value,category,source,list_version,first_seen,comment\n")
        file.writelines(f"pdq,{number + 1:064x},1,desk,1,,note\n" for number in range(count))
        file.write("pdq,00,1,desk,1,,\n")


def plain(path: Path, count: int) -> None:
    with path.open("w") as file:
        file.writelines(f"{number + 1:032x}  name\n" for number in range(count))
        file.write("torn\n")


def test_200000_media_in_64_megabytes(tmp_path: Path) -> None:
    path = tmp_path / "list"
    vics(path, 200_000)
    count, bad, megabytes = measured(path)
    assert (count, bad) == (200_000, 1)
    assert megabytes < LIMIT_MB


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("write", [vics, csv, plain])
def test_a_million_entries_in_96_megabytes(
    tmp_path: Path, write: Callable[[Path, int], None]
) -> None:
    path = tmp_path / "list"
    write(path, 1_000_000)
    count, bad, megabytes = measured(path)
    assert (count, bad) == (1_000_000, 1)
    assert megabytes < 96
