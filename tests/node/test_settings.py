"""Settings are read whole and checked, or refused; every one has a safe default."""

import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from rempart.node.errors import SettingsError
from rempart.node.settings import SETTINGS_FILE, Settings, read_settings, settings_text


def write(folder: Path, text: str | bytes) -> Path:
    content = text.encode() if isinstance(text, str) else text
    (folder / SETTINGS_FILE).write_bytes(content)
    return folder


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    assert read_settings(tmp_path) == Settings()


def test_the_text_of_a_new_file_says_the_defaults(tmp_path: Path) -> None:
    assert read_settings(write(tmp_path, settings_text())) == Settings()
    uncommented = "\n".join(
        line.removeprefix("# ") for line in settings_text().splitlines() if " = " in line
    )
    defaults = {
        field.name: list(field.default) if isinstance(field.default, tuple) else field.default
        for field in fields(Settings)
    }
    without_place = {name: "" if value is None else value for name, value in defaults.items()}
    assert tomllib.loads(uncommented) == without_place
    assert read_settings(write(tmp_path, uncommented)) == Settings()


def test_what_is_set_holds_and_the_rest_keeps_its_default(tmp_path: Path) -> None:
    settings = read_settings(write(tmp_path, "workers = 3\nlargest_shrink_percent = 0\n"))

    assert settings == Settings(workers=3, largest_shrink_percent=0)
    assert settings.worker_count() == 3


def test_an_overlay_of_law_is_found_from_the_node_s_folder(tmp_path: Path) -> None:
    assert read_settings(write(tmp_path, 'law_overlay = "our-law"')).law_overlay == (
        tmp_path / "our-law"
    )
    elsewhere = tmp_path / "elsewhere"
    assert read_settings(write(tmp_path, f'law_overlay = "{elsewhere}"')).law_overlay == elsewhere


def test_no_number_of_workers_means_one_for_each_core() -> None:
    assert Settings().worker_count() >= 1


@pytest.mark.parametrize(
    "text",
    [
        "unknown = 1",
        "[workers]",
        "workers = -1",
        "workers = 1025",
        "workers = true",
        "workers = 1.0",
        'workers = "1"',
        "seconds_per_file = 0",
        "pixels_per_picture = 1000000001",
        "worker_memory_bytes = 1",
        "retention_days = 0",
        "largest_shrink_percent = 101",
        "law_overlay = 1",
        "law_overlay = true",
        'law_overlay = "a\\u0000b"',
        "workers = ",
        "workers = 1\nworkers = 1",
        b"\xff\xfe",
        b"\x00",
        "x = " + "[" * 3000,
        "#" + "x" * 70_000 + "\nworkers = 1",
    ],
    ids=lambda text: repr(text)[:30],
)
def test_what_is_unknown_impossible_or_unreadable_is_refused(
    tmp_path: Path, text: str | bytes
) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings(write(tmp_path, text))

    assert SETTINGS_FILE in caught.value.message
    assert caught.value.exit_code == 2


def test_a_folder_in_place_of_the_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / SETTINGS_FILE).mkdir()

    with pytest.raises(SettingsError):
        read_settings(tmp_path)
