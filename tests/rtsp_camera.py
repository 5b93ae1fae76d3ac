"""A camera that speaks RTSP: plays a video (MP4 or MPEG-TS; H.264 or H.265) in real time at
rtsp://127.0.0.1:PORT/camera.

Run with the system's Python. Debian: gir1.2-gst-rtsp-server-1.0, python3-gi,
gstreamer1.0-plugins-good, gstreamer1.0-plugins-bad.
"""

import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402


def main(path, codec, port):
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(port)
    factory = GstRtspServer.RTSPMediaFactory()
    demux = "tsdemux" if path.endswith(".ts") else "qtdemux"
    pay = f"{codec}parse config-interval=-1 ! rtp{codec}pay name=pay0 pt=96"
    factory.set_launch(f"( filesrc location={path} ! {demux} ! {pay} )")
    server.get_mount_points().add_factory("/camera", factory)
    server.attach(None)
    print("ready", flush=True)
    GLib.MainLoop().run()


if __name__ == "__main__":
    main(*sys.argv[1:])
