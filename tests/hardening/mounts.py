"""Mounts that nobody else sees: a namespace of one command, which ends with it."""

import functools
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
from tests.hardening.running import LAUNCH

OWN_MOUNTS: Final = (
    ("unshare", "--mount")
    if os.geteuid() == 0
    else ("unshare", "--user", "--map-root-user", "--mount")
)
"""What stands before a command that is to have mounts of its own."""

_REMPART: Final = 'rempart() { "$REMPART_PYTHON" -c "$REMPART_LAUNCH" "$@"; }\n'


@functools.cache
def _has_own_mounts() -> bool:
    tried = 'mount -t tmpfs -o size=1m tmpfs "$1" && mount -o remount,ro "$1"'
    try:
        done = subprocess.run(
            [*OWN_MOUNTS, "/bin/sh", "-c", tried, "sh", "/mnt"], capture_output=True, check=False
        )
    except FileNotFoundError:
        return False
    return done.returncode == 0


needs_own_mounts: Final = pytest.mark.skipif(
    not _has_own_mounts(), reason="this machine gives its tests no mounts of their own"
)


def run_with_own_mounts(
    script: str, *arguments: Path | str, code: int = 0
) -> "subprocess.CompletedProcess[str]":
    """Run a script of the shell that may mount, and in which `rempart` is our command.

    Args:
        script: stops at its first failing command.
        arguments: what it knows as $1, $2, ...
        code: the exit code that it has to leave with.
    """
    *_, launch = LAUNCH
    done = subprocess.run(
        [*OWN_MOUNTS, "/bin/sh", "-euc", _REMPART + script, "sh", *arguments],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        env={**os.environ, "REMPART_PYTHON": sys.executable, "REMPART_LAUNCH": launch},
    )
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    return done
