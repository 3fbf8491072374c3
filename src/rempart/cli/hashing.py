"""`rempart hash`: fingerprints of files, without a node."""

import click

from rempart.cli.messages import write_record
from rempart.cli.options import json_option
from rempart.cli.reports import tell_file
from rempart.model.records import hash_record
from rempart.model.scan import Outcome
from rempart.node import hash_files


@click.command("hash")
@json_option
@click.option("--strict", is_flag=True, help="Leave with 1 if any outcome is not ok.")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=bytes))
def hash_command(*, as_json: bool, strict: bool, paths: tuple[bytes, ...]) -> int:
    """Fingerprint files: PDQ in two dialects for pictures, SHA-256, MD5 and SHA-1 for all. Needs no node.

    Videos and animated pictures get the PDQ of each second (vpdq). Every file is opened in a sandboxed process.
    Folders are walked; what lies in archives, documents and mails gets a record of its own.

    \b
    Example:
      rempart hash --json picture.jpg
    """
    all_ok = True
    for file in hash_files(paths):
        all_ok = all_ok and file.outcome is Outcome.OK
        if as_json:
            write_record(hash_record(file))
        else:
            tell_file(file)
    return 1 if strict and not all_ok else 0
