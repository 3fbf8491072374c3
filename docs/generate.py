# ruff: noqa: INP001 - a script beside its pages, no package
"""Write the reference pages that come from the program: commands, settings, errors, law data, roles; list decisions.

Run it after a change of a help text, a setting or an error, or after a new decision: `make docs`. A test fails
while a page is out of date.
"""

import importlib
import inspect
import pkgutil
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Final

import click
from http_pages import http_page
from law_pages import law_data_page
from role_pages import roles_page

import rempart
from rempart.cli.application import rempart as root_command
from rempart.model.errors import DamagedError, RefusedError, RempartError, UsageError
from rempart.model.scan import ProblemKind
from rempart.node.settings import (
    SETTINGS_FILE,
    VARIABLE_PREFIX,
    Settings,
    allowed_text,
    default_text,
)

DOCUMENTS: Final = Path(__file__).parent
REFERENCE: Final = DOCUMENTS / "reference"
INDEX: Final = DOCUMENTS / "README.md"

_WIDTH: Final = 100
_DECISIONS_BEGIN: Final = "<!-- Decisions: written by docs/generate.py -->"
_DECISIONS_END: Final = "<!-- end of decisions -->"
_NOTE: Final = "<!-- Written by docs/generate.py from the program: do not edit. -->"
_ROOTS: Final = (RempartError, UsageError, RefusedError, DamagedError)
_ORDER: Final = (
    "cli",
    "api",
    "node",
    "decide",
    "law",
    "match",
    "lists",
    "fingerprint",
    "media",
    "access",
    "keys",
    "log",
    "client",
    "store",
    "model",
)

PROBLEMS: Final[dict[ProblemKind, tuple[str, str, str]]] = {
    ProblemKind.EMPTY: (
        "unreadable",
        "The file has no bytes.",
        "Get the file again from its source.",
    ),
    ProblemKind.TRUNCATED: (
        "partial or unreadable",
        "The picture ends too early. What could be decoded is kept apart.",
        "Get the whole file. A match that says `from_partial` rests on the part that is there.",
    ),
    ProblemKind.CORRUPT: (
        "partial or unreadable",
        "The picture is damaged. What could be decoded is kept apart.",
        "Get the file again; else examine it with a forensic tool.",
    ),
    ProblemKind.NOT_FOUND: (
        "unreadable",
        "There is nothing at this path, or it was moved during the run.",
        "Check the path.",
    ),
    ProblemKind.PERMISSION_DENIED: (
        "unreadable",
        "The user who runs Rempart may not read it.",
        "Run as a user who may.",
    ),
    ProblemKind.NOT_A_FILE: (
        "refused",
        "It is a pipe, a socket or a device. It was not opened.",
        "Name an ordinary file or a folder.",
    ),
    ProblemKind.LINK_NOT_FOLLOWED: (
        "refused",
        "It is a link, and links are not followed unless told.",
        "Use `--follow-links`, if the target is to be read.",
    ),
    ProblemKind.CHANGED_WHILE_READ: (
        "unreadable",
        "Its bytes changed during the reading. No fingerprint of a mixture is given.",
        "Scan it again when nothing writes to it.",
    ),
    ProblemKind.READ_ERROR: (
        "unreadable",
        "The system could not read it.",
        "Check the disk, then scan it again.",
    ),
    ProblemKind.FILE_TOO_LARGE: (
        "refused",
        "It is larger than `bytes_per_picture`. Its digests are listed.",
        "Raise the setting, if the file is trusted.",
    ),
    ProblemKind.TOO_MANY_PIXELS: (
        "refused",
        "Its header promises more than `pixels_per_picture`. Its digests are listed.",
        "Raise the setting, if the file is trusted.",
    ),
    ProblemKind.TIME_LIMIT: (
        "refused",
        (
            "It took longer than `seconds_per_file`, `seconds_per_video` or `seconds_per_archive`. Its digests are"
            " listed, where they could be had; `partial` where something in it could be looked at."
        ),
        "Raise the setting, if the file is trusted; else examine it with a forensic tool.",
    ),
    ProblemKind.MEMORY_LIMIT: (
        "refused",
        "It needs more memory than a worker may use. Its digests are listed.",
        "Raise `worker_memory_bytes`, if the file is trusted.",
    ),
    ProblemKind.WORKER_DIED: (
        "unreadable",
        "The worker died over it, or gave no valid answer. Its digests are listed, where they could be had.",
        "Treat the file as hostile: examine it with a forensic tool.",
    ),
    ProblemKind.UNSUPPORTED_FORMAT: (
        "partial",
        "Media, or an archive, of a kind that is not decoded or opened here. Its digests are listed.",
        "Convert a copy with a tool that you trust, and scan the copy as well.",
    ),
    ProblemKind.UNSUPPORTED_PIXELS: (
        "partial",
        "A picture whose kind of pixels is not read. Its digests are listed.",
        "Convert a copy with a tool that you trust, and scan the copy as well.",
    ),
    ProblemKind.ENCRYPTED: (
        "refused",
        "It is encrypted. Of a member nothing is known but its name; of a file its digests are listed.",
        "Ask whoever is in charge for the key, unpack a copy, and scan that.",
    ),
    ProblemKind.NESTED_TOO_DEEP: (
        "refused",
        "An archive that lies in more others than `archive_depth` allows. Its digests are listed.",
        "Raise the setting if the file is trusted, or unpack a copy and scan that.",
    ),
    ProblemKind.TOO_MANY_MEMBERS: (
        "partial or refused",
        "It holds more members than `archive_members`. Those before the limit were read.",
        "Raise the setting if the file is trusted, or unpack a copy and scan that.",
    ),
    ProblemKind.EXPANDS_TOO_MUCH: (
        "partial or refused",
        "It unpacks to more than `archive_bytes`, or to more than `archive_ratio` times its size.",
        "Raise the setting if the file is trusted; else examine it with a forensic tool.",
    ),
    ProblemKind.MEMBERS_REFUSED: (
        "partial",
        "An archive or document, of which not every member could be read. Each of those has a record that says why.",
        "See the records of its members.",
    ),
    ProblemKind.TOO_LONG: (
        "partial or refused",
        "A video longer than `video_seconds`. What lies before the limit was looked at.",
        "Raise the setting if the file is trusted, or cut a copy into parts.",
    ),
    ProblemKind.NO_FRAMES: (
        "partial",
        "A video without a picture that could be decoded. Its digests are listed.",
        "Get the file again; else examine it with a forensic tool.",
    ),
}
"""For each kind of problem: the outcome, what it means, what to do next."""

