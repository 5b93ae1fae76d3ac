"""Models of an operator in the place of Beholden's own: from a local server, by a manifest, to
what they find. The graphs are made here: each answers what the test knows."""

import hashlib
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from beholden.analysis.labels import by_name
from beholden.bootstrap.models import Models
from beholden.config import Settings
from beholden.domain.errors import OperatorError
from beholden.domain.image import Image
from beholden.engines.inference.convert import RUNTIME, convert
from beholden.engines.models.install import Installer
from beholden.engines.models.manifest import read_manifest
from beholden.engines.models.store import ModelStore

pytestmark = pytest.mark.slow

GREEN = Image(np.full((200, 400, 3), (0, 255, 0), np.uint8), b"")
CAR, TABBY = 2, 281
MANIFEST = """
[{name}]
replace = true
task = "a test"
pack = "larger"
source = {{ kind = "url", url = "{url}/{name}.onnx" }}
sha256 = "{sha256}"
size_bytes = {size}
licence = "CC0-1.0"
origin = "this test"
training_data = "none"
input = "a picture"
output = "what the test knows"
{more}
"""


def green():
    """Nodes that give 1 (1, 1) for a picture whose green channel has the highest value, 0 else."""
    return [
        helper.make_node("ReduceMax", ["x"], ["most"], axes=[2, 3], keepdims=0),
        helper.make_node("ArgMax", ["most"], ["channel"], axis=1, keepdims=1),
        helper.make_node("Equal", ["channel", "one"], ["is_green"]),
        helper.make_node("Cast", ["is_green"], ["green"], to=TensorProto.FLOAT),
    ]


def save(path, nodes, constants, shapes, said=()):
    """A graph of `nodes` from x to the other names of `shapes`."""
    (x, *ends) = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
        for name, shape in shapes.items()
    ]
    tensors = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "small", [x], ends, tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    helper.set_model_props(model, dict(said))
    onnx.save(model, path)


def detr(path):
    """A car in the right half of whatever is green; nothing in what is not."""
    logits = np.full((1, 3, 80), -20, np.float32)
    seen = np.zeros((1, 3, 80), np.float32)
    seen[0, 1, CAR] = 22.2
    boxes = np.array([[[0, 0, 0, 0], [0.75, 0.5, 0.5, 1.0], [0, 0, 0, 0]]], np.float32)
    nodes = [
        *green(),
        helper.make_node("Mul", ["seen", "green"], ["more"]),
        helper.make_node("Add", ["logits0", "more"], ["logits"]),
        helper.make_node("Mul", ["boxes0", "green"], ["boxes"]),
    ]
    constants = {"one": np.array(1), "logits0": logits, "seen": seen, "boxes0": boxes}
    shapes = {"x": [1, 3, 64, 64], "logits": [1, 3, 80], "boxes": [1, 3, 4]}
    save(path, nodes, constants, shapes)


def classifier(path):
    """A tabby cat, for whatever is green."""
    tabby = np.zeros((1, 1000), np.float32)
    tabby[0, TABBY] = 12
    nodes = [*green(), helper.make_node("Mul", ["tabby", "green"], ["logits"])]
    constants = {"one": np.array(1), "tabby": tabby}
    save(path, nodes, constants, {"x": [1, 3, 48, 48], "logits": [1, 1000]})


