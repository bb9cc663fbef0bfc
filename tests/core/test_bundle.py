"""Release bundles are used only when every byte is as it was signed."""

import re
from datetime import UTC, datetime

import msgspec
import pytest

from core.architecture import Architecture, Dense, LastStep, Lstm
from core.bundle import FILES, MANIFEST, SIGNATURE, Manifest, read_bundle, seal, signer_of, write_bundle
from core.errors import BundleError
from core.features import FeatureSpec
from core.signing import SigningKey
from core.window import WindowSpec

KEY = SigningKey.generate()
FEATURES = FeatureSpec()
MANIFEST_1 = Manifest(
    name="actions",
    version=1,
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
    labels=("background", "wave"),
    architecture=Architecture(
        input_size=FEATURES.size, window=32, layers=(Lstm("lstm", 4), LastStep(), Dense("head", 2))
    ),
    features=FEATURES,
    window=WindowSpec(),
)
CONTENT = {name: name.encode() * 10 for name in FILES}


@pytest.fixture
def directory(tmp_path):
    write_bundle(seal(MANIFEST_1, CONTENT, KEY), tmp_path)
    return tmp_path


def test_a_written_bundle_reads_back(directory):
    """Manifest and files come back as they were, and the claimed signer is known."""
    bundle = read_bundle(directory, KEY.public)
    assert bundle.manifest.model == "actions-1"
    assert dict(bundle.files) == CONTENT
    assert signer_of(directory) == KEY.public


@pytest.mark.parametrize("name", sorted([*FILES, MANIFEST, SIGNATURE]))
def test_one_flipped_byte_is_refused(directory, name):
    """A bundle with any byte of any file changed is refused, and the sentence names the file or the manifest."""
    path = directory / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(BundleError, match=rf"{name}|manifest|signed by"):
        read_bundle(directory, KEY.public)


@pytest.mark.parametrize("name", sorted([*FILES, MANIFEST, SIGNATURE]))
def test_a_missing_file_is_named(directory, name):
    """A bundle without one of its files is refused and the file named."""
    (directory / name).unlink()
    with pytest.raises(BundleError, match=re.escape(name)):
        read_bundle(directory, KEY.public)


def test_another_key_is_refused(directory):
    """A bundle signed by a key that this device does not trust is refused, whatever it contains."""
    with pytest.raises(BundleError, match="signed by key"):
        read_bundle(directory, SigningKey.generate().public)


def test_a_claimed_key_without_its_signature_is_refused():
    """Naming the trusted key in the envelope does not help a forger."""
    forged = seal(MANIFEST_1, CONTENT, SigningKey.generate())
    claimed = msgspec.structs.replace(forged.signed, key=KEY.public)
    from core.bundle import check_manifest

    with pytest.raises(BundleError, match="does not fit its text"):
        check_manifest(claimed, KEY.public)


def test_a_bundle_has_exactly_its_files():
    """Nothing is left out of a release and nothing smuggled in."""
    with pytest.raises(BundleError, match="exactly the files"):
        seal(MANIFEST_1, {**CONTENT, "extra.bin": b"x"}, KEY)


@pytest.mark.parametrize(
    "changes",
    [
        {"labels": ("background", "wave", "clap")},
        {"labels": ("wave", "background")},
        {"window": WindowSpec(length=16)},
    ],
)
def test_manifests_that_contradict_themselves_are_refused(changes):
    """Labels, window and architecture that do not fit together make no manifest."""
    with pytest.raises(ValueError, match=r"logits for|first label|do not fit"):
        Manifest(**(msgspec.structs.asdict(MANIFEST_1) | changes))
