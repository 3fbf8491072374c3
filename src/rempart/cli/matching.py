"""`rempart match`: look up fingerprints that are already known, without any file."""

import sys

import click

from rempart.cli.messages import say, tell, write_record
from rempart.cli.options import NodeChoice, json_option, node_option
from rempart.cli.reports import explain, printable_text
from rempart.model.records import match_record
from rempart.node import look_up_values


@click.command()
@node_option
@json_option
@click.argument("values", nargs=-1, required=True)
@click.pass_obj
def match(choice: NodeChoice, *, as_json: bool, values: tuple[str, ...]) -> None:
    """Match fingerprints against the node's lists.

    A value is `KIND:HEX` (pdq, sha256, sha1, md5, sha512), or `-` for records of `rempart hash --json` on
    standard input.

    \b
    Examples:
      rempart match md5:0cc175b9c0f1b6a831c399e269772661
      rempart hash --json picture.jpg | rempart match -
    """
    with choice.open() as node:
        for asked, record in look_up_values(node, values, sys.stdin.buffer, report=say):
            if as_json:
                write_record(match_record(asked, record.matches, record.conflicts))
                continue
            name = printable_text(asked)
            if not record.matches:
                tell(f"{name}  no known entry")
            for found in record.matches:
                tell(f"{name}  {explain(found)}")
            for each in record.conflicts:
                tell(f"{name}  conflict {each.code}: {each.known_list} and {each.harmless_list}")
