"""`rempart lists`: import, export, show and remove lists of known fingerprints."""

import sys
from contextlib import ExitStack
from pathlib import Path

import click

from rempart.cli.messages import output_errors, say, tell, write_record
from rempart.cli.options import NodeChoice, json_option, node_option
from rempart.cli.progress import ProgressDisplay, counter
from rempart.model.handling import Subject
from rempart.model.lists import LARGEST_THRESHOLD_BITS, ListPurpose
from rempart.node import (
    READ_FORMATS,
    WRITE_FORMATS,
    ImportReport,
    ImportRequest,
    ListSummary,
    export_list,
    import_list,
    open_source,
    show_list,
    show_lists,
    withdraw_list,
    write_whole,
)

_SHOWN_BAD_RECORDS = 10
_PATH = click.Path(path_type=Path)


@click.group()
def lists() -> None:
    """Import, export, show and remove lists of known fingerprints."""


@lists.command("import")
@node_option
@click.option("--list", "name", required=True, help="Name of the list: a-z, 0-9 and hyphens.")
@click.option("--owner", required=True, help="Organisation that vetted the list.")
@click.option(
    "--format",
    "format_name",
    type=click.Choice(READ_FORMATS),
    default="auto",
    show_default=True,
    help="Format of the files; `caid` and `nsrl` ask for a stated purpose.",
)
@click.option("--columns", type=_PATH, help="TOML file that says what each CSV column holds.")
@click.option("--labels", type=_PATH, help="TOML file that gives category values a meaning.")
@click.option(
    "--mode",
    type=click.Choice(["full", "add"]),
    default="full",
    show_default=True,
    help="full: what is absent from the file is withdrawn; add: nothing is withdrawn.",
)
@click.option(
    "--purpose",
    type=click.Choice([purpose.value for purpose in ListPurpose]),
    help="What the list is for; a new list is `known` unless said otherwise. It never changes.",
)
@click.option(
    "--subject",
    type=click.Choice([subject.value for subject in Subject]),
    help="Whom the media shows; a new known list is taken to show children unless said otherwise.",
)
@click.option(
    "--threshold",
    type=click.IntRange(0, LARGEST_THRESHOLD_BITS),
    help="Largest PDQ distance that counts as a match; 31 for a new list.",
)
@click.option("--source", help="Whose claims the file makes, if not the owner's.")
@click.option(
    "--pdq", "plain_64_is_pdq", is_flag=True, help="In a plain list, 64 digits are a PDQ."
)
@click.option("--allow-shrink", is_flag=True, help="Allow more than 20 % to be withdrawn.")
@json_option
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=_PATH)
@click.pass_obj
def import_command(
    choice: NodeChoice,
    *,
    name: str,
    owner: str,
    format_name: str,
    columns: Path | None,
    labels: Path | None,
    mode: str,
    purpose: str | None,
    subject: str | None,
    threshold: int | None,
    source: str | None,
    plain_64_is_pdq: bool,
    allow_shrink: bool,
    as_json: bool,
    files: tuple[Path, ...],
) -> None:
    """Import each FILE into a list, all of it or nothing; `-` reads standard input.

    Several files are one version of the list together. A record that cannot be read is reported with its
    number and skipped. Importing the same files twice changes nothing.

    \b
    Examples:
      rempart lists import --list partners --owner "Example Hotline" --format csv list.csv
      rempart lists import --list national --owner "Example Police" --format vics --labels uk.toml set.json
      rempart lists import --list caid --owner "Example Police" --format caid --purpose known 1.json 2.json
      rempart lists import --list software --owner "Example Lab" --purpose known-harmless NSRLFile.txt
    """
    request = ImportRequest(
        name=name,
        owner=owner,
        format=format_name,
        columns=columns,
        labels=labels,
        mode_is_full=mode == "full",
        purpose=ListPurpose(purpose) if purpose else None,
        subject=Subject(subject) if subject else None,
        threshold_bits=threshold,
        source=source,
        plain_64_is_pdq=plain_64_is_pdq,
        allow_shrink=allow_shrink,
    )
    with (
        choice.open() as node,
        ExitStack() as opened,
        ProgressDisplay("Importing", unit="records") as display,
    ):
        streams = [opened.enter_context(open_source(file)) for file in files]
        report = import_list(node, request, *streams, progress=counter(display), report=say)
    if as_json:
        write_record(_import_record(report))
    else:
        _tell_import(report)


