"""The picture in docs/evaluation.md: a report on people made of formulas, as a browser shows its first screen.

python -m tests.sample_report           # needs chromium or chromium-headless-shell
"""

import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from core.bundle import WEIGHTS, Bundle
from core.signing import SigningKey
from tests import learning, tiny
from tests.training.plays import play
from training.datasets.recording import Recording
from training.evaluation.assess import assess
from training.provenance import Provenance, Taught
from training.report import as_html

PICTURE = Path(__file__).parents[1] / "docs/images/report.png"
_PEOPLE = ("ann", "ben", "cem", "dee", "eva", "fay")


def film(subject: str, seed: int) -> Recording:
    """Twelve actions in random order, with pauses."""
    rng = np.random.default_rng(seed)
    script = [part for _ in range(12) for part in (("background", rng.uniform(2, 6)), (rng.choice(tiny.LABELS[1:]), 4))]
    return play(f"{subject}_1", subject, [(str(action), float(seconds)) for action, seconds in script])


def sample(bundle: Bundle) -> str:
    """The report on a release of the tiny network, which learnt from two dozen other people."""
    taught = tuple(Taught(name=f"teacher_{i}", source=f"teacher_{i}", subject=f"teacher {i}") for i in range(24))
    digest = bundle.manifest.files[WEIGHTS].sha256
    provenance = Provenance(weights_sha256=digest, clips=False, training=taught, validation=())
    films = [film(subject, seed) for seed, subject in enumerate(_PEOPLE)]
    return as_html(assess(bundle, films, source="films", provenance=provenance))


def main() -> None:
    """Draw the picture."""
    browser = shutil.which("chromium") or shutil.which("chromium-headless-shell")
    assert browser, "apt-get install chromium-headless-shell"
    PICTURE.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "report.html"
        page.write_text(sample(learning.release(1, weights=learning.train_tiny(), key=SigningKey.generate())))
        options = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--window-size=1128,470")
        subprocess.run([browser, *options, f"--screenshot={PICTURE}", page.as_uri()], check=True, capture_output=True)


if __name__ == "__main__":
    main()
