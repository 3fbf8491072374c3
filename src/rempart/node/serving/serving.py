"""Serve a node: settings, sockets, application, and then the supervisor's loop."""

import os
from collections.abc import Callable, Mapping
from typing import Final

from rempart.node.folder import NodeFolder
from rempart.node.logs import configure_logs
from rempart.node.run_folder import RunFolder
from rempart.node.serving.handover import receive_handover
from rempart.node.serving.rehearsal import held_addresses
from rempart.node.serving.sockets import bind_listeners, close_listeners
from rempart.node.serving.supervisor import Plan, Serving, Supervisor
from rempart.node.serving.worker import check_node, load_application
from rempart.node.settings import Settings, read_settings

APPLICATION: Final = "rempart.api.application:create_application"
"""By its name: the node may not import the delivery that it starts."""


def serve(
    folder: NodeFolder,
    options: Mapping[str, object],
    *,
    told: Callable[[Serving], None],
    application: str = APPLICATION,
) -> int:
    """Serve a node until a signal ends it; return the exit code: 143 or 130.

    Args:
        folder: of the node.
        options: settings that the command line names; they go before the environment and the file.
        told: called when every worker is ready.
        application: name of a factory that takes folder and settings and gives an ASGI application.

    Raises:
        RempartError: the settings are wrong, an address cannot be had, the service runs already, or no worker starts.
    """
    handover = receive_handover(os.environ)
    settings = read_settings(folder.path, options=options)
    configure_logs(settings.log_format)
    run_folder = RunFolder(folder.path)
    lock = run_folder.lock() if handover is None else handover.lock
    inherited = [] if handover is None else handover.sockets()
    listeners = bind_listeners(settings.listen, inherited=inherited)
    run_folder.begin_metrics(afresh=handover is None)
    load_application(application)  # once, before the fork, for all
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
    folder: NodeFolder, options: Mapping[str, object], *, application: str = APPLICATION
) -> Settings:
    """Check all that `serve` needs, and start nothing; return the settings that would be in force.

    Raises:
        RempartError: with what `serve` would stop.
    """
    held = held_addresses(os.environ)
    settings = read_settings(folder.path, options=options)
    check_node(folder, settings)
    listeners = bind_listeners([each for each in settings.listen if each not in held])
    close_listeners(listeners, unlink=True)
    load_application(application)
    return settings
