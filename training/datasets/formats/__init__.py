"""Every format that can be imported, one module each; `find_format` says which one a source is.

find_format(Path("nturgb")).name          # 'ntu'
"""

from pathlib import Path

from core.errors import ConfigError, InputError
from training.datasets.formats import (
    alphapose,
    kinetics_json,
    landmarks_csv,
    msr_action3d,
    npy_folders,
    npz_clips,
    npz_streams,
    ntu,
    openpose,
)
from training.datasets.formats._base import Format, Options, Reading

__all__ = ["FORMATS", "Format", "Options", "Reading", "find_format"]

# The more particular come first: the first that recognises a source reads it.
FORMATS = {
    one.name: one
    for one in (
        msr_action3d.FORMAT,
        npz_streams.FORMAT,
        npz_clips.FORMAT,
        npy_folders.FORMAT,
        ntu.FORMAT,
        openpose.FORMAT,
        alphapose.FORMAT,
        kinetics_json.FORMAT,
        landmarks_csv.FORMAT,
    )
}


def find_format(source: Path, name: str = "") -> Format:
    """The format called `name`, or the one that the source is in.

    Raises:
        ConfigError: no format has that name.
        InputError: the source is not there, or in no known format.
    """
    if name:
        if name not in FORMATS:
            raise ConfigError(f"--format {name}: unknown; choose one of {', '.join(FORMATS)}")
        return FORMATS[name]
    if not source.exists():
        raise InputError(f"{source}: is not there")
    for one in FORMATS.values():
        if one.recognises(source):
            return one
    raise InputError(f"{source}: in no known format; `posefleet data import --help` lists them, --format chooses one")
