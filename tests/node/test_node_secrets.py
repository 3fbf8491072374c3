"""A node's secrets: made on first need, opened with its key file only, kept alike by every store."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from rempart.keys import (
    KeyFileDamagedError,
    KeyFileExposedError,
    KeyFileMissingError,
    SealedSecrets,
    SealedSecretsWriting,
    SealingKeyUnknownError,
    SecretAlteredError,
    create_key_file,
    read_key_file,
)
from rempart.model.errors import UsageError
from rempart.node import OpenNode
from rempart.node.keys import node_secrets
from rempart.node.secrets import Secrets, key_file_of
from rempart.node.settings import Settings

OWN = {"api-key-mac", "signing-ed25519", "signing-ml-dsa-44"}


class Place(Protocol):
    """Somewhere to keep sealed secrets, and a way to change them."""

    @property
    def secrets(self) -> SealedSecrets: ...

    def write(self) -> AbstractContextManager[SealedSecretsWriting]: ...


class NoSuchSecretError(UsageError):
    """The in-memory place has no such secret."""


class MemoryPlace:
    """Keeps sealed secrets in memory."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    @property
    def secrets(self) -> SealedSecrets:
        return self

    def get(self, name: str) -> bytes | None:
        return self._kept.get(name)

    def all(self) -> dict[str, bytes]:
        return dict(self._kept)

    def put(self, name: str, sealed: bytes) -> None:
        self._kept[name] = sealed

    def remove(self, name: str) -> None:
        if self._kept.pop(name, None) is None:
            raise NoSuchSecretError(name, hint="")

    @contextmanager
    def write(self) -> Iterator[SealedSecretsWriting]:
        before = dict(self._kept)
        try:
            yield self
        except BaseException:
            self._kept = before
            raise


class StorePlace:
    """Keeps them in a node's store."""

    def __init__(self, node: OpenNode) -> None:
        self._node = node

    @property
    def secrets(self) -> SealedSecrets:
        return self._node.store.secrets

    @contextmanager
    def write(self) -> Iterator[SealedSecretsWriting]:
        node = self._node
        with node.store.write(
            principal=node.principal, clock=node.clock, identifiers=node.identifiers
        ) as writer:
            yield writer.secrets
            writer.record("secrets.tried", {})


@pytest.fixture(params=["memory", "store"])
def place(request: pytest.FixtureRequest, node: OpenNode) -> Place:
    return MemoryPlace() if request.param == "memory" else StorePlace(node)


def test_what_was_put_is_there_by_its_name(place: Place) -> None:
    with place.write() as writing:
        writing.put("b", b"two")
        writing.put("a", b"\x00\xff")
        writing.put("b", b"three")

    assert place.secrets.get("b") == b"three"
    assert place.secrets.get("c") is None
    assert {**place.secrets.all()} == {"a": b"\x00\xff", "b": b"three"}


def test_what_was_removed_is_gone_and_cannot_be_removed_again(place: Place) -> None:
    with place.write() as writing:
        writing.put("a", b"one")
    with place.write() as writing:
        writing.remove("a")

    assert place.secrets.get("a") is None
    with pytest.raises(UsageError), place.write() as writing:
        writing.remove("a")


def test_write_that_fails_changes_nothing(place: Place) -> None:
    with place.write() as writing:
        writing.put("a", b"one")

    def fail() -> None:
        with place.write() as writing:
            writing.put("a", b"two")
            writing.put("b", b"two")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert {**place.secrets.all()} == {"a": b"one"}


def keep(node: OpenNode, secrets: Secrets, name: str, secret: bytes) -> None:
    with node.store.write(
        principal=node.principal, clock=node.clock, identifiers=node.identifiers
    ) as writer:
        writer.secrets.put(name, secrets.seal(name, secret))
        writer.record("secrets.tried", {})


def test_node_without_keys_gets_them_on_first_need_and_keeps_them(node: OpenNode) -> None:
    made = node_secrets(node)
    again = node_secrets(node)

    assert node.store.secrets.all().keys() == OWN
    assert made.api_key_mac() == again.api_key_mac()
    assert len(made.api_key_mac()) == 32
    assert [key.algorithm for key in made.signing_keys()] == ["ed25519", "ml-dsa-44"]
    assert [key.public_bytes for key in made.signing_keys()] == [
        key.public_bytes for key in again.signing_keys()
    ]
    kinds = [event.kind for event in node.store.events()]
    assert kinds.count("secrets.made") == 1


