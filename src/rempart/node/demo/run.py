"""The demonstration, step by step: material, an exercise node, two lists, and a judgement of the scan."""

import os
import shutil
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Final

from rempart.model.decision import CaseContext
from rempart.model.fingerprint import EXACT, MATCHING_QUALITY_FLOOR, PDQ, SHA256
from rempart.model.identifiers import EntryId
from rempart.model.jurisdictions import Jurisdiction
from rempart.model.law import Conduct, DutyBearer, Role
from rempart.model.lists import ListPurpose
from rempart.model.principals import OrganisationKind
from rempart.model.scan import FileFingerprints, ScanRecord
from rempart.node.creation import create_node
from rempart.node.demo.corpus import build_corpus
from rempart.node.demo.errors import CorpusFolderError
from rempart.node.demo.exercise_lists import (
    LABEL_MAP_TEXT,
    KnownPicture,
    write_harmless_list,
    write_known_list,
)
from rempart.node.demo.manifest import Corpus, Group
from rempart.node.demo.pictures import RealPicture, find_real_pictures
from rempart.node.files import open_source
from rempart.node.folder import NodeFolder
from rempart.node.hashing import hash_files
from rempart.node.importing import ImportReport, ImportRequest, import_list
from rempart.node.node import OpenNode, open_node

SEED: Final = 20261122
OWNER: Final = "Exercise Hotline"
KNOWN_LIST: Final = "exercise-known"
HARMLESS_LIST: Final = "exercise-harmless"

_SUPPRESSED_EDITS: Final = 3
_CLEAN_UNRELATED: Final = 3

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class DemoFolder:
    """Where the demonstration keeps its things."""

    path: Path

    @property
    def corpus(self) -> Path:
        """The folder that is scanned."""
        return self.path / "corpus"

    @property
    def node(self) -> Path:
        """The exercise node."""
        return self.path / "node"

    @property
    def output(self) -> Path:
        """The records of the scan."""
        return self.path / "found.jsonl"

    @property
    def report(self) -> Path:
        """The page that says what the scan came to."""
        return self.path / "report.html"

    def of_list(self, name: str) -> Path:
        """The CSV file of one exercise list."""
        return self.path / f"{name}.csv"

    @property
    def labels(self) -> Path:
        """The label map of the exercise categories."""
        return self.path / "labels.toml"


def make_corpus(
    folder: DemoFolder, *, progress: Progress
) -> tuple[Corpus, tuple[RealPicture, ...]]:
    """Build the corpus, or take the whole one of an earlier run, and clear that run's results away."""
    folder.path.mkdir(parents=True, exist_ok=True)
    if folder.node.exists() and not (folder.node / "store.sqlite").exists():
        message = f"{folder.node} is not the node of a demonstration."
        raise CorpusFolderError(message, hint="Choose another folder with --folder.")
    pictures = find_real_pictures()
    corpus = build_corpus(folder.corpus, pictures, seed=SEED, progress=progress)
    shutil.rmtree(folder.node, ignore_errors=True)
    folder.output.unlink(missing_ok=True)
    return corpus, pictures


def write_lists(
    folder: DemoFolder,
    corpus: Corpus,
    pictures: Sequence[RealPicture],
    *,
    entries: int,
    progress: Progress,
) -> None:
    """Fingerprint the real pictures and write the two exercise lists and the label map."""
    names = {os.fsencode(picture.path): picture.name for picture in pictures}
    known = [_known(names[file.path], file) for file in hash_files(names)]
    with folder.of_list(KNOWN_LIST).open("wb") as sink:
        write_known_list(sink, known, entries=entries, seed=SEED, progress=progress)
    with folder.of_list(HARMLESS_LIST).open("wb") as sink:
        write_harmless_list(sink, _harmless(corpus))
    folder.labels.write_text(LABEL_MAP_TEXT, encoding="utf-8")


def make_node(folder: DemoFolder) -> OpenNode:
    """Make the exercise node."""
    return create_node(
        folder.node,
        organisation="Exercise Node",
        kind=OrganisationKind.POLICE,
        jurisdiction="FR",
        is_exercise=True,
    )