_ABOUT_SETTINGS: Final = (
    f"The settings of a node stand in `{SETTINGS_FILE}` in its folder, one `name = value` a line (TOML). Absent"
    " ones have their default. An unknown name or a value outside the limits is refused with the exit code 2; all"
    " mistakes are told at once."
)

_ABOUT_OVERRIDES: Final = (
    f"A variable `{VARIABLE_PREFIX}` with the name of a setting in capitals goes before the file:"
    f" `{VARIABLE_PREFIX}SERVE_WORKERS=4`. The options of `rempart serve` go before both. A list has commas between"
    " its items, a flag is `true` or `false`, an empty variable counts as absent. A relative path in the file begins"
    " at the node's folder, in a variable where the command was started."
)

_ABOUT_OVERLAY: Final = (
    "folder of the operator's own facts of law, where `--overlay` is not given; it goes before the setting"
    " `law_overlay`"
)
_ABOUT_LANGUAGE: Final = (
    "`en` or `fr`: language of the answers of `rempart law`, where `--language` is not given; else `LC_ALL`,"
    " `LC_MESSAGES` or `LANG` decides"
)

_WITHOUT_NODE: Final = (
    "`rempart hash` needs no node, and uses the defaults. `rempart law` needs none either; it takes `law_overlay`"
    " from the node that is named."
)

_ABOUT_ERRORS: Final = (
    "Why a command stopped: `code` in its `rempart.error/1`. Exit code 2: the caller can put it right. 3: the"
    " input was refused, nothing was changed. 4: the operator has to mend something. Some codes reach only"
    " programs that use Rempart as a library."
)

_EXIT_CODES: Final = (
    ("0", "finished, whatever was found"),
    (
        "1",
        "finished, and with `--strict` some outcome is not `ok`, or the law data contradict themselves",
    ),
    ("2", "the command line or a setting is wrong"),
    ("3", "the input was refused as a whole; nothing was changed"),
    ("4", "the store, an index or the output is damaged, locked or cannot be written"),
    ("130", "interrupted (Ctrl-C); a scan can be resumed"),
    ("141", "the reader of standard output went away"),
    ("143", "terminated; a scan can be resumed"),
)

_OUTCOMES: Final = (
    ("ok", "every fingerprint that the content calls for; digests only, where it is no media"),
    ("partial", "some of them"),
    ("unreadable", "broken, empty, gone or not to be read"),
    ("refused", "over a limit, or against a rule"),
)


def pages() -> dict[Path, str]:
    """Return every generated page with its text."""
    return {
        REFERENCE / "commands.md": commands_page(),
        REFERENCE / "settings.md": settings_page(),
        REFERENCE / "errors.md": errors_page(),
        REFERENCE / "law-data.md": law_data_page(_NOTE),
        REFERENCE / "roles.md": roles_page(_NOTE),
        REFERENCE / "http-api.md": http_page(_NOTE),
        INDEX: index_page(INDEX.read_text(encoding="utf-8")),
    }


def index_page(present: str) -> str:
    """Return the index with the list of decisions, each by its title; the rest stays as it is."""
    before, begin, rest = present.partition(_DECISIONS_BEGIN)
    _, end, after = rest.partition(_DECISIONS_END)
    lines = [
        f"* [{path.read_text(encoding='utf-8').splitlines()[0].removeprefix('# ')}](decisions/{path.name})"
        for path in sorted((DOCUMENTS / "decisions").glob("[0-9]*.md"))
    ]
    return "".join([before, begin, "\n", "\n".join(lines), "\n", end, after])


