"""TLS of the service: 1.2 at least, forward secrecy always, ciphers that authenticate."""

import ssl
from typing import Final

from rempart.node.settings import Settings

_CIPHERS_OF_TLS_1_2: Final = "ECDHE+AESGCM:ECDHE+CHACHA20"
HANDSHAKE_SECONDS: Final = 10.0


def tls_context(settings: Settings) -> ssl.SSLContext | None:
    """Return what speaks TLS with the certificate of the settings; None where there is none.

    Raises:
        OSError: the files cannot be read or do not belong together (`ssl.SSLError` is one).
    """
    if settings.tls_certificate is None or settings.tls_key is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(_CIPHERS_OF_TLS_1_2)
    context.options |= (
        ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION | ssl.OP_CIPHER_SERVER_PREFERENCE
    )
    context.set_alpn_protocols(["http/1.1"])
    context.load_cert_chain(settings.tls_certificate, settings.tls_key)
    return context
