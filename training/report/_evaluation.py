"""All that is known of a release after it was judged on some data."""

from collections.abc import Sequence
from dataclasses import dataclass

from training.datasets.checks import Finding
from training.datasets.splits import Split
from training.evaluation.evaluate import Report
from training.evaluation.stream_scores import StreamScores
from training.evaluation.streaming import Take


@dataclass(frozen=True)
class Evaluation:
    """A release, what it was judged on, and the figures.

    Attributes:
        kind: what a window was: `windows`, `clips` or `pictures`.
        people: who was judged.
        split: of what taught the model and what it was judged on; None when nobody said what taught it.
        learnt_since: the release's weights are not those of the training that `split` speaks of.
        findings: of the data checks.
        unknown: classes of the data that the model does not know.
        stream: figures over continuous recordings; None when there are none.
        takes: the continuous recordings.
    """

    model: str
    data: str
    kind: str
    people: Sequence[str]
    split: Split | None
    learnt_since: bool
    findings: Sequence[Finding]
    unknown: Sequence[str]
    report: Report
    stream: StreamScores | None
    takes: Sequence[Take]
