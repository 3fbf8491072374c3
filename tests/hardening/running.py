"""The command in a process of its own, benign drawn pictures, and what its records say."""

import base64
import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from PIL import Image

Record = dict[str, Any]

KNOWN: Final = (1, 2)
"""Numbers of the pictures that the node's list knows: odd ones by PDQ, even ones by SHA-256."""
LAUNCH: Final = (sys.executable, "-c", "from rempart.cli import main; main()")


def picture(number: int, *, form: str = "PNG", side: int = 96) -> bytes:
    """Return coarse noise of one seed, enlarged: PDQ finds it as distinct as a photograph."""
    grid = np.random.default_rng(number).integers(0, 256, (12, 12, 3), dtype=np.uint8)
    drawn = Image.fromarray(grid).resize((side, side), Image.Resampling.BICUBIC)
    written = io.BytesIO()
    drawn.save(written, form)
    return written.getvalue()


def run_rempart(
    *arguments: str | bytes | Path,
    before: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    code: int | None = 0,
    **options: Any,
) -> "subprocess.CompletedProcess[bytes]":
    """Run one command to its end.

    Args:
        arguments: of `rempart`.
        before: a command that runs ours, as `unshare` does.
        environment: variables beside those that this process has.
        code: the exit code that it has to leave with; absent for any.
        options: of `subprocess.run`.
    """
    done = subprocess.run(
        [*before, *LAUNCH, *arguments],
        capture_output=True,
        env={**os.environ, **(environment or {})},
        check=False,
        **options,
    )
    assert b"Traceback" not in done.stderr, done.stderr.decode(errors="replace")
    assert code in {None, done.returncode}, done.stderr.decode(errors="replace")
    return done


def records_of(lines: bytes) -> list[Record]:
    """Return records, each a line."""
    return [json.loads(line) for line in lines.splitlines()]


def path_of(record: Record) -> bytes:
    """Return the bytes of a record's path, as a program that reads records does."""
    if "path_b64" in record:
        return base64.b64decode(record["path_b64"])
    return str(record["path"]).encode()


def reason(record: Record) -> tuple[str, str | None]:
    """Return a record's outcome, and why it is not ok."""
    return record["outcome"], record["error"]["kind"] if record["error"] else None


def hashes_of(path: Path) -> dict[str, str]:
    """Return the fingerprints of a file by kind; of PDQ the exact one."""
    [record] = records_of(run_rempart("hash", "--json", path).stdout)
    return {
        each["kind"]: each["value"]
        for each in record["fingerprints"]
        if each.get("dialect", "exact") == "exact"
    }
