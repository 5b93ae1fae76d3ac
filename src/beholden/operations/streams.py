"""Stream processors: created, started under a grant, stopped, deleted.

These operations only change records. What runs is the work of `streams/`, which follows them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NotRequired, TypedDict

from beholden.domain.access import Identifies, Resource
from beholden.domain.errors import InvalidParameter, ResourceNotFound
from beholden.domain.stream import StreamProcessor
from beholden.gate.call import Call
from beholden.gate.registry import Request, operation
from beholden.operations import _present
from beholden.operations._services import Services
from beholden.operations.enrolment import usable
from beholden.operations.faces import DEFAULT_THRESHOLD_PCT
from beholden.operations.stream_labels import (
    START_LABELS,
    begin,
    check_labels,
    looks_for_labels,
    processor_of,
    updated,
)

if TYPE_CHECKING:
    from types_boto3_rekognition.type_defs import (
        CreateStreamProcessorRequestTypeDef,
        DeleteStreamProcessorRequestTypeDef,
        DescribeStreamProcessorRequestTypeDef,
        ListStreamProcessorsRequestTypeDef,
        StartStreamProcessorRequestTypeDef,
        StopStreamProcessorRequestTypeDef,
        UpdateStreamProcessorRequestTypeDef,
    )

Json = dict[str, Any]

# Developer guide, quotas: face search processors of an account.
MAX_PROCESSORS = 10
DEFAULT_PAGE = 1000
CAMERA = re.compile(r"arn:[^:]+:kinesisvideo:[^:]*:\d{12}:stream/([a-zA-Z0-9_.-]+)(/\d+)?")
# What is kept of the pictures, beside what a processor was created with.
RECORDING = "Recording"
# What Rekognition offers for label processors only.
FOR_LABELS = ("NotificationChannel", "KmsKeyId", "RegionsOfInterest", "S3Destination")
SHOWN = (
    "Input",
    "Output",
    "RoleArn",
    "Settings",
    "NotificationChannel",
    "KmsKeyId",
    "RegionsOfInterest",
    "DataSharingPreference",
)


def _processors(_request: Request) -> Resource:
    return Resource("Deployment", "stream-processors")


def searched(services: Services, request: Request) -> Request:
    """With the collection, the camera and the threshold that the processor was created with."""
    processor = services.stream_processors.get(request["Name"])
    if looks_for_labels(processor):
        raise InvalidParameter(f"The stream processor {processor.name} searches no faces.")
    search = face_search(processor)
    return {
        **request,
        "CollectionId": search["CollectionId"],
        "Camera": processor.camera,
        "FaceMatchThreshold": search.get("FaceMatchThreshold", DEFAULT_THRESHOLD_PCT),
    }


def _labels_instead(services: Services, request: Request) -> str | None:
    """A label processor identifies nobody: other rules hold for its start."""
    processor = services.stream_processors.get(request["Name"])
    return START_LABELS if looks_for_labels(processor) else None


def searched_collection(request: Request) -> Resource:
    return Resource("Collection", request["CollectionId"])


def asks_live(request: Request) -> Mapping[str, object]:
    return {"camera": request["Camera"], "threshold_pct": request["FaceMatchThreshold"]}


@operation("CreateStreamProcessor", resource=processor_of)
def create_stream_processor(
    services: Services, call: Call, request: CreateStreamProcessorRequestTypeDef
) -> Json:
    _checked(services, request)
    name, now = request["Name"], call.grant.issued_at
    processor = StreamProcessor(
        name=name,
        arn=services.account.processor_arn(name),
        camera=_camera(services, request["Input"]),
        request=request,
        created_at=now,
        updated_at=now,
    )
    services.stream_processors.add(processor, MAX_PROCESSORS)
    call.note(camera=processor.camera)
    return {"StreamProcessorArn": processor.arn}


def _checked(services: Services, request: Mapping[str, Any]) -> None:
    """Raises InvalidParameter."""
    settings = request["Settings"]
    if len(settings) != 1:
        raise InvalidParameter("Provide either FaceSearch or ConnectedHome settings.")
    if request.get("DataSharingPreference", {}).get("OptIn"):
        raise InvalidParameter("This server shares nothing: DataSharingPreference OptIn is False.")
    if "ConnectedHome" in settings:
        check_labels(services, request)
        return
    search = settings["FaceSearch"]
    if "CollectionId" not in search:
        raise InvalidParameter("FaceSearch needs a CollectionId.")
    if "Arn" not in request["Output"].get("KinesisDataStream", {}):
        raise InvalidParameter("A face search processor needs a KinesisDataStream as its Output.")
    for name in FOR_LABELS:
        if request.get(name) or name in request["Output"]:
            raise InvalidParameter(f"{name} is for label processors.")
    try:
        usable(services, search["CollectionId"])
    except ResourceNotFound as error:
        raise InvalidParameter(str(error)) from error


def _camera(services: Services, source: Mapping[str, Any]) -> str:
    arn = source.get("KinesisVideoStream", {}).get("Arn", "")
    found = CAMERA.fullmatch(arn)
    if found is None:
        raise InvalidParameter("A stream processor needs a KinesisVideoStream's Arn as its Input.")
    try:
        return services.cameras.get(found[1]).name
    except ResourceNotFound as error:
        raise InvalidParameter(
            f"No source is configured for the stream {found[1]}: "
            f"beholden streams add {found[1]} URL"
        ) from error


@operation("DescribeStreamProcessor", resource=processor_of, only_reads=True)
def describe_stream_processor(
    services: Services, _call: Call, request: DescribeStreamProcessorRequestTypeDef
) -> Json:
    found = services.stream_processors.get(request["Name"])
    told: Json = {
        "Name": found.name,
        "StreamProcessorArn": found.arn,
        "Status": found.status.value,
        "CreationTimestamp": found.created_at,
        "LastUpdateTimestamp": found.updated_at,
    }
    if found.message is not None:
        told["StatusMessage"] = found.message
    return told | {name: found.request[name] for name in SHOWN if name in found.request}


@operation("ListStreamProcessors", resource=_processors, only_reads=True)
def list_stream_processors(
    services: Services, _call: Call, request: ListStreamProcessorsRequestTypeDef
) -> Json:
    size = request.get("MaxResults", DEFAULT_PAGE)
    after = services.pages.position("stream-processors", request.get("NextToken"))
    found = services.stream_processors.list(after, size + 1)
    shown = [{"Name": one.name, "Status": one.status.value} for one in found[:size]]
    more = None
    if len(found) > size:
        more = services.pages.issue("stream-processors", found[size - 1].no)
    return _present.page({"StreamProcessors": shown}, more)


@operation(
    "StartStreamProcessor",
    resource=searched_collection,
    identifies=Identifies.SEARCHES,
    context=asks_live,
    complete=searched,
    instead=_labels_instead,
)
def start_stream_processor(
    services: Services, call: Call, request: StartStreamProcessorRequestTypeDef
) -> Json:
    """Under the grant of this call, for as long as it stands. Raises ResourceInUse if it runs."""
    for name in ("StartSelector", "StopSelector"):
        if request.get(name):
            raise InvalidParameter(f"{name} is for label processors.")
    return begin(services, call, request["Name"])


@operation("StopStreamProcessor", resource=processor_of)
def stop_stream_processor(
    services: Services, call: Call, request: StopStreamProcessorRequestTypeDef
) -> Json:
    now = call.grant.issued_at
    stopping = services.stream_processors.change(request["Name"], lambda one: one.stopping(now))
    call.note(session=stopping.session_id)
    return {}


@operation("UpdateStreamProcessor", resource=processor_of)
def update_stream_processor(
    services: Services, call: Call, request: UpdateStreamProcessorRequestTypeDef
) -> Json:
    """All that Rekognition lets be updated is a label processor's. Raises ResourceInUse unless it
    rests."""
    now = call.grant.issued_at

    def update(one: StreamProcessor) -> StreamProcessor:
        if not looks_for_labels(one):
            raise InvalidParameter(
                f"The stream processor {one.name} searches faces, and only label processors can be "
                "updated: delete it and create it anew."
            )
        return one.updated(updated(services, one.request, request), now)

    services.stream_processors.change(request["Name"], update)
    return {}


@operation("DeleteStreamProcessor", resource=processor_of)
def delete_stream_processor(
    services: Services, call: Call, request: DeleteStreamProcessorRequestTypeDef
) -> Json:
    deleted = services.stream_processors.delete(request["Name"])
    call.note(camera=deleted.camera)
    return {}


class NewRecording(TypedDict):
    """Without a `Bucket`, nothing is recorded any more."""

    Name: str
    Bucket: NotRequired[str]
    KeyPrefix: NotRequired[str]


@operation("beholden:RecordStream", resource=processor_of)
def record_stream(services: Services, call: Call, request: NewRecording) -> Json:
    """Keep what a face search processor sees, with whoever it does not know unrecognisable, from
    its next start on. Not part of Rekognition's API: see docs/live.md. Raises ResourceInUse unless
    it rests."""
    now = call.grant.issued_at

    def recorded(one: StreamProcessor) -> StreamProcessor:
        if looks_for_labels(one):
            raise InvalidParameter(f"The stream processor {one.name} searches no faces.")
        changed = {name: value for name, value in one.request.items() if name != RECORDING}
        if "Bucket" in request:
            kept = {"Bucket": request["Bucket"], "KeyPrefix": request.get("KeyPrefix", "")}
            changed[RECORDING] = kept
        return one.updated(changed, now)

    services.stream_processors.change(request["Name"], recorded)
    call.note(recording=request.get("Bucket"))
    return {}


def face_search(processor: StreamProcessor) -> Mapping[str, Any]:
    """The FaceSearch settings of a processor."""
    settings: Any = processor.request["Settings"]
    search: Mapping[str, Any] = settings["FaceSearch"]
    return search
