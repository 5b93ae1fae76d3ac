"""Who has not finished sending holds up nobody, and is not kept for nothing."""

import asyncio

import pytest
from starlette.requests import Request

from beholden.domain.access import Principal
from beholden.domain.errors import MissingAuthentication, Throttled, UnknownOperation
from beholden.wire.app import Limits, Rekognition

SIGNED = [(b"x-amz-target", b"RekognitionService.ListCollections"), (b"authorization", b"AWS4 x")]


class Verifier:
    def verify(self, _request):
        return Principal("ann", "admin", "door", "AKIA")


class Gate:
    def call(self, _principal, _operation, _request):
        return {}


def endpoint(**limits):
    return Rekognition(
        Gate(), Verifier(), Limits(**limits), {"ListCollections"}, check_responses=False
    )


def request(headers, chunks):
    """A request whose chunks arrive as they are put into the queue."""
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/",
        "raw_path": b"/",
        "query_string": b"",
        "headers": headers,
    }
    return Request(scope, chunks.get)


def chunk(body, more=False):
    return {"type": "http.request", "body": body, "more_body": more}


def test_requests_that_are_still_arriving_do_not_take_the_places_of_others():
    async def scene():
        server = endpoint(requests=1)
        slow = [asyncio.Queue() for _ in range(8)]
        waiting = [asyncio.create_task(server.serve(request(SIGNED, queue))) for queue in slow]
        await asyncio.sleep(0)
        quick = asyncio.Queue()
        quick.put_nowait(chunk(b"{}"))
        answer = await server.serve(request(SIGNED, quick))
        for task in waiting:
            task.cancel()
        server.close()
        return answer.status_code

    assert asyncio.run(scene()) == 200


def test_what_arrives_is_bounded_for_all_together():
    async def scene():
        server = endpoint(arriving_bytes=1000)
        first, second = asyncio.Queue(), asyncio.Queue()
        first.put_nowait(chunk(b"x" * 900, more=True))
        holding = asyncio.create_task(server.serve(request(SIGNED, first)))
        while not first.empty():
            await asyncio.sleep(0)
        second.put_nowait(chunk(b"x" * 200, more=True))
        with pytest.raises(Throttled):
            await server.serve(request(SIGNED, second))
        holding.cancel()
        await asyncio.gather(holding, return_exceptions=True)
        third = asyncio.Queue()
        third.put_nowait(chunk(b"{}" + b" " * 900))
        answer = await server.serve(request(SIGNED, third))
        server.close()
        return answer.status_code

    assert asyncio.run(scene()) == 200


@pytest.mark.parametrize(
    ("headers", "error"), [(SIGNED[:1], MissingAuthentication), (SIGNED[1:], UnknownOperation)]
)
def test_a_body_is_not_read_for_nothing(headers, error):
    with pytest.raises(error):
        asyncio.run(endpoint().serve(request(headers, asyncio.Queue())))
