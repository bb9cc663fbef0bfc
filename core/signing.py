"""Ed25519 keys (RFC 8032): who made a release, which device sent a delta.

key = SigningKey.load_or_create(state / "device.key")      # mode 0600, made at first start
verify(key.public, key.sign(data), data)
"""

import base64
import binascii
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from core.errors import ConfigError
from core.files import write_atomically

_KEY_BYTES = 32


class SigningKey:
    """A private key. Its repr and its errors never show it."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private

    def __repr__(self) -> str:
        return f"SigningKey(public={self.public})"

    @classmethod
    def generate(cls) -> Self:
        """A new random key."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def load_or_create(cls, path: Path) -> Self:
        """The key in a file, which is made (mode 0600) if it is not there.

        Raises:
            ConfigError: the file is not such a key, or others can read it.
        """
        if not path.exists():
            private = Ed25519PrivateKey.generate()
            write_atomically(path, base64.b64encode(private.private_bytes_raw()) + b"\n", mode=0o600)
        return cls.load(path)

    @classmethod
    def load(cls, path: Path) -> Self:
        """The key in a file.

        Raises:
            ConfigError: as above, or it is not there.
        """
        try:
            if path.stat().st_mode & 0o077:
                raise ConfigError(f"{path}: this private key can be read by others; run: chmod 600 {path}")
            return cls(Ed25519PrivateKey.from_private_bytes(_decode(path.read_text(encoding="ascii").strip())))
        except OSError as exc:
            raise ConfigError(f"{path}: the private key cannot be read ({exc.strerror})") from exc
        except ValueError as exc:
            raise ConfigError(f"{path}: not an Ed25519 private key in base64; restore it from a backup") from exc

    @property
    def public(self) -> str:
        """The public key, base64: what others know this one by."""
        return base64.b64encode(self._private.public_key().public_bytes_raw()).decode()

    def sign(self, data: bytes) -> str:
        """Signature of data, base64."""
        return base64.b64encode(self._private.sign(data)).decode()


def verify(public: str, signature: str, data: bytes) -> bool:
    """True only if the holder of the private half of `public` (base64) signed exactly this data."""
    try:
        key = Ed25519PublicKey.from_public_bytes(_decode(public))
        key.verify(_canonical(signature), data)
    except (InvalidSignature, ValueError):
        return False
    return True


def check_public_key(public: str) -> str:
    """Return a public key if it is one.

    Raises:
        ValueError: it is not 32 bytes in base64.
    """
    _decode(public)
    return public


def _decode(text: str) -> bytes:
    raw = _canonical(text)
    if len(raw) != _KEY_BYTES:
        raise ValueError(f"a key has {_KEY_BYTES} bytes, not {len(raw)}")
    return raw


def _canonical(text: str) -> bytes:
    """Bytes of a base64 text, of which there is only one: RFC 4648 section 3.5 allows stray bits at the end."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as exc:
        raise ValueError("not base64") from exc
    if base64.b64encode(raw).decode() != text:
        raise ValueError("not canonical base64")
    return raw