def commands_page() -> str:
    """Return the page of all commands: the program's own help."""
    parts = [
        _NOTE,
        "# Commands",
        "Data goes to standard output, messages go to standard error. What `rempart COMMAND --help` says:",
    ]
    for name, command, context in walk_commands(root_command, None, "rempart"):
        parts += [f"## {name}", f"```text\n{command.get_help(context).rstrip()}\n```"]
    return "\n\n".join(parts) + "\n"


def walk_commands(
    command: click.Command, parent: click.Context | None, name: str
) -> Iterator[tuple[str, click.Command, click.Context]]:
    """Yield every command with its full name, a group before its commands."""
    context = click.Context(
        command,
        parent=parent,
        info_name=name.rpartition(" ")[2],
        terminal_width=_WIDTH,
        **command.context_settings,
    )
    yield name, command, context
    if isinstance(command, click.Group):
        for each in command.list_commands(context):
            below = command.get_command(context, each)
            if below is not None:
                yield from walk_commands(below, context, f"{name} {each}")


def settings_page() -> str:
    """Return the page of all settings."""
    meanings = _attributes(Settings)
    rows = [
        (
            f"`{field.name}`",
            default_text(field.name),
            allowed_text(field.name),
            meanings[field.name],
        )
        for field in fields(Settings)
    ]
    return (
        "\n\n".join(
            [
                _NOTE,
                "# Settings",
                _ABOUT_SETTINGS,
                _table(("setting", "default", "allowed", "meaning"), rows),
                _WITHOUT_NODE,
                "## Environment",
                _ABOUT_OVERRIDES,
                _table(
                    ("variable", "meaning"),
                    [
                        ("`REMPART_NODE`", "folder of the node, where `--node` is not given"),
                        ("`REMPART_LAW_OVERLAY`", _ABOUT_OVERLAY),
                        ("`REMPART_LANGUAGE`", _ABOUT_LANGUAGE),
                        (
                            "`REMPART_KERNEL`",
                            "kernel to run: `avx512`, `avx2`, `portable` or `numpy`; else the best one",
                        ),
                        (
                            "`REMPART_PURE`",
                            "when installing: 1 leaves the C++ parts out; no meaning afterwards",
                        ),
                    ],
                ),
            ]
        )
        + "\n"
    )


def errors_page() -> str:
    """Return the page of exit codes, outcomes, problems of files, and errors."""
    parts = [
        _NOTE,
        "# Errors, problems and exit codes",
        "## Exit codes",
        _table(("code", "meaning"), _EXIT_CODES),
        "## Outcomes",
        "How far the fingerprinting of one file came:",
        _table(("outcome", "meaning"), [(f"`{name}`", text) for name, text in _OUTCOMES]),
        "## Problems of files",
        "Why a file's outcome is not `ok`: `error.kind` in its record. The list is closed.",
        _table(
            ("kind", "outcome", "meaning", "what to do"),
            [(f"`{kind.value}`", *PROBLEMS[kind]) for kind in ProblemKind],
        ),
        "## Errors",
        _ABOUT_ERRORS,
    ]
    for package, classes in error_classes().items():
        rows = [(f"`{each.code}`", str(each.exit_code), _meaning(each)) for each in classes]
        parts += [f"### {package}", _table(("code", "exit code", "meaning"), rows)]
    return "\n\n".join(parts) + "\n"


def error_classes() -> dict[str, list[type[RempartError]]]:
    """Return every error class of the program below the three roots, by package."""
    import_all()
    found: dict[str, list[type[RempartError]]] = {}
    for each in sorted(
        _below(RempartError), key=lambda each: (each.code, each.__module__, each.__name__)
    ):
        if each not in _ROOTS and each.__module__.startswith("rempart."):
            found.setdefault(each.__module__.split(".")[1], []).append(each)
    return {name: found[name] for name in _ORDER if name in found}


def import_all() -> None:
    """Import every module of the program, so that every class is known."""
    for module in pkgutil.walk_packages(rempart.__path__, "rempart."):
        if ".migrations" not in module.name and not module.name.endswith("__main__"):
            importlib.import_module(module.name)


def _below(root: type[RempartError]) -> set[type[RempartError]]:
    return {root}.union(*(_below(each) for each in root.__subclasses__()))


def _meaning(error: type[RempartError]) -> str:
    text = inspect.cleandoc(error.__doc__ or "").partition("\n\n")[0]
    return " ".join(text.split())


def _attributes(documented: type) -> dict[str, str]:
    """Return what a class's docstring says of each attribute."""
    text = inspect.getdoc(documented) or ""
    section = text.partition("Attributes:\n")[2]
    found = re.findall(r"^    (\w+): (.*(?:\n {8}.*)*)", section, re.MULTILINE)
    return {name: " ".join(meaning.split()) for name, meaning in found}


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in lines
    )


def main() -> int:
    """Write the pages that changed; with `--check`, only say whether there are any."""
    stale = {
        path: text
        for path, text in pages().items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    }
    if "--check" in sys.argv[1:]:
        for path in stale:
            sys.stderr.write(f"{path} is out of date: run `make docs`.\n")
        return 1 if stale else 0
    for path, text in stale.items():
        path.write_text(text, encoding="utf-8")
        sys.stderr.write(f"Wrote {path}.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
