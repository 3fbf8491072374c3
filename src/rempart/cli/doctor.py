"""`rempart doctor`: is everything in order?"""

import click

from rempart.cli.messages import say, tell, write_record
from rempart.cli.options import NodeChoice, json_option, node_option
from rempart.node import examine, upgrade_store


@click.command()
@node_option
@json_option
@click.option("--deep", is_flag=True, help="Check every page of the store and every index file.")
@click.option(
    "--upgrade", is_flag=True, help="Bring the store of an older version up to date first."
)
@click.pass_obj
def doctor(choice: NodeChoice, *, as_json: bool, deep: bool, upgrade: bool) -> int:
    """Check this machine and, where one is named, the node: store, index, sandbox, kernels, settings.

    Leaves with 4 if the store or the index is damaged.
    """
    if upgrade:
        upgrade_store(choice.folder())
        say("The store is of this version.")
    findings = examine(choice.path(), deep=deep)
    for finding in findings:
        if as_json:
            write_record(
                {
                    "schema": "rempart.doctor/1",
                    "check": finding.check,
                    "standing": finding.standing,
                    "message": finding.message,
                    "hint": finding.hint,
                }
            )
        else:
            tell(f"{finding.standing:5}  {finding.check}: {finding.message}")
            if finding.hint:
                tell(f"       {finding.hint}")
    if any(finding.standing == "bad" for finding in findings):
        say("Something is damaged; see above.")
        return 4
    return 0