def test_event_and_store_tell_no_secret(node: OpenNode) -> None:
    secrets = node_secrets(node)
    mac = secrets.api_key_mac()
    key = read_key_file(secrets.key_file).newest.secret

    content = (node.folder.store).read_bytes() + Path(f"{node.folder.store}-wal").read_bytes()

    for secret in (mac, key):
        assert secret not in content
        assert secret.hex().encode() not in content
    assert mac.hex() not in str(node.store.events())


def test_signature_can_be_verified_by_others(node: OpenNode) -> None:
    ed25519 = node_secrets(node).signing_keys()[0]

    Ed25519PublicKey.from_public_bytes(ed25519.public_bytes).verify(ed25519.sign(b"x"), b"x")


def test_two_nodes_have_keys_of_their_own(make_node: Callable[[str], OpenNode]) -> None:
    one, other = node_secrets(make_node("one")), node_secrets(make_node("other"))

    assert one.api_key_mac() != other.api_key_mac()
    assert one.signing_keys()[0].public_bytes != other.signing_keys()[0].public_bytes


def test_lost_key_file_is_never_made_anew_over_secrets_that_it_opened(node: OpenNode) -> None:
    path = node_secrets(node).key_file
    path.unlink()

    with pytest.raises(KeyFileMissingError, match="holds secrets"):
        node_secrets(node)

    assert not path.exists()


def test_key_file_of_another_node_opens_nothing_and_seals_nothing(
    make_node: Callable[[str], OpenNode],
) -> None:
    node, other = make_node("one"), make_node("other")
    path, foreign = node_secrets(node).key_file, node_secrets(other).key_file
    path.write_bytes(foreign.read_bytes())

    secrets = node_secrets(node)

    with pytest.raises(SealingKeyUnknownError):
        secrets.api_key_mac()
    with pytest.raises(SealingKeyUnknownError):
        keep(node, secrets, "exchange", b"password")
    assert node.store.secrets.all().keys() == OWN


def test_exposed_or_torn_key_file_stops_everything(node: OpenNode) -> None:
    path = node_secrets(node).key_file
    path.chmod(0o644)
    with pytest.raises(KeyFileExposedError):
        node_secrets(node)
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(KeyFileDamagedError):
        node_secrets(node)


def test_missing_secret_is_made_beside_those_that_are_there(node: OpenNode) -> None:
    mac = node_secrets(node).api_key_mac()
    with StorePlace(node).write() as writing:
        writing.remove("signing-ed25519")

    secrets = node_secrets(node)

    assert secrets.api_key_mac() == mac
    assert len(secrets.signing_keys()) == 2


def test_secret_that_was_exchanged_in_the_store_is_noticed(node: OpenNode) -> None:
    secrets = node_secrets(node)
    sealed = node.store.secrets.all()
    with StorePlace(node).write() as writing:
        writing.put("signing-ed25519", sealed["api-key-mac"])

    with pytest.raises(SecretAlteredError):
        secrets.signing_keys()


def test_further_secret_is_sealed_and_opened(node: OpenNode) -> None:
    secrets = node_secrets(node)

    keep(node, secrets, "exchange:sample", b"password of an exercise")

    assert node_secrets(node).get("exchange:sample") == b"password of an exercise"
    assert secrets.get("exchange:other") is None


def test_key_file_stands_where_the_operator_put_it(
    node: OpenNode, tmp_path: Path, make_node: Callable[[str], OpenNode]
) -> None:
    elsewhere = tmp_path / "secret" / "rempart.key"

    assert key_file_of(node.folder, Settings()) == node.folder.path / "keys" / "node.key"
    assert key_file_of(node.folder, Settings(key_file=elsewhere)) == elsewhere
    create_key_file(elsewhere, read_key_file(node_secrets(make_node("other")).key_file))
    assert len(read_key_file(elsewhere).keys) == 1
