"""An RTSP camera on the loopback, for the system's Python with Debian's GStreamer.

apt-get install python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-{base,good,ugly}
/usr/bin/python3 tests/device/rtsp_server.py 28554      # rtsp://127.0.0.1:28554/cam
"""

import sys
from typing import Any

PIPELINE = (
    "( videotestsrc is-live=true pattern=ball ! video/x-raw,width=320,height=240,framerate=15/1 "
    "! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=15 ! rtph264pay name=pay0 pt=96 )"
)


def main(port: str) -> None:
    """Serve until killed; says `up` when it listens."""
    gst, rtsp, glib = _libraries()
    gst.init(None)
    server = rtsp.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(port)
    factory = rtsp.RTSPMediaFactory()
    factory.set_launch(PIPELINE)
    factory.set_shared(True)
    server.get_mount_points().add_factory("/cam", factory)
    if not server.attach(None):
        sys.exit(f"port {port} is taken")
    sys.stdout.write("up\n")
    sys.stdout.flush()
    glib.MainLoop().run()


def _libraries() -> tuple[Any, Any, Any]:
    import gi

    gi.require_version("Gst", "1.0")
    gi.require_version("GstRtspServer", "1.0")
    from gi.repository import GLib, Gst, GstRtspServer

    if Gst.init_check(None)[0] and Gst.ElementFactory.find("x264enc") is None:
        raise ImportError("gstreamer1.0-plugins-ugly is not installed")
    return Gst, GstRtspServer, GLib


if __name__ == "__main__":
    _libraries() if sys.argv[1:] == ["--try"] else main(sys.argv[1])
