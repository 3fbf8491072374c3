"""Examine this machine and a node: what `rempart doctor` tells."""

import os
import platform
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from rempart import __version__
from rempart.fingerprint import chosen_kernel
from rempart.law import Severity, check_releases
from rempart.match import LayeredIndex, SnapshotDamagedError, SnapshotOutdatedError, pick_kernel
from rempart.media import sandbox_description
from rempart.model.errors import RempartError
from rempart.model.fingerprint import VPDQ
from rempart.node.errors import NodeMissingError
from rempart.node.findings import BAD, GOOD, NOTE, CheckResult
from rempart.node.folder import NodeFolder, find_node_folder
from rempart.node.index_files import saved_indexes, unreadable_videos
from rempart.node.law.questions import find_law_overlay, open_law_shelf
from rempart.node.log_examination import examine_leaves
from rempart.node.node import open_node, open_store
from rempart.node.service_examination import SERVICE_CHECKS
from rempart.node.settings import read_settings
from rempart.store import Store

_LITTLE_SPACE_BYTES: Final = 2 * 1024**3
_REFUSED_BY_SYSTEM: Final = "Look at the rights on the node's folder, and at the disk's health."


def examine(named: Path | None, *, deep: bool) -> list[CheckResult]:
    """Look at the machine, and at the node where one is named.

    Raises:
        NodeMissingError: the caller named a folder, and there is no node in it.
    """
    results = [*_machine(), *_law(named)]
    try:
        folder = find_node_folder(named, os.environ)
    except RempartError as error:
        if named is not None:
            raise
        results.append(CheckResult("node", NOTE, error.message, error.hint))
        return results
    for check in (_settings, _space, _store, _index, _service):
        results += _guarded(check, folder, deep=deep)
    return results


def upgrade_store(folder: NodeFolder) -> None:
    """Bring the store of an older version of Rempart up to date; a store of this version stays as it is."""
    Store.upgrade(folder.store_location(read_settings(folder.path)))


def _machine() -> Iterator[CheckResult]:
    yield CheckResult("version", GOOD, f"rempart {__version__}, Python {platform.python_version()}")
    kernels = f"fingerprints {chosen_kernel()}, search {pick_kernel()[1]}"
    if "numpy" in kernels:
        yield CheckResult(
            "kernels", NOTE, kernels, "Install with a C++ compiler for many times the speed."
        )
    else:
        yield CheckResult("kernels", GOOD, kernels)
    sandbox = sandbox_description()
    if "seccomp" in sandbox:
        yield CheckResult("sandbox", GOOD, sandbox)
    else:
        yield CheckResult(
            "sandbox", NOTE, sandbox, "Install libseccomp2 to keep decoders from the system too."
        )


def _law(named: Path | None) -> list[CheckResult]:
    """Look at the law data: whether they can be read, and whether each version is what it was released as."""
    try:
        shelf = open_law_shelf(_overlay(named))
        library = shelf.library()
        altered = [
            each for each in check_releases(shelf) if each.severity is Severity.CONTRADICTION
        ]
    except RempartError as error:
        return [CheckResult("law", BAD, error.message, error.hint)]
    if altered:
        names = ", ".join(sorted({each.subject for each in altered}))
        message = f"The law data of {names} are not what they were released as."
        return [CheckResult("law", BAD, message, "Install Rempart again.")]
    overlay = ", with an overlay" if library.has_overlay else ""
    facts = len(library.all_facts())
    message = f"data version {library.version}, {facts:,} facts, hash {library.hash[:12]}{overlay}"
    return [CheckResult("law", GOOD, message)]


def _overlay(named: Path | None) -> Path | None:
    try:
        return find_law_overlay(None, named, os.environ)
    except NodeMissingError:
        return None  # told where the node is looked at


def _guarded(
    check: Callable[..., Iterator[CheckResult]], folder: NodeFolder, *, deep: bool
) -> list[CheckResult]:
    try:
        return list(check(folder, deep=deep))
    except (RempartError, OSError) as error:
        return [_failed(check.__name__.strip("_"), error)]


def _failed(name: str, error: RempartError | OSError) -> CheckResult:
    if isinstance(error, RempartError):
        return CheckResult(name, BAD, error.message, error.hint)
    place = "" if error.filename is None else f" on {error.filename}"
    message = f"The system refused an operation{place}: {error.strerror or error}."
    return CheckResult(name, BAD, message, _REFUSED_BY_SYSTEM)


def _settings(folder: NodeFolder, *, deep: bool) -> Iterator[CheckResult]:
    del deep
    settings = read_settings(folder.path)
    yield CheckResult("settings", GOOD, f"{settings.worker_count()} workers")


def _space(folder: NodeFolder, *, deep: bool) -> Iterator[CheckResult]:
    del deep
    free = shutil.disk_usage(folder.path).free
    standing = GOOD if free >= _LITTLE_SPACE_BYTES else NOTE
    hint = (
        "" if standing == GOOD else "An import of a million entries needs about 2 GB for a while."
    )
    yield CheckResult("space", standing, f"{free // 1024**2:,} MiB free", hint)


def _store(folder: NodeFolder, *, deep: bool) -> Iterator[CheckResult]:
    with open_store(folder) as store:
        node = store.node
        kind = "exercise node" if node.is_exercise else "live node"
        yield CheckResult(
            "node",
            GOOD,
            f"{kind} of {node.organisation.name} ({node.organisation.kind}, "
            f"{node.organisation.jurisdiction}), {len(store.lists())} lists",
        )
        problems = store.check(deep=deep)
        for problem in problems:
            yield CheckResult(
                "store", BAD, problem.message, "Restore the node's folder from its last backup."
            )
        if not problems:
            yield CheckResult("store", GOOD, "checked whole" if deep else "checked")


def _index(folder: NodeFolder, *, deep: bool) -> Iterator[CheckResult]:
    with open_store(folder) as store:
        change_number = store.change_number()
        if deep and (count := unreadable_videos(store)):
            message = f"{count:,} listed videos cannot be read and are not matched."
            hint = "An older version kept them as they were. Import their lists again."
            yield CheckResult("index", NOTE, message, hint)
    # Opening an index reads and checks all of it.
    for saved in saved_indexes(folder.index):
        try:
            delta = None if saved.is_base else saved.place
            index = LayeredIndex.open(saved.base, delta, trusts_stamp=False)
        except SnapshotOutdatedError:
            message = f"{saved.place} is of another version of Rempart; it will be built again."
            yield CheckResult("index", NOTE, message, "The service or the next scan does it.")
            continue
        except SnapshotDamagedError as error:
            yield CheckResult(
                "index", BAD, error.message, f"Remove {saved.place}; the next scan builds it again."
            )
            continue
        counts = ", ".join(
            f"{count:,} {'frames of vpdq' if kind == VPDQ else kind}"
            for kind, count in index.counts().items()
            if count
        )
        behind = change_number - index.change_number
        yield CheckResult("index", GOOD, f"{counts or 'empty'}; {behind} changes behind the store")


def _service(folder: NodeFolder, *, deep: bool) -> Iterator[CheckResult]:
    checks = (*SERVICE_CHECKS, examine_leaves) if deep else SERVICE_CHECKS
    with open_node(folder) as node:
        for check in checks:
            try:
                yield from list(check(node))
            except (RempartError, OSError) as error:
                yield _failed(check.__name__.removeprefix("examine_"), error)
