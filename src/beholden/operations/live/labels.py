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
from beholden.domain.profile import Profile
from beholden.domain.stream import StreamProcessor
from beholden.operations import _present
from beholden.operations._names import new_id
from beholden.operations._services import Services
from beholden.operations.live._sight import kinds
from beholden.operations.stream_labels import STOP
from beholden.ports.live import Seen

Json = dict[str, Any]

PER_SECOND = 5.0
# Developer guide: MaxDurationInSeconds, where none is given.
DEFAULT_DURATION_S = 10.0


class LabelWatch:
    """Implements streams.work.Watch. Each kind makes one event in a session."""

    task = "labels"
    per_second = PER_SECOND

    def __init__(self, services: Services, processor: StreamProcessor) -> None:
        request: Any = processor.request
        self._services = services
        self._processor = processor
        self.asked = {"request": request}
        self._output = request["Output"]["S3Destination"]
        self._events: list[str] = []
        self._most = dict.fromkeys(kinds(request), 0)
        stop = request.get(STOP, {})
        self.lasts_s = float(stop.get("MaxDurationInSeconds", DEFAULT_DURATION_S))

    def renew(self, grant: Grant) -> None:
        """Nothing here depends on whose it is."""

    def see(self, seen: Seen) -> Json | None:
        for kind, one in seen.found.items():
            self._most[kind] = max(self._most[kind], one["number"])
        new = {kind: one for kind, one in seen.found.items() if kind not in self._events}
        if not new:
            return None
        self._events += new
        event_id = new_id()
        shown = _Shown(seen, hides_faces=self._services.profile is not Profile.PERSONAL)
        labels = [self._label(shown, event_id, kind, one) for kind, one in new.items()]
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

    def _label(self, shown: _Shown, event_id: str, kind: str, one: Mapping[str, Any]) -> Json:
        box_px, name = Box(*map(float, one["box_px"])), f"{event_id}/{kind.lower()}"
        seen, box = shown.seen, _present.bounding_box(_present.box_ratio(box_px, shown.image))
        return {
            "id": new_id(),
            "name": kind,
            "confidence": _present.percent(one["confidence"]),
            "boundingBox": {side.lower(): value for side, value in box.items()},
            "frameImageUri": self._kept(shown.pixels, f"{name}-frame"),
            "croppedImageUri": self._kept(shown.cut_out(box_px), f"{name}-cropped"),
            "videoMapping": {
                "kinesisVideoMapping": {
                    "fragmentNumber": str(seen.fragment.number),
                    "serverTimestamp": int(seen.fragment.served_at.timestamp() * 1000),
                    "producerTimestamp": int(seen.fragment.produced_at.timestamp() * 1000),
                    "frameOffsetMillis": int(seen.offset_s * 1000),
                }
            },
        }

    def _kept(self, pixels: Any, name: str) -> str:
        """As JPEG. Raises InvalidS3Object."""
        bucket = self._output["Bucket"]
        key = self._processor.object_key(self._output.get("KeyPrefix", ""), f"{name}.jpg")
        with tempfile.TemporaryDirectory() as where:
            path = Path(where) / "picture.jpg"
            Pillow.fromarray(pixels).save(path, "JPEG", quality=85)
            self._services.blobs.write(bucket, key, path)
        return f"s3://{bucket}/{key}"


class _Shown:
    """The picture of an event: `pixels` (h, w, 3) are what is kept of it."""

    def __init__(self, seen: Seen, *, hides_faces: bool) -> None:
        self.seen = seen
        self.image = seen.picture()
        faces = [grown(box_px, 0) for box_px in seen.possible_faces()] if hides_faces else []
        self.pixels = without_faces(self.image.pixels, faces)

    def cut_out(self, box_px: Box) -> Any:
        left, top = max(0, int(box_px.left)), max(0, int(box_px.top))
        right, bottom = int(box_px.right), int(box_px.bottom)
        return self.pixels[top : max(bottom, top + 1), left : max(right, left + 1)]
