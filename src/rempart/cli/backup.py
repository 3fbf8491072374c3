"""`rempart backup` and `rempart restore`: a node in one file, and a node of such a file."""

from pathlib import Path

import click

from rempart.cli.messages import say, size_text, write_record
from rempart.cli.options import NodeChoice, json_option, node_option, warn_of_password
from rempart.cli.progress import ProgressDisplay
from rempart.node import back_up, restore_node

_PATH = click.Path(path_type=Path)


@click.command()
@node_option
@click.argument("file", type=_PATH)
@click.option(
    "--without-keys",
    is_flag=True,
    help="Leave the keys out; without them, what is sealed in the store cannot be opened.",
)
@json_option
@click.pass_obj
def backup(choice: NodeChoice, *, file: Path, without_keys: bool, as_json: bool) -> None:
    """Write the node's store, settings and keys as of one moment into FILE, while the node may be at work.

    With the keys in it, FILE opens every secret of the node: keep it where only few can read it.

    \b
    Example:
      rempart backup --node ./my-node my-node-monday.backup
    """
    with choice.open() as node, ProgressDisplay("Backing up", unit="rows") as display:
        report = back_up(
            node,
            file,
            with_keys=not without_keys,
            progress=lambda done, total: display.update(done, total=total),
        )
    if as_json:
        write_record(
            {
                "schema": "rempart.backup/1",
                "id": str(report.node_id),
                "file": str(file),
                "bytes": report.bytes,
                "rows": report.rows,
                "keys": report.has_keys,
                "sha256": report.sha256,
            }
        )
        return
    say(f"Wrote {report.rows:,} rows into {file} ({size_text(report.bytes)}).")
    if report.has_keys:
        say("It holds the node's keys: whoever reads it can open the node's secrets.")
    else:
        say("It holds no keys: keep the file keys/node.key as well, somewhere else.")


@click.command()
@click.argument("file", type=_PATH)
@click.argument("folder", type=_PATH)
@click.option(
    "--store",
    default="",
    metavar="URL",
    help="Put the store into this empty database of PostgreSQL; else REMPART_STORE, else a file.",
)
@json_option
def restore(*, file: Path, folder: Path, store: str, as_json: bool) -> None:
    """Make a node in FOLDER of the backup FILE; all of it or nothing.

    \b
    Example:
      rempart restore my-node-monday.backup ./restored-node
    """
    warn_of_password(store)
    with ProgressDisplay("Restoring", unit="rows") as display:
        report = restore_node(
            file,
            folder,
            store=store,
            progress=lambda done, total: display.update(done, total=total),
        )
    if as_json:
        write_record(
            {
                "schema": "rempart.restored/1",
                "id": str(report.node_id),
                "path": str(report.path),
                "store": report.store,
                "keys": report.has_keys,
                "newest_event": str(report.newest_event),
            }
        )
        return
    say(f"Made the node {report.node_id} in {report.path}; its store is {report.store}.")
    if not report.has_keys:
        say(f"The backup holds no keys: copy node.key into {report.path / 'keys'}.")
    say(f"The newest event in it is {report.newest_event}; what came later is not there.")
    say("Next: compare the newest checkpoint of its audit log with one that was kept elsewhere.")
    say("  rempart audit checkpoint; rempart doctor --deep; then import the newest lists again.")
