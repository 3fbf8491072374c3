"""`rempart match`: look up fingerprints and URLs that are already known, without any file."""

import sys

import click

from rempart.cli.messages import say, tell, write_record
from rempart.cli.options import NodeChoice, json_option, node_option
from rempart.cli.reports import explain, printable_text
from rempart.model.match import Conflict, Match
from rempart.model.records import match_record
from rempart.node import OpenNode, UrlLookUp, look_up_urls, look_up_values

_FROM_INPUT = "-"


@click.command()
@node_option
@json_option
@click.option(
    "--url",
    "urls",
    metavar="URL",
    multiple=True,
    help="Match a URL; - reads URLs from standard input, one on a line. May be repeated.",
)
@click.argument("values", nargs=-1)
@click.pass_obj
def match(
    choice: NodeChoice, *, as_json: bool, urls: tuple[str, ...], values: tuple[str, ...]
) -> None:
    """Match fingerprints and URLs against the node's lists.

    A value is `KIND:HEX` (pdq, sha256, sha1, md5, sha512, url-sha256), `vpdq:@FILE` for the frames of a video that a
    file holds, or `-` for records of `rempart hash --json` on standard input. What is asked is written nowhere.

    \b
    Examples:
      rempart match md5:0cc175b9c0f1b6a831c399e269772661
      rempart hash --json picture.jpg | rempart match -
      rempart match --url https://host.example/page
    """
    if not values and not urls:
        message = "Give a value, or a URL with --url."
        raise click.UsageError(message)
    if _FROM_INPUT in values and _FROM_INPUT in urls:
        message = "Standard input holds either records or URLs: give - once."
        raise click.UsageError(message)
    with choice.open() as node:
        if values:
            _match_values(node, values, as_json=as_json)
        for found in look_up_urls(node, urls, sys.stdin.buffer, report=say) if urls else ():
            _tell_url(found, as_json=as_json)


def _match_values(node: OpenNode, values: tuple[str, ...], *, as_json: bool) -> None:
    for asked, found in look_up_values(node, values, sys.stdin.buffer, report=say):
        _tell(asked, found.matches, found.conflicts, as_json=as_json)


def _tell_url(found: UrlLookUp, *, as_json: bool) -> None:
    if found.findings is not None:
        _tell(found.asked, found.findings.matches, found.findings.conflicts, as_json=as_json)
        return
    if found.refused is not None:
        say(f"Line {found.line}: {found.refused.message}")
        if as_json:
            error = {
                "kind": found.refused.code,
                "message": found.refused.message,
                "hint": found.refused.hint,
            }
            write_record({**match_record(found.asked, (), ()), "error": error})


def _tell(
    asked: str, matches: tuple[Match, ...], conflicts: tuple[Conflict, ...], *, as_json: bool
) -> None:
    if as_json:
        write_record(match_record(asked, matches, conflicts))
        return
    name = printable_text(asked)
    if not matches:
        tell(f"{name}  no known entry")
    for found in matches:
        tell(f"{name}  {explain(found)}")
    for each in conflicts:
        tell(f"{name}  conflict {each.code}: {each.known_list} and {each.harmless_list}")
