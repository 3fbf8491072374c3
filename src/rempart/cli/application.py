"""The command `rempart` itself: its sub-commands, its exit codes, and how errors are told."""

import io
import json
import signal
import sys
from types import FrameType
from typing import Final

import click

from rempart import __version__
from rempart.cli.lazy_group import CommandPlace, LazyGroup
from rempart.cli.messages import OutputClosedError, flush_output
from rempart.cli.options import NodeChoice
from rempart.model.errors import DamagedError, RempartError, UsageError

INTERRUPTED: Final = 130
TERMINATED: Final = 143

_EPILOG: Final = """Exit codes: 0 finished, whatever was found; 1 with --strict, if any outcome is not ok or
the law data contradict themselves; 2 usage or settings; 3 input refused, nothing changed; 4 store, index or
output damaged or locked; 130 or 143 interrupted, resumable."""

_PLACES: Final = {
    "audit": CommandPlace(
        "rempart.cli.audit",
        "audit",
        "Show, sign, prove, export and check the log of everything that was done.",
    ),
    "backup": CommandPlace(
        "rempart.cli.backup",
        "backup",
        "Write the node's store, settings and keys as of one moment into FILE, while the node may be at work.",
    ),
    "demo": CommandPlace(
        "rempart.cli.demo",
        "demo",
        "Run the main job on benign pictures: make a node, import a list, scan a folder, explain matches.",
    ),
    "doctor": CommandPlace(
        "rempart.cli.doctor",
        "doctor",
        "Check this machine and, where one is named, the node: store, index, sandbox, kernels, settings.",
    ),
    "export": CommandPlace(
        "rempart.cli.exporting",
        "export",
        "Write what a scan found as a file that another tool opens; whole or not at all.",
    ),
    "hash": CommandPlace(
        "rempart.cli.hashing",
        "hash_command",
        "Fingerprint files: PDQ in two dialects for pictures, SHA-256, MD5 and SHA-1 for all.",
    ),
    "init": CommandPlace(
        "rempart.cli.init",
        "init",
        "Make a node: the folder with this organisation's lists, index, keys and records.",
    ),
    "keys": CommandPlace(
        "rempart.cli.keys",
        "keys",
        "Make, show, revoke and rotate the keys that open this node.",
    ),
    "law": CommandPlace(
        "rempart.cli.law.group",
        "law",
        "Ask what is a crime where, what must be done, and through which channel.",
    ),
    "lists": CommandPlace(
        "rempart.cli.lists",
        "lists",
        "Import, export, show and remove lists of known fingerprints.",
    ),
    "match": CommandPlace(
        "rempart.cli.matching",
        "match",
        "Match fingerprints and URLs against the node's lists.",
    ),
    "report": CommandPlace(
        "rempart.cli.report",
        "report",
        "Write what a scan came to as one HTML page, in English or French.",
    ),
    "restore": CommandPlace(
        "rempart.cli.backup",
        "restore",
        "Make a node in FOLDER of the backup FILE; all of it or nothing.",
    ),
    "scan": CommandPlace(
        "rempart.cli.scan", "scan", "Fingerprint files and match them against the node's lists."
    ),
    "serve": CommandPlace(
        "rempart.cli.serve",
        "serve_command",
        "Answer requests of HTTP: match and scan, lists, entries, keys, history, audit.",
    ),
}
"""Every command; none is imported before it is run."""


@click.group(
    cls=LazyGroup,
    places=_PLACES,
    epilog=_EPILOG,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="rempart")
@click.option("--node", type=click.Path(), help="Folder of the node; else REMPART_NODE names it.")
@click.pass_context
def rempart(context: click.Context, node: str | None) -> None:
    """Match media against shared lists of known fingerprints, and explain every match.

    A first run: `rempart init`, `rempart lists import`, `rempart scan`. Or see all of it at once on benign
    pictures: `rempart demo`. Rempart handles fingerprints and metadata only; it shows and keeps no media.
    """
    context.obj = NodeChoice(node)


def main() -> None:
    """Run the command and leave with its exit code."""
    signal.signal(signal.SIGTERM, _terminate)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A letter that the terminal's encoding lacks is written as its number; it stops nothing.
        sys.stdout.reconfigure(errors="backslashreplace")
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command line and return its exit code; every error is told on standard error."""
    try:
        # Not click's own `main`: it would answer a closed standard output with 1, which means something else here.
        with rempart.make_context("rempart", arguments) as context:
            result = rempart.invoke(context)
        flush_output()
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except OutputClosedError:
        return 128 + signal.SIGPIPE
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted.", err=True)
        return INTERRUPTED
    except (click.ClickException, RempartError, OSError) as error:
        return _failed(error, wants_json="--json" in arguments)
    return result if isinstance(result, int) else 0


def _failed(error: click.ClickException | RempartError | OSError, *, wants_json: bool) -> int:
    """Tell an error in the form that was asked for and return its exit code."""
    if isinstance(error, click.ClickException):
        if not wants_json:
            error.show()
            return UsageError.exit_code
        known: RempartError = UsageError(error.format_message(), hint="See --help.")
    elif isinstance(error, OSError):
        known = _SystemRefusedError(error)
    else:
        known = error
    _tell(known, wants_json=wants_json)
    return known.exit_code


class _SystemRefusedError(DamagedError):
    """The system refused something that no stage could put right."""

    code = "system-refused"

    def __init__(self, error: OSError) -> None:
        place = f" on {error.filename!r}" if error.filename is not None else ""
        super().__init__(
            f"The system refused an operation{place}: {error.strerror or error}.",
            hint="Check the disk's space, its health and the rights on the node's folder.",
        )


def _tell(error: RempartError, *, wants_json: bool) -> None:
    if wants_json:
        record = {
            "schema": "rempart.error/1",
            "code": error.code,
            "message": error.message,
            "hint": error.hint,
        }
        click.echo(json.dumps(record), err=True)
        return
    click.echo(f"rempart: {error.message}\n  {error.hint}", err=True)


def _terminate(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(TERMINATED)
