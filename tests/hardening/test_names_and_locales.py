"""Names that hurt, in any locale: each file has its record, with its own bytes, and no name acts on anything."""

import csv
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from tests.hardening.running import path_of, picture, reason, records_of, run_rempart

NAMES: Final = (
    b"plain.png",
    b"new\nline.png",
    b"carriage\rreturn.png",
    b"tab\tand blank .png",
    b" leading blank.png",
    b"trailing blank ",
    b"trailing dots...",
    b"...",
    b"-rf",
    b"--output=never.jsonl",
    b"--",
    b"'quoted' \"twice\" `once`.png",
    b"$(touch never) ; touch never | touch never.png",
    b"back\\slash\\n.png",
    b"%s%n%00.png",
    b"*?[a-z]{1,2}.png",
    b"~root",
    b"C:\\CON",
    b"\x01\x1b[31mred\x1b[2J\x07.png",
    b"\x7f\xc2\x9b31m.png",
    "e\u0301 decomposed.png".encode(),
    "\u00e9 composed.png".encode(),
    "\u202egnp.exe".encode(),
    "\u0639\u0631\u0628\u064a \u05e2\u05d1\u05e8\u05d9.png".encode(),
    "\U0001f469\u200d\U0001f52c\U0001f3f3\ufe0f\u200d\U0001f308.png".encode(),
    "\u0130stanbul \u0131\u015f\u0131k I i.PNG".encode(),
    "\u2028line\u2029paragraph\u0085next.png".encode(),
    "\ufeffmark.png".encode(),
    "\ufffdreplaced.png".encode(),
    b"latin-1 \xe9.png",
    b"bad \xff\xfe\xc0\xaf.png",
    b"half \xf0\x9f\x98.png",
    b"surrogate \xed\xa0\x80.png",
    b"l" * 251 + b".png",
    "\U0001f600".encode() * 63 + b"...",
    b"archive.zip!",
    b"=HYPERLINK(1).png",
    b"@SUM(1+1)*cmd.png",
    b"+1-1.png",
    b"<script>alert(1).png",
    b"<img src=x onerror=alert(1)>.png",
    b"&lt;b&gt; &amp; ]]>.png",
    b"<!-- ${7*7} {{7*7}} --> .png",
)
FOLDERS: Final = (b"folder\nwith \xff", b"archive.zip! (unpacked)", b"-", b"x" * 255)
LOCALES: Final = {
    "C": {"LC_ALL": "C"},
    "C, taken at its word": {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
    "POSIX": {"LC_ALL": "POSIX", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
    "Turkish": {"LC_ALL": "tr_TR.UTF-8"},
    "Latin-1": {"LC_ALL": "fr_FR.ISO-8859-1"},
    "absent": {"LC_ALL": "xx_XX.UTF-8"},
}
LOCALE_SOURCES: Final = {
    "tr_TR.UTF-8": ("tr_TR", "UTF-8"),
    "fr_FR.ISO-8859-1": ("fr_FR", "ISO-8859-1"),
}


@pytest.fixture(scope="module")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a file of every name, in a folder of every name; one in seven is a picture that the node knows."""
    folder = tmp_path_factory.mktemp("zoo")
    for place in (bytes(folder), *(os.path.join(bytes(folder), each) for each in FOLDERS)):  # noqa: PTH118
        os.makedirs(place, exist_ok=True)  # noqa: PTH103 - names that are no text
        for number, name in enumerate(NAMES):
            with open(os.path.join(place, name), "xb") as file:  # noqa: PTH118, PTH123
                file.write(picture(1) if number % 7 == 0 else b"text %d" % number)
    return folder


@pytest.fixture(scope="session")
def locales(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Compile the locales that this machine has the sources of."""
    folder = tmp_path_factory.mktemp("locales")
    for name, (source, characters) in LOCALE_SOURCES.items():
        command = ["localedef", "-i", source, "-f", characters, str(folder / name)]
        subprocess.run(command, check=False, capture_output=True)
    return folder


def expected(zoo: Path) -> dict[bytes, bool]:
    """Return every file of the zoo, and whether the node knows it."""
    places = [bytes(zoo), *(bytes(zoo) + b"/" + each for each in FOLDERS)]
    return {
        place + b"/" + name: number % 7 == 0
        for place in places
        for number, name in enumerate(NAMES)
    }


def test_every_name_has_one_record_with_its_bytes(zoo: Path, node: Path, tmp_path: Path) -> None:
    output = tmp_path / "found.jsonl"

    run_rempart("--node", node, "scan", "--workers", "1", "--output", output, zoo)

    records = records_of(output.read_bytes())
    assert [path_of(record) for record in records] == sorted(
        expected(zoo), key=lambda path: path.split(b"/")
    )
    assert {path_of(record): bool(record["matches"]) for record in records} == expected(zoo)
    assert {reason(record) for record in records} == {("ok", None)}
    # Each record is one line of JSON in UTF-8 to any reader, also to one that ends lines where Unicode does.
    assert len(output.read_bytes().split(b"\n")) == len(records) + 1
    assert not list(zoo.rglob("never*"))


@pytest.mark.long
def test_names_come_back_from_a_list_on_standard_input(zoo: Path, node: Path) -> None:
    asked = sorted(expected(zoo))

    done = run_rempart("--node", node, "scan", "--json", "--null", "-", input=b"\0".join(asked))

    assert [path_of(record) for record in records_of(done.stdout)] == asked


@pytest.mark.long
def test_no_name_acts_on_a_terminal(zoo: Path, node: Path) -> None:
    scanned = run_rempart("--node", node, "scan", "--workers", "1", zoo).stdout.decode()
    hashed = run_rempart("hash", *(bytes(zoo) + b"/" + name for name in NAMES)).stdout.decode()

    for text in (scanned, hashed):
        assert all(each.isprintable() for line in text.split("\n") for each in line)
    assert len(scanned.splitlines()) == sum(expected(zoo).values())


@pytest.mark.long
def test_no_name_acts_on_the_reader_of_a_report_or_a_table(
    zoo: Path, node: Path, tmp_path: Path
) -> None:
    output, page, table, case = (tmp_path / name for name in ("out", "html", "csv", "json"))
    run_rempart("--node", node, "scan", "--output", output, "--report", page, zoo)
    export = ("--node", node, "export", "--only", "all", output)

    run_rempart(*export, "--format", "csv", "--output", table)
    run_rempart(*export, "--format", "vics", "--output", case)

    text = page.read_text(encoding="utf-8")
    assert "<img" not in text
    assert "<script>alert" not in text
    assert not {each for each in text if not each.isprintable()} - {"\n", "\u00a0"}
    with table.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.reader(lines))
    assert len(rows) == 1 + len(expected(zoo))
    assert not [
        cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    ]
    assert json.loads(case.read_bytes())


def test_a_path_that_is_longer_than_the_system_takes_is_told_and_the_rest_is_scanned(
    node: Path, tmp_path: Path
) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "z.txt").write_bytes(b"behind it")
    for place in descended(tmp_path / "deep", levels=20):
        os.close(os.open("file", os.O_CREAT | os.O_WRONLY, dir_fd=place))

    done = run_rempart("--node", node, "scan", "--workers", "1", "--json", tmp_path / "deep")
    subprocess.run(["rm", "-r", tmp_path / "deep"], check=True)  # Python takes seconds for it

    *deep, last = records_of(done.stdout)
    # The last folder whose path can be said may hold a file whose path cannot.
    too_long = [record for record in deep if reason(record) == ("unreadable", "read-error")]
    shorter = deep[: len(deep) - len(too_long)]
    assert {reason(record) for record in shorter} == {("unreadable", "empty")}
    assert len(shorter) >= 10
    assert 1 <= len(too_long) <= 2
    assert all("shorter path" in record["error"]["hint"] for record in too_long)
    assert (last["path"], reason(last)) == (str(tmp_path / "deep" / "z.txt"), ("ok", None))


