"""`rempart init`: make a node, or one more folder for a node whose store is shared."""

import os
from pathlib import Path

import click

from rempart.cli.messages import say, write_record
from rempart.cli.options import NodeChoice, json_option, node_option, warn_of_password
from rempart.model.principals import OrganisationKind
from rempart.node import (
    NODE_VARIABLE,
    NodeMissingError,
    OpenNode,
    create_node,
    join_node,
    node_secrets,
)

_OF_A_NEW_NODE = ("organisation", "kind", "jurisdiction")


@click.command()
@node_option
@click.option("--organisation", help="Name of the organisation that runs the node.")
@click.option(
    "--kind",
    type=click.Choice([kind.value for kind in OrganisationKind]),
    help="What the organisation is.",
)
@click.option("--jurisdiction", help="ISO 3166 code of its law: FR, GB-SCT, US-CA.")
@click.option(
    "--exercise", is_flag=True, help="An exercise node, for ever; live and exercise never mix."
)
@click.option(
    "--store",
    default="",
    metavar="URL",
    help="Keep the store in this database of PostgreSQL; else REMPART_STORE, else a file in the folder.",
)
@click.option(
    "--join",
    is_flag=True,
    help="Make one more folder for the node that is in the database, on a further machine.",
)
@json_option
@click.pass_obj
def init(
    choice: NodeChoice,
    *,
    organisation: str | None,
    kind: str | None,
    jurisdiction: str | None,
    exercise: bool,
    store: str,
    join: bool,
    as_json: bool,
) -> None:
    """Make a node: the folder with this organisation's lists, index, keys and records.

    Whose node it is, under which law, and whether it is for exercises is fixed for ever.

    \b
    Examples:
      rempart init --node ./my-node --organisation "Example Hotline" --kind hotline --jurisdiction FR
      rempart init --node ./second --join --store postgresql://rempart@db.example.org/rempart
    """
    place = choice.path() or (Path(named) if (named := os.environ.get(NODE_VARIABLE)) else None)
    if place is None:
        message = "Nothing says where to make the node."
        raise NodeMissingError(message, hint=f"Give --node DIR or set {NODE_VARIABLE}.")
    given = dict(zip(_OF_A_NEW_NODE, (organisation, kind, jurisdiction), strict=True))
    _check_options({**given, "exercise": exercise or None}, join=join)
    warn_of_password(store)
    if organisation is None or kind is None or jurisdiction is None:
        made = join_node(place, store=store)
    else:
        made = create_node(
            place,
            organisation=organisation,
            kind=OrganisationKind(kind),
            jurisdiction=jurisdiction,
            is_exercise=exercise,
            store=store,
        )
    with made as node:
        if not join:
            node_secrets(node)
        _tell(node, joined=join, as_json=as_json)


def _check_options(given: dict[str, str | bool | None], *, join: bool) -> None:
    """Refuse what is missing for a new node, and what a joined node has said already."""
    if join and (too_many := [name for name, value in given.items() if value is not None]):
        message = f"--{too_many[0]} does not go with --join: the database says whose node it is."
        raise click.UsageError(message)
    missing = [name for name in _OF_A_NEW_NODE if given[name] is None]
    if not join and missing:
        message = f"Missing option '--{missing[0]}'."
        raise click.UsageError(message)


def _tell(node: OpenNode, *, joined: bool, as_json: bool) -> None:
    made, path = node.store.node, node.folder.path
    organisation = made.organisation
    if as_json:
        write_record(
            {
                "schema": "rempart.node/1",
                "id": str(made.id),
                "path": str(path),
                "organisation": organisation.name,
                "kind": organisation.kind.value,
                "jurisdiction": organisation.jurisdiction,
                "exercise": made.is_exercise,
                "store": node.store.shown,
                "joined": joined,
            }
        )
        return
    kind = "exercise node" if made.is_exercise else "node"
    if joined:
        say(f"Made the folder {path} for the {kind} of {organisation.name}.")
        say(f"Next: copy keys/node.key from another machine of the node into {node.folder.keys}.")
        return
    say(f"Made the {kind} of {organisation.name} in {path}.")
    say("Next: rempart lists import --list NAME --owner ORG FILE")
