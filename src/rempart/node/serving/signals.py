"""Signals as something that a loop can wait for."""

import contextlib
import signal
import socket
from collections.abc import Iterable, Iterator
from typing import Final

HEARD: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)


class SignalInbox:
    """Signals that arrived and were not yet taken; readable when there are some."""

    def __init__(self) -> None:
        self._reader, self._writer = socket.socketpair()
        self._reader.settimeout(0)
        self._writer.settimeout(0)

    def fileno(self) -> int:
        """Return the descriptor to wait for."""
        return self._reader.fileno()

    def take(self) -> set[int]:
        """Return the signals that arrived since the last call."""
        with contextlib.suppress(BlockingIOError):
            return set(self._reader.recv(4096))
        return set()

    @contextlib.contextmanager
    def hear(self) -> Iterator[None]:
        """Take the signals of a supervisor, also those that waited while it took its own place."""
        before = {each: signal.signal(each, _note) for each in HEARD}
        wakeup = signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, HEARD)
        try:
            yield
        finally:
            signal.set_wakeup_fd(wakeup)
            for each, handler in before.items():
                signal.signal(each, handler)

    def close(self) -> None:
        """Release the descriptors."""
        self._reader.close()
        self._writer.close()


def hold_back_signals() -> None:
    """Let signals wait until the next `hear`, also over an exec: none is lost, and none ends the new image early."""
    signal.pthread_sigmask(signal.SIG_BLOCK, HEARD)


def forget_signals(ignored: Iterable[int] = (signal.SIGINT, signal.SIGHUP)) -> None:
    """Give a forked child the system's own answers; those that a terminal sends to all are the supervisor's alone."""
    signal.set_wakeup_fd(-1)
    for each in HEARD:
        signal.signal(each, signal.SIG_DFL)
    for number in ignored:
        signal.signal(number, signal.SIG_IGN)


def _note(_number: int, _frame: object) -> None:
    """Do nothing: the number stands in the inbox."""
