"""A training run as a small file: only what differs from the default, with the reason beside the number.

    # training/recipes/msr_action3d.toml
    clips = true                # every recording is one action
    epochs = 120                # few windows an epoch
    [features]
    name = "kinect20-3d-v2"
    [augmentation]
    mirror = 0.0                # "draw x" is done with the right hand

    config = read_recipe(Path("training/recipes/msr_action3d.toml"))

Keys are those of `training.train.TrainingConfig` and, in tables, of its parts. All keys that do not exist are named at
once, each with the one that it is likely to mean.
"""

import difflib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import msgspec

from core.errors import ConfigError
from core.features import FeatureSpec
from core.window import WindowSpec
from training.augmentation.augment import Augmentation
from training.models import MODELS
from training.train import TrainingConfig

RECIPES = Path(__file__).parent / "recipes"

_TABLES: Mapping[str, Iterable[str]] = {
    "features": FeatureSpec.__struct_fields__,
    "window": WindowSpec.__struct_fields__,
    "augmentation": [field.name for field in fields(Augmentation)],
}
_KEYS = [field.name for field in fields(TrainingConfig)]


def read_recipe(path: Path) -> TrainingConfig:
    """The configuration of a training run.

    Raises:
        ConfigError: the file cannot be read, or has keys or values that do not exist.
    """
    try:
        content = tomllib.loads(path.read_text())
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigError(f"{path}: cannot be read ({exc})") from exc
    except tomllib.TOMLDecodeError as exc:
        raise ConfigError(f"{path}: is not TOML ({exc})") from exc
    if unknown := _unknown_keys(content):
        raise ConfigError(f"{path}: {'; '.join(unknown)}")
    try:
        config = msgspec.convert(content, TrainingConfig)
    except msgspec.ValidationError as exc:
        raise ConfigError(f"{path}: {exc}") from exc
    if config.model not in MODELS:
        raise ConfigError(f"{path}: model {config.model!r} is unknown; choose one of {', '.join(sorted(MODELS))}")
    return config


def _unknown_keys(content: Mapping[str, Any]) -> list[str]:
    unknown = _unknown(content, _KEYS, "")
    for table, known in _TABLES.items():
        if isinstance(content.get(table), Mapping):
            unknown += _unknown(content[table], list(known), f"{table}.")
    return unknown


def _unknown(given: Mapping[str, Any], known: list[str], prefix: str) -> list[str]:
    said = []
    for key in given:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            said.append(f"{prefix}{key} is no setting" + (f", did you mean {prefix}{near[0]}?" if near else ""))
    return said
