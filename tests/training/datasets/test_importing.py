"""Importing, whole or not at all."""

from pathlib import Path

import numpy as np
import pytest

from core.errors import ConfigError, InputError
from training.datasets.formats import FORMATS, Options, find_format
from training.datasets.importing import import_source
from training.datasets.recording import load_directory


def source_of(folder, clips: int = 3, spoilt: int | None = None):
    (folder / "MP_Data" / "wave").mkdir(parents=True)
    for number in range(clips):
        frames = np.random.default_rng(number).uniform(0.1, 0.9, (4, 132))
        if number == spoilt:
            frames[2, 5] = np.nan
        np.save(folder / "MP_Data" / "wave" / f"{number}.npy", frames)
    return folder / "MP_Data"


def everything_in(folder) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def test_an_import_is_a_folder_of_private_recordings(tmp_path):
    """Every recording can be loaded, only its owner can read it, and the summary counts what came in."""
    source, out, seen = source_of(tmp_path), tmp_path / "out" / "waves", []
    summary = import_source(source, out, Options(fps=10.0), on_unit=lambda done, total: seen.append((done, total)))
    recordings = load_directory(out)
    assert (summary.format, summary.recordings, summary.frames) == ("npy-folders", 3, 12)
    assert (summary.classes, summary.subjects, summary.layouts) == ({"wave": 12}, {"MP_Data"}, {"mediapipe33"})
    assert summary.seconds == pytest.approx(0.9)
    assert [recording.name for recording in recordings] == ["wave_0", "wave_1", "wave_2"]
    assert {path.stat().st_mode & 0o777 for path in out.iterdir()} == {0o600}
    assert out.stat().st_mode & 0o777 == 0o700
    assert seen == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize("spoilt", [0, 1, 2])
def test_nothing_is_left_of_an_import_that_fails(tmp_path, spoilt):
    """Wherever the spoilt clip is, no file of the others remains, under any name."""
    source = source_of(tmp_path, spoilt=spoilt)
    before = everything_in(tmp_path)
    with pytest.raises(InputError, match=f"{spoilt}.npy: frame 2, joint left_eye_inner"):
        import_source(source, tmp_path / "out", Options())
    assert everything_in(tmp_path) == before


def test_nothing_is_left_of_an_import_that_is_interrupted(tmp_path):
    """Ctrl-C in the middle leaves no half folder."""

    def interrupt(done, _):
        if done == 2:
            raise KeyboardInterrupt

    source = source_of(tmp_path)
    before = everything_in(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        import_source(source, tmp_path / "out", Options(), on_unit=interrupt)
    assert everything_in(tmp_path) == before


def test_what_is_there_already_is_not_touched(tmp_path):
    """A folder with something in it is refused; an empty one is taken."""
    source, out = source_of(tmp_path), tmp_path / "out"
    out.mkdir()
    import_source(source, out, Options())
    before = everything_in(out)
    with pytest.raises(ConfigError, match="is there already"):
        import_source(source, out, Options())
    assert everything_in(out) == before


def test_names_cannot_leave_the_folder_or_overwrite_each_other(tmp_path):
    """Takes named with separators, with dots, or alike but for case give files side by side."""
    rows = [f"{take},up,0.1,0.2" for take in ("../../evil", ".hidden", "Wave", "wave", "x" * 500)]
    (tmp_path / ".csv").write_text("\n".join(["video,label,nose_x,nose_y", *rows]))
    summary = import_source(tmp_path / ".csv", tmp_path / "out", Options(), format_name="landmarks-csv")
    names = [path.name for path in (tmp_path / "out").iterdir()]
    assert summary.recordings == len({name.casefold() for name in names}) == 5
    assert not any(name.startswith(".") or len(name) > 200 for name in names)
    assert everything_in(tmp_path) == {".csv", "out", *(f"out/{name}" for name in names)}


def test_a_source_without_people_is_refused(tmp_path):
    """A source in which nobody is found gives no empty folder."""
    (tmp_path / "ntu").mkdir()
    (tmp_path / "ntu" / "S001C001P001R001A001.skeleton").write_text("2\n0\n0\n")
    with pytest.raises(InputError, match="nobody is in it"):
        import_source(tmp_path / "ntu", tmp_path / "out", Options())
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", [*FORMATS, ""])
def test_no_importer_stumbles_over_an_empty_folder_or_a_strange_file(tmp_path, name):
    """Whichever importer is asked, nothing and rubbish are refused in one sentence."""
    (tmp_path / "empty").mkdir()
    strange = tmp_path / "strange.bin"
    strange.write_bytes(bytes(range(256)) * 10)
    for source in (tmp_path / "empty", strange, tmp_path / "absent"):
        with pytest.raises(InputError, match=source.name):
            import_source(source, tmp_path / "out", Options(), format_name=name)
    assert everything_in(tmp_path) == {"empty", "strange.bin"}


def test_an_unknown_format_is_a_mistake_with_a_list():
    """The known formats are said."""
    with pytest.raises(ConfigError, match=r"--format vicon: unknown; choose one of ntu, openpose"):
        find_format(Path(), "vicon")