def open_demo_node(folder: DemoFolder) -> OpenNode:
    """Open the exercise node again."""
    return open_node(NodeFolder(folder.node))


def exercise_case(on: date) -> CaseContext:
    """Return an invented case, to show what law asks after a match: a platform in one country, a server in another."""
    roles = {Role.HOST: (Jurisdiction("DE"),), Role.UPLOADER: (Jurisdiction("FR"),)}
    return CaseContext(
        kind=DutyBearer.PLATFORM,
        established=Jurisdiction("US"),
        roles=roles,
        conduct=Conduct.DISTRIBUTION,
        on=on,
    )


def import_exercise_list(
    node: OpenNode, folder: DemoFolder, name: str, *, progress: Callable[[int], None]
) -> ImportReport:
    """Import one of the two lists."""
    is_known = name == KNOWN_LIST
    request = ImportRequest(
        name=name,
        owner=OWNER,
        format="csv",
        labels=folder.labels,
        purpose=ListPurpose.KNOWN if is_known else ListPurpose.KNOWN_HARMLESS,
    )
    with open_source(folder.of_list(name)) as file:
        return import_list(node, request, file, progress=progress)


class Judgement:
    """Compares what the scan found with where each file of the corpus came from."""

    def __init__(self, corpus: Corpus, names: Mapping[EntryId, str]) -> None:
        """Know the corpus, and which picture each of the list's first entries is of."""
        self._files = corpus.by_path()
        self._names = names
        self.found: Counter[Group] = Counter()
        self.missed: Counter[Group] = Counter()
        self.missed_kinds: Counter[str] = Counter()
        self.wrong: list[bytes] = []

    def add(self, record: ScanRecord) -> None:
        """Judge one record."""
        file = self._files.get(record.file.path)
        if file is None:
            return
        matched = {self._names.get(match.entry_id) for match in record.matches}
        if matched - {file.source}:
            self.wrong.append(record.file.path)
        if file.source is None:
            return
        if file.source in matched:
            self.found[file.group] += 1
        else:
            self.missed[file.group] += 1
            self.missed_kinds[file.kind] += 1


def names_by_entry(node: OpenNode, pictures: Sequence[RealPicture]) -> dict[EntryId, str]:
    """Return which picture each entry of the known list is of; theirs are the list's first entries."""
    known = node.store.find_list(KNOWN_LIST, OWNER)
    names: dict[EntryId, str] = {}
    if known is None:
        return names
    for entry, _ in islice(node.store.entries(known.id), 2 * len(pictures)):
        for source_id in entry.source_ids:
            name = source_id.removeprefix("known-").rpartition("-")[0]
            names[entry.id] = name
    return names


def _known(name: str, file: FileFingerprints) -> KnownPicture:
    """Return what the list says of a picture: no PDQ below the quality that matching needs."""
    pdq = next(
        (each for each in file.fingerprints if each.kind == PDQ and each.dialect == EXACT), None
    )
    usable = pdq is not None and (pdq.quality or 0) >= MATCHING_QUALITY_FLOOR
    return KnownPicture(
        name=name,
        pdq_hex=pdq.text if pdq is not None and usable else None,
        quality=pdq.quality if pdq is not None and usable else None,
        sha256_hex=next((each.text for each in file.fingerprints if each.kind == SHA256), None),
    )


def _harmless(corpus: Corpus) -> list[KnownPicture]:
    """Choose a few edits, whose own PDQ is nearer than the original's, and a few unrelated pictures."""
    edits = [file for file in corpus.files if file.group is Group.EDIT and file.kind == "text-line"]
    unrelated = [file for file in corpus.files if file.group is Group.UNRELATED]
    chosen = [*edits[:_SUPPRESSED_EDITS], *unrelated[:_CLEAN_UNRELATED]]
    hashed = hash_files([corpus.full_path(file) for file in chosen])
    return [_known(f"exercise-{number}", file) for number, file in enumerate(hashed, start=1)]
