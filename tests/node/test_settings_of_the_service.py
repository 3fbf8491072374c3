"""Settings of the service: file, environment and command line; every mistake at once; live nodes stay live."""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from rempart.node.addresses import ListenAddress, parse_address
from rempart.node.errors import SettingsError
from rempart.node.service_settings import check_service_settings, service_mistakes
from rempart.node.setting_kinds import Flag, Number, Place, StoreUrl, TextList, Word
from rempart.node.settings import SETTING_KINDS, SETTINGS_FILE, Settings, read_settings


def refused(
    folder: Path,
    text: str = "",
    environment: Mapping[str, str] | None = None,
    options: Mapping[str, object] | None = None,
) -> str:
    (folder / SETTINGS_FILE).write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        read_settings(folder, environment or {}, options)
    return caught.value.message


def test_every_setting_has_its_kind_and_its_default_is_one_of_it(tmp_path: Path) -> None:
    assert list(SETTING_KINDS) == [each.name for each in fields(Settings)]
    for each in fields(Settings):
        default = each.default
        in_file = "" if default is None else default
        in_file = list(in_file) if isinstance(in_file, tuple) else in_file
        assert SETTING_KINDS[each.name].from_file(in_file, tmp_path) == default


def test_the_environment_goes_before_the_file_and_the_command_line_before_both(
    tmp_path: Path,
) -> None:
    (tmp_path / SETTINGS_FILE).write_text(
        'serve_workers = 2\nbatch_queries = 5\nlisten = ["127.0.0.1:1"]\n', encoding="utf-8"
    )
    environment = {"REMPART_SERVE_WORKERS": "3", "REMPART_LISTEN": "127.0.0.1:2, [::1]:2"}

    settings = read_settings(tmp_path, environment, {"serve_workers": 4})

    assert settings.serve_workers == 4
    assert settings.listen == ("127.0.0.1:2", "[::1]:2")
    assert settings.batch_queries == 5


@pytest.mark.parametrize(
    ("variable", "text", "name", "value"),
    [
        ("REMPART_WORKERS", "7", "workers", 7),
        ("REMPART_METRICS_OPEN", "true", "metrics_open", True),
        ("REMPART_METRICS_OPEN", "false", "metrics_open", False),
        ("REMPART_LOG_FORMAT", "json", "log_format", "json"),
        ("REMPART_STORE", "postgresql://u:p@h/d", "store", "postgresql://u:p@h/d"),
        ("REMPART_TLS_KEY", "/k.pem", "tls_key", Path("/k.pem")),
        ("REMPART_TLS_KEY", "k.pem", "tls_key", Path.cwd() / "k.pem"),
        (
            "REMPART_FETCH_HOSTS",
            "A.example,*.b.example",
            "fetch_hosts",
            ("a.example", "*.b.example"),
        ),
        ("REMPART_TRUSTED_PROXIES", "10.0.0.0/8", "trusted_proxies", ("10.0.0.0/8",)),
        ("REMPART_WORKERS", "", "workers", 0),
    ],
)
def test_a_variable_is_read_as_its_setting(
    tmp_path: Path, variable: str, text: str, name: str, value: object
) -> None:
    assert getattr(read_settings(tmp_path, {variable: text}), name) == value


def test_variables_that_are_no_settings_are_left_alone(tmp_path: Path) -> None:
    others = {
        "REMPART_NODE": "/n",
        "REMPART_LANGUAGE": "fr",
        "REMPART_KERNEL": "numpy",
        "REMPART_PURE": "1",
        "REMPART_API_TOKEN": "x",
        "OTHER_WORKERS": "many",
    }

    assert read_settings(tmp_path, others) == Settings()


