"""`rempart keys`: API keys of the service, and the key that seals the node's secrets."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import click

from rempart.cli.messages import say, tell, write_record
from rempart.cli.options import NodeChoice, json_option, node_option
from rempart.model.clock import to_text
from rempart.model.identifiers import KeyId
from rempart.model.service import ApiKey
from rempart.node import (
    KEY_ROLES,
    LARGEST_QUERIES_PER_DAY,
    LARGEST_REQUESTS_PER_MINUTE,
    LONGEST_OVERLAP_HOURS,
    KeyRequest,
    NewKey,
    ShownKey,
    create_key,
    list_keys,
    lists_named,
    revoke_key,
    rotate_key,
    rotate_sealing,
)

_MOST_DAYS = 36_525


class _KeyIdType(click.ParamType[KeyId]):
    """The identifier of a key."""

    name = "id"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> KeyId:
        try:
            return KeyId(UUID(str(value)))
        except ValueError:
            self.fail("This is no identifier of a key; see `rempart keys list`.", param, ctx)


@click.group()
def keys() -> None:
    """Make, show, revoke and rotate the keys that open this node."""


@keys.command("create")
@node_option
@click.option(
    "--role",
    "roles",
    type=click.Choice(KEY_ROLES),
    multiple=True,
    required=True,
    help="What the key may do; give it several times for several roles.",
)
@click.option(
    "--list",
    "lists",
    multiple=True,
    help="Name or identifier of a list that the key is limited to; else every list.",
)
@click.option("--label", help="What the key is called in lists; else its principal's name.")
@click.option(
    "--principal",
    help="Name of the service that acts with it, as the log shows it; keys of one name share it.",
)
@click.option(
    "--expires-in-days", type=click.IntRange(1, _MOST_DAYS), help="Days until it is refused."
)
@click.option(
    "--requests-per-minute",
    type=click.IntRange(0, LARGEST_REQUESTS_PER_MINUTE),
    help="Its pace, 0 for none; else the node's setting.",
)
@click.option(
    "--queries-per-day",
    type=click.IntRange(0, LARGEST_QUERIES_PER_DAY),
    help="Its budget, 0 for none; else the node's setting.",
)
@json_option
@click.pass_obj
def create_command(
    choice: NodeChoice,
    *,
    roles: tuple[str, ...],
    lists: tuple[str, ...],
    label: str | None,
    principal: str | None,
    expires_in_days: int | None,
    requests_per_minute: int | None,
    queries_per_day: int | None,
    as_json: bool,
) -> None:
    """Make an API key and print it, once: the node keeps only a digest of it.

    It holds in a running service within a second.

    \b
    Examples:
      rempart keys create --role match --label upload-path > upload.key
      rempart keys create --role list-editor --list partners --expires-in-days 90
    """
    with choice.open() as node:
        made = create_key(
            node,
            KeyRequest(
                roles=roles,
                lists=lists_named(node, lists),
                label=label,
                principal=principal,
                expires_at=_after_days(expires_in_days),
                requests_per_minute=requests_per_minute,
                queries_per_day=queries_per_day,
            ),
        )
    _give_out(made, as_json=as_json)
    say(f"Made the key {made.key.id} for {made.key.principal.subject}: {_rights(made.key)}.")
    say("The key itself is shown this once. Keep it like a password.")


@keys.command("list")
@node_option
@click.option("--all", "with_ended", is_flag=True, help="Also keys that were revoked or expired.")
@json_option
@click.pass_obj
def list_command(choice: NodeChoice, *, with_ended: bool, as_json: bool) -> None:
    """Show the keys: what each may do, and whether it holds. The keys themselves are not kept."""
    with choice.open() as node:
        found = list_keys(node)
    shown = [each for each in found if with_ended or each.state.value in {"holds", "ending"}]
    for each in shown:
        if as_json:
            write_record(_record(each.key, state=each.state.value, used_today=each.used_today))
        else:
            _tell_key(each)
    if not shown and not as_json:
        say("There are no keys that hold. Next: rempart keys create --role match")


@keys.command("revoke")
@node_option
@json_option
@click.argument("key_id", metavar="ID", type=_KeyIdType())
@click.pass_obj
def revoke_command(choice: NodeChoice, *, as_json: bool, key_id: KeyId) -> None:
    """Let the key ID hold no longer. A running service refuses it within a second."""
    with choice.open() as node:
        revoked = revoke_key(node, key_id)
    if as_json:
        write_record(_record(revoked.key, state=revoked.state.value, used_today=revoked.used_today))
    else:
        say(f"Revoked the key {revoked.key.id} of {revoked.key.principal.subject}.")


@keys.command("rotate")
@node_option
@click.option(
    "--overlap-hours",
    type=click.IntRange(0, LONGEST_OVERLAP_HOURS),
    default=24,
    show_default=True,
    help="How long the old key still holds; 0 ends it at once.",
)
@json_option
@click.argument("key_id", metavar="ID", type=_KeyIdType())
@click.pass_obj
def rotate_command(choice: NodeChoice, *, overlap_hours: int, as_json: bool, key_id: KeyId) -> None:
    """Make a key with the same rights as the key ID and print it, once; the old one expires.

    \b
    Example:
      rempart keys rotate 01932f6e-8a70-7000-8000-000000000000 --overlap-hours 2 > upload.key
    """
    with choice.open() as node:
        made = rotate_key(node, key_id, overlap_hours=overlap_hours)
    _give_out(made, as_json=as_json)
    say(f"Made the key {made.key.id}; the key {key_id} expires in {overlap_hours} h.")
    say("The key itself is shown this once. Keep it like a password.")


@keys.command("rotate-sealing")
@node_option
@click.option(
    "--prepare",
    is_flag=True,
    help="Add the new key to the key file and stop, so that it can be copied to other machines first.",
)
@json_option
@click.pass_obj
def rotate_sealing_command(choice: NodeChoice, *, prepare: bool, as_json: bool) -> None:
    """Seal the node's secrets under a new key, and drop the old one from the key file.

    If it was interrupted, run it again. API keys stay as they are. A backup from before needs the key file of
    its time.
    """
    with choice.open() as node:
        done = rotate_sealing(node, only_prepare=prepare)
    if as_json:
        write_record(
            {
                "schema": "rempart.sealing-rotation/1",
                "key": done.key_id,
                "resealed": done.resealed,
                "dropped": list(done.dropped),
            }
        )
    elif prepare:
        say(f"The key file holds the new key {done.key_id}. Copy it to the other machines of this")
        say("node, then run: rempart keys rotate-sealing")
    else:
        say(f"Sealed {done.resealed} secrets under the key {done.key_id}.")
        say(
            "Back the key file up, and copy it to the other machines of this node if there are any."
        )


def _after_days(days: int | None) -> datetime | None:
    return None if days is None else datetime.now(UTC) + timedelta(days=days)


def _give_out(made: NewKey, *, as_json: bool) -> None:
    if as_json:
        write_record({**_record(made.key, state="holds", used_today=0), "key": made.text})
    else:
        tell(made.text)


def _record(key: ApiKey, *, state: str, used_today: int) -> dict[str, object]:
    return {
        "schema": "rempart.key/1",
        "id": str(key.id),
        "state": state,
        "principal": key.principal.subject,
        "principal_id": str(key.principal.id),
        "label": key.label,
        "roles": list(key.roles),
        "list_ids": None if key.lists is None else sorted(str(each) for each in key.lists),
        "created_at": to_text(key.created_at),
        "expires_at": None if key.expires_at is None else to_text(key.expires_at),
        "revoked_at": None if key.revoked_at is None else to_text(key.revoked_at),
        "replaced_by": None if key.replaced_by is None else str(key.replaced_by),
        "requests_per_minute": key.requests_per_minute,
        "queries_per_day": key.queries_per_day,
        "used_today": used_today,
    }


def _rights(key: ApiKey) -> str:
    on = "every list" if key.lists is None else f"{len(key.lists)} list(s) only"
    until = "" if key.expires_at is None else f", until {to_text(key.expires_at)}"
    return f"{', '.join(key.roles)}; {on}{until}"


def _tell_key(shown: ShownKey) -> None:
    key = shown.key
    tell(f"{key.id}  {shown.state.value}  {key.label}  ({key.principal.subject})")
    tell(f"  {_rights(key)}")
    tell(f"  pace: {_limit(key.requests_per_minute, 'minute')}")
    tell(f"  budget: {_limit(key.queries_per_day, 'day')}; {shown.used_today:,} used today")
    if key.replaced_by is not None:
        tell(f"  replaced by {key.replaced_by}")


def _limit(number: int | None, time: str) -> str:
    if number is None:
        return "as in the node's settings"
    return f"{number:,} a {time}" if number else "unlimited"
