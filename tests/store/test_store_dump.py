"""A dump is the whole store as of one moment; it restores on either engine, whole, or is refused with nothing done."""

import io
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.store.material import EXERCISE_A, Laboratory, Location, item, pdq, sha256
from tests.store.test_store_scans import PATH, checkpoint, new_match, start

from rempart.model.handling import Standing
from rempart.store import (
    DumpRefusedError,
    Store,
    StoreExistsError,
    StoreVersionError,
)
from rempart.store._copy import copied_tables
from rempart.store._dump_format import MAGIC, DumpReader, DumpWriter

ATTACHED = {"node.toml": b"# exercise\n", "keys/node.key": bytes(range(256))}


def silent(_done: int, _total: int) -> None:
    """Show nothing."""


def dump(store: Store) -> bytes:
    sink = io.BytesIO()
    store.dump(sink, attachments=ATTACHED, progress=silent)
    return sink.getvalue()


def fill(laboratory: Laboratory) -> None:
    """Put something into most tables: versions, withdrawn and suspended fingerprints, a scan, labels, raw records."""
    one, two = laboratory.add_list("one"), laboratory.add_list("two")
    laboratory.merge(one.id, [item(n, raw=f"raw-{n}", labels=(EXERCISE_A,)) for n in range(40)])
    laboratory.merge(one.id, [item(n, pdq(n, quality=60), sha256(n)) for n in range(20, 50)])
    laboratory.merge(one.id, [item(n) for n in range(30)], source="other", is_full=True)
    laboratory.merge(two.id, [item(7)])
    laboratory.set_standing(two.id, Standing.SUSPENDED)
    scan = start(laboratory)
    checkpoint(laboratory, scan, (PATH, new_match(laboratory)))


@pytest.fixture
def empty_place(request: pytest.FixtureRequest, tmp_path: Path, target: str) -> Location:
    """Return an empty place on the engine that is restored into."""
    if target == "sqlite":
        return tmp_path / "restored.sqlite"
    return str(request.getfixturevalue("postgres_url"))


@pytest.mark.parametrize("target", ["sqlite", "postgresql"])
class TestRoundTrip:
    def test_restored_store_is_the_same_on_either_engine(
        self, laboratory: Laboratory, empty_place: Location
    ) -> None:
        fill(laboratory)
        content = dump(laboratory.store)
        Store.restore(empty_place, io.BytesIO(content), progress=silent)
        with Store.open(empty_place) as restored:
            assert Laboratory(restored, empty_place).state() == laboratory.state()
            assert restored.last_event_id() == laboratory.store.last_event_id()
            assert restored.check(deep=True) == []
            assert dump(restored) == content

    def test_restored_store_goes_on_counting(
        self, laboratory: Laboratory, empty_place: Location
    ) -> None:
        fill(laboratory)
        Store.restore(empty_place, io.BytesIO(dump(laboratory.store)), progress=silent)
        with Store.open(empty_place) as restored:
            other = Laboratory(restored, empty_place, first_identifier=9_000)
            one = restored.find_list("one")
            assert one is not None
            other.merge(one.id, [item(99)])
            assert max(other.matchable()) > max(laboratory.matchable())
            assert restored.check(deep=True) == []

    def test_place_that_is_not_empty_is_left_alone(
        self, laboratory: Laboratory, empty_place: Location
    ) -> None:
        content = dump(laboratory.store)
        Store.restore(empty_place, io.BytesIO(content), progress=silent)
        with pytest.raises(StoreExistsError):
            Store.restore(empty_place, io.BytesIO(content), progress=silent)
        with Store.open(empty_place) as restored:
            assert dump(restored) == content


class TestDump:
    def test_it_is_of_one_moment_while_others_write(self, laboratory: Laboratory) -> None:
        fill(laboratory)
        before = dump(laboratory.store)
        wrote: list[int] = []

        def write_meanwhile(done: int, _total: int) -> None:
            if not wrote:
                wrote.append(done)
                laboratory.add_list("meanwhile")

        sink = io.BytesIO()
        laboratory.store.dump(sink, attachments=ATTACHED, progress=write_meanwhile)
        assert wrote
        assert sink.getvalue() == before
        assert laboratory.store.find_list("meanwhile") is not None

    def test_it_says_what_it_holds(self, laboratory: Laboratory) -> None:
        fill(laboratory)
        told: list[tuple[int, int]] = []
        sink = io.BytesIO()
        made = laboratory.store.dump(
            sink, attachments=ATTACHED, progress=lambda *each: told.append(each)
        )
        read = Store.verify_dump(io.BytesIO(sink.getvalue()))
        assert (read.node_id, read.rows) == (laboratory.store.node.id, made.rows)
        assert read.attachments == ATTACHED
        assert told[-1] == (made.rows, made.rows)
        assert sink.getvalue().endswith(bytes.fromhex(made.sha256 or ""))
        assert "exercise" not in repr(read), "keys are among the attachments"


