"""Keys and signatures."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import ConfigError
from core.signing import SigningKey, verify


@settings(deadline=None)
@given(st.binary(max_size=200), st.integers(0, 10_000))
def test_only_the_signed_bytes_verify(data, position):
    """A signature fits its data and its key, and no data with one bit changed."""
    key = SigningKey.generate()
    signature = key.sign(data)
    assert verify(key.public, signature, data)
    assert not verify(SigningKey.generate().public, signature, data)
    if data:
        changed = bytearray(data)
        changed[position % len(data)] ^= 1
        assert not verify(key.public, signature, bytes(changed))


@given(st.text(max_size=120), st.text(max_size=120))
def test_rubbish_never_verifies(key, signature):
    """Keys and signatures that are none are simply not valid."""
    assert not verify(key, signature, b"data")


def test_a_key_is_made_once_and_only_its_owner_can_read_it(tmp_path):
    """The first start makes the key file with mode 0600; later starts read the same key."""
    path = tmp_path / "device.key"
    key = SigningKey.load_or_create(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert SigningKey.load_or_create(path).public == key.public


def test_unusable_key_files_are_explained(tmp_path):
    """A key that others can read, that is no key, or that is missing: one sentence each, never the key itself."""
    path = tmp_path / "device.key"
    with pytest.raises(ConfigError, match="cannot be read"):
        SigningKey.load(path)
    secret = SigningKey.load_or_create(path)
    path.chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        SigningKey.load(path)
    text = path.read_text().strip()
    path.chmod(0o600)
    path.write_text("rubbish")
    with pytest.raises(ConfigError, match="not an Ed25519") as caught:
        SigningKey.load(path)
    assert text not in str(caught.value)
    assert text not in repr(secret)
