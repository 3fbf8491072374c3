"""How files and matches are told to people."""

from typing import Final

from rempart.cli.messages import tell
from rempart.model.fingerprint import VPDQ
from rempart.model.labels import UNMAPPED, Label
from rempart.model.match import TRANSFORMS, Match
from rempart.model.records import path_fields
from rempart.model.scan import FileFingerprints, ScanRecord
from rempart.model.urls import HostPart, PathPart, UrlEvidence
from rempart.model.video import VideoEvidence, VideoSummary

_LISTED_PART: Final = {
    PathPart.EXACT: "the URL itself",
    PathPart.WITHOUT_QUERY: "the URL without its query",
    PathPart.PREFIX: "a folder above the URL",
    PathPart.ROOT: "the whole host",
}


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
        text = fingerprint.text if fingerprint.kind != VPDQ else "whole with --json"
        tell(f"  {fingerprint.kind}{dialect}  {text}{quality}")
    if file.video is not None:
        tell(f"  {_video_text(file.video)}")


def _video_text(video: VideoSummary) -> str:
    seconds = "" if video.milliseconds is None else f", {video.milliseconds / 1000:.1f} s"
    looked_at = "keyframes only" if video.is_screened else "frames"
    return f"video of {video.width} x {video.height}{seconds}, {video.frames:,} {looked_at}"


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
        if match.url is not None:
            why.append(_url_text(match.url))
    else:
        kind = f"{match.kind} {match.dialect}" if match.dialect else match.kind
        why.append(f"{kind}, {match.distance} of {match.threshold} bits")
        if match.transform != TRANSFORMS[0]:
            why.append(match.transform)
    if match.labels:
        why.append("labels " + ", ".join(_label_text(label) for label in match.labels))
    if match.video is not None:
        why.append(_evidence_text(match.video))
    if match.from_partial:
        why.append("from a torn file")
    if match.suppressed_by is not None:
        why.append(f"suppressed by {match.suppressed_by}, which is nearer or has the same bytes")
    return printable_text("; ".join(why))  # labels and owners are a partner's text


def _evidence_text(video: VideoEvidence) -> str:
    """Say how much of two videos is the same, and where they are nearest."""
    moment = "" if video.milliseconds is None else f", nearest at {video.milliseconds / 1000:.1f} s"
    listed = video.list_milliseconds
    there = "" if listed is None else f" ({listed / 1000:.1f} s of the listed video)"
    return (
        f"{video.query_percent:.0f} % of {video.query_frames} frames, "
        f"{video.list_percent:.0f} % of the list's {video.list_frames}{moment}{there}"
    )


def _url_text(evidence: UrlEvidence) -> str:
    """Say which part of which URL is on the list."""
    above = "" if evidence.host is HostPart.EXACT else ", on a domain above its host"
    others = "" if evidence.urls == 1 else f" and {evidence.urls - 1} other URLs"
    return f"{_LISTED_PART[evidence.path]}{above}: {evidence.url}{others}"


def _sentence(text: str) -> str:
    """Return a message with one full stop, whether its stage wrote one or not."""
    return text if text.endswith(".") else f"{text}."


def _label_text(label: Label) -> str:
    if label.scheme == UNMAPPED:
        return f"{label.value} (no meaning stated)"
    return f"{label.scheme} {label.value}"
