"""`rempart audit`: the log of everything that was done with this node, for people and for those who check it."""

import json
from datetime import UTC, datetime
from pathlib import Path

import click

from rempart.cli.messages import say, tell, tell_as_is, write_record
from rempart.cli.options import NodeChoice, json_option, node_option
from rempart.model.clock import to_text
from rempart.model.errors import DamagedError, RefusedError
from rempart.model.principals import PrincipalKind
from rempart.node import (
    AuditEvent,
    accept_restored_log,
    audit_checkpoint,
    audit_keys,
    audit_proof,
    erase_event,
    export_audit,
    recent_audit_events,
    verify_audit,
    write_whole,
)

AUDIT_EVENT_SCHEMA = "rempart.audit-event/1"

_PATH = click.Path(path_type=Path)
_LONGEST_DETAILS = 160


class _MomentType(click.ParamType[datetime]):
    """A day or a moment; without a zone it is UTC."""

    name = "time"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail("Give a day, 2026-11-22, or a moment, 2026-11-22T09:30:00Z.", param, ctx)
        return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


@click.group()
def audit() -> None:
    """Show, sign, prove, export and check the log of everything that was done."""


@audit.command("show")
@node_option
@click.option("--kind", "kinds", multiple=True, help="Only this kind, as `list.imported`.")
@click.option("--since", type=_MomentType(), help="Only from this day or moment on.")
@click.option(
    "--limit",
    type=click.IntRange(1, 100_000),
    default=20,
    show_default=True,
    help="Most events; the newest are shown.",
)
@json_option
@click.pass_obj
def show_command(
    choice: NodeChoice,
    *,
    kinds: tuple[str, ...],
    since: datetime | None,
    limit: int,
    as_json: bool,
) -> None:
    """Show the newest events, the newest last.

    \b
    Examples:
      rempart audit show
      rempart audit show --kind list.imported --since 2026-11-01 --json
    """
    with choice.open() as node:
        found = recent_audit_events(node, limit, frozenset(kinds), since)
    for each in found:
        if as_json:
            write_record(_event_record(each))
        else:
            tell(_event_line(each))
    if not found and not as_json:
        say("No event is of that kind and time.")


@audit.command("checkpoint")
@node_option
@click.option("--output", type=_PATH, help="File to write; else standard output.")
@click.option(
    "--after-restore",
    "reason",
    metavar="REASON",
    help="The store was restored from an older backup: sign again, and keep the reason on record.",
)
@click.pass_obj
def checkpoint_command(choice: NodeChoice, *, output: Path | None, reason: str | None) -> None:
    """Sign the log as it is now and print the signed note; give it to somebody who keeps it.

    Nothing is signed that contradicts an earlier checkpoint.
    """
    with choice.open() as node:
        signed = audit_checkpoint(node) if reason is None else accept_restored_log(node, reason)
    if output is None:
        tell_as_is(signed.note)
    else:
        with write_whole(output) as sink:
            sink.write(signed.note.encode())
    say(f"Signed the log of {signed.size:,} events.")


@audit.command("key")
@node_option
@click.pass_obj
def key_command(choice: NodeChoice) -> None:
    """Print the log's public keys, one a line: Ed25519, then ML-DSA-44. Others need them to check."""
    with choice.open() as node:
        for line in audit_keys(node):
            tell_as_is(f"{line}\n")


@audit.command("export")
@node_option
@click.option(
    "--from", "first", type=click.IntRange(0), default=0, help="First event; else the very first."
)
@click.argument("file", type=_PATH)
@click.pass_obj
def export_command(choice: NodeChoice, *, first: int, file: Path) -> int:
    """Write the log to the new file FILE, for somebody else to check.

    The log is signed first. The file holds every event from the first on, or from `--from` on, and the signed
    checkpoint.
    """
    with choice.open() as node:
        done = export_audit(node, file, first)
    say(f"Exported {done.size - done.first:,} events, {done.erased:,} of them erased.")
    if done.altered:
        places = ", ".join(map(str, done.altered))
        say(f"These events are not what was recorded: {places}. Keep the store to investigate.")
        return DamagedError.exit_code
    return 0


@audit.command("verify")
@click.option(
    "--key",
    "keys",
    multiple=True,
    required=True,
    help="Public key, or file of keys, that `rempart audit key` printed.",
)
@click.option(
    "--checkpoint",
    "checkpoints",
    type=_PATH,
    multiple=True,
    help="Checkpoint of the same log that somebody else kept.",
)
@json_option
@click.argument("file", type=_PATH)
def verify_command(
    *, keys: tuple[str, ...], checkpoints: tuple[Path, ...], as_json: bool, file: Path
) -> int:
    """Check an exported log, or the proof of one event, with nothing but public keys.

    Needs no node. Without a checkpoint that somebody else kept, nobody can see that the end of the log is missing,
    or that its owner wrote it anew.

    \b
    Example:
      rempart audit verify log.jsonl --key keys.txt --checkpoint kept-by-us.txt
    """
    found = verify_audit(file, keys, checkpoints)
    if as_json:
        write_record(found.record)
    else:
        for line in found.lines:
            tell(line)
    return 0 if found.is_verified else RefusedError.exit_code


@audit.command("prove")
@node_option
@click.argument("index", type=click.IntRange(0))
@click.argument("file", type=_PATH)
@click.pass_obj
def prove_command(choice: NodeChoice, *, index: int, file: Path) -> None:
    """Write to the new file FILE what shows that event INDEX stands in the log, and nothing of other events."""
    with choice.open() as node:
        proof = audit_proof(node, index)
    with write_whole(file, is_private=True) as sink:
        sink.write(proof.text.encode())
    say(f"Check it with: rempart audit verify {file} --key KEY")


@audit.command("erase")
@node_option
@click.option("--law", required=True, help="Provision that requires it; it is kept on record.")
@click.argument("index", type=click.IntRange(0))
@click.pass_obj
def erase_command(choice: NodeChoice, *, law: str, index: int) -> None:
    """Erase the details of event INDEX for good; its hash stays, so that the log can still be checked.

    Exports and backups that were made before keep what they hold: have them erased as well.
    """
    with choice.open() as node:
        erase_event(node, index, law)
    say(f"Erased the details of event {index}.")


def _event_record(each: AuditEvent) -> dict[str, object]:
    who = each.principal
    return {
        "schema": AUDIT_EVENT_SCHEMA,
        "index": each.index,
        "id": str(each.event.id),
        "kind": each.event.kind,
        "at": to_text(each.event.at),
        "principal": {
            "id": str(who.id),
            "issuer": who.issuer,
            "subject": who.subject,
            "kind": who.kind.value,
        },
        "erased": each.is_erased,
        "details": dict(each.event.details),
    }


def _event_line(each: AuditEvent) -> str:
    details = json.dumps(dict(each.event.details), ensure_ascii=True, sort_keys=True)
    if len(details) > _LONGEST_DETAILS:
        details = details[: _LONGEST_DETAILS - 3] + "..."
    at = each.event.at.strftime("%Y-%m-%d %H:%M:%S")
    what = "(erased)" if each.is_erased else details
    who = each.principal
    # A key may be made for any name, that of a local user or of the node's keeper too.
    name = who.subject if who.kind is PrincipalKind.LOCAL else f"{who.issuer}/{who.subject}"
    return f"{each.index:>8}  {at}Z  {each.event.kind:<20}  {name}  {what}"
