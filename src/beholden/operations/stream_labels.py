"""Stream processors that look for people and pets, and for nobody in particular: what they are
asked for, and how they are started. No face is looked for, so no authorization is needed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from beholden.domain.access import Resource
from beholden.domain.errors import InvalidParameter
from beholden.domain.stream import StreamProcessor
from beholden.gate.call import Call
from beholden.gate.registry import Request, operation
from beholden.operations._names import new_id
from beholden.operations._regions import corners
from beholden.operations._services import Services

if TYPE_CHECKING:
    from types_boto3_rekognition.type_defs import StartStreamProcessorRequestTypeDef

Json = dict[str, Any]

START_LABELS = "beholden:StartLabels"
# What Rekognition calls them, and what the object detector does. It knows no parcels.
KINDS: Mapping[str, tuple[str, ...]] = {"PERSON": ("Person",), "PET": ("Cat", "Dog")}
# The StopSelector of its last start is kept with what a label processor was created with.
STOP = "StopSelector"


def looks_for_labels(processor: StreamProcessor) -> bool:
    settings: Any = processor.request["Settings"]
    return "ConnectedHome" in settings


def counts(processor: StreamProcessor) -> bool:
    """Whether it writes how many are there to a data stream, and no events with pictures."""
    output: Any = processor.request["Output"]
    return looks_for_labels(processor) and "KinesisDataStream" in output


def check_labels(services: Services, request: Mapping[str, Any]) -> None:
    """Raises InvalidParameter."""
    _check_names(request["Settings"]["ConnectedHome"]["Labels"])
    for region in request.get("RegionsOfInterest", ()):
        corners(region)
    if "KmsKeyId" in request:
        raise InvalidParameter("KmsKeyId: encryption is the bucket's own here.")
    if "KinesisDataStream" in request["Output"]:
        _check_count(request)
        return
    if "Bucket" not in request["Output"].get("S3Destination", {}):
        raise InvalidParameter("A label processor needs an S3Destination as its Output.")
    if "NotificationChannel" not in request:
        raise InvalidParameter("A label processor needs a NotificationChannel.")
    if not services.publishes:
        raise InvalidParameter("NotificationChannel: no SNS is configured (BEHOLDEN_SNS_ENDPOINT).")


def _check_count(request: Mapping[str, Any]) -> None:
    if "Arn" not in request["Output"]["KinesisDataStream"]:
        raise InvalidParameter("A KinesisDataStream has an Arn.")
    for name, told in (("NotificationChannel", request), ("S3Destination", request["Output"])):
        if name in told:
            raise InvalidParameter(f"A head count goes to its KinesisDataStream, to no {name}.")


def _check_names(names: list[str]) -> None:
    known = {*KINDS, "ALL"}
    for name in names:
        if name not in known:
            raise InvalidParameter(f"Labels are {', '.join(sorted(known))} here, not {name}.")


def updated(
    services: Services, before: Mapping[str, object], changes: Mapping[str, Any]
) -> Mapping[str, object]:
    """What a label processor is asked for from now on. Raises InvalidParameter."""
    asked: Json = dict(before)
    home = dict(asked["Settings"]["ConnectedHome"])
    home |= changes.get("SettingsForUpdate", {}).get("ConnectedHomeForUpdate", {})
    for name in changes.get("ParametersToDelete", ()):
        home.pop(name.removeprefix("ConnectedHome"), None)
        asked.pop(name, None)
    asked["Settings"] = {"ConnectedHome": home}
    for name in ("RegionsOfInterest", "DataSharingPreference"):
        if f"{name}ForUpdate" in changes:
            asked[name] = changes[f"{name}ForUpdate"]
    check_labels(services, asked)
    if asked.get("DataSharingPreference", {}).get("OptIn"):
        raise InvalidParameter("This server shares nothing: DataSharingPreference OptIn is False.")
    return asked


def processor_of(request: Request) -> Resource:
    return Resource("StreamProcessor", request["Name"])


@operation(START_LABELS, resource=processor_of, in_process=True)
def start_labels(
    services: Services, call: Call, request: StartStreamProcessorRequestTypeDef
) -> Json:
    """What StartStreamProcessor comes to for a label processor. Raises ResourceInUse if it runs."""
    if not looks_for_labels(services.stream_processors.get(request["Name"])):
        raise InvalidParameter("This stream processor searches faces: StartStreamProcessor.")
    selector = request.get("StartSelector", {}).get("KVSStreamStartSelector", {})
    if selector:
        raise InvalidParameter("A camera has no past here: StartSelector is now, or left out.")
    stop: Mapping[str, Any] = request.get("StopSelector", {})
    return begin(services, call, request["Name"], stop)


def begin(
    services: Services, call: Call, name: str, stop: Mapping[str, object] | None = None
) -> Json:
    """Under the grant of this call, for as long as it stands. Raises ResourceInUse if it runs."""
    session_id, now = new_id(), call.grant.issued_at
    grant = services.store_grant(call.grant)

    def started(one: StreamProcessor) -> StreamProcessor:
        begun = one.started(session_id, grant, now)
        return begun if stop is None else replace(begun, request={**one.request, STOP: stop})

    services.stream_processors.change(name, started)
    call.note(processor=name, session=session_id)
    return {"SessionId": session_id}
