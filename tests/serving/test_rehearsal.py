"""What `serve --check` and SIGHUP refuse: whatever would keep a worker from starting, with its reason."""

import contextlib
import datetime as dt
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.node.test_settings_of_the_service import certificate
from tests.serving.conftest import Service, events, make_node, until

from rempart.keys import KeyFileExposedError, KeyFileMissingError
from rempart.law import LawDataRefusedError
from rempart.match.errors import SearchKernelError
from rempart.model.errors import RempartError
from rempart.node import find_node_folder, node_secrets, open_node
from rempart.node.errors import LawOverlayError, ListUnknownError
from rempart.node.service import Service as ServiceOfWorker
from rempart.node.service_settings import service_warnings
from rempart.node.serving import rehearse
from rempart.node.serving.handover import hand_store_on_by_environment, without_store
from rempart.node.serving.reports import failure_in, tell_failure
from rempart.node.serving.serving import _LOADED_LATE, APPLICATION
from rempart.node.serving.sockets import bind_listeners, close_listeners
from rempart.node.settings import Settings, read_settings
from rempart.store import StoreVersionError

OPTIONS = {"listen": ["127.0.0.1:0"]}


@pytest.fixture
def key_file(node: Path) -> Path:
    """Return the key file of the node, which holds secrets."""
    with open_node(find_node_folder(node, {})) as opened:
        return node_secrets(opened).key_file


def rehearsed(node: Path, **options: object) -> list[str]:
    """Return what was warned of."""
    warnings: list[str] = []
    rehearse(find_node_folder(node, {}), {**OPTIONS, **options}, warned=warnings.append)
    return warnings


@pytest.mark.enable_socket
def test_a_node_that_can_start_passes_with_its_secrets_or_before_it_has_any(node: Path) -> None:
    assert rehearsed(node) == []
    with open_node(find_node_folder(node, {})) as opened:
        node_secrets(opened)
    rehearsed(node)


@pytest.mark.enable_socket
def test_a_store_of_an_older_schema_is_refused_with_what_to_do(node: Path) -> None:
    with contextlib.closing(sqlite3.connect(next(node.glob("*.sqlite")))) as store:
        store.execute("UPDATE alembic_version SET version_num = '0002'")
        store.commit()

    with pytest.raises(StoreVersionError) as caught:
        rehearsed(node)

    assert "rempart doctor --upgrade" in caught.value.hint


@pytest.mark.enable_socket
@pytest.mark.parametrize("module", _LOADED_LATE)
def test_what_a_worker_loads_late_is_missed_before_a_restart(
    node: Path, module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)

    with pytest.raises(ImportError, match=module):
        rehearsed(node)


def test_a_rehearsal_loads_what_reads_media_and_what_writes_lists() -> None:
    program = "import sys, importlib; [importlib.import_module(each) for each in sys.argv[1:]]; "
    module, _, _ = APPLICATION.partition(":")
    done = subprocess.run(
        [sys.executable, "-c", program + "print(*sys.modules)", module, *_LOADED_LATE],
        capture_output=True,
        text=True,
        check=True,
    )

    found = set(done.stdout.split())
    assert {"rempart.media.picture", "rempart.media.video", "rempart.fingerprint.video"} <= found
    assert {"av", "PIL", "litestar", "httpx", "rempart.lists.writing", "rempart.law"} <= found


def test_a_kernel_that_this_machine_lacks_is_refused(
    node: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REMPART_KERNEL", "abacus")

    with pytest.raises(SearchKernelError, match="abacus") as caught:
        rehearsed(node)

    assert "numpy" in caught.value.hint


@pytest.mark.enable_socket
@pytest.mark.parametrize(
    ("files", "error"),
    [(None, LawOverlayError), ({}, LawOverlayError), ({"a.toml": "schema ="}, LawDataRefusedError)],
    ids=["no folder", "no file", "torn"],
)
def test_facts_of_law_that_cannot_be_read_are_refused(
    node: Path, tmp_path: Path, files: dict[str, str] | None, error: type[RempartError]
) -> None:
    overlay = tmp_path / "law"
    if files is not None:
        overlay.mkdir()
        for name, text in files.items():
            (overlay / name).write_text(text, encoding="utf-8")

    with pytest.raises(error):
        rehearsed(node, law_overlay=str(overlay))


@pytest.mark.enable_socket
def test_addresses_that_the_service_holds_are_left_alone_whatever_their_names(
    node: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tempfile.TemporaryDirectory() as folder:  # short: the system has room for 107 bytes
        held = [f"unix:{folder}/a b\tc", f"unix:{folder}/é"]
        listeners = bind_listeners(held)
        monkeypatch.setenv("_REMPART_HELD", "\n".join(held))
        monkeypatch.setattr("rempart.node.serving.sockets._SECONDS_FOR_A_PREDECESSOR", 0.0)

        assert rehearsed(node, listen=held) == []
        close_listeners(listeners, unlink=True)


@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        (lambda path: path.chmod(0o644), KeyFileExposedError),
        (lambda path: path.unlink(), KeyFileMissingError),
    ],
    ids=["exposed", "missing"],
)
def test_secrets_that_cannot_be_opened_are_refused(
    node: Path, key_file: Path, spoil: Callable[[Path], None], error: type[RempartError]
) -> None:
    spoil(key_file)

    with pytest.raises(error) as caught:
        rehearsed(node)

    assert caught.value.hint


