"""A model release: a signed manifest and the files that it names by size and SHA-256.

    manifest.json         the exact text that is signed; everything a device must know to run the model
    manifest.sig          public key and Ed25519 signature (as core.messages.SignedManifest)
    classifier.tflite     quantized; what devices run
    weights.safetensors   float32; what deltas are differences from, and what on-device learning starts with
    golden.safetensors    feature windows with the logits that the model must give
    patch_map.json        where each weight lies in classifier.tflite (converter.patch)

Nothing of a bundle is used before its signature, sizes and hashes are checked: `Bundle` can only be had from
`read_bundle`, `open_bundle` or `seal`, which check or make them. What is refused is a BundleError.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from core.architecture import Architecture
from core.chunks import MAX_TRANSFER_BYTES, digest
from core.errors import BundleError
from core.features import FeatureSpec
from core.files import sync_directory, write_atomically
from core.messages import Digest, Label, Name, Share, SignedManifest, decode, encode
from core.signing import SigningKey, verify
from core.window import WindowSpec

CLASSIFIER = "classifier.tflite"
WEIGHTS = "weights.safetensors"
GOLDEN = "golden.safetensors"
PATCH_MAP = "patch_map.json"
FILES = frozenset({CLASSIFIER, WEIGHTS, GOLDEN, PATCH_MAP})
MANIFEST = "manifest.json"
SIGNATURE = "manifest.sig"

BACKGROUND = "background"


class FileEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Size and SHA-256 of one file of a bundle."""

    size: Annotated[int, Meta(ge=1, le=MAX_TRANSFER_BYTES)]
    sha256: Digest


