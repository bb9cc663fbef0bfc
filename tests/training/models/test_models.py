"""The family of classifiers."""

import pytest

from core.architecture import parameter_count
from core.errors import ConfigError
from core.features import PROFILES, FeatureSpec
from tests.outside import loaded_after
from training.models import DEFAULT_MODEL, MODELS

FEATURES = FeatureSpec()


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("profile", PROFILES)
def test_every_network_fits_its_windows(name, profile):
    """Each network takes the window and features it is made for and gives a logit for every class; all are small."""
    features = FeatureSpec(name=profile, objects=("cup", "phone"))
    architecture = MODELS[name](features=features, window=32, classes=20)
    assert (architecture.input_size, architecture.window, architecture.classes) == (features.size, 32, 20)
    assert parameter_count(architecture) <= 250_000


def test_fusion_needs_objects():
    """A network for pose and objects is not made for features without objects, and the sentence says what to do."""
    with pytest.raises(ConfigError, match="needs objects"):
        MODELS["fusion"](features=FEATURES, window=32, classes=7)


def test_the_default_is_small():
    """The default network has fewer parameters than 200,000: boards train it, and its file is to stay below 200 KB."""
    assert parameter_count(MODELS[DEFAULT_MODEL](features=FEATURES, window=32, classes=7)) < 200_000


def test_the_list_of_networks_needs_no_tensorflow():
    """Importing the family imports no TensorFlow, so that commands stay quick."""
    assert loaded_after("import training.models", {"tensorflow", "tf_keras"}) == set()
