"""The command `rempart` itself: its sub-commands, its exit codes, and how errors are told."""

import json
import os
import signal
import sys
from types import FrameType
from typing import Final

import click

from rempart import __version__
from rempart.cli.demo import demo
from rempart.cli.doctor import doctor
from rempart.cli.hashing import hash_command
from rempart.cli.init import init
from rempart.cli.lists import lists
from rempart.cli.matching import match
from rempart.cli.options import NodeChoice
from rempart.cli.scan import scan
from rempart.model.errors import RempartError

INTERRUPTED: Final = 130
TERMINATED: Final = 143

_EPILOG: Final = """Exit codes: 0 finished, whatever was found; 1 with --strict, if any outcome is not ok;
2 usage or settings; 3 input refused, nothing changed; 4 store, index or output damaged or locked;
130 or 143 interrupted, resumable."""


@click.group(epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="rempart")
@click.option("--node", type=click.Path(), help="Folder of the node; else REMPART_NODE names it.")
@click.pass_context
def rempart(context: click.Context, node: str | None) -> None:
    """Match media against shared lists of known fingerprints, and explain every match.

    A first run: `rempart init`, `rempart lists import`, `rempart scan`. Or see all of it at once on benign
    pictures: `rempart demo`. Rempart handles fingerprints and metadata only; it shows and keeps no media.
    """
    context.obj = NodeChoice(node)


for _command in (init, lists, hash_command, scan, match, doctor, demo):
    rempart.add_command(_command)


def main() -> None:
    """Run the command and leave with its exit code."""
    signal.signal(signal.SIGTERM, _terminate)
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command line and return its exit code; every error is told on standard error."""
    wants_json = "--json" in arguments
    try:
        result = rempart.main(args=arguments, prog_name="rempart", standalone_mode=False)
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except click.ClickException as error:
        error.show()
        return 2
    except RempartError as error:
        _tell(error, wants_json=wants_json)
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted.", err=True)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader went away, as `head` does: leave quietly, and keep Python from writing once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    return result if isinstance(result, int) else 0


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
