"""From places to lines and words, with networks that are plain functions."""

import numpy as np
import pytest

from beholden.analysis.text import TextAnalysis, TextFilter
from beholden.domain.image import Image
from beholden.testing.inference import FakeNetwork
from beholden.vision.calibration.text import TextScale, scripts
from beholden.vision.ocr.detector import TextDetector
from beholden.vision.ocr.direction import TextDirection
from beholden.vision.ocr.recogniser import TextRecogniser

SIDE_PX = 1088
SCALE = TextScale("test", character=1.0, place=0.0, bias=0.0)


class Page:
    """A black page on which each line is a bright bar, (left, top, right, bottom). Its gray level
    is what it says: a letter for each level of ten, once for each 48 x 48 pixels, with spaces
    between them where `spaced`."""

    def __init__(self, *bars, spaced=False, upside_down=0.0):
        self.pixels = np.zeros((SIDE_PX, SIDE_PX, 3), np.uint8)
        for letter, (left, top, right, bottom) in bars:
            self.pixels[top:bottom, left:right] = 10 * (ord(letter) - ord("a") + 1)
        self.spaced, self.upside_down = spaced, upside_down
        self.doubt = 0.0

    def find(self, canvas):
        return [(canvas[:, :1] > -0.99).astype(np.float32)]

    def direct(self, _canvas):
        return [np.array([[1 - self.upside_down, self.upside_down]], np.float32)]

    def read(self, canvas):
        level = round(float((canvas[0, 0, 24, 20] + 1) * 127.5) / 10)
        columns = canvas.shape[3] // 8
        found = np.zeros((1, columns, 28), np.float32)
        found[0, :, 0] = 1
        for column in range(3, columns, 6):
            symbol = 27 if self.spaced and column % 12 == 9 else level
            found[0, column] = 0
            found[0, column, symbol] = 1 - self.doubt
        return [found]

    def analysis(self):
        alphabet = "\n".join("abcdefghijklmnopqrstuvwxyz")
        return TextAnalysis(
            TextDetector(FakeNetwork(self.find), pixel=0.3, score=0.6, grow=0.0),
            TextDirection(FakeNetwork(self.direct)),
            TextRecogniser(FakeNetwork(self.read), lambda: alphabet),
            SCALE,
        )

    def lines(self, **wanted):
        return self.analysis().read(Image(self.pixels, b""), TextFilter(**wanted))


def test_lines_are_read_from_the_top_and_those_side_by_side_from_the_left():
    page = Page(
        ("c", (100, 300, 400, 340)),
        ("b", (600, 104, 900, 144)),
        ("a", (100, 100, 400, 140)),
        ("d", (100, 500, 400, 540)),
    )
    assert [line.text[0] for line in page.lines()] == ["a", "b", "c", "d"]


def test_a_line_is_its_words():
    (line,) = Page(("a", (100, 100, 580, 148)), spaced=True).lines()
    assert line.text == " ".join(word.text for word in line.words)
    assert len(line.words) > 3
    starts = [word.quad_px[0, 0] for word in line.words]
    assert starts == sorted(starts)
    assert line.quad_px[0].tolist() == line.words[0].quad_px[0].tolist()
    assert line.quad_px[1].tolist() == line.words[-1].quad_px[1].tolist()
    assert line.box_px.left == pytest.approx(100, abs=2)
    assert line.box_px.right == pytest.approx(580, abs=2)


def test_a_page_upside_down_is_read_from_its_own_top():
    bars = (("a", (100, 100, 500, 140)), ("b", (100, 300, 500, 340)))
    first, second = Page(*bars, upside_down=0.9).lines()
    assert (first.text[0], second.text[0]) == ("b", "a")
    assert first.quad_px[0].tolist() == pytest.approx([500, 340], abs=2)


def test_a_page_on_its_side_tells_how_a_square_place_is_read():
    bars = (("a", (100, 100, 140, 500)), ("b", (300, 100, 340, 500)), ("c", (300, 600, 345, 640)))
    lines = Page(*bars).lines()
    assert [line.text[0] for line in lines] == ["b", "c", "a"]
    along = lines[1].quad_px[1] - lines[1].quad_px[0]
    assert along[1] > 0
    assert abs(along[0]) < 1


def test_at_most_so_many_words():
    page = Page(*(("a", (20, 20 + 60 * i, 1060, 50 + 60 * i)) for i in range(17)), spaced=True)
    assert sum(len(line.words) for line in page.lines()) == 100
    assert sum(len(line.words) for line in page.lines(most=7)) == 7


def test_words_less_sure_than_wanted_are_left_out():
    page = Page(("a", (100, 100, 580, 148)))
    page.doubt = 0.3
    (word,) = page.lines()[0].words
    assert page.lines(min_confidence=word.confidence + 0.01) == []
    assert page.lines(min_confidence=word.confidence - 0.01)


def test_small_boxes_are_left_out():
    page = Page(("a", (100, 100, 580, 148)), ("b", (100, 300, 300, 320)))
    assert [line.text[0] for line in page.lines(min_box_px=(250, 0))] == ["a"]
    assert [line.text[0] for line in page.lines(min_box_px=(0, 30))] == ["a"]


@pytest.mark.parametrize(
    ("region", "found"),
    [
        ([(0, 0), (600, 0), (600, 200), (0, 200)], "a"),
        ([(0, 0), (300, 0), (300, 400), (0, 400)], ""),  # less than half of either
        ([(0, 0), (360, 0), (360, 400), (0, 400)], "ab"),
        ([(0, 250), (1000, 250), (500, 400)], "b"),
        ([(-500, -500), (5000, -500), (5000, 5000)], "ab"),
        ([(700, 700), (900, 700), (900, 900)], ""),
    ],
)
def test_words_more_than_half_in_a_region(region, found):
    page = Page(("a", (100, 100, 580, 148)), ("b", (100, 300, 580, 348)))
    lines = page.lines(regions_px=[np.array(region, np.float32)])
    assert "".join(line.text[0] for line in lines) == found


def test_any_region_will_do():
    page = Page(("a", (100, 100, 580, 148)), ("b", (100, 300, 580, 348)))
    corners = ([(0, 0), (1, 0), (1, 1)], [(0, 250), (1088, 250), (500, 600)])
    regions = [np.array(region, np.float32) for region in corners]
    assert [line.text[0] for line in page.lines(regions_px=regions)] == ["b"]


def test_a_blank_page():
    assert Page().lines() == []


def test_confidence_rises_with_the_networks():
    scale = TextScale.load()
    sure, unsure = (np.full(4, p, np.float32) for p in (0.999, 0.6))
    assert scale.confidence("word", sure, 0.9) > 0.95
    assert scale.confidence("word", sure, 0.9) > scale.confidence("word", sure, 0.7)
    assert scale.confidence("word", unsure, 0.9) < 0.7
    assert 0 < scale.confidence("word", np.zeros(4, np.float32), 0.0) < 0.01
    assert scale.confidence("word", np.ones(4, np.float32), 1.0) < 1


def test_a_word_of_two_scripts_is_doubtful():
    scale, sure = TextScale.load(), np.full(4, 0.999, np.float32)
    assert scale.confidence("KACCA", sure, 0.9) > 0.95
    assert scale.confidence("A∩TEKA", sure, 0.9) < 0.5
    assert scale.confidence("E三O", sure, 0.9) < 0.5


def test_scripts_of_letters():
    assert scripts("Größe-42!") == {"LATIN"}
    assert scripts("1 + 2 = 3") == frozenset()
    assert scripts("東京タワーへ") == {"CJK"}
    assert scripts("Kαλη") == {"LATIN", "GREEK"}
