"""One worker: a forked process that runs the application on the inherited sockets until it is told to leave."""

import asyncio
import importlib
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, cast

import uvloop

from rempart.match import pick_kernel
from rempart.node.folder import NodeFolder
from rempart.node.logs import configure_logs, log_event
from rempart.node.node import open_store
from rempart.node.secrets import check_secrets
from rempart.node.service_settings import check_service_settings
from rempart.node.serving.load_board import LoadBoard
from rempart.node.serving.reports import ALIVE, READY, tell, tell_failure
from rempart.node.serving.server import Application, LifespanWatch, Server, StartFailedError
from rempart.node.serving.sockets import Listener
from rempart.node.settings import Settings

_SECONDS_BETWEEN_SIGNS: Final = 1.0
_FAILED: Final = 1
ApplicationFactory = Callable[[NodeFolder, Settings], Application]


@dataclass(frozen=True, slots=True)
class WorkerTask:
    """What a worker is forked with.

    Attributes:
        folder: of the node.
        settings: as the supervisor read them.
        application: `module:callable`; called as (folder, settings), gives an ASGI application whose lifespan opens
            and closes what it needs.
        listeners: inherited sockets.
        load: shared by the workers of one generation.
        slot: number of this worker.
        report: descriptor on which it tells its supervisor how it is.
        lifeline: descriptor that ends when the supervisor is gone.
    """

    folder: NodeFolder
    settings: Settings
    application: str
    listeners: list[Listener]
    load: LoadBoard
    slot: int
    report: int
    lifeline: int


def load_application(name: str) -> ApplicationFactory:
    """Import the application's factory by its name: the node may not import the delivery that it starts."""
    module, _, factory = name.partition(":")
    return cast("ApplicationFactory", getattr(importlib.import_module(module), factory))


def check_node(folder: NodeFolder, settings: Settings) -> None:
    """Refuse a node whose store or secrets cannot be opened, or whose settings are not for its kind or its machine.

    Raises:
        RempartError: with what to do.
    """
    with open_store(folder, settings) as store:
        check_service_settings(settings, is_exercise=store.node.is_exercise)
        check_secrets(folder, store, settings=settings)
    pick_kernel()


def work(task: WorkerTask) -> int:
    """Serve until told to leave, or until the supervisor is gone; return the exit code of the process."""
    configure_logs(task.settings.log_format, worker=task.slot)
    watch: LifespanWatch | None = None
    try:
        check_node(task.folder, task.settings)
        factory = load_application(task.application)
        watch = LifespanWatch(factory(task.folder, task.settings))
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(task, watch))
    except Exception as error:  # noqa: BLE001 - the outermost of this process: it records and ends
        cause = watch.error if watch is not None and isinstance(error, StartFailedError) else None
        tell_failure(task.report, cause or error)
        return _FAILED
    return 0


async def _serve(task: WorkerTask, watch: LifespanWatch) -> None:
    server = Server(
        watch,
        task.settings,
        task.listeners,
        load=task.load,
        slot=task.slot,
        is_ready=lambda: tell(task.report, READY),
        is_alive=_Signs(task.report).give,
    )
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, server.begin_to_leave)

    def orphaned() -> None:
        loop.remove_reader(task.lifeline)
        log_event("supervisor-gone")
        server.begin_to_leave()

    loop.add_reader(task.lifeline, orphaned)
    await server.serve()


class _Signs:
    """Tells the supervisor about once a second that the loop runs."""

    def __init__(self, report: int) -> None:
        self._report = report
        self._due = 0.0
        os.set_blocking(report, False)

    def give(self) -> None:
        now = time.monotonic()
        if now >= self._due:
            self._due = now + _SECONDS_BETWEEN_SIGNS
            tell(self._report, ALIVE)
