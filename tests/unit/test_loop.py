"""What runs in the background goes on, whatever fails."""

import threading

from beholden.loop import Loop


def test_a_step_that_fails_stops_no_other_and_runs_again(caplog):
    ran, twice = [], threading.Event()

    def fails():
        ran.append("fails")
        raise ZeroDivisionError

    def works():
        ran.append("works")
        if ran.count("works") == 2:
            twice.set()

    loop = Loop("test", (fails, works), every_s=0.001)
    loop.start()
    assert twice.wait(10)
    loop.close()
    loop.close()
    assert ran[:4] == ["fails", "works", "fails", "works"]
    assert "test failed, and will be tried again" in caplog.text
