import pytest

from device.camera.sources import Source


@pytest.mark.parametrize(
    ("url", "kind", "address"),
    [
        ("0", "device", "0"),
        ("/dev/video2", "device", "/dev/video2"),
        ("rtsp://10.0.0.7/stream", "stream", "rtsp://10.0.0.7/stream"),
        ("https://cam.local/mjpg", "stream", "https://cam.local/mjpg"),
        ("file:///tmp/film.avi", "file", "/tmp/film.avi"),
        ("films/0.avi", "file", "films/0.avi"),
        ("picamera2", "picamera2", "0"),
        ("picamera2:1", "picamera2", "1"),
    ],
)
def test_a_url_says_what_kind_of_camera_it_is(url, kind, address):
    """An index, a device node, a network address and a file are told apart by the URL alone."""
    assert Source.parse(url) == Source(kind, address)


@pytest.mark.parametrize(
    "url",
    [
        "rtsp://anna:secret@cam/1",
        "rtsp://secret@cam/1",
        "http://cam/v?password=secret",
        "http://a:se@secret@cam/v?t=secret",
        "rtsp://anna:/secret@cam/1",
        "rtsp://anna:?secret@cam/1",
    ],
)
def test_messages_name_a_camera_without_its_credentials(url):
    """User, password and query of an address are in no name, the host is."""
    name = Source.parse(url).name
    assert "secret" not in name
    assert "cam" in name
    source = Source.parse(url, "hall")
    assert source.title == f"camera hall ({name})"
    assert "secret" not in repr(source) + source.without_secrets(f"OpenCV: {url} cannot be opened")
