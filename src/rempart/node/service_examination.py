"""Examine what the service needs: settings, keys, audit log, certificate, clock, limits of the system."""

import resource
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from rempart.log import LogForkedError, parse_checkpoint, parse_note, verifier_key
from rempart.log.publishing import require_continuation
from rempart.log.tree import StoredTree
from rempart.node.address_examination import examine_addresses
from rempart.node.audit_log import AUDIT_LOG, RememberedCheckpoint, audit_origin
from rempart.node.findings import BAD, GOOD, NOTE, CheckResult
from rempart.node.node import OpenNode
from rempart.node.secrets import Secrets, key_file_of
from rempart.node.service_settings import certificate_times, is_plain_to_others, service_mistakes

_EXPIRES_SOON: Final = timedelta(days=14)
_CLOCK_SLACK: Final = timedelta(minutes=5)
_DESCRIPTORS_BESIDE_CONNECTIONS: Final = 256
_LATE_CHECKPOINT: Final = timedelta(days=2)
_CHECKPOINT_HINT: Final = (
    "Was a backup restored that is older than every checkpoint? Then `rempart audit checkpoint` signs the next one."
    " Else somebody changed the database: copy the whole folder of the node, and compare the log with the checkpoints"
    " that others keep."
)


def examine_settings(node: OpenNode) -> Iterator[CheckResult]:
    """Look at the settings of the service as `serve` would."""
    settings = node.settings
    mistakes = service_mistakes(settings, is_exercise=node.store.node.is_exercise)
    for mistake in mistakes:
        yield CheckResult("service", BAD, mistake, "Correct node.toml or the environment.")
    if not mistakes and is_plain_to_others(settings):
        yield CheckResult(
            "service",
            NOTE,
            f"Other machines may reach {', '.join(settings.listen)} without TLS.",
            "Set tls_certificate and tls_key, or trusted_proxies and a firewall, so that only a proxy reaches it.",
        )
    elif not mistakes:
        workers = settings.serve_worker_count()
        yield CheckResult("service", GOOD, f"{workers} workers on {', '.join(settings.listen)}")


def examine_keys(node: OpenNode) -> Iterator[CheckResult]:
    """Read the key file and open every secret of the store with it; nodes of before have neither yet."""
    place = key_file_of(node.folder, node.settings)
    names = sorted(node.store.secrets.all())
    if not names and not place.exists():
        yield CheckResult(
            "keys", NOTE, "There is no key file yet.", "`rempart keys list` makes it."
        )
        return
    secrets = Secrets(place, node.store)
    for name in names:
        secrets.get(name)
    yield CheckResult("keys", GOOD, f"{place} opens {len(names)} secrets")


def examine_log(node: OpenNode) -> Iterator[CheckResult]:
    """Hold the audit log to its newest checkpoint and to the one that this machine remembers."""
    log = node.store.log
    newest, head = log.newest_checkpoint(AUDIT_LOG), log.head(AUDIT_LOG)
    remembered = RememberedCheckpoint(node).notes()
    if newest is None and not remembered:
        yield CheckResult(
            "log", NOTE, "The audit log was never signed.", "Run the service, or `rempart audit`."
        )
        return
    origin = audit_origin(node)
    signers = Secrets(key_file_of(node.folder, node.settings), node.store).signing_keys()
    keys = [verifier_key(origin, signer) for signer in signers]
    tree = StoredTree(log, AUDIT_LOG)
    try:
        for note in (*([newest.note] if newest is not None else []), *remembered):
            require_continuation(tree, head, origin=origin, keys=keys, note=note)
    except LogForkedError as error:
        yield CheckResult("log", BAD, error.message, error.hint)
        return
    if newest is None or _signed_size(newest.note) != newest.size:
        message = "The newest checkpoint that was signed is not in the store as it was."
        yield CheckResult("log", BAD, message, _CHECKPOINT_HINT)
        return
    age = node.clock.now() - newest.at
    message = f"{head.size:,} events, of which {newest.size:,} are signed"
    if age > _LATE_CHECKPOINT:
        hint = "Run the service, or `rempart audit checkpoint`."
        yield CheckResult("log", NOTE, f"{message}, the last {age.days} days ago", hint)
    else:
        yield CheckResult("log", GOOD, message)


def examine_clock(node: OpenNode) -> Iterator[CheckResult]:
    """Compare the clock with the newest event: a clock that is behind would write history out of order."""
    newest = node.store.last_event_id()
    moment = datetime.fromtimestamp((newest.int >> 80) / 1000, UTC)
    now = node.clock.now()
    if moment - now > _CLOCK_SLACK:
        yield CheckResult(
            "clock",
            BAD,
            f"The newest event is of {moment:%Y-%m-%d %H:%M}, and the clock says {now:%Y-%m-%d %H:%M}.",
            "Set the clock, and let the system keep it (`timedatectl set-ntp true`).",
        )
    else:
        yield CheckResult("clock", GOOD, f"{now:%Y-%m-%d %H:%M} UTC, after the newest event")


def examine_certificate(node: OpenNode) -> Iterator[CheckResult]:
    """Say how long the certificate of the service holds."""
    place = node.settings.tls_certificate
    if place is None or not place.is_file():
        return
    yield _certificate(place, node.clock.now())


def examine_limits(node: OpenNode) -> Iterator[CheckResult]:
    """Compare the system's limit of open files with the connections that a worker may hold."""
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = node.settings.connections + _DESCRIPTORS_BESIDE_CONNECTIONS
    if allowed < needed:
        yield CheckResult(
            "limits",
            NOTE,
            f"{allowed} files may be open; {node.settings.connections} connections need {needed}.",
            "Raise LimitNOFILE in the unit (`ulimit -n` in a shell), or lower `connections`.",
        )
    else:
        yield CheckResult("limits", GOOD, f"{allowed} files may be open")


def _signed_size(note: str) -> int:
    """Return the size in a checkpoint that was read before."""
    return parse_checkpoint(parse_note(note.encode()).text).size


SERVICE_CHECKS: Final = (
    examine_settings,
    examine_keys,
    examine_log,
    examine_clock,
    examine_certificate,
    examine_addresses,
    examine_limits,
)


def _certificate(place: Path, now: datetime) -> CheckResult:
    held = certificate_times(place)
    if held is None:
        return CheckResult("certificate", BAD, f"{place} is no certificate.", "Name a PEM file.")
    first, last = held
    if not first <= now <= last:
        message = f"{place} holds from {first:%Y-%m-%d} to {last:%Y-%m-%d}, not now."
        return CheckResult("certificate", BAD, message, "Renew it, then send the service SIGHUP.")
    standing = NOTE if last - now < _EXPIRES_SOON else GOOD
    hint = "" if standing == GOOD else "Renew it soon, then send the service SIGHUP."
    return CheckResult("certificate", standing, f"{place} holds until {last:%Y-%m-%d}", hint)
