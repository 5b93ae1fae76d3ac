"""Videos that are written can be read again, picture by picture, at their times."""

import av
import numpy as np
import pytest

from beholden.domain.errors import NotTaken
from beholden.engines.frames.clips import Mp4Clips


def test_what_is_written_is_read_again(tmp_path):
    clip = Mp4Clips().open(tmp_path / "clip.mp4", 65, 49)
    for number, at_ms in enumerate((0, 210, 405)):
        clip.add(np.full((49, 65, 3), 80 * number, np.uint8), at_ms)
    clip.close()
    with av.open(str(tmp_path / "clip.mp4")) as container:
        frames = list(container.decode(video=0))
    assert [round(1000 * frame.time) for frame in frames] == [0, 210, 405]
    assert [(frame.width, frame.height) for frame in frames] == [(64, 48)] * 3
    shades = [frame.to_ndarray(format="rgb24").mean() for frame in frames]
    assert shades == pytest.approx([0, 80, 160], abs=6)


def test_where_nothing_can_be_written_it_says_so(tmp_path):
    clip = Mp4Clips().open(tmp_path / "none" / "clip.mp4", 64, 48)
    clip.add(np.zeros((48, 64, 3), np.uint8), 0)
    with pytest.raises(NotTaken, match="No such file"):
        clip.close()
