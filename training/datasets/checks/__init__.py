"""Data checks: what is wrong with a data set, before anything is learnt from it.

    findings = [*check(recordings), *check_split(split, units(recordings))]
    refuse(findings, accepted={"frozen_frames"})        # InputError, unless all that is refused was accepted

- `refuse`: a model of this would be worthless or its figures a fraud; training stops unless the check is accepted.
- `warn`: figures may deceive; training says so and goes on.
- `note`: good to know.
"""

from training.datasets.checks.finding import Finding, Severity
from training.datasets.checks.run import NAMES, check, check_for_training, refuse
from training.datasets.checks.sides import check_split, check_twins

__all__ = ["NAMES", "Finding", "Severity", "check", "check_for_training", "check_split", "check_twins", "refuse"]
