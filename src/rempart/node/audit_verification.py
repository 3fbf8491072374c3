"""Check an exported log by the same program that others run alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rempart.log import VerifierKeyError, verifier
from rempart.node.errors import SourceUnreadableError


@dataclass(frozen=True, slots=True)
class AuditVerification:
    """What came of checking an export or a proof.

    Attributes:
        is_verified: whether everything that was checked holds.
        record: the report as JSON values, `rempart.audit-verification/1`.
        lines: the report in words.
    """

    is_verified: bool
    record: dict[str, Any]
    lines: tuple[str, ...]


def verify_audit(
    path: Path, keys: Sequence[str], checkpoints: Sequence[Path] = ()
) -> AuditVerification:
    """Check an export of the log, or the proof of one event, with nothing but public keys; needs no node.

    Args:
        path: the file.
        keys: lines that `rempart audit key` printed, or files of such lines.
        checkpoints: files of checkpoints that others kept.

    Raises:
        VerifierKeyError: a key cannot be used.
        SourceUnreadableError: a file cannot be read.
    """
    try:
        known = verifier.read_keys(keys)
    except (verifier.NotAcceptedError, OSError, ValueError) as error:
        msg = f"The key cannot be used: {error}."
        raise VerifierKeyError(
            msg, hint="Give a line of `rempart audit key`, or a file of such lines."
        ) from error
    try:
        outside = [each.read_bytes().decode("utf-8", "replace") for each in checkpoints]
        report = verifier.verify_file(path, known, outside)
    except OSError as error:
        message = f"{error.filename} cannot be read: {error.strerror}."
        raise SourceUnreadableError(message, hint="Name a readable file.") from error
    return AuditVerification(
        is_verified=report.is_verified,
        record=verifier.report_record(report),
        lines=tuple(verifier.report_lines(report)),
    )
