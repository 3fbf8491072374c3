"""`rempart init`: make a node."""

import os
from pathlib import Path

import click

from rempart.cli.messages import say, write_record
from rempart.cli.options import NodeChoice, json_option, node_option
from rempart.model.principals import OrganisationKind
from rempart.node import NODE_VARIABLE, NodeMissingError, create_node


@click.command()
@node_option
@click.option("--organisation", required=True, help="Name of the organisation that runs the node.")
@click.option(
    "--kind",
    type=click.Choice([kind.value for kind in OrganisationKind]),
    required=True,
    help="What the organisation is.",
)
@click.option("--jurisdiction", required=True, help="ISO 3166 code of its law: FR, GB-SCT, US-CA.")
@click.option(
    "--exercise", is_flag=True, help="An exercise node, for ever; live and exercise never mix."
)
@json_option
@click.pass_obj
def init(
    choice: NodeChoice,
    *,
    organisation: str,
    kind: str,
    jurisdiction: str,
    exercise: bool,
    as_json: bool,
) -> None:
    """Make a node: the folder with this organisation's lists, index and records.

    Whose node it is, under which law, and whether it is for exercises is fixed for ever.

    \b
    Example:
      rempart init --node ./my-node --organisation "Example Hotline" --kind hotline --jurisdiction FR
    """
    place = choice.path() or (Path(named) if (named := os.environ.get(NODE_VARIABLE)) else None)
    if place is None:
        message = "Nothing says where to make the node."
        raise NodeMissingError(message, hint=f"Give --node DIR or set {NODE_VARIABLE}.")
    with create_node(
        place,
        organisation=organisation,
        kind=OrganisationKind(kind),
        jurisdiction=jurisdiction,
        is_exercise=exercise,
    ) as node:
        made = node.store.node
        path = node.folder.path
    if as_json:
        write_record(
            {
                "schema": "rempart.node/1",
                "id": str(made.id),
                "path": str(path),
                "organisation": organisation,
                "kind": kind,
                "jurisdiction": jurisdiction,
                "exercise": exercise,
            }
        )
        return
    say(f"Made the {'exercise ' if exercise else ''}node of {organisation} in {path}.")
    say("Next: rempart lists import --list NAME --owner ORG FILE")
