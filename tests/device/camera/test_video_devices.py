from pathlib import Path

from device.camera.video_devices import VideoDevice, video_devices


def entry(directory: Path, name: str, *, index: str, title: str) -> None:
    (directory / name).mkdir()
    (directory / name / "index").write_text(f"{index}\n")
    (directory / name / "name").write_text(f"{title}\n")


def test_every_device_is_listed_once(tmp_path: Path):
    """The first node of each device is there by number, with its name; further nodes and others are not."""
    entry(tmp_path, "video10", index="0", title="bcm2835-codec")
    entry(tmp_path, "video0", index="0", title="HD Webcam")
    entry(tmp_path, "video1", index="1", title="HD Webcam")
    entry(tmp_path, "v4l-subdev0", index="0", title="sensor")
    assert video_devices(tmp_path) == [VideoDevice(0, "HD Webcam"), VideoDevice(10, "bcm2835-codec")]


def test_a_machine_without_cameras_has_none(tmp_path: Path):
    """Where the kernel lists nothing, nothing is found; a device without a name has its node's."""
    assert video_devices(tmp_path / "nothing") == []
    (tmp_path / "video3").mkdir()
    assert video_devices(tmp_path) == [VideoDevice(3, "video3")]
