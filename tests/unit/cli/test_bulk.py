"""One operation over files and folders, with a gate that answers from a script."""

import json
import os
from types import SimpleNamespace

import pytest
import typer
from PIL import Image

from beholden.cli.bulk import Bulk, pictures_in
from beholden.cli.faces import _photos
from beholden.cli.session import Session
from beholden.domain.errors import AccessDenied, InvalidImageFormat, OperatorError

BOX = {"BoundingBox": {"Left": 0.25, "Top": 0.25, "Width": 0.5, "Height": 0.5}}


class Script:
    """Answers each call with what `answer` gives of its bytes."""

    def __init__(self, answer):
        self.answer = answer

    def call(self, _principal, _operation, request):
        found = self.answer(request["Image"]["Bytes"])
        if isinstance(found, Exception):
            raise found
        return found


@pytest.fixture
def folder(tmp_path):
    for name in ("b.png", "a.jpg", "deeper/c.png"):
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (100, 100), "white").save(path)
    (tmp_path / "in/notes.txt").write_text("no picture")
    (tmp_path / "in/broken.jpg").write_bytes(b"no picture either")
    return tmp_path / "in"


def run(folder, answer, annotate=None):
    session = Session(SimpleNamespace(gate=Script(answer)), None)
    marks = Bulk("DetectLabels", {}, lambda _answer: [(BOX, "box", "#ff0000")], lambda _a: ["line"])
    marks.over(session, folder, annotate)


def answers(data):
    return InvalidImageFormat() if data.startswith(b"no picture") else {"Labels": []}


def test_pictures_of_a_folder_in_order(folder):
    names = [path.relative_to(folder).as_posix() for path in pictures_in(folder)]
    assert names == ["a.jpg", "b.png", "broken.jpg", "deeper/c.png"]


def test_a_folder_without_pictures(tmp_path):
    with pytest.raises(OperatorError, match=r"no \.jpg or \.png"):
        pictures_in(tmp_path)


def test_what_is_no_file_is_left_out(folder):
    os.mkfifo(folder / "pipe.jpg")
    (folder / "folder.png").mkdir()
    assert len(pictures_in(folder)) == 4
    os.mkfifo(folder.parent / "pipe.jpg")
    (folder.parent / "photo.jpg").touch()
    assert _photos(folder.parent) == [*pictures_in(folder), folder.parent / "photo.jpg"]


def test_a_line_of_json_for_each_picture(folder, capsys):
    run(folder, answers)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line.get("code") for line in lines] == [None, None, "InvalidImageFormatException", None]
    assert lines[0] == {"picture": str(folder / "a.jpg"), "Labels": []}


def test_annotated_copies_keep_the_folders(folder, tmp_path):
    run(folder, answers, tmp_path / "out")
    made = sorted(p.relative_to(tmp_path / "out").as_posix() for p in tmp_path.glob("out/**/*.*"))
    assert made == ["a.jpg", "b.png", "deeper/c.png"]
    with Image.open(tmp_path / "out/b.png") as copy:
        assert copy.getpixel((25, 50)) == (255, 0, 0)
        assert copy.getpixel((60, 60)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("target", "annotate"), [(".", "."), ("a.jpg", "deeper/.."), ("deeper", "deeper/x/..")]
)
def test_no_copy_takes_the_place_of_a_picture(folder, target, annotate):
    before = {path: path.read_bytes() for path in pictures_in(folder)}
    with pytest.raises(OperatorError, match="name another folder"):
        run(folder / target, answers, folder / annotate)
    assert {path: path.read_bytes() for path in pictures_in(folder)} == before


def test_copies_are_not_looked_at_the_next_time(folder, capsys):
    for _ in range(2):
        run(folder, answers, folder / "seen")
        assert len(capsys.readouterr().out.splitlines()) == 4


def test_copies_above_the_folder_hide_nothing(folder, capsys):
    run(folder, answers, folder.parent)
    assert len(capsys.readouterr().out.splitlines()) == 4
    assert (folder.parent / "a.jpg").exists()


def test_what_cannot_be_read_here_has_no_code_of_the_api(folder, capsys):
    (folder / "a.jpg").write_bytes(b"no picture")
    bulk = Bulk("DetectLabels", {}, lambda _answer: (), max_bytes=9)
    with pytest.raises(typer.Exit):
        bulk.over(Session(SimpleNamespace(gate=Script(answers)), None), folder / "a.jpg", None)
    (line,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert "cannot be read" in line["error"]
    assert "code" not in line


def test_nothing_that_could_be_analysed_is_a_failure(folder):
    with pytest.raises(typer.Exit):
        run(folder, lambda _data: InvalidImageFormat())


def test_a_refusal_ends_the_command(folder):
    with pytest.raises(AccessDenied):
        run(folder, lambda _data: AccessDenied())