@lists.command("export")
@node_option
@click.option("--list", "name", required=True, help="Name of the list.")
@click.option("--owner", help="Its owner, where several owners use the name.")
@click.option(
    "--format",
    "format_name",
    type=click.Choice(WRITE_FORMATS),
    default="csv",
    show_default=True,
    help="Format to write.",
)
@click.option("--output", type=_PATH, help="File to write; else standard output.")
@click.pass_obj
def export_command(
    choice: NodeChoice, *, name: str, owner: str | None, format_name: str, output: Path | None
) -> None:
    """Write a list's active entries, streaming.

    \b
    Example:
      rempart lists export --list partners --format vics --output partners.json
    """
    with choice.open() as node:
        if output is None:
            with output_errors():
                done = export_list(node, name, owner, sys.stdout.buffer, format_name=format_name)
        else:
            with write_whole(output, is_private=True) as sink:
                done = export_list(
                    node, name, owner, sink, format_name=format_name, scratch=output.parent
                )
    say(f"Exported {done.written:,} entries of {name}.")
    if done.left_out:
        say(f"Left out {done.left_out:,} entries that have no place in {format_name}.")


@lists.command("show")
@node_option
@click.option("--owner", help="Only lists of this owner.")
@json_option
@click.argument("name", required=False)
@click.pass_obj
def show_command(choice: NodeChoice, *, owner: str | None, as_json: bool, name: str | None) -> None:
    """Show all lists, or the list NAME, with their counts."""
    with choice.open() as node:
        found = [show_list(node, name, owner)] if name else show_lists(node)
    shown = [each for each in found if owner in {None, each.list.owner}]
    for each in shown:
        if as_json:
            write_record(_list_record(each))
        else:
            _tell_list(each)
    if not shown and not as_json:
        say("There are no lists yet. Next: rempart lists import --list NAME --owner ORG FILE")


@lists.command("remove")
@node_option
@click.option("--owner", help="Its owner, where several owners use the name.")
@json_option
@click.argument("name")
@click.pass_obj
def remove_command(choice: NodeChoice, *, owner: str | None, as_json: bool, name: str) -> None:
    """Withdraw the list NAME: its entries match no more; they stay on record."""
    with choice.open() as node:
        removed, count = withdraw_list(node, name, owner)
    if as_json:
        write_record(
            {
                "schema": "rempart.removal/1",
                "list": removed.name,
                "list_id": str(removed.id),
                "withdrawn": count,
            }
        )
    else:
        say(f"Withdrew the list {removed.name} of {removed.owner} with {count:,} entries.")


def _import_record(report: ImportReport) -> dict[str, object]:
    return {
        "schema": "rempart.import/1",
        "list": report.list.name,
        "list_id": str(report.list.id),
        "owner": report.list.owner,
        "generation": report.list.generation,
        "new": report.is_new,
        "added": report.added,
        "changed": report.changed,
        "unchanged": report.unchanged,
        "returned": report.returned,
        "withdrawn": report.withdrawn,
        "duplicates": report.duplicates,
        "refused": report.refused,
        "bad_records": [
            {"number": bad.number, "code": bad.code, "message": bad.message}
            for bad in report.bad_records
        ],
    }


def _tell_import(report: ImportReport) -> None:
    say(
        f"{report.list.name} of {report.list.owner}, generation {report.list.generation}: "
        f"{report.added:,} added, {report.changed:,} changed, {report.unchanged:,} unchanged, "
        f"{report.returned:,} returned, {report.withdrawn:,} withdrawn, "
        f"{report.duplicates:,} duplicates, {report.refused:,} refused."
    )
    if report.refused and report.withdrawn:
        say(
            "  Some of the withdrawn entries may be those of refused records: mend these and import again."
        )
    for bad in report.bad_records[:_SHOWN_BAD_RECORDS]:
        say(f"  record {bad.number}: {bad.code}: {bad.message}")
    if report.refused > _SHOWN_BAD_RECORDS:
        say("  … and more; --json names the first thousand.")


def _list_record(summary: ListSummary) -> dict[str, object]:
    found = summary.list
    return {
        "schema": "rempart.list/1",
        "list": found.name,
        "list_id": str(found.id),
        "owner": found.owner,
        "purpose": found.purpose.value,
        "subject": found.subject.value,
        "threshold": found.threshold_bits,
        "standing": found.standing.value,
        "generation": found.generation,
        "entries": summary.entries,
        "fingerprints": summary.fingerprints,
    }


def _tell_list(summary: ListSummary) -> None:
    found = summary.list
    tell(
        f"{found.name}  owner {found.owner}  {found.purpose}  subject {found.subject}  "
        f"threshold {found.threshold_bits}  {found.standing}  generation {found.generation}"
    )
    entries = ", ".join(f"{count:,} {name}" for name, count in summary.entries.items())
    kinds = ", ".join(f"{count:,} {name}" for name, count in summary.fingerprints.items())
    tell(f"  entries: {entries or 'none'}; fingerprints: {kinds or 'none'}")
