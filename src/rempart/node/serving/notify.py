"""What the service tells the system's service manager (the protocol of sd_notify); nothing without one."""

import contextlib
import os
import socket
import time
from collections.abc import Mapping
from typing import Final

_VARIABLE: Final = "NOTIFY_SOCKET"
_WATCHDOG: Final = "WATCHDOG_USEC"
_WATCHDOG_PROCESS: Final = "WATCHDOG_PID"


class ServiceManager:
    """The manager that started this process, where there is one."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._place = environment.get(_VARIABLE, "")
        own = environment.get(_WATCHDOG_PROCESS, str(os.getpid())) == str(os.getpid())
        text = environment.get(_WATCHDOG, "")
        self._watchdog_seconds = int(text) / 2e6 if own and text.isdecimal() and int(text) else 0.0
        self._due = 0.0

    def ready(self, workers: int) -> None:
        """Say that requests are answered."""
        self._send(f"READY=1\nMAINPID={os.getpid()}\nSTATUS=Serves with {workers} workers.")

    def reloading(self) -> None:
        """Say that the service takes its own place."""
        self._send(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self) -> None:
        """Say that the service ends."""
        self._send("STOPPING=1\nSTATUS=Finishes the requests in work.")

    def alive(self) -> None:
        """Say that the service lives, as often as the manager wants to hear it."""
        now = time.monotonic()
        if self._watchdog_seconds and now >= self._due:
            self._due = now + self._watchdog_seconds
            self._send("WATCHDOG=1")

    def _send(self, text: str) -> None:
        if not self._place.startswith(("/", "@")):
            return
        place = "\0" + self._place[1:] if self._place.startswith("@") else self._place
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
            out.settimeout(0)  # a manager that does not read must not hold the supervisor up
            out.sendto(text.encode(), place)
