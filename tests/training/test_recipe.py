"""A recipe holds what differs from the defaults, and a slip in it is named."""

from pathlib import Path

import pytest

from core.errors import ConfigError
from training.recipe import RECIPES, read_recipe
from training.train import TrainingConfig


def written(directory: Path, text: str) -> Path:
    path = directory / "recipe.toml"
    path.write_text(text)
    return path


def test_an_empty_recipe_is_the_defaults(tmp_path):
    """What a recipe does not mention is as it is without one."""
    assert read_recipe(written(tmp_path, "")) == TrainingConfig()


def test_a_recipe_changes_what_it_says_and_nothing_else(tmp_path):
    """Values and tables of a recipe arrive in the configuration and its parts."""
    config = read_recipe(
        written(tmp_path, 'epochs = 7\n[features]\nname = "core15-3d-v2"\n[augmentation]\nmirror = 0.0')
    )
    assert (config.epochs, config.features.name, config.augmentation.mirror) == (7, "core15-3d-v2", 0.0)
    assert config.batch == TrainingConfig().batch
    assert config.augmentation.noise == TrainingConfig().augmentation.noise


@pytest.mark.parametrize("path", sorted(RECIPES.glob("*.toml")), ids=lambda path: path.stem)
def test_every_recipe_that_comes_along_can_be_read(path):
    """The recipes in the folder fit this version, and differ from the defaults."""
    assert read_recipe(path) != TrainingConfig()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("epoch = 3\nspeed = 1", "epoch is no setting, did you mean epochs.*speed is no setting"),
        ("[augmentation]\nmiror = 0.1", "augmentation.miror is no setting, did you mean augmentation.mirror"),
        ('epochs = "many"', "epochs"),
        ('[features]\nname = "face"', "unknown feature set 'face'"),
        ('model = "transformer"', "choose one of .*conv_lstm"),
        ("epochs = ", "is not TOML"),
    ],
)
def test_slips_are_named(tmp_path, text, says):
    """Every key that does not exist is named with its likely twin, every value that cannot be with its reason."""
    with pytest.raises(ConfigError, match=says):
        read_recipe(written(tmp_path, text))


def test_a_recipe_that_is_not_there_is_named(tmp_path):
    """A missing file is one clear error."""
    with pytest.raises(ConfigError, match="nowhere"):
        read_recipe(tmp_path / "nowhere.toml")
