"""Faces at the command line: detect, compare, enrol a folder, search."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from PIL import Image
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from beholden.cli import pictures
from beholden.cli.options import DataDir, settings_with
from beholden.cli.session import Session, open_session
from beholden.cli.terminal import terminal
from beholden.domain.errors import (
    AccessDenied,
    ClientError,
    OperatorError,
    ResourceAlreadyExists,
)

Photo = Annotated[
    Path, typer.Argument(exists=True, dir_okay=False, help="A JPEG or PNG file.", metavar="PHOTO")
]
Out = Annotated[Path | None, typer.Option("--out", help="Write an annotated picture there.")]
Json = Annotated[bool, typer.Option("--json", help="Print the API's answer as JSON.")]
Threshold = Annotated[float, typer.Option(min=0, max=100, help="Least similarity of a match.")]
CollectionName = Annotated[
    str, typer.Option("--collection", help="The collection's id.", metavar="NAME")
]
PHOTO_ENDINGS = {".jpg", ".jpeg", ".png"}


def detect_faces(
    photo: Photo,
    out: Out = None,
    attributes: Annotated[
        bool, typer.Option("--attributes/--plain", help="Age, emotions, glasses and so on, too.")
    ] = True,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Find the faces in a photo and tell what can be told of each."""
    request = {
        "Image": {"Bytes": pictures.request_bytes(photo)},
        "Attributes": ["ALL" if attributes else "DEFAULT"],
    }
    with open_session(settings_with(data_dir=data_dir)) as session:
        answer = session.call("DetectFaces", request)
    found = answer["FaceDetails"]
    if out:
        picture = pictures.open_upright(photo)
        pictures.annotate(
            picture, ((face, str(n), pictures.MATCH) for n, face in enumerate(found, 1))
        )
        pictures.save(picture, out)
    if as_json:
        print(json.dumps(answer, indent=2))
    else:
        _show_faces(found, photo, out)


def _show_faces(found: list[dict[str, Any]], photo: Path, out: Path | None) -> None:
    console = terminal()
    if not found:
        console.print(f"No face in {photo}.")
        return
    table = Table("face", "confidence", "pose: yaw, pitch, roll", "bright", "sharp", "told")
    for n, face in enumerate(found, 1):
        pose, quality = face["Pose"], face["Quality"]
        table.add_row(
            str(n),
            f"{face['Confidence']:.1f}",
            f"{pose['Yaw']:+.0f}, {pose['Pitch']:+.0f}, {pose['Roll']:+.0f}",
            f"{quality['Brightness']:.0f}",
            f"{quality['Sharpness']:.0f}",
            ", ".join(_told(face)),
        )
    console.print(table)
    if out:
        console.print(f"Annotated picture: {out}")


def _told(face: dict[str, Any]) -> Iterator[str]:
    """What a model is more sure of than not, in words."""
    if "Gender" in face:
        yield f"{face['Gender']['Value'].lower()} {face['Gender']['Confidence']:.0f}%"
    if "AgeRange" in face:
        yield f"{face['AgeRange']['Low']}-{face['AgeRange']['High']} years"
    if face.get("Emotions"):
        first = face["Emotions"][0]
        yield f"{first['Type'].lower()} {first['Confidence']:.0f}%"
    names = ("Smile", "MouthOpen", "Eyeglasses", "Sunglasses", "Beard", "Mustache", "FaceOccluded")
    for name in names:
        if face.get(name, {}).get("Value"):
            words = re.sub(r"(?<!^)([A-Z])", r" \1", name).lower()
            yield f"{words} {face[name]['Confidence']:.0f}%"
    if face.get("EyesOpen", {}).get("Value") is False:
        yield f"eyes closed {face['EyesOpen']['Confidence']:.0f}%"


def compare_faces(
    source: Photo,
    target: Photo,
    threshold: Threshold = 80.0,
    out: Out = None,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Tell whether the largest face of SOURCE is among the faces of TARGET."""
    request = {
        "SourceImage": {"Bytes": pictures.request_bytes(source)},
        "TargetImage": {"Bytes": pictures.request_bytes(target)},
        "SimilarityThreshold": threshold,
    }
    with open_session(settings_with(data_dir=data_dir)) as session:
        answer = session.call("CompareFaces", request)
    matches, others = answer["FaceMatches"], answer["UnmatchedFaces"]
    if out:
        picture = pictures.open_upright(target)
        marks = [(match["Face"], f"{match['Similarity']:.1f}", pictures.MATCH) for match in matches]
        pictures.annotate(picture, marks + [(face, "no match", pictures.OTHER) for face in others])
        pictures.save(picture, out)
    if as_json:
        print(json.dumps(answer, indent=2))
        return
    console = terminal()
    for match in matches:
        console.print(f"Match, similarity {match['Similarity']:.2f}.")
    console.print(f"{len(others)} other face(s) in {target} below {threshold:g}.")


def index_faces(
    folder: Annotated[Path, typer.Argument(exists=True, help="A folder of photos, or one photo.")],
    collection: CollectionName,
    quality: Annotated[str, typer.Option(help="NONE, AUTO, LOW, MEDIUM or HIGH.")] = "AUTO",
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Enrol the faces of every photo in a folder. Photos enrolled before are not enrolled twice."""
    photos = _photos(folder)
    if not photos:
        raise OperatorError(f"There is no .jpg or .png file in {folder}.")
    root = folder if folder.is_dir() else folder.parent
    results = []
    with open_session(settings_with(data_dir=data_dir)) as session, _progress() as progress:
        _ensure_collection(session, collection)
        for photo in progress.track(photos, description="Enrolling"):
            name = external_id(photo.relative_to(root))
            results.append(_enrol(session, collection, photo, name, quality))
    if as_json:
        print(json.dumps(results, indent=2))
    else:
        _summarise(results, collection)


def external_id(path: Path) -> str:
    """A file's ExternalImageId: its relative path, in the characters that the API allows."""
    return re.sub(r"[^a-zA-Z0-9_.\-:]", "_", path.as_posix().replace("/", ":"))[-255:]


def _photos(folder: Path) -> list[Path]:
    if folder.is_file():
        return [folder]
    return sorted(p for p in folder.rglob("*") if p.suffix.lower() in PHOTO_ENDINGS and p.is_file())


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=terminal(stderr=True),
    )


