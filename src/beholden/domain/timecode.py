"""SMPTE timecodes: names for frames, as editors write them (SMPTE ST 12-1)."""

from __future__ import annotations

# At 30000/1001 and 60000/1001 frames a second, timecodes leave out numbers to keep to the clock.
DROPS = {30: 2, 60: 4}
NTSC = 1000 / 1001
TOLERANCE = 5e-4


def smpte(frame_no: int, frame_rate: float) -> str:
    """HH:MM:SS:FF of a frame counted from 0; HH:MM:SS;FF where numbers are dropped: the first two
    (at 59.94, four) of each minute but every tenth."""
    nominal = max(1, round(frame_rate))
    dropped = DROPS.get(nominal, 0) if abs(frame_rate / nominal - NTSC) < TOLERANCE else 0
    if dropped:
        frame_no = _with_dropped(frame_no, nominal, dropped)
    seconds, frames = divmod(frame_no, nominal)
    clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{clock}{';' if dropped else ':'}{frames:02}"


def _with_dropped(frame_no: int, nominal: int, dropped: int) -> int:
    """The number of a frame where dropped numbers count, too."""
    minute = 60 * nominal - dropped
    tens, rest = divmod(frame_no, 10 * minute + dropped)
    minutes = max(0, rest - dropped) // minute
    return frame_no + dropped * (9 * tens + minutes)
