"""Keys of a node: sealing its secrets, signing, and the API keys of its callers."""

from rempart.keys.api_keys import (
    API_KEY_ENTROPY_BYTES,
    MAC_SECRET_BYTES,
    api_key_digest,
    api_key_text,
    check_api_key,
)
from rempart.keys.errors import (
    ApiKeyTextError,
    KeyFileDamagedError,
    KeyFileExistsError,
    KeyFileExposedError,
    KeyFileMissingError,
    SealingKeyUnknownError,
    SecretAlteredError,
)
from rempart.keys.key_file import (
    create_key_file,
    key_file_lock,
    read_key_file,
    replace_key_file,
)
from rempart.keys.ports import Entropy, SealedSecrets, SealedSecretsWriting
from rempart.keys.sealing import SEALING_KEY_BYTES, KeyRing, SealingKey, sealed_by
from rempart.keys.secret_bytes import same_secret
from rempart.keys.signing import SIGNING_SEED_BYTES, SigningAlgorithm, SigningKey

__all__ = [
    "API_KEY_ENTROPY_BYTES",
    "MAC_SECRET_BYTES",
    "SEALING_KEY_BYTES",
    "SIGNING_SEED_BYTES",
    "ApiKeyTextError",
    "Entropy",
    "KeyFileDamagedError",
    "KeyFileExistsError",
    "KeyFileExposedError",
    "KeyFileMissingError",
    "KeyRing",
    "SealedSecrets",
    "SealedSecretsWriting",
    "SealingKey",
    "SealingKeyUnknownError",
    "SecretAlteredError",
    "SigningAlgorithm",
    "SigningKey",
    "api_key_digest",
    "api_key_text",
    "check_api_key",
    "create_key_file",
    "key_file_lock",
    "read_key_file",
    "replace_key_file",
    "same_secret",
    "sealed_by",
]