def test_every_mistake_is_told_at_once_with_its_place_and_what_was_expected(tmp_path: Path) -> None:
    message = refused(
        tmp_path,
        'serve_workers = "two"\nlisten = ["nowhere"]\nmetrics_opne = true\n',
        {"REMPART_REQUEST_SECONDS": "soon", "REMPART_BATCH_QUERY": "1"},
        {"history_days": 0},
    )

    place = re.escape(str(tmp_path / SETTINGS_FILE))
    assert re.search(rf"serve_workers in {place}: found 'two', expected a whole number", message)
    assert re.search(rf"listen in {place}: found \['nowhere'\], expected a list of", message)
    assert "'metrics_opne'" in message
    assert "the nearest is 'metrics_open'" in message
    assert "request_seconds in the variable REMPART_REQUEST_SECONDS: found 'soon'" in message
    assert "the nearest is 'batch_queries'" in message
    assert "history_days in the command line: found 0" in message
    assert message.startswith("6 settings are wrong:")


def test_a_value_that_another_one_overrides_is_checked_too(tmp_path: Path) -> None:
    assert "serve_workers" in refused(
        tmp_path, "serve_workers = -1", {"REMPART_SERVE_WORKERS": "1"}
    )


@pytest.mark.parametrize(
    "value",
    [
        "mysql://u:secret-word@h/d",
        "postgresql://u:secret-word@h/d x",
        "secret-word",
        "postgresql://",
    ],
)
def test_the_password_in_the_url_of_a_store_is_never_shown(tmp_path: Path, value: str) -> None:
    in_file = refused(tmp_path, f'store = "{value}"')
    in_environment = refused(tmp_path, "", {"REMPART_STORE": value})

    assert "secret-word" not in in_file + in_environment
    assert "secret-word" not in repr(Settings(store="postgresql://u:secret-word@h/d"))


def test_a_hostile_name_or_value_is_cut_and_brings_no_line_of_its_own(tmp_path: Path) -> None:
    message = refused(tmp_path, f'"a\\nb\\u001b" = 1\nlog_format = "{"x" * 500}\\n\\u001b[31m"')

    assert "\x1b" not in message
    assert len(message) < 1600
    assert len(message.splitlines()) == 3


@pytest.mark.parametrize(
    "line",
    [
        "metrics_open = 1",
        'metrics_open = "true"',
        "listen = []",
        'listen = "127.0.0.1:1"',
        "listen = [1]",
        'listen = ["127.0.0.1:70000"]',
        'listen = ["127.0.0.1:01"]',
        'listen = ["127.0.0.1:+1"]',
        'listen = ["127.0.0.1:1\\n"]',
        'listen = ["127.0.0.256:1"]',
        'listen = ["::1:80"]',
        'listen = ["[::1]"]',
        'listen = ["[127.0.0.1]:1"]',
        'listen = ["unix:relative"]',
        'listen = ["unix:/two\\nlines"]',
        f'listen = ["unix:/{"x" * 120}"]',
        'trusted_proxies = ["*"]',
        'trusted_proxies = ["10.0.0.1/8"]',
        'fetch_hosts = ["*"]',
        'fetch_hosts = ["http://a.example"]',
        'fetch_hosts = ["a.example:80"]',
        'log_format = "xml"',
        "log_format = []",
        'tls_key = "a\\u0000"',
        "store = 1",
        'store = "sqlite:///relative.sqlite"',
        "batch_queries = 0",
        "header_bytes = 1e9",
    ],
)
def test_a_value_that_is_not_of_its_kind_is_refused(tmp_path: Path, line: str) -> None:
    assert line.partition(" ")[0] in refused(tmp_path, line)


@pytest.mark.parametrize(
    "text",
    ["+1", " 1", "1 ", "1_000", "0x1", "1.0", "٣", "true", "1\n", "9" * 19],
)
def test_a_number_of_the_environment_has_digits_only(tmp_path: Path, text: str) -> None:
    refused(tmp_path, "", {"REMPART_BATCH_QUERIES": text})


@pytest.mark.parametrize(
    ("text", "address", "is_loopback"),
    [
        ("127.0.0.1:8765", ListenAddress("127.0.0.1", 8765), True),
        ("0.0.0.0:0", ListenAddress("0.0.0.0", 0), False),  # noqa: S104 - an address that is read
        ("[::1]:80", ListenAddress("::1", 80), True),
        ("localhost:80", ListenAddress("localhost", 80), True),
        ("node.example:80", ListenAddress("node.example", 80), False),
        ("unix:/run/r.sock", ListenAddress("", 0, "/run/r.sock"), True),
        ("unix:/run/a b/é://c", ListenAddress("", 0, "/run/a b/é://c"), True),
    ],
)
def test_an_address_is_read_and_written_in_one_form(
    text: str, address: ListenAddress, *, is_loopback: bool
) -> None:
    assert parse_address(text) == address
    assert str(address) == text
    assert address.is_loopback == is_loopback