class Thresholds(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Probabilities at which an action begins and ends, and the energy above which nothing known is done."""

    enter: Share = 0.6
    exit: Share = 0.4
    energy: float | None = None  # of all but a few windows of validation people; None: no movement is too strange


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a device must know to run a model and to speak about it."""

    v: int = 1
    name: Name
    version: Annotated[int, Meta(ge=1)]
    parent: Annotated[int, Meta(ge=1)] | None = None
    created_at: Annotated[datetime, Meta(tz=True)]
    labels: Annotated[tuple[Label, ...], Meta(min_length=2, max_length=200)]
    architecture: Architecture
    features: FeatureSpec
    window: WindowSpec
    temperature: Annotated[float, Meta(gt=0.01, lt=100)] = 1.0
    thresholds: Thresholds = Thresholds()
    metrics: dict[Annotated[str, Meta(max_length=60)], float] = {}
    files: dict[str, FileEntry] = {}

    def __post_init__(self) -> None:
        if len(set(self.labels)) != len(self.labels):
            raise ValueError("two labels are the same")
        if self.labels[0] != BACKGROUND:
            raise ValueError(f"the first label must be {BACKGROUND!r}")
        if (self.architecture.window, self.architecture.input_size) != (self.window.length, self.features.size):
            raise ValueError("architecture, window and features do not fit together")
        if self.architecture.classes != len(self.labels):
            raise ValueError(f"{self.architecture.classes} logits for {len(self.labels)} labels")

    @property
    def model(self) -> str:
        """How messages name this release."""
        return f"{self.name}-{self.version}"


@dataclass(frozen=True)
class Bundle:
    """A release whose signature, sizes and hashes are right."""

    manifest: Manifest
    signed: SignedManifest
    files: Mapping[str, bytes]

    @property
    def classifier(self) -> bytes:
        """The quantized model."""
        return self.files[CLASSIFIER]


def seal(manifest: Manifest, files: Mapping[str, bytes], key: SigningKey) -> Bundle:
    """Make a bundle of a manifest (its `files` are filled in here) and its files, signed with key."""
    _check_file_names(files)
    entries = {name: FileEntry(size=len(data), sha256=digest(data)) for name, data in sorted(files.items())}
    complete = msgspec.structs.replace(manifest, files=entries)
    text = msgspec.json.encode(complete)
    signed = SignedManifest(manifest=text.decode(), key=key.public, signature=key.sign(text))
    return Bundle(complete, signed, dict(files))


def check_manifest(signed: SignedManifest, trusted_key: str) -> Manifest:
    """Read a signed manifest.

    Args:
        trusted_key: the operator's public key, base64, from the device's own configuration.

    Raises:
        BundleError: signed by another key, altered, or not a manifest that this version understands.
    """
    if signed.key != trusted_key:
        raise BundleError(
            f"the release is signed by key {signed.key[:8]}…, this device trusts {trusted_key[:8]}…; "
            "ask the operator which is right"
        )
    if not verify(trusted_key, signed.signature, signed.manifest.encode()):
        raise BundleError("the manifest's signature does not fit its text: it was altered on its way or on disk")
    try:
        manifest = msgspec.json.decode(signed.manifest.encode(), type=Manifest)
        _check_file_names(manifest.files)
    except (msgspec.MsgspecError, ValueError) as exc:
        raise BundleError(f"the manifest is signed but cannot be used here: {exc}") from exc
    return manifest


def open_bundle(signed: SignedManifest, files: Mapping[str, bytes], trusted_key: str) -> Bundle:
    """A bundle of a signed manifest and file contents.

    Raises:
        BundleError: see check_manifest; or a file is missing or has other bytes than the manifest says.
    """
    manifest = check_manifest(signed, trusted_key)
    for name, entry in manifest.files.items():
        if name not in files:
            raise BundleError(f"release {manifest.model}: {name} is missing")
        if len(files[name]) != entry.size:
            raise BundleError(f"release {manifest.model}: {name} has {len(files[name])} bytes, not {entry.size}")
        check_file(manifest, name, files[name])
    return Bundle(manifest, signed, {name: files[name] for name in manifest.files})


def check_file(manifest: Manifest, name: str, data: bytes) -> None:
    """Raise a BundleError unless data is what the manifest says about file `name`."""
    found = digest(data)
    if found != manifest.files[name].sha256:
        raise BundleError(
            f"release {manifest.model}: {name} is damaged (SHA-256 {found[:12]}…, "
            f"the manifest says {manifest.files[name].sha256[:12]}…); fetch it again"
        )


def write_bundle(bundle: Bundle, directory: Path) -> None:
    """Write a bundle's files; the manifest comes last, so that a part of a bundle is never taken for one."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, data in bundle.files.items():
        write_atomically(directory / name, data)
    write_atomically(directory / SIGNATURE, encode(bundle.signed))
    write_atomically(directory / MANIFEST, bundle.signed.manifest.encode())
    sync_directory(directory)


def read_bundle(directory: Path, trusted_key: str) -> Bundle:
    """Read and check a bundle.

    Raises:
        BundleError: it is not there, incomplete, damaged, or not signed by the trusted key.
    """
    try:
        signed = decode(_read(directory / SIGNATURE), SignedManifest)
        text = _read(directory / MANIFEST)
    except ValueError as exc:
        raise BundleError(f"{directory / SIGNATURE}: {exc}") from exc
    if text != signed.manifest.encode():
        raise BundleError(f"{directory}: {MANIFEST} is not the text that was signed; fetch the release again")
    manifest = check_manifest(signed, trusted_key)
    files = {name: _read(directory / name) for name in manifest.files}
    return open_bundle(signed, files, trusted_key)


def signer_of(directory: Path) -> str:
    """The public key that a bundle claims to be signed by; no proof of who that is.

    Raises:
        BundleError: there is no bundle.
    """
    try:
        return decode(_read(directory / SIGNATURE), SignedManifest).key
    except ValueError as exc:
        raise BundleError(f"{directory / SIGNATURE}: {exc}") from exc


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_TRANSFER_BYTES:
            raise BundleError(f"{path}: larger than any file of a release ({MAX_TRANSFER_BYTES} bytes)")
        return path.read_bytes()
    except OSError as exc:
        raise BundleError(f"{path}: {exc.strerror}; a release needs it") from exc


def _check_file_names(files: Mapping[str, object]) -> None:
    if set(files) != FILES:
        raise BundleError(f"a release has exactly the files {sorted(FILES)}, not {sorted(files)}")
