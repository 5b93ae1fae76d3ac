"""People and pets before a camera: an event when one is first seen, with a picture of that moment.

No face is compared with anybody. Beyond a household the faces in a picture are made unrecognisable
before it is kept, as far as the face detector finds them.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PIL import Image as Pillow

from beholden.analysis.privacy import grown, without_faces
from beholden.domain.access import Grant
from beholden.domain.geometry import Box
from beholden.domain.image import Image
from beholden.domain.labels import Instance
from beholden.domain.profile import Profile
from beholden.domain.stream import StreamProcessor
from beholden.operations import _present
from beholden.operations._names import new_id
from beholden.operations._services import Services
from beholden.operations.live._sight import Sight
from beholden.operations.stream_labels import STOP
from beholden.ports.live import LiveFrame

Json = dict[str, Any]

PER_SECOND = 5.0
# Developer guide: MaxDurationInSeconds, where none is given.
DEFAULT_DURATION_S = 10.0


class LabelWatch:
    """Implements streams.work.Watch. Each kind makes one event in a session."""

    per_second = PER_SECOND

    def __init__(self, services: Services, processor: StreamProcessor) -> None:
        request: Any = processor.request
        self._services = services
        self._processor = processor
        self._sight = Sight(services.labels, request)
        self._output = request["Output"]["S3Destination"]
        self._events: list[str] = []
        self._most = dict.fromkeys(self._sight.kinds, 0)
        stop = request.get(STOP, {})
        self.lasts_s = float(stop.get("MaxDurationInSeconds", DEFAULT_DURATION_S))

    def renew(self, grant: Grant) -> None:
        """Nothing here depends on whose it is."""

    def see(self, frame: LiveFrame) -> Json | None:
        image = frame.image()
        found = self._sight.of(image)
        for kind, instances in found.items():
            self._most[kind] = max(self._most[kind], len(instances))
        new = {kind: found[kind][0] for kind in found if kind not in self._events}
        if not new:
            return None
        self._events += new
        event_id = new_id()
        labels = [self._label(image, frame, event_id, k, one) for k, one in new.items()]
        return self._event(event_id, "LABEL_DETECTED") | {"labels": labels}

    def finish(self) -> Json:
        told = {"message": "Stream processing complete."}
        event = self._event(new_id(), "STREAM_PROCESSING_COMPLETE")
        return event | {"streamProcessingResults": told}

    def close(self, *, keep: bool) -> None:
        """All pictures are kept already."""

    def summary(self) -> Mapping[str, object]:
        """The most that were in view at once."""
        return {"in_view": dict(self._most)}

    def _event(self, event_id: str, kind: str) -> Json:
        source: Any = self._processor.request["Input"]
        return {
            "inputInformation": {
                "kinesisVideo": {"streamArn": source["KinesisVideoStream"]["Arn"]}
            },
            "eventNamespace": {"type": kind},
            "eventId": event_id,
            "tags": self._processor.request.get("Tags", {}),
            "sessionId": self._processor.session_id,
        }

    def _label(
        self, image: Image, frame: LiveFrame, event_id: str, kind: str, one: Instance
    ) -> Json:
        pictures = self._pictures(image, f"{event_id}/{kind.lower()}", one.box_px)
        return {
            "id": new_id(),
            "name": kind,
            "confidence": _present.percent(one.confidence),
            "boundingBox": {
                name.lower(): value
                for name, value in _present.bounding_box(
                    _present.box_ratio(one.box_px, image)
                ).items()
            },
            "frameImageUri": pictures[0],
            "croppedImageUri": pictures[1],
            "videoMapping": {
                "kinesisVideoMapping": {
                    "fragmentNumber": str(frame.fragment.number),
                    "serverTimestamp": int(frame.fragment.served_at.timestamp() * 1000),
                    "producerTimestamp": int(frame.fragment.produced_at.timestamp() * 1000),
                    "frameOffsetMillis": int(frame.offset_s * 1000),
                }
            },
        }

    def _pictures(self, image: Image, name: str, box_px: Box) -> list[str]:
        """Where the whole frame and the cut-out are kept, as JPEG."""
        pixels = image.pixels
        if self._services.profile is not Profile.PERSONAL:
            found = self._services.possible_faces(pixels)
            pixels = without_faces(pixels, [grown(face.box_px, 0) for face in found])
        left, top = max(0, int(box_px.left)), max(0, int(box_px.top))
        right, bottom = int(box_px.left + box_px.width), int(box_px.top + box_px.height)
        cropped = pixels[top : max(bottom, top + 1), left : max(right, left + 1)]
        return [self._kept(pixels, f"{name}-frame"), self._kept(cropped, f"{name}-cropped")]

    def _kept(self, pixels: Any, name: str) -> str:
        """Raises InvalidS3Object."""
        bucket = self._output["Bucket"]
        key = self._processor.object_key(self._output.get("KeyPrefix", ""), f"{name}.jpg")
        with tempfile.TemporaryDirectory() as where:
            path = Path(where) / "picture.jpg"
            Pillow.fromarray(pixels).save(path, "JPEG", quality=85)
            self._services.blobs.write(bucket, key, path)
        return f"s3://{bucket}/{key}"
