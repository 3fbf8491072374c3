"""How a supervisor takes its own place: what the new image of the same process gets from the old one."""

import os
import socket
import sys
from collections.abc import Mapping, MutableMapping, Sequence
from typing import Final, NoReturn

import msgspec

from rempart.node.serving.signals import hold_back_signals
from rempart.node.serving.sockets import Listener

_VARIABLE: Final = "_REMPART_HANDOVER"
_STORE_OPTION: Final = "--store"
_STORE_VARIABLE: Final = "REMPART_STORE"
_LARGEST: Final = 1 << 20


class Handover(msgspec.Struct, frozen=True, kw_only=True):
    """What goes over: descriptors by number, and children by process.

    Attributes:
        generation: of the workers that are there.
        listeners: address and descriptor of each listening socket.
        workers: processes that still answer requests.
        keepers: processes of the old keeper.
        lifeline: both ends of the pipe whose end tells children that nobody watches them.
        lock: descriptor of the right to serve this node.
    """

    generation: int
    listeners: list[tuple[str, int]]
    workers: list[int]
    keepers: list[int]
    lifeline: tuple[int, int]
    lock: int

    def sockets(self) -> list[Listener]:
        """Return the listening sockets."""
        return [
            Listener(setting, socket.socket(fileno=number)) for setting, number in self.listeners
        ]

    def descriptors(self) -> Sequence[int]:
        """Return every descriptor that goes over."""
        return [number for _, number in self.listeners] + [*self.lifeline, self.lock]


def receive_handover(environment: MutableMapping[str, str]) -> Handover | None:
    """Return what the old image left, if this process is a new image; children do not inherit it."""
    text = environment.pop(_VARIABLE, "")
    if not text.isdecimal():
        return None
    number = int(text)
    content = os.pread(number, _LARGEST, 0)
    os.close(number)
    handover = msgspec.json.decode(content, type=Handover)
    for descriptor in handover.descriptors():
        os.set_inheritable(descriptor, False)  # noqa: FBT003 - the system's own signature
    return handover


def take_own_place(handover: Handover) -> NoReturn:
    """Run this command line anew in this process: same number, same sockets, same children, new code and settings."""
    memory = os.memfd_create("rempart-handover", 0)
    os.write(memory, msgspec.json.encode(handover))
    for descriptor in handover.descriptors():
        os.set_inheritable(descriptor, True)  # noqa: FBT003 - the system's own signature
    hold_back_signals()
    environment = {**os.environ, _VARIABLE: str(memory)}
    os.execve(sys.executable, own_command(), environment)  # noqa: S606 - the command line that runs


def own_command() -> list[str]:
    """Return the command line that runs this process, without the store's URL: see the environment."""
    return [sys.executable, *without_store(sys.orig_argv[1:])]


def without_store(arguments: Sequence[str]) -> list[str]:
    """Return arguments without `--store URL`, which every user of the machine could read."""
    kept: list[str] = []
    is_value = False
    for each in arguments:
        if not is_value and each != _STORE_OPTION and not each.startswith(_STORE_OPTION + "="):
            kept.append(each)
        is_value = not is_value and each == _STORE_OPTION
    return kept


def hand_store_on_by_environment(
    options: Mapping[str, object], environment: MutableMapping[str, str]
) -> None:
    """Keep a store that the command line named for the next image, where other users cannot read it."""
    if "store" in options:
        environment[_STORE_VARIABLE] = str(options["store"])