def descended(folder: Path, *, levels: int) -> Iterator[int]:
    """Make folders in one another, deeper than any path can say; give each one, open."""
    place = os.open(folder, os.O_DIRECTORY)
    for _ in range(levels):
        os.mkdir("n" * 250, dir_fd=place)
        inner = os.open("n" * 250, os.O_DIRECTORY, dir_fd=place)
        os.close(place)
        place = inner
        yield place
    os.close(place)


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("locale", LOCALES)
def test_in_every_locale_the_records_are_the_same(
    zoo: Path, node: Path, tmp_path: Path, locales: Path, locale: str
) -> None:
    environment = {**LOCALES[locale], "LOCPATH": str(locales), "LANGUAGE": ""}
    output = tmp_path / "found.jsonl"

    run_rempart("--node", node, "scan", "--output", output, zoo, environment=environment)
    streamed = run_rempart("--node", node, "scan", "--json", zoo, environment=environment)
    hashed = run_rempart("hash", "--json", zoo, environment=environment)
    told = run_rempart("--node", node, "scan", zoo, environment=environment)

    written = records_of(output.read_bytes())
    wanted = {path: (known, ("ok", None)) for path, known in expected(zoo).items()}
    for records in (written, records_of(streamed.stdout)):
        found = {path_of(each): (bool(each["matches"]), reason(each)) for each in records}
        assert found == wanted
    assert {path_of(each) for each in records_of(hashed.stdout)} == set(wanted)
    assert len(told.stdout.splitlines()) == sum(expected(zoo).values())


@pytest.mark.long
@pytest.mark.timeout(600)
def test_values_are_read_and_written_alike_in_turkish(
    node: Path, locales: Path, tmp_path: Path
) -> None:
    # A lower-case I without a dot has undone many a comparison of names in capitals.
    environment = {**LOCALES["Turkish"], "LOCPATH": str(locales)}
    (tmp_path / "PICTURE.PNG").write_bytes(picture(1))
    [record] = records_of(
        run_rempart("hash", "--json", tmp_path / "PICTURE.PNG", environment=environment).stdout
    )
    asked = [f"{each['kind']}:{each['value'].upper()}" for each in record["fingerprints"]]
    shouted = [each.replace("pdq", "PDQ").replace("sha", "SHA") for each in asked[:1]]

    done = run_rempart("--node", node, "match", "--json", *asked, environment=environment)

    matched = [json.loads(line)["matches"] for line in done.stdout.splitlines()]
    assert [bool(each) for each in matched].count(True) >= 1
    run_rempart("--node", node, "match", *shouted, environment=environment, code=None)
