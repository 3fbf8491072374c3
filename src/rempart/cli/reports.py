"""How files and matches are told to people."""

from rempart.cli.messages import tell
from rempart.model.labels import UNMAPPED, Label
from rempart.model.match import TRANSFORMS, Match
from rempart.model.records import path_fields
from rempart.model.scan import FileFingerprints, ScanRecord


def printable(path: bytes) -> str:
    """Return a path for a terminal: no control character of a hostile name can act on it."""
    return printable_text(str(path_fields(path)["path"]))


def printable_text(text: str) -> str:
    """Return a foreign text for a terminal: no control character in it can act on it."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


def tell_file(file: FileFingerprints) -> None:
    """Write one file's fingerprints to standard output."""
    tell(f"{printable(file.path)}: {file.outcome}, {file.media_type or 'unknown content'}")
    if file.problem is not None:
        tell(f"  {file.problem.kind}: {_sentence(file.problem.message)} {file.problem.hint}")
    for fingerprint in file.fingerprints:
        dialect = f" {fingerprint.dialect}" if fingerprint.dialect else ""
        quality = f"  quality {fingerprint.quality}" if fingerprint.quality is not None else ""
        tell(f"  {fingerprint.kind}{dialect}  {fingerprint.text}{quality}")


def tell_record(record: ScanRecord) -> None:
    """Write what is worth reading about one scanned file to standard output: matches and problems."""
    path = printable(record.file.path)
    for match in record.matches:
        tell(f"{'suppressed' if match.suppressed_by else 'match'}  {path}  {explain(match)}")
    for conflict in record.conflicts:
        tell(
            f"conflict  {path}  {conflict.code}: {conflict.known_list} and {conflict.harmless_list}"
        )
    if record.file.problem is not None:
        problem = record.file.problem
        tell(
            f"{record.file.outcome}  {path}  {problem.kind}: {_sentence(problem.message)} {problem.hint}"
        )


def explain(match: Match) -> str:
    """Say in a line why a match is one."""
    why = [f"{match.list_name} of {match.owner}", f"entry {match.entry_id} v{match.entry_version}"]
    if match.transform is None:
        why.append(f"same {match.kind}")
    else:
        why.append(f"{match.kind} {match.dialect}, {match.distance} of {match.threshold} bits")
        if match.transform != TRANSFORMS[0]:
            why.append(match.transform)
    if match.labels:
        why.append("labels " + ", ".join(_label_text(label) for label in match.labels))
    if match.from_partial:
        why.append("from a torn file")
    if match.suppressed_by is not None:
        why.append(f"suppressed by {match.suppressed_by}, which is nearer or has the same bytes")
    return printable_text("; ".join(why))  # labels and owners are a partner's text


def _sentence(text: str) -> str:
    """Return a message with one full stop, whether its stage wrote one or not."""
    return text if text.endswith(".") else f"{text}."


def _label_text(label: Label) -> str:
    if label.scheme == UNMAPPED:
        return f"{label.value} (no meaning stated)"
    return f"{label.scheme} {label.value}"
