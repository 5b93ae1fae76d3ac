from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as StillWaitingError
from dataclasses import dataclass

import pytest

from beholden.analysis.ahead import Room, ahead


@dataclass
class Sized:
    size_bytes: int


def test_frames_come_in_their_order_and_what_breaks_decoding_comes_last():
    def frames():
        yield from map(Sized, range(50))
        raise OSError("the file ended")

    seen = []
    with pytest.raises(OSError, match="ended"):
        seen.extend(frame.size_bytes for frame in ahead(frames()))
    assert seen == list(range(50))


@pytest.mark.parametrize(("sizes", "fit"), [([1] * 9, 3), ([40] * 9, 2), ([500] * 9, 1)])
def test_frames_wait_for_room_by_number_and_by_size(sizes, fit):
    room = Room(frames=3, size_bytes=100)
    for size in sizes[:fit]:
        assert room.take(size)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(room.take, sizes[fit])
        with pytest.raises(StillWaitingError):
            waiting.result(0.02)
        room.give(sizes[0])
        assert waiting.result(5)
        more = pool.submit(room.take, sizes[fit])
        room.close()
        assert not more.result(5)


def test_whoever_stops_looking_stops_decoding():
    decoded = []

    def frames():
        for no in range(1000):
            decoded.append(no)
            yield Sized(1)

    looked = ahead(frames())
    next(looked)
    looked.close()
    assert len(decoded) < 1000
