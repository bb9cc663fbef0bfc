"""`posefleet data check`: what is wrong with recordings, before anything is learnt from them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from training.datasets.checks import Finding
    from training.datasets.splits import Split, Unit

SPLITS = ("subject", "recording", "published", "random", "random-windows")
_COLOURS = {"refuse": "bold red", "warn": "yellow", "note": "dim"}


def check(
    data: Annotated[Path, typer.Argument(help="Folder of recordings (*.npz), sub-folders included.")],
    *,
    split: Annotated[str, typer.Option(help=f"Check a split, too: {', '.join(SPLITS)}.")] = "subject",
    published: Annotated[str, typer.Option(help="Which published split, such as xsub; for --split published.")] = "",
    seed: Annotated[int, typer.Option(help="Decides what is drawn.")] = 0,
    window: Annotated[float, typer.Option(min=0.1, help="Length of the classifier's window, seconds.")] = 2.07,
    accept: Annotated[
        list[str] | None, typer.Option(help="Do not fail because of this check; may be given several times.")
    ] = None,
) -> None:
    """Check recordings: frozen frames, duplicates, swapped sides, missing joints, imbalance, splits that leak.

    Exits with 2 when something is refused; warnings and notes are only said.

        posefleet data check data/msr

        posefleet data check data/msr --split random      # what a figure from a random split would be worth
    """
    if split not in SPLITS:
        raise ConfigError(f"--split {split}: choose one of {', '.join(SPLITS)}")
    from rich.console import Console

    from training.datasets.checks import check as check_recordings
    from training.datasets.checks import check_split, refuse
    from training.datasets.recording import load_directory
    from training.datasets.splits import units, windows_of

    recordings = load_directory(data)
    everyone = units(recordings)
    cut = split == "random-windows"
    if cut:
        everyone = windows_of(everyone, length_s=window, stride_s=window / 8)
    made = _split(split, published, everyone, seed)
    findings = check_recordings(recordings, window_s=window, split=None if cut else made)
    findings += check_split(made, everyone) if cut and made is not None else []
    accepted = frozenset(accept or ())
    print_findings(findings, accepted)
    counts = ", ".join(f"{sum(one.severity == kind for one in findings)} {kind}" for kind in _COLOURS)
    Console().print(f"{data}: {len(recordings)} recordings, split {made or 'not possible'}: {counts}", highlight=False)
    refuse(findings, accepted=accepted)


def print_findings(findings: "Sequence[Finding]", accepted: frozenset[str] = frozenset()) -> None:
    """Three lines for each, on stderr: the worst first. What is refused and not accepted becomes an error instead."""
    from rich.console import Console

    console = Console(stderr=True, soft_wrap=True)
    said = [one for one in findings if one.severity != "refuse" or one.check in accepted]
    for one in sorted(said, key=lambda finding: list(_COLOURS).index(finding.severity)):
        console.print(f"[{_COLOURS[one.severity]}]{one.severity:>6}[/] {one.check}: {one.reason}", highlight=False)
        console.print(f"       {one.where}", style="dim", highlight=False, markup=False)
        console.print(f"       -> {one.remedy}", highlight=False, markup=False)


def _split(kind: str, published: str, everyone: "Sequence[Unit]", seed: int) -> "Split | None":
    """The split that was asked for; None where one person or take is all there is, which the checks say."""
    from training.datasets.splits import as_published, by_recording, by_subject, random_split

    if kind == "published":
        return as_published(everyone, published)
    groups = {"subject": {one.subject for one in everyone}, "recording": {one.source for one in everyone}}
    if len(groups.get(kind, everyone)) < 2:  # noqa: PLR2004 - one for either side
        return None
    if kind == "subject":
        return by_subject(everyone, seed=seed)
    return by_recording(everyone, seed=seed) if kind == "recording" else random_split(everyone, seed=seed)