@given(st.text(max_size=40))
def test_whatever_is_read_as_an_address_is_written_the_same_again(text: str) -> None:
    try:
        address = parse_address(text)
    except ValueError:
        return
    assert parse_address(str(address)) == address


_TEXTS = st.one_of(
    st.text(max_size=60), st.from_regex(r"-?[0-9]{1,20}|true|[a-z.:*/0-9\[\]]{1,30}")
)
_VALUES = st.recursive(
    st.one_of(_TEXTS, st.integers(), st.booleans(), st.floats()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(_TEXTS, inner, max_size=2)
    ),
)


@given(st.sampled_from(list(SETTING_KINDS.values())), _VALUES)
def test_a_kind_takes_a_value_or_refuses_it_and_nothing_else(
    kind: Number | Flag | Word | Place | StoreUrl | TextList, value: object
) -> None:
    try:
        read = kind.from_file(value, Path("/n"))
    except ValueError:
        return
    if isinstance(read, tuple):
        assert kind.from_file(list(read), Path("/n")) == read
    elif not isinstance(kind, Place):
        assert kind.from_file(read, Path("/n")) == read


def certificate(folder: Path, *, key_mode: int = 0o600) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    folder.mkdir(exist_ok=True)
    certificate_file, key_file = folder / "service.pem", folder / "service.key"
    certificate_file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    key_file.chmod(key_mode)
    return certificate_file, key_file


def test_what_is_for_exercises_is_refused_on_a_live_node() -> None:
    settings = Settings(hma_anonymous=("127.0.0.1:8765",), fetch_loopback=True)

    check_service_settings(settings, is_exercise=True)
    with pytest.raises(SettingsError) as caught:
        check_service_settings(settings, is_exercise=False)

    assert "hma_anonymous" in caught.value.message
    assert "fetch_loopback" in caught.value.message


def test_an_anonymous_address_that_nothing_listens_on_is_refused() -> None:
    mistakes = service_mistakes(Settings(hma_anonymous=("127.0.0.1:1",)), is_exercise=True)

    assert [mistake for mistake in mistakes if "127.0.0.1:1," in mistake]


def test_a_certificate_with_its_key_is_taken(tmp_path: Path) -> None:
    one, key = certificate(tmp_path)

    assert service_mistakes(Settings(tls_certificate=one, tls_key=key), is_exercise=False) == []


def test_a_certificate_without_a_key_is_refused_and_the_other_way_round(tmp_path: Path) -> None:
    one, key = certificate(tmp_path)

    assert "tls_key is not" in service_mistakes(Settings(tls_certificate=one), is_exercise=False)[0]
    assert "tls_certificate is not" in service_mistakes(Settings(tls_key=key), is_exercise=False)[0]


def test_a_key_that_all_may_read_and_a_key_of_another_certificate_are_refused(
    tmp_path: Path,
) -> None:
    one, key = certificate(tmp_path / "a", key_mode=0o604)
    _, other = certificate(tmp_path / "b")

    (is_open,) = service_mistakes(Settings(tls_certificate=one, tls_key=key), is_exercise=False)
    (is_other,) = service_mistakes(Settings(tls_certificate=one, tls_key=other), is_exercise=False)

    assert f"chmod o= {key}" in is_open
    assert "do not belong together" in is_other


def test_files_of_tls_that_are_not_there_or_hold_nothing_are_refused(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.touch(mode=0o600)
    missing = tmp_path / "missing"

    absent = service_mistakes(Settings(tls_certificate=missing, tls_key=missing), is_exercise=False)
    hollow = service_mistakes(Settings(tls_certificate=empty, tls_key=empty), is_exercise=False)

    assert len(absent) == 2
    assert "do not belong together" in hollow[0]
