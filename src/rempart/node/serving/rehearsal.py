"""A rehearsal of the restart: the same command line in a process of its own, which checks everything and leaves."""

import os
import sys
from collections.abc import MutableMapping, Sequence
from typing import Final

from rempart.node.logs import log_event
from rempart.node.serving.handover import own_command
from rempart.node.serving.signals import HEARD

_CHECK: Final = "--check"
_HELD_VARIABLE: Final = "_REMPART_HELD"
_LARGEST: Final = 64 * 1024


class Rehearsal:
    """A process that reads the settings anew and opens what a restart would; the service goes on meanwhile.

    New code that cannot start, or settings that are wrong, must not end a service that runs.
    """

    def __init__(self, held: Sequence[str]) -> None:
        """Start it.

        Args:
            held: addresses that this service listens on, which the new one will inherit.
        """
        self._words = os.memfd_create("rempart-rehearsal", os.MFD_CLOEXEC)
        self.pid: int = os.posix_spawn(
            sys.executable,
            [*own_command(), _CHECK],
            {**os.environ, _HELD_VARIABLE: "\n".join(held)},
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
                (os.POSIX_SPAWN_DUP2, self._words, 2),
            ],
            setsigdef=HEARD,
        )

    def succeeded(self, code: int) -> bool:
        """Take its end; return whether the restart may follow. What it found wrong is passed on."""
        words = os.pread(self._words, _LARGEST, 0)
        os.close(self._words)
        if code != 0:
            log_event("restart-refused", exit=code)
            os.write(2, words)
        return code == 0


def held_addresses(environment: MutableMapping[str, str]) -> list[str]:
    """Return the addresses that the running service holds, in a process that rehearses its restart."""
    # One a line: the path of a Unix socket may hold blanks.
    return environment.pop(_HELD_VARIABLE, "").split("\n")
