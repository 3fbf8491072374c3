"""Serve a node: settings, sockets, application, and then the supervisor's loop."""

import gc
import importlib
import logging
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from rempart.node.folder import NodeFolder
from rempart.node.identity import SystemClock
from rempart.node.logs import configure_logs, log_event
from rempart.node.run_folder import RunFolder
from rempart.node.service_settings import service_warnings
from rempart.node.serving.handover import hand_store_on_by_environment, receive_handover
from rempart.node.serving.rehearsal import held_addresses
from rempart.node.serving.sockets import bind_listeners, close_listeners
from rempart.node.serving.supervisor import Plan, Serving, Supervisor
from rempart.node.serving.worker import check_node, load_application
from rempart.node.settings import Settings, read_settings

APPLICATION: Final = "rempart.api.application:create_application"
"""By its name: the node may not import the delivery that it starts."""

_LOADED_LATE: Final = (
    "rempart.api.routing",
    "rempart.node.service.deciding",
    "rempart.node.hma.fetching",
    "rempart.node.reading",
    "rempart.lists.writing",
    "rempart.media._worker",
    "rempart.media._film",
    "rempart.fingerprint.work",
)
"""What workers, and the processes that read media for them, load beside or after the first answer.

A rehearsal must find out before whether it can be loaded.
"""


def serve(
    folder: NodeFolder,
    options: Mapping[str, object],
    *,
    told: Callable[[Serving], None],
    warned: Callable[[str], None],
    application: str = APPLICATION,
) -> int:
    """Serve a node until a signal ends it; return the exit code: 143 or 130.

    Args:
        folder: of the node.
        options: settings that the command line names; they go before the environment and the file.
        told: called when every worker is ready.
        warned: called with each sentence on what does not stand against starting, and should be put right.
        application: name of a factory that takes folder and settings and gives an ASGI application.

    Raises:
        RempartError: the settings are wrong, an address cannot be had, the service runs already, or no worker starts.
    """
    handover = receive_handover(os.environ)
    settings = read_settings(folder.path, options=options)
    configure_logs(settings.log_format)
    hand_store_on_by_environment(options, os.environ)
    warnings = service_warnings(settings, now=SystemClock().now())
    for warning in warnings:
        warned(warning)
    if warnings:
        log_event("settings-unsafe", level=logging.WARNING, count=len(warnings))
    run_folder = RunFolder(folder.path)
    lock = run_folder.lock() if handover is None else handover.lock
    inherited = [] if handover is None else handover.sockets()
    listeners = bind_listeners(settings.listen, inherited=inherited)
    run_folder.begin_metrics(afresh=handover is None)
    load_application(application)  # once, before the fork, for all
    # What was loaded stays, in memory that the children share as long as nobody looks for garbage in it.
    gc.freeze()
    gc.enable()
    plan = Plan(
        folder=folder,
        settings=settings,
        application=application,
        listeners=listeners,
        lock=lock,
        lifeline=os.pipe2(os.O_CLOEXEC) if handover is None else handover.lifeline,
        handover=handover,
        told=told,
    )
    try:
        return Supervisor(plan).run()
    finally:
        close_listeners(listeners, unlink=True)
        run_folder.end()
        os.close(lock)


def rehearse(
    folder: NodeFolder,
    options: Mapping[str, object],
    *,
    warned: Callable[[str], None],
    application: str = APPLICATION,
) -> Settings:
    """Check all that `serve` needs, and start nothing; return the settings that would be in force.

    What should be put right, though it does not stand against starting, is told to `warned`.

    Raises:
        RempartError: with what `serve` would stop.
    """
    held = held_addresses(os.environ)
    settings = read_settings(folder.path, options=options)
    check_node(folder, settings)
    listeners = bind_listeners([each for each in settings.listen if each not in held])
    close_listeners(listeners, unlink=True)
    load_application(application)
    for module in _LOADED_LATE:
        importlib.import_module(module)
    if settings.law_overlay is not None:
        _read_overlay(settings.law_overlay)
    for warning in service_warnings(settings, now=SystemClock().now()):
        warned(warning)
    return settings


def _read_overlay(place: Path) -> None:
    """Read the operator's own facts, as the first request with a context will.

    Raises:
        LawOverlayError: it is no folder, or holds no file of facts.
        LawDataRefusedError: files hold mistakes; all of them are told.
    """
    # Few nodes have any, and law takes long to import.
    from rempart.node.law.questions import checked_overlay, open_law_shelf  # noqa: PLC0415

    open_law_shelf(checked_overlay(place))
