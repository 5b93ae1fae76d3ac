"""OpenVINO with its telemetry switched off.

`import openvino` imports its converter, which reports the import to Google Analytics from a child
process and writes a client id to ~/intel, unless the module openvino_telemetry cannot be
imported: then OpenVINO falls back on a stub of its own. None in sys.modules is Python's way to
say that a module cannot be imported. Everything that needs OpenVINO takes it from here.
"""

from __future__ import annotations

import sys

sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]

import openvino  # noqa: E402

__all__ = ["openvino"]
