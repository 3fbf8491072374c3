"""What `serve --check` and SIGHUP refuse: whatever would keep a worker from starting, with its reason."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.serving.conftest import Service, events, until

from rempart.keys import KeyFileExposedError, KeyFileMissingError
from rempart.model.errors import RempartError
from rempart.node import find_node_folder, node_secrets, open_node
from rempart.node.errors import ListUnknownError
from rempart.node.serving import rehearse
from rempart.node.serving.reports import failure_in, tell_failure

OPTIONS = {"listen": ["127.0.0.1:0"]}


@pytest.fixture
def key_file(node: Path) -> Path:
    """Return the key file of the node, which holds secrets."""
    with open_node(find_node_folder(node, {})) as opened:
        return node_secrets(opened).key_file


def rehearsed(node: Path) -> None:
    rehearse(find_node_folder(node, {}), OPTIONS)


@pytest.mark.enable_socket
def test_a_node_that_can_start_passes_with_its_secrets_or_before_it_has_any(node: Path) -> None:
    rehearsed(node)
    with open_node(find_node_folder(node, {})) as opened:
        node_secrets(opened)
    rehearsed(node)


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