@pytest.mark.enable_socket
@pytest.mark.allow_hosts(["127.0.0.1"])
def test_a_restart_whose_key_file_is_open_to_others_is_refused_and_the_service_goes_on(
    start: Callable[..., Service], key_file: Path
) -> None:
    service = start("--workers", "1")
    service.wait_until_ready()
    before = service.pids(1)
    key_file.chmod(0o644)

    service.process.send_signal(signal.SIGHUP)
    until(lambda: any(each.get("code") == KeyFileExposedError.code for each in events(service)))

    assert any(each.get("event") == "restart-refused" for each in events(service))
    assert service.pids(1) == before


def test_the_error_in_a_group_of_errors_is_told_with_what_to_do() -> None:
    own = ListUnknownError("There is no list of that name.", hint="Name another.")
    reader, writer = os.pipe()
    with os.fdopen(reader, "rb") as reports:
        tell_failure(writer, ExceptionGroup("tasks", [ExceptionGroup("one", [own])]))
        os.close(writer)
        failure = failure_in(reports.read())

    assert failure is not None
    assert (failure.code, failure.message, failure.hint) == (own.code, own.message, own.hint)


def test_a_group_of_one_unexpected_error_is_told_by_its_own_name() -> None:
    reader, writer = os.pipe()
    with os.fdopen(reader, "rb") as reports:
        tell_failure(writer, ExceptionGroup("tasks", [ValueError("no number")]))
        os.close(writer)
        failure = failure_in(reports.read())

    assert failure is not None
    assert "ValueError: no number" in failure.message


@pytest.mark.enable_socket
def test_an_address_of_other_machines_without_tls_is_warned_of(node: Path) -> None:
    (warning,) = rehearsed(node, listen=["0.0.0.0:0"])

    assert "without TLS" in warning
    assert rehearsed(node, listen=["0.0.0.0:0"], trusted_proxies=["192.0.2.1"]) == []


def test_a_certificate_that_does_not_hold_now_is_warned_of(tmp_path: Path) -> None:
    one, key = certificate(tmp_path)
    settings = Settings(tls_certificate=one, tls_key=key)
    now = dt.datetime.now(dt.UTC)

    assert service_warnings(settings, now=now) == []
    for moment in (now - dt.timedelta(days=4000), now + dt.timedelta(days=4000)):
        (warning,) = service_warnings(settings, now=moment)
        assert str(one) in warning
        assert "Renew it" in warning


@pytest.mark.parametrize("given", [["--store", "sqlite:///a"], ["--store=sqlite:///a"]])
def test_the_url_of_the_store_goes_on_by_environment_and_not_by_arguments(given: list[str]) -> None:
    environment: dict[str, str] = {}

    hand_store_on_by_environment({"store": "sqlite:///a"}, environment)

    assert without_store(["-m", "rempart", "serve", *given, "--port", "1"]) == [
        "-m",
        "rempart",
        "serve",
        "--port",
        "1",
    ]
    assert environment == {"REMPART_STORE": "sqlite:///a"}


def test_a_service_opens_the_store_that_its_settings_name(node: Path, tmp_path: Path) -> None:
    other = make_node(tmp_path / "other")
    with open_node(find_node_folder(other, {})) as opened:
        expected = opened.store.node.id
    url = f"sqlite:///{next(other.glob('*.sqlite*'))}"
    settings = read_settings(node, {}, {"store": url})

    with ServiceOfWorker.open(find_node_folder(node, {}), settings) as service:
        assert service.node.store.node.id == expected
