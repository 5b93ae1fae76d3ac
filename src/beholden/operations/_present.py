"""Domain to wire: pixels to ratios, 0..1 to 0..100. The only unit conversion there is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from beholden.domain.face import (
    EyeDirection,
    Face,
    FaceAttributes,
    FaceDetails,
    FaceDetection,
    Pose,
    Quality,
    Told,
    User,
)
from beholden.domain.geometry import Box, Point
from beholden.domain.image import Image

Json = dict[str, Any]


def percent(value: float) -> float:
    """0..1 to 0..100."""
    return round(100.0 * float(value), 4)


def similarity(value_pct: float) -> float:
    return round(float(value_pct), 4)


def box_ratio(box_px: Box, image: Image) -> Box:
    width, height = image.width_px, image.height_px
    return Box(
        box_px.left / width, box_px.top / height, box_px.width / width, box_px.height / height
    )


def bounding_box(box: Box) -> Json:
    """A BoundingBox from ratios."""
    return {
        "Width": round(box.width, 6),
        "Height": round(box.height, 6),
        "Left": round(box.left, 6),
        "Top": round(box.top, 6),
    }


def detection_box(detection: FaceDetection, image: Image) -> Json:
    return bounding_box(box_ratio(detection.box_px, image))


def _landmarks(landmarks_px: Mapping[str, Point], image: Image) -> list[Json]:
    return [
        {
            "Type": name,
            "X": round(point.x / image.width_px, 6),
            "Y": round(point.y / image.height_px, 6),
        }
        for name, point in landmarks_px.items()
    ]


def _pose(pose: Pose) -> Json:
    return {
        "Roll": round(pose.roll_deg, 4),
        "Yaw": round(pose.yaw_deg, 4),
        "Pitch": round(pose.pitch_deg, 4),
    }


def _quality(quality: Quality) -> Json:
    return {
        "Brightness": round(quality.brightness_pct, 4),
        "Sharpness": round(quality.sharpness_pct, 4),
    }


def compared_face(details: FaceDetails, image: Image) -> Json:
    """A ComparedFace, and the part of a FaceDetail that is always there."""
    return {
        "BoundingBox": detection_box(details.detection, image),
        "Confidence": percent(details.detection.confidence),
        "Landmarks": _landmarks(details.landmarks_px, image),
        "Pose": _pose(details.pose),
        "Quality": _quality(details.quality),
    }


def face_detail(details: FaceDetails, image: Image) -> Json:
    """A FaceDetail. An attribute that was not asked for or cannot be told is left out."""
    return compared_face(details, image) | _attributes(details.attributes)


def recognised_face(details: FaceDetails, image: Image) -> Json:
    """A ComparedFace as RecognizeCelebrities gives it: with smile and, where told, emotions."""
    told = _attributes(details.attributes)
    return compared_face(details, image) | {
        name: told[name] for name in ("Smile", "Emotions") if name in told
    }


_TOLD = {
    "Gender": "gender",
    "Smile": "smile",
    "MouthOpen": "mouth_open",
    "EyesOpen": "eyes_open",
    "Eyeglasses": "eyeglasses",
    "Sunglasses": "sunglasses",
    "Beard": "beard",
    "Mustache": "mustache",
    "FaceOccluded": "face_occluded",
}


def _attributes(attributes: FaceAttributes) -> Json:
    found: Json = {}
    if attributes.age_years is not None:
        low, high = attributes.age_years
        found["AgeRange"] = {"Low": low, "High": high}
    if attributes.emotions is not None:
        found["Emotions"] = _emotions(attributes.emotions)
    if attributes.eye_direction is not None:
        found["EyeDirection"] = _eye_direction(attributes.eye_direction)
    for name, attribute in _TOLD.items():
        told: Told[Any] | None = getattr(attributes, attribute)
        if told is not None:
            found[name] = {"Value": told.value, "Confidence": percent(told.confidence)}
    return found


def _emotions(emotions: Mapping[str, float]) -> list[Json]:
    ranked = sorted(emotions.items(), key=lambda item: -item[1])
    return [{"Type": name, "Confidence": percent(confidence)} for name, confidence in ranked]


def _eye_direction(direction: EyeDirection) -> Json:
    return {
        "Yaw": round(direction.yaw_deg, 4),
        "Pitch": round(direction.pitch_deg, 4),
        "Confidence": percent(direction.confidence),
    }


def face(enrolled: Face) -> Json:
    """A Face, as enrolled."""
    shown: Json = {
        "FaceId": enrolled.face_id,
        "BoundingBox": bounding_box(enrolled.box_ratio),
        "ImageId": enrolled.image_id,
        "Confidence": percent(enrolled.confidence),
        "IndexFacesModelVersion": enrolled.model_version,
    }
    if enrolled.external_image_id is not None:
        shown["ExternalImageId"] = enrolled.external_image_id
    if enrolled.user_id is not None:
        shown["UserId"] = enrolled.user_id
    return shown


def user(known: User) -> Json:
    """A MatchedUser."""
    return {"UserId": known.user_id, "UserStatus": known.status}


def video_metadata(video: Mapping[str, Any]) -> Json:
    """A VideoMetadata, from a domain.video.VideoMetadata as JSON."""
    return {
        "Codec": video["codec"],
        "DurationMillis": video["duration_ms"],
        "Format": video["format"],
        "FrameRate": video["frame_rate"],
        "FrameHeight": video["height_px"],
        "FrameWidth": video["width_px"],
        "ColorRange": "FULL" if video["full_range"] else "LIMITED",
    }


def audio_metadata(audio: Mapping[str, Any]) -> Json:
    """An AudioMetadata, from a domain.video.AudioMetadata as JSON."""
    return {
        "Codec": audio["codec"],
        "DurationMillis": audio["duration_ms"],
        "SampleRate": audio["sample_rate_hz"],
        "NumberOfChannels": audio["channels"],
    }


def page(response: Json, token: str | None) -> Json:
    """Add NextToken where another page follows."""
    return response if token is None else response | {"NextToken": token}


def face_ids(ids: Iterable[str]) -> list[Json]:
    return [{"FaceId": face_id} for face_id in ids]
