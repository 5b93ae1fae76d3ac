"""A real RTSP camera, GStreamer's, that can be switched off and on."""

import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.serving import free_port

SYSTEM_PYTHON = "/usr/bin/python3"
CAMERA = Path(__file__).with_name("rtsp_camera.py")


@contextmanager
def rtsp_camera():
    """Yield what switches it on, anew where it is on: it plays a file from the beginning, and gives
    its address, which is always the same."""
    has_gi = [SYSTEM_PYTHON, "-c", "import gi; gi.require_version('GstRtspServer', '1.0')"]
    if (
        not Path(SYSTEM_PYTHON).exists()
        or subprocess.run(has_gi, stderr=subprocess.DEVNULL, check=False).returncode
    ):
        pytest.skip("GStreamer's RTSP server is not installed: see rtsp_camera.py")
    port, running = str(free_port()), []

    def off():
        for process in running:
            process.kill()
            process.wait()
            process.stdout.close()
        running.clear()

    def on(path, codec="h264"):
        off()
        command = [SYSTEM_PYTHON, CAMERA, path, codec, port]
        running.append(subprocess.Popen(command, stdout=subprocess.PIPE))
        assert running[-1].stdout.readline() == b"ready\n"
        return f"rtsp://127.0.0.1:{port}/camera"

    yield on
    off()
