"""What must hold of the settings before the service starts: its files are there, and a live node stays live."""

import os
import ssl
import stat
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

from rempart.node.addresses import parse_address
from rempart.node.setting_sources import settings_error
from rempart.node.settings import Settings

_OTHERS: Final = stat.S_IRWXO


def check_service_settings(settings: Settings, *, is_exercise: bool) -> None:
    """Refuse settings with which the service must not start.

    Raises:
        SettingsError: every mistake, with what to do about it.
    """
    mistakes = service_mistakes(settings, is_exercise=is_exercise)
    if mistakes:
        raise settings_error(mistakes)


def service_mistakes(settings: Settings, *, is_exercise: bool) -> list[str]:
    """Return what stands against starting the service with these settings; empty if nothing does."""
    checks: tuple[Callable[[], Iterator[str]], ...] = (
        lambda: _exercise(settings, is_exercise=is_exercise),
        lambda: _anonymous_addresses(settings),
        lambda: _tls(settings),
    )
    return [mistake for check in checks for mistake in check()]


def _exercise(settings: Settings, *, is_exercise: bool) -> Iterator[str]:
    if is_exercise:
        return
    for name in ("hma_anonymous", "fetch_loopback"):
        if getattr(settings, name):
            yield (
                f"{name} is set, and this is a live node: it is for exercise nodes only, which "
                "`rempart init --exercise` makes. Take it away."
            )


def _anonymous_addresses(settings: Settings) -> Iterator[str]:
    for address in settings.hma_anonymous:
        if address not in settings.listen:
            yield f"hma_anonymous names {address}, which is not one of `listen`: {', '.join(settings.listen)}."


def _tls(settings: Settings) -> Iterator[str]:
    certificate, key = settings.tls_certificate, settings.tls_key
    if certificate is None and key is None:
        return
    if certificate is None or key is None:
        set_one, missing = (
            ("tls_key", "tls_certificate")
            if certificate is None
            else ("tls_certificate", "tls_key")
        )
        yield f"{set_one} is set and {missing} is not: TLS needs both, or neither behind a proxy."
        return
    mistakes = [*_unreadable("tls_certificate", certificate), *_unreadable("tls_key", key)]
    yield from mistakes
    if mistakes:
        return
    if key.stat().st_mode & _OTHERS:
        yield f"tls_key: {key} is open to every user of this machine. Run: chmod o= {key}"
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password=_none)
    except (ssl.SSLError, ValueError, OSError) as error:
        reason = getattr(error, "reason", None) or "no PEM file without a password"
        yield f"tls_certificate and tls_key: {certificate} and {key} do not belong together: {reason}."


def _unreadable(name: str, path: Path) -> Iterator[str]:
    if not path.is_file():
        yield f"{name}: there is no file {path}."
    elif not os.access(path, os.R_OK):
        yield f"{name}: {path} cannot be read by the user who runs the service."


def _none() -> str:
    """Answer the question for a password: none is kept, and the service must not stop to ask one of a terminal."""
    return ""


def service_warnings(settings: Settings, *, now: datetime) -> list[str]:
    """Return what does not stand against starting the service, and should be put right; empty where nothing is.

    Args:
        settings: that were found to be without a mistake.
        now: by which the certificate must hold.
    """
    warnings = []
    if is_plain_to_others(settings):
        warnings.append(
            f"Other machines may reach {', '.join(settings.listen)} without TLS: API keys cross the network in "
            "clear. Set tls_certificate and tls_key, or trusted_proxies and a firewall."
        )
    if settings.tls_certificate is not None:
        held = certificate_times(settings.tls_certificate)
        if held is not None and not held[0] <= now <= held[1]:
            warnings.append(
                f"The certificate {settings.tls_certificate} holds from {held[0]:%Y-%m-%d} to {held[1]:%Y-%m-%d}, "
                "not now: clients will refuse it. Renew it, then send the service SIGHUP."
            )
    return warnings


def certificate_times(place: Path) -> tuple[datetime, datetime] | None:
    """Return from when until when a certificate holds; nothing where the file is no certificate."""
    # Services behind a proxy have no certificate, and need not load what reads one.
    from cryptography import x509  # noqa: PLC0415

    try:
        certificate = x509.load_pem_x509_certificate(place.read_bytes())
    except (OSError, ValueError):
        return None
    return certificate.not_valid_before_utc, certificate.not_valid_after_utc


def is_plain_to_others(settings: Settings) -> bool:
    """Whether other machines may reach the service without TLS, and no proxy is named that would add it."""
    if settings.tls_certificate is not None or settings.trusted_proxies:
        return False
    return not all(parse_address(address).is_loopback for address in settings.listen)
