"""Write a list in any supported format."""

from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO, Final

from rempart.lists.csv_writer import write_csv
from rempart.lists.detection import CSV, KDB, PLAIN, VICS
from rempart.lists.errors import ListUsageError
from rempart.lists.export_entry import ExportEntry
from rempart.lists.kdb_writer import write_kdb
from rempart.lists.plain_writer import write_plain
from rempart.lists.vics_writer import write_vics
from rempart.model.lists import is_list_name

WRITE_FORMATS: Final = (CSV, VICS, PLAIN, KDB)


def write_list(
    entries: Iterable[ExportEntry],
    sink: BinaryIO,
    *,
    format: str,  # noqa: A002 - the word of the command line
    list_name: str,
    region: str | None = None,
    source: str | None = None,
    list_version: str | None = None,
    scratch: Path | None = None,
) -> int:
    """Write entries one by one, in bounded memory, and return how many were written.

    Read again, a CSV or VICS list gives the same keys, fingerprints and labels. VICS has no place for an
    entry without an MD5, nor a plain list for one without an exact hash, nor a `.kdb` for one without an
    MD5: those are left out and not counted, so compare the count.

    Args:
        entries: what to write, in this order.
        sink: open for writing bytes; not closed. After an error it holds a torn list: throw it away.
        format: one of `WRITE_FORMATS`.
        list_name: the list's name.
        region: VICS: the region whose category numbers these are; absent: `Default`.
        source: CSV: whose list it is, for entries that keep no source of their own.
        list_version: CSV: version of the list.
        scratch: kdb: folder in which the database is made before it goes to the sink; absent: the system's
            own for such things.

    Raises:
        ListUsageError: there is no such format, or name or region have a wrong form.
    """
    if not is_list_name(list_name):
        msg = "A list's name consists of lower-case letters, digits and hyphens."
        raise ListUsageError(msg, hint="Give a name such as exercise-list.")
    if format == CSV:
        return write_csv(entries, sink, source=source, list_version=list_version)
    if format == VICS:
        return write_vics(entries, sink, region=region)
    if format == PLAIN:
        return write_plain(entries, sink, list_name=list_name)
    if format == KDB:
        return write_kdb(entries, sink, scratch=scratch)
    msg = f"There is no list format {format[:40]!a} to write."
    raise ListUsageError(msg, hint=f"Choose one of {', '.join(WRITE_FORMATS)}.")
