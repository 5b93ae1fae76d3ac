"""Watching what a stream processor finds: for those who might have started it, for the purpose that
it runs for, and for as long as their own grant stands. Not part of Rekognition's API: see
docs/live.md."""

from __future__ import annotations

from typing import Any, TypedDict

from beholden.domain.access import Identifies
from beholden.domain.errors import AccessDenied, InvalidParameter
from beholden.domain.stream import StreamProcessor
from beholden.gate.call import Call
from beholden.gate.registry import Request, operation
from beholden.operations._services import Services
from beholden.operations.stream_labels import looks_for_labels, processor_of
from beholden.operations.streams import asks_live, searched, searched_collection

Json = dict[str, Any]

WATCH_LABELS = "beholden:WatchLabels"


class OneProcessor(TypedDict):
    Name: str


def _labels_instead(services: Services, request: Request) -> str | None:
    """Nobody is identified: other rules hold for whoever watches."""
    processor = services.stream_processors.get(request["Name"])
    return WATCH_LABELS if looks_for_labels(processor) else None


@operation(
    "beholden:WatchStream",
    resource=searched_collection,
    identifies=Identifies.SEARCHES,
    context=asks_live,
    complete=searched,
    in_process=True,
    instead=_labels_instead,
)
def watch_stream(services: Services, call: Call, request: OneProcessor) -> Json:
    """Its records, as they come: this answer stays in the server."""
    return _watched(services, call, request["Name"])


@operation(WATCH_LABELS, resource=processor_of, in_process=True)
def watch_labels(services: Services, call: Call, request: OneProcessor) -> Json:
    """What WatchStream comes to for a label processor: its counts or events, and no names."""
    if not looks_for_labels(services.stream_processors.get(request["Name"])):
        raise InvalidParameter("This stream processor searches faces: WatchStream.")
    return _watched(services, call, request["Name"])


@operation(
    "beholden:ViewStream",
    resource=searched_collection,
    identifies=Identifies.SEARCHES,
    context=asks_live,
    complete=searched,
)
def view_stream(services: Services, call: Call, request: OneProcessor) -> Json:
    """A way to the live page for a browser, which cannot sign: it opens once, within a minute."""
    watched = _watched(services, call, request["Name"])
    ticket = services.tickets.issue(watched)
    return {"Path": f"/streams/{watched['Name']}/live?ticket={ticket}"}


def _watched(services: Services, call: Call, name: str) -> Json:
    """What is watched, and the grant for it."""
    processor = services.stream_processors.get(name)
    if processor.grant is None:
        raise InvalidParameter(f"The stream processor {processor.name} does not run.")
    if purpose_of(processor) != call.grant.query.principal.purpose:
        raise AccessDenied(
            "stream-purpose: use a key with the purpose that this stream processor runs for"
        )
    call.note(processor=processor.name, session=processor.session_id)
    return {
        "Name": processor.name,
        "SessionId": processor.session_id,
        "Purpose": purpose_of(processor),
        **_camera(services, processor),
        "Grant": services.store_grant(call.grant),
    }


def _camera(services: Services, processor: StreamProcessor) -> Json:
    """Where it looks, as its notice says; whoever identifies nobody may have none."""
    notice = services.cameras.get(processor.camera).notice
    place, by = (notice.place, notice.operator) if notice else ("", "")
    return {"Camera": processor.camera, "Place": place, "Operator": by}


def purpose_of(processor: StreamProcessor) -> str:
    """That of the grant that it was started under."""
    stored: Any = processor.grant
    return str(stored["grant"]["query"]["principal"]["purpose"])
