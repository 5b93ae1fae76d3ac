"""Cameras: where live pictures come from, and the notice beside each. Not part of Rekognition's
API: see docs/live.md."""

from __future__ import annotations

import re
from typing import Any, TypedDict

from beholden.domain.access import Resource
from beholden.domain.errors import InvalidParameter, ResourceInUse
from beholden.domain.stream import KINDS_OF_SOURCES, Camera, Notice
from beholden.gate.call import Call
from beholden.gate.registry import Request, operation
from beholden.operations._services import Services

Json = dict[str, Any]

# What Kinesis Video Streams allows, too.
NAME = re.compile(r"[a-zA-Z0-9_.-]{1,128}")
SOURCE = re.compile(r"((rtsps?|https?|file)://|v4l2:/dev/|kinesisvideo:)[!-~]+", re.IGNORECASE)


class NewCamera(TypedDict):
    """`Source`: rtsp://, http:// (HLS or Motion JPEG), file:// (played as if it were live),
    v4l2:/dev/video0 or kinesisvideo: and a stream's name or ARN."""

    Name: str
    Source: str


class NewNotice(TypedDict):
    """Public, all of it. `Purposes` are declared ones."""

    Name: str
    Place: str
    Purposes: list[str]
    Operator: str


class OneCamera(TypedDict):
    Name: str


def _cameras(_request: Request) -> Resource:
    return Resource("Deployment", "cameras")


@operation("beholden:PutCamera", resource=_cameras)
def put_camera(services: Services, call: Call, request: NewCamera) -> Json:
    """Add a camera, or give one another source. Its address does not stand in the log."""
    name, source = request["Name"], request["Source"]
    if not NAME.fullmatch(name):
        raise InvalidParameter("A camera's name has 1 to 128 of: letters, digits, _ . -")
    if not SOURCE.fullmatch(source):
        raise InvalidParameter(KINDS_OF_SOURCES)
    now = call.grant.issued_at
    arn = services.account.camera_arn(name, now)
    camera = services.cameras.put(Camera(name, arn, source, now))
    call.note(camera=name, source=services.hashes.of(source.encode()))
    return shown(camera)


@operation("beholden:PutNotice", resource=_cameras)
def put_notice(services: Services, call: Call, request: NewNotice) -> Json:
    """Say in public where a camera is, what for, and who answers for it."""
    place, purposes, by = request["Place"], request["Purposes"], request["Operator"]
    if not place.strip() or not by.strip() or not purposes:
        raise InvalidParameter("A notice names a place, an operator and at least one purpose.")
    unknown = [name for name in purposes if services.purposes.get(name) is None]
    if unknown:
        raise InvalidParameter(f"No purpose is declared as {', '.join(unknown)}.")
    notice = Notice(place, tuple(sorted(set(purposes))), by, call.grant.issued_at)
    camera = services.cameras.put_notice(request["Name"], notice)
    call.note(camera=camera.name, notice=_told(notice))
    return shown(camera)


@operation("beholden:ListCameras", resource=_cameras, only_reads=True)
def list_cameras(services: Services, _call: Call, _request: Request) -> Json:
    return {"Cameras": [shown(camera) for camera in services.cameras.list()]}


@operation("beholden:RemoveCamera", resource=_cameras)
def remove_camera(services: Services, call: Call, request: OneCamera) -> Json:
    """Its notice comes down with it. Raises ResourceInUse while a processor looks at it."""
    name = request["Name"]
    for processor in services.stream_processors.list():
        if processor.camera == name:
            raise ResourceInUse(f"The stream processor {processor.name} looks at {name}.")
    removed = services.cameras.remove(name)
    call.note(camera=name, removed=True)
    return shown(removed)


def shown(camera: Camera) -> Json:
    """A password in the address is not shown."""
    return {
        "Name": camera.name,
        "StreamArn": camera.arn,
        "Source": re.sub(r"//[^/@]*@", "//***@", camera.source),
        "AddedAt": camera.added_at.isoformat(),
        "Notice": _told(camera.notice) if camera.notice else None,
    }


def _told(notice: Notice) -> Json:
    return {
        "Place": notice.place,
        "Purposes": list(notice.purposes),
        "Operator": notice.operator,
        "Since": notice.since.isoformat(),
    }
