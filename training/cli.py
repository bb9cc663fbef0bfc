"""`posefleet train`: from recordings to a checkpoint."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.errors import ConfigError, InputError

if TYPE_CHECKING:
    from training.datasets.recording import Recording
    from training.train import TrainingConfig


_Data = Annotated[Path, typer.Argument(help="Folder of recordings (*.npz), sub-folders included.")]
_Out = Annotated[Path, typer.Option(help="Folder for the checkpoint.")]
_Recipe = Annotated[
    Path | None, typer.Option(help="Recipe (TOML) with what differs from the defaults; options here go before it.")
]
_Model = Annotated[
    str | None,
    typer.Option(
        help="Network of the family: conv_lstm (default), conv1d, cnn_lstm, lstm, st_gcn or fusion (pose and objects)."
    ),
]
_Epochs = Annotated[int | None, typer.Option(min=1, help="Passes over the data, 30 unless the recipe says.")]
_Patience = Annotated[
    int | None, typer.Option(min=0, help="Stop after so many epochs in which validation did not get better; 0: never.")
]
_Validation = Annotated[
    str, typer.Option(help="Comma-separated people who choose the epoch; every fourth person when empty.")
]
_Without = Annotated[
    str, typer.Option(help="Comma-separated people to leave out altogether, for `posefleet evaluate`.")
]
_Seed = Annotated[int | None, typer.Option(help="The same seed and data give nearly the same weights.")]
_Deterministic = Annotated[
    bool, typer.Option("--deterministic", help="The same seed and data give exactly the same weights; slower.")
]
_Resume = Annotated[bool, typer.Option("--resume", help="Go on with a run that was killed, if there is one.")]
_Teachers = Annotated[
    list[Path] | None, typer.Option(help="Checkpoint to learn from besides the labels; may be given several times.")
]
_TensorBoard = Annotated[Path | None, typer.Option(help="Folder for TensorBoard's curves.")]
_Accepted = Annotated[
    list[str] | None, typer.Option(help="Train although this data check refuses; may be given several times.")
]


def train(
    data: _Data,
    *,
    out: _Out = Path("checkpoint"),
    config: _Recipe = None,
    model: _Model = None,
    epochs: _Epochs = None,
    patience: _Patience = None,
    validation: _Validation = "",
    without: _Without = "",
    seed: _Seed = None,
    deterministic: _Deterministic = False,
    resume: _Resume = False,
    teacher: _Teachers = None,
    tensorboard: _TensorBoard = None,
    accept: _Accepted = None,
) -> None:
    """Train an action classifier on recordings of people.

    People, not windows, are split: nobody is in training and validation at once. The result is a checkpoint;
    `posefleet convert` makes a release of it. A graphics card is used if TensorFlow finds one. Data that cannot teach
    anything is refused (exit code 2) with the reason; `posefleet data check` looks without training.

        posefleet train recordings --out checkpoint --without anna,ben

    A run that was killed goes on, to the result that it would have had, with the same options and --resume. A small
    network learns more from large ones, or from several, than from labels alone:

        posefleet train recordings --model conv1d --out teacher
        posefleet train recordings --out checkpoint --teacher teacher

    What worked for a kind of data is kept as a recipe; training/recipes has some to start from:

        posefleet train data/msr --config training/recipes/msr_action3d.toml
    """
    from core.checkpoint import read_checkpoint
    from training.pipeline import make_checkpoint, train_on_recordings
    from training.progress import shown_progress
    from training.provenance import write_provenance
    from training.train import RunOptions

    settings = _settings(config, model=model, epochs=epochs, patience=patience, seed=seed)
    recordings = _without(_names(without), data)
    shortest = 0.0 if settings.clips else settings.window.seconds
    training_part, validation_part = _split_checked(recordings, _names(validation), shortest, frozenset(accept or ()))
    unfinished = out / "unfinished.npz"
    options = RunOptions(unfinished, resume, deterministic, tuple(read_checkpoint(one) for one in teacher or ()))
    with shown_progress(settings.epochs, tensorboard) as on_epoch:
        result = train_on_recordings(training_part, validation_part, settings, on_epoch, options)
    make_checkpoint(result, out)
    write_provenance(out, training_part, validation_part, clips=settings.clips)
    unfinished.unlink(missing_ok=True)
    people = sorted({one.subject for one in validation_part})
    typer.echo(
        f"{out}: {result.trained.validation_accuracy:.1%} right on validation people ({', '.join(people)}), "
        f"temperature {result.trained.temperature:.2f}; next: posefleet convert {out}"
    )


def _settings(config: Path | None, **given: str | int | None) -> "TrainingConfig":
    """The recipe, or the defaults, with what was given on the command line before it."""
    from training.models import MODELS
    from training.recipe import read_recipe
    from training.train import TrainingConfig

    if given["model"] is not None and given["model"] not in MODELS:
        raise ConfigError(f"--model {given['model']}: unknown; choose one of {', '.join(sorted(MODELS))}")
    changes = {name: value for name, value in given.items() if value is not None}
    return replace(read_recipe(config) if config else TrainingConfig(), **changes)  # type: ignore[arg-type]


def _without(left_out: frozenset[str], data: Path) -> "list[Recording]":
    """Everybody's recordings but theirs, with names of actions that a release can have."""
    from training.datasets.labels import check_labels
    from training.datasets.recording import load_directory
    from training.pipeline import classes_of

    everyone = load_directory(data)
    if strangers := left_out - {one.subject for one in everyone}:
        raise ConfigError(f"--without {', '.join(sorted(strangers))}: nobody of that name is in {data}")
    recordings = [one for one in everyone if one.subject not in left_out]
    check_labels(classes_of(recordings))
    return recordings


def _split_checked(
    recordings: "list[Recording]", validation: frozenset[str], window_s: float, accepted: frozenset[str]
) -> "tuple[list[Recording], list[Recording]]":
    """Training and validation people, of data that can teach something."""
    from training.pipeline import split_people

    try:
        inside, held_out = split_people(recordings, validation)
    except InputError:
        # What is wrong with the data itself comes first: other people doing the same would not mend it.
        _check_data(recordings, [], window_s, accepted)
        raise
    _check_data(inside, held_out, window_s, accepted)
    return inside, held_out


def _check_data(
    training: "list[Recording]", validation: "list[Recording]", window_s: float, accepted: frozenset[str]
) -> None:
    """Say what is wrong with the data; stop where it was not accepted."""
    from training.commands.check import print_findings
    from training.datasets.checks import check_for_training, refuse

    findings = check_for_training(training, validation, window_s=window_s)
    print_findings([one for one in findings if one.severity != "note"], accepted)
    refuse(findings, accepted=accepted)


def _names(text: str) -> frozenset[str]:
    return frozenset(name.strip() for name in text.split(",") if name.strip())
