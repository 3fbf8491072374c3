"""`rempart serve`: answer requests until told to stop."""

import gc
from typing import TYPE_CHECKING

import click

from rempart.cli.messages import say, write_record
from rempart.cli.options import NodeChoice, json_option, node_option, warn_of_password

if TYPE_CHECKING:
    from rempart.node.serving import Serving

_DEFAULT_HOST = "127.0.0.1"
_DEFAULT_PORT = 8765


@click.command("serve")
@node_option
@click.option(
    "--port", type=click.IntRange(0, 65_535), help="Port to listen on; 0 takes a free one."
)
@click.option("--host", help="Name or address of this machine to listen on; else 127.0.0.1.")
@click.option(
    "--workers", type=click.IntRange(0, 256), help="Processes that answer; 0 is one per core."
)
@click.option("--store", help="URL of the database, where the node's own file is not used.")
@click.option("--check", is_flag=True, help="Check all that the service needs, and start nothing.")
@json_option
@click.pass_obj
def serve_command(
    choice: NodeChoice,
    *,
    port: int | None,
    host: str | None,
    workers: int | None,
    store: str | None,
    check: bool,
    as_json: bool,
) -> int | None:
    """Answer requests of HTTP: match and scan, lists, entries, keys, history, audit.

    Options go before variables REMPART_<SETTING>, those before node.toml. SIGTERM and Ctrl-C let requests in work
    finish; SIGHUP takes new settings, certificates and code without refusing a connection.

    \b
    Example:
      rempart serve --node ./my-node --port 8765 --workers 2
    """
    # What is loaded from here on stays for ever: looking for garbage in it would take a tenth of the start. The
    # service looks again as soon as it has loaded everything.
    gc.disable()
    # The libraries of the service would cost every other command a third of a second.
    from rempart.node.serving import rehearse, serve  # noqa: PLC0415

    options = _options(port=port, host=host, workers=workers, store=store)
    folder = choice.folder()
    warn_of_password(store)
    if check:
        settings = rehearse(folder, options, warned=_warn)
        say(f"The service can start on {', '.join(settings.listen)}.")
        return None

    def told(serving: "Serving") -> None:
        if as_json:
            write_record(serving_record(serving))
            return
        where = " and ".join(serving.addresses)
        again = " again" if serving.is_restart else ""
        plural = "" if serving.workers == 1 else "s"
        say(f"Rempart serves{again} on {where} with {serving.workers} worker{plural}")

    return serve(folder, options, told=told, warned=_warn)


def serving_record(serving: "Serving") -> dict[str, object]:
    """Return what is told when every worker is ready, as JSON values."""
    return {
        "schema": "rempart.serving/1",
        "addresses": list(serving.addresses),
        "workers": serving.workers,
        "restart": serving.is_restart,
    }


def _warn(text: str) -> None:
    say(f"Warning: {text}")


def _options(
    *, port: int | None, host: str | None, workers: int | None, store: str | None
) -> dict[str, object]:
    options: dict[str, object] = {}
    if port is not None or host is not None:
        name = host or _DEFAULT_HOST
        shown = f"[{name}]" if ":" in name else name
        options["listen"] = [f"{shown}:{_DEFAULT_PORT if port is None else port}"]
    if workers is not None:
        options["serve_workers"] = workers
    if store is not None:
        options["store"] = store
    return options
