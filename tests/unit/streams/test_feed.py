"""Whoever watches at this moment."""

import asyncio

from starlette.concurrency import run_in_threadpool

from beholden.streams.feed import Audience

# More than Starlette has threads.
MANY = 60


def test_many_who_wait_hold_up_no_request():
    async def all_of_them():
        audience = Audience(1)
        with audience.watch("watch") as watching:
            waiting = [asyncio.create_task(watching.soon(20.0)) for _ in range(MANY)]
            await asyncio.sleep(0)
            for no in range(MANY):
                await run_in_threadpool(audience.show, "watch", no)
                await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                waiting = [one for one in waiting if not one.done()]
        return waiting

    assert asyncio.run(asyncio.wait_for(all_of_them(), 10.0)) == []