def _ensure_collection(session: Session, collection: str) -> None:
    try:
        session.call("CreateCollection", {"CollectionId": collection})
    except (ResourceAlreadyExists, AccessDenied):
        return  # whoever may only enrol does so in a collection that is there


def _enrol(
    session: Session, collection: str, photo: Path, name: str, quality: str
) -> dict[str, Any]:
    """What became of one photo: faces enrolled, faces left out with reasons, or an error."""
    try:
        answer = session.call(
            "IndexFaces",
            {
                "CollectionId": collection,
                "Image": {"Bytes": pictures.request_bytes(photo)},
                "ExternalImageId": name,
                "QualityFilter": quality,
            },
        )
    except AccessDenied:
        raise
    except (ClientError, OperatorError) as error:
        return {"photo": str(photo), "error": str(error)}
    return {
        "photo": str(photo),
        "faces": [record["Face"]["FaceId"] for record in answer["FaceRecords"]],
        "left_out": [face["Reasons"] for face in answer["UnindexedFaces"]],
    }


def _summarise(results: list[dict[str, Any]], collection: str) -> None:
    console = terminal()
    enrolled = sum(len(result.get("faces", ())) for result in results)
    console.print(f"{enrolled} faces of {len(results)} photos are in {collection}.")
    why = Counter(
        reason for result in results for face in result.get("left_out", ()) for reason in face
    )
    without = [r for r in results if r.get("faces") == [] and not r["left_out"]]
    errors = Counter(result["error"] for result in results if "error" in result)
    table = Table("left out", "how many")
    for reason, count in (why + errors).most_common():
        table.add_row(reason, str(count))
    if without:
        table.add_row("no face in the photo", str(len(without)))
    if table.row_count:
        console.print(table)


def search_faces(
    photo: Photo,
    collection: CollectionName,
    threshold: Threshold = 80.0,
    most: Annotated[
        int, typer.Option("--max", min=1, max=4096, help="At most so many matches.")
    ] = 20,
    images: Annotated[
        Path | None,
        typer.Option(help="The folder that was enrolled, for the pictures of a contact sheet."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write a contact sheet there.")] = None,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Search a collection for the largest face in a photo."""
    request = {
        "CollectionId": collection,
        "Image": {"Bytes": pictures.request_bytes(photo)},
        "FaceMatchThreshold": threshold,
        "MaxFaces": most,
    }
    with open_session(settings_with(data_dir=data_dir)) as session:
        answer = session.call("SearchFacesByImage", request)
    if out:
        pictures.save(pictures.contact_sheet(list(_tiles(photo, answer, images))), out)
    if as_json:
        print(json.dumps(answer, indent=2))
        return
    _show_matches(answer["FaceMatches"], f"Nobody in {collection} at {threshold:g}.")


def _show_matches(matches: list[dict[str, Any]], nobody: str) -> None:
    if matches and "Confidence" not in matches[0]["Face"]:  # see docs/accountability/review.md
        lead = matches[0]["Face"]["FaceId"]
        print(f"Two people must look before anything is told, a match or none: lead {lead}")
        print(f"What became of it: beholden review result {lead}")
        return
    table = Table("similarity", "face", "photo")
    table.columns[1].no_wrap, table.columns[1].min_width = True, 36
    for match in matches:
        face = match["Face"]
        table.add_row(f"{match['Similarity']:.2f}", face["FaceId"], face.get("ExternalImageId", ""))
    terminal().print(table if matches else nobody)


def _tiles(photo: Path, answer: dict[str, Any], images: Path | None) -> Iterator[pictures.Tile]:
    """The probe first, then every match; a grey square where its picture is not at hand."""
    probe = pictures.crop(pictures.open_upright(photo), answer["SearchedFaceBoundingBox"])
    yield pictures.Tile(probe, ["searched for", photo.name])
    known = {external_id(p.relative_to(images)): p for p in _photos(images)} if images else {}
    for match in answer["FaceMatches"]:
        face = match["Face"]
        source = known.get(face.get("ExternalImageId", ""))
        picture = Image.new("RGB", (1, 1), "#d8d8d8")
        if source:
            picture = pictures.crop(pictures.open_upright(source), face["BoundingBox"])
        name = face.get("ExternalImageId", face["FaceId"])
        yield pictures.Tile(picture, [f"similarity {match['Similarity']:.2f}", name[-28:]])
