"""Every format that can be imported, one module each; `find_format` says which one a source is.

    find_format(Path("nturgb")).name          # 'ntu'

A new format is a module with a `FORMAT`, and a line here.
"""

from pathlib import Path

from core.errors import ConfigError, InputError
from training.datasets.formats import (
    alphapose,
    ddnet,
    kinetics_json,
    landmarks_csv,
    msr_action3d,
    npy_folders,
    npz_clips,
    npz_streams,
    ntu,
    openpose,
    pyskl,
    scenes_json,
)
from training.datasets.formats._base import Format, Options, Reading

__all__ = ["FORMATS", "Format", "Options", "Reading", "find_format"]

# The more particular come first: the first that recognises a source reads it.
FORMATS = {
    one.name: one
    for one in (
        ntu.FORMAT,
        openpose.FORMAT,
        alphapose.FORMAT,
        kinetics_json.FORMAT,
        scenes_json.FORMAT,
        ddnet.FORMAT,
        pyskl.FORMAT,
        msr_action3d.FORMAT,
        npz_streams.FORMAT,
        npz_clips.FORMAT,
        npy_folders.FORMAT,
        landmarks_csv.FORMAT,
    )
}


def find_format(source: Path, name: str = "") -> Format:
    """The format called `name`, or the one that the source is in.

    Raises:
        ConfigError: no format has that name.
        InputError: the source is not there, or in no known format.
    """
    if name and name not in FORMATS:
        raise ConfigError(f"--format {name}: unknown; choose one of {', '.join(FORMATS)}")
    if not source.exists():
        raise InputError(f"{source}: is not there")
    if name:
        return FORMATS[name]
    for one in FORMATS.values():
        if one.recognises(source):
            return one
    raise InputError(f"{source}: in no known format; --format chooses one of {', '.join(FORMATS)}")