@pytest.fixture(scope="module")
def content(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("dump") / "store.sqlite"
    shutil.copy2(sqlite_template, path)
    with Store.open(path) as store:
        laboratory = Laboratory(store, path)
        fill(laboratory)
        return dump(store)


class TestRefusal:
    @given(data=st.data())
    @settings(max_examples=40, deadline=None)
    def test_altered_dump_is_refused(self, content: bytes, data: st.DataObject) -> None:
        place = data.draw(st.integers(0, len(content) - 1))
        altered = bytearray(content)
        altered[place] ^= data.draw(st.integers(1, 255))
        with pytest.raises(DumpRefusedError):
            Store.verify_dump(io.BytesIO(bytes(altered)))

    @given(kept=st.integers(min_value=0))
    @settings(max_examples=40, deadline=None)
    def test_torn_dump_is_refused(self, content: bytes, kept: int) -> None:
        with pytest.raises(DumpRefusedError):
            Store.verify_dump(io.BytesIO(content[: kept % len(content)]))

    def test_more_than_a_dump_is_refused(self, content: bytes) -> None:
        with pytest.raises(DumpRefusedError):
            Store.verify_dump(io.BytesIO(content + b"\0"))

    @pytest.mark.parametrize(
        "strange", [b"", b"SQLite format 3\0", MAGIC, MAGIC.replace(b"1", b"2")]
    )
    def test_other_files_are_refused(self, strange: bytes) -> None:
        with pytest.raises(DumpRefusedError):
            Store.verify_dump(io.BytesIO(strange))

    @pytest.mark.parametrize("schema", [1, 99])
    def test_dump_of_another_schema_is_refused(
        self, content: bytes, schema: int, tmp_path: Path
    ) -> None:
        with pytest.raises(StoreVersionError, match=str(schema)):
            restore_changed(content, tmp_path, schema=schema)

    @pytest.mark.parametrize(
        "changed",
        [
            {"tables": {"alembic_version": ["version_num"]}},
            {"rows": {"node": 2}},
            {"node_id": "not-an-identifier"},
        ],
    )
    def test_dump_with_other_tables_or_counts_is_refused(
        self, content: bytes, changed: dict[str, object], tmp_path: Path
    ) -> None:
        with pytest.raises(DumpRefusedError):
            restore_changed(content, tmp_path, **changed)

    def test_refused_dump_changes_nothing(self, content: bytes, tmp_path: Path) -> None:
        with pytest.raises(DumpRefusedError):
            Store.restore(tmp_path / "new", io.BytesIO(content[:-1]), progress=silent)
        assert list(tmp_path.iterdir()) == []


def restore_changed(content: bytes, folder: Path, **changed: object) -> None:
    """Restore a dump whose header says something else, with a digest that fits."""
    reader = DumpReader(io.BytesIO(content))
    header = {name: getattr(reader.header, name) for name in reader.header.__struct_fields__}
    sink = io.BytesIO()
    writer = DumpWriter(sink, type(reader.header)(**{**header, **changed}))
    for table, rows in reader.rows():
        writer.rows(table, rows)
    writer.finish()
    try:
        Store.restore(folder / "new", io.BytesIO(sink.getvalue()), progress=silent)
    finally:
        assert list(folder.iterdir()) == []


class TestInterruption:
    @pytest.mark.parametrize("target", ["sqlite", "postgresql"])
    def test_restore_that_fails_leaves_an_empty_place(
        self, content: bytes, empty_place: Location
    ) -> None:
        def stop(done: int, total: int) -> None:
            if done > total // 2:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            Store.restore(empty_place, io.BytesIO(content), progress=stop)
        Store.restore(empty_place, io.BytesIO(content), progress=silent)
        with Store.open(empty_place) as restored:
            assert restored.check(deep=True) == []

    def test_every_table_is_copied_but_the_leases(self) -> None:
        names = {table.name for table in copied_tables()}
        assert "lease" not in names
        assert {"api_key", "secret", "log_leaf", "suspension", "match_record"} <= names