def recogniser(path):
    """Reads green as "a" and cyan as "b", a column for 8 pixels; its alphabet is in the file."""
    nodes = [
        helper.make_node("MaxPool", ["x"], ["most"], kernel_shape=[48, 8], strides=[48, 8]),
        helper.make_node("Conv", ["most", "weights", "bias"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["shares"], axis=1),
        helper.make_node("Squeeze", ["shares", "two"], ["rows"]),
        helper.make_node("Transpose", ["rows"], ["y"], perm=[0, 2, 1]),
    ]
    # Of blue, green and red, -1 to 1: a blank, "a", "b", a space.
    weights = np.array([[0, -20, 0], [-20, 20, 0], [20, 20, 0], [0, 0, 0]], np.float32)
    bias = np.array([0, -20, -20, -90], np.float32)
    constants = {
        "weights": weights[..., np.newaxis, np.newaxis],
        "bias": bias,
        "two": np.array([2]),
    }
    shapes = {"x": ["n", 3, 48, "w"], "y": ["n", "columns", 4]}
    save(path, nodes, constants, shapes, {"character": "a\nb"})


def text_detector(path):
    """Text is wherever there is green."""
    nodes = [
        helper.make_node("Conv", ["x", "weights"], ["of_green"]),
        helper.make_node("Clip", ["of_green", "low", "high"], ["map"]),
    ]
    constants = {
        "weights": np.array([0, 1, 0], np.float32).reshape(1, 3, 1, 1),
        "low": np.array(0, np.float32),
        "high": np.array(1, np.float32),
    }
    save(path, nodes, constants, {"x": [1, 3, "h", "w"], "map": [1, 1, "h", "w"]})


def text_direction(path):
    """Everything is upright."""
    nodes = [
        helper.make_node("ReduceMin", ["x"], ["least"], axes=[1, 2, 3], keepdims=0),
        helper.make_node("Mul", ["least", "zero"], ["nothing"]),
        helper.make_node("Add", ["upright", "nothing"], ["y"]),
    ]
    constants = {"upright": np.array([[1, 0]], np.float32), "zero": np.array(0, np.float32)}
    save(path, nodes, constants, {"x": [1, 3, 48, 192], "y": [1, 2]})


def adult(path):
    """The second kind of three, for whatever is green; else the first."""
    nodes = [
        *green(),
        helper.make_node("Mul", ["second", "green"], ["more"]),
        helper.make_node("Add", ["first", "more"], ["logits"]),
    ]
    constants = {
        "one": np.array(1),
        "first": np.array([[4, 0, 0]], np.float32),
        "second": np.array([[0, 12, 0]], np.float32),
    }
    save(path, nodes, constants, {"x": [1, 3, 32, 32], "logits": [1, 3]})


MADE = {
    "objects": (detr, 'adapter = "detr"\nthresholds = { side_px = 64 }'),
    "scenes": (classifier, 'adapter = "logits"\nthresholds = { side_px = 48 }'),
    "text_detector": (
        text_detector,
        "thresholds = { pixel = 0.3, score = 0.6, grow = 1.5 }\n"
        "conversion = { shape = [1, 3, -1, -1] }",
    ),
    "text_direction": (text_direction, ""),
    "text_recogniser": (recogniser, "conversion = { shape = [-1, 3, 48, -1] }"),
    "adult": (adult, 'adapter = "logits"\nthresholds = { side_px = 32, adult = 1 }'),
}


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    """Of a deployment with four models from a server on this machine, installed."""
    folder = tmp_path_factory.mktemp("larger")
    handler = partial(Quiet, directory=folder)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            manifest = folder / "larger.toml"
            url = f"http://127.0.0.1:{server.server_port}"
            manifest.write_text("".join(entry(folder, url, name) for name in MADE))
            settings = Settings(models_dir=folder / "models", models_manifest=manifest)
            store = ModelStore(settings.models_dir, read_manifest(manifest))
            Installer(store, convert, RUNTIME, lambda _progress: None).install(MADE)
        finally:
            server.shutdown()
            thread.join()
    return settings


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def entry(folder, url, name):
    make, more = MADE[name]
    path = folder / f"{name}.onnx"
    make(path)
    digest, size = hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_size
    return MANIFEST.format(name=name, url=url, sha256=digest, size=size, more=more)


def test_larger_networks_tell_objects_and_labels(settings):
    labels = by_name(Models(settings).labels()(GREEN))
    (car,) = labels["Car"].instances
    box = car.box_px
    where = (box.left, box.top, box.width, box.height)
    assert where == pytest.approx((200, 0, 200, 200), abs=0.1)
    assert labels["Car"].confidence > 0.8
    assert labels["Cat"].confidence > 0.9


def test_they_see_the_picture(settings):
    red = Image(np.full((200, 400, 3), (255, 0, 0), np.uint8), b"")
    labels = by_name(Models(settings).labels()(red))
    assert labels["Car"].instances == ()
    assert labels["Cat"].confidence < 0.2


def test_another_network_tells_adult_content(settings):
    moderation = Models(settings).moderation()
    told = {label.name: label.confidence for label in moderation(GREEN).labels}
    assert told["Explicit"] > 0.95
    red = Image(np.full((200, 400, 3), (255, 0, 0), np.uint8), b"")
    assert {label.name: label.confidence for label in moderation(red).labels}["Explicit"] < 0.05


@pytest.mark.parametrize("width", [60, 300])
def test_larger_networks_read_a_page_by_their_own_alphabet(settings, width):
    page = np.zeros((200, 400, 3), np.uint8)
    page[80:120, 20 : 20 + width] = (0, 255, 0)
    page[80:120, 20 + width // 2 : 20 + width] = (0, 255, 255)
    (line,) = Models(settings).text().read(Image(page, b""))
    (word,) = line.words
    assert word.text == "ab"
    assert word.confidence > 0.9
    assert word.box_px.left + word.box_px.width / 2 == pytest.approx(20 + width / 2, abs=3)


def test_its_card_is_its_own(settings):
    own, theirs = read_manifest(), read_manifest(settings.models_manifest)
    assert own.keys() == theirs.keys()
    changed = {name for name in own if own[name].card != theirs[name].card}
    assert changed == MADE.keys()


def test_an_adapter_that_does_not_exist_is_named(settings, tmp_path):
    text = settings.models_manifest.read_text().replace('"detr"', '"yolo"')
    (tmp_path / "m.toml").write_text(text)
    wrong = Settings(models_dir=settings.models_dir, models_manifest=tmp_path / "m.toml")
    with pytest.raises(OperatorError, match="no adapter 'yolo'"):
        Models(wrong).labels()


@pytest.mark.parametrize(
    ("was", "becomes", "said"),
    [
        ("thresholds = { side_px = 64 }", "", "objects: .*side_px"),
        ("{ side_px = 64 }", "{ side_px = 64, speed = 1 }", "objects: .*speed"),
        ("{ side_px = 48 }", "{ side = 48 }", "scenes: .*side_px"),
        ("score = 0.6, ", "", "text_detector: .*score"),
    ],
)
def test_what_thresholds_lack_is_named(settings, tmp_path, was, becomes, said):
    text = settings.models_manifest.read_text()
    assert was in text
    (tmp_path / "m.toml").write_text(text.replace(was, becomes))
    models = Models(Settings(models_dir=settings.models_dir, models_manifest=tmp_path / "m.toml"))
    with pytest.raises(OperatorError, match=said):
        (models.labels(), models.text())


def test_a_size_that_the_network_does_not_take_is_said(settings, tmp_path):
    text = settings.models_manifest.read_text().replace("side_px = 64", "side_px = 96")
    (tmp_path / "m.toml").write_text(text)
    wrong = Settings(models_dir=settings.models_dir, models_manifest=tmp_path / "m.toml")
    labels = Models(wrong).labels()
    with pytest.raises(OperatorError, match=r"objects.*\(1, 3, 96, 96\)"):
        labels(GREEN)
