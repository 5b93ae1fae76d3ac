"""From lists to findings and a page, with drawn faces and the fake vault."""

import json
import re
from datetime import UTC, datetime
from functools import partial

import pytest

from beholden.domain.errors import OperatorError, ResourceNotFound
from beholden.evaluation.findings import Conditions, Findings
from beholden.evaluation.lists import read_comparisons
from beholden.evaluation.observe import Failures, Look, observe, observe_all
from beholden.evaluation.pictures import thumbnails
from beholden.evaluation.plans import kind_of, make_plan, plan_objects, plan_text
from beholden.evaluation.report.page import Page
from beholden.evaluation.scale import Scale
from beholden.evaluation.work import WorkFile
from beholden.testing.vault import FakeVault

COLOURS = {"ada": (220, 80, 80), "ben": (80, 220, 80), "cid": (80, 80, 220)}


@pytest.fixture
def people(draw):
    for name, colour in COLOURS.items():
        for i in (1, 2):
            draw(f"{name}{i}.png", colour)
    draw("nobody.png")


def written(tmp_path, *lines):
    path = tmp_path / "list.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def measured(plan, evaluator, tmp_path):
    with WorkFile(tmp_path / "work", "x", FakeVault()) as work:
        look = partial(observe, evaluator, plan.look)
        seen = observe_all(plan.images.paths, look, work, 1, lambda: None)
    return seen, plan.judge(seen, Scale.make(evaluator.calibration, (), 80))


def page(plan, seen, result, evaluator):
    about = Conditions(
        plan.kind, datetime(2026, 1, 2, tzinfo=UTC), "beholden <x>", "0", "1.0", {"net": "ab"},
        plan.images.source, 80.0,
    )  # fmt: skip
    findings = Findings(about, Failures.count(seen), 1.0, result)
    pictures = thumbnails(result.shown(), plan.images, seen, evaluator.decoder)
    names = dict(enumerate(p.name for p in plan.images.paths))
    read = json.loads(json.dumps(findings.to_json()))
    return findings, Page(pictures).render(read, names)


def everyone(*columns):
    head = "image,subject" + "".join(f",{c}" for c, _ in columns)
    rows = [
        f"{name}{i}.png,{name}" + "".join(f",{value(name, i)}" for _, value in columns)
        for name in COLOURS
        for i in (1, 2)
    ]
    return [head, *rows]


def test_verification_of_everybody(people, tmp_path, evaluator):
    path = written(tmp_path, *everyone(("side", lambda n, _: "x" if n < "c" else "y")))
    plan = make_plan("verification", path, None, ["side"])
    seen, result = measured(plan, evaluator, tmp_path)
    assert (result.mated, result.non_mated, result.subjects) == (3, 12, 3)
    used = next(row for row in result.thresholds if row.in_use)
    assert (used.fmr.rate, used.fnmr.rate, result.eer) == (0, 0, 0)
    findings, html = page(plan, seen, result, evaluator)
    assert any("Too little data" in text for text in findings.warnings())
    assert "FMR by side" in html
    assert html.count("data:image/jpeg") == 2 * len(result.mistakes)


def test_the_page_needs_nothing_else_and_escapes(people, tmp_path, evaluator):
    plan = make_plan("verification", written(tmp_path, *everyone()), None, [])
    _, html = page(plan, *measured(plan, evaluator, tmp_path), evaluator)
    assert not re.search(r"<script|<link|@import|(?:src|href)=['\"](?!data:)", html)
    assert "beholden &lt;x&gt;" in html


def test_failures_are_counted_and_enter_frr(people, tmp_path, evaluator):
    lines = [
        "image_a,image_b,same",
        "ada1.png,ada2.png,1",
        "ben1.png,nobody.png,1",
        "ada1.png,gone.png,no",
        "ada1.png,ben1.png,0",
    ]
    plan = make_plan("verification", written(tmp_path, *lines), None, [])
    seen, result = measured(plan, evaluator, tmp_path)
    assert Failures.count(seen).reasons == {"FileNotFoundError": 1, "NoFaceInImage": 1}
    used = result.thresholds[0]
    assert (used.fnmr.errors, used.fnmr.trials) == (0, 1)
    assert (used.frr.errors, used.frr.trials) == (1, 2)
    assert (result.failed_mated, result.failed_non_mated) == (1, 1)
    assert used.fmr.interval == "rule of 3"


def test_identification(people, tmp_path, evaluator):
    role = ("role", lambda n, i: "gallery" if n != "cid" and i == 1 else "probe")
    plan = make_plan("identification", written(tmp_path, *everyone(role)), None, [])
    seen, result = measured(plan, evaluator, tmp_path)
    assert (result.gallery_size, result.mated, result.non_mated) == (2, 2, 2)
    assert result.rank_one_miss.rate == 0
    assert result.thresholds[0].fpir.rate == 0
    _, html = page(plan, seen, result, evaluator)
    assert "FPIR in use" in html


def test_misses_are_drawn_by_subject(people, tmp_path, evaluator):
    """ada's second picture is said to be cid's, and cid's to be ada's."""
    lines = ["image,subject,role", "ada1.png,ada,gallery", "ben1.png,ben,gallery"]
    lines += ["cid1.png,cid,gallery", "ada2.png,cid,probe", "cid2.png,ada,probe"]
    plan = make_plan("identification", written(tmp_path, *lines, "ben2.png,ben,probe"), None, [])
    _, result = measured(plan, evaluator, tmp_path)
    assert result.rank_one_miss.errors == 2
    assert result.rank_one_miss.interval == "bootstrap over subjects"


def test_a_warning_speaks_of_the_upper_limit(people, tmp_path, evaluator):
    plan = make_plan("verification", written(tmp_path, *everyone()), None, [])
    _, result = measured(plan, evaluator, tmp_path)
    (warning,) = result.warnings()
    assert "FMR is 0 (up to 0.25)" in warning
    assert "false alarm up to 100.0% of the time" in warning


def test_attributes_by_group(people, tmp_path, evaluator):
    columns = (
        ("age", lambda _n, i: 30 if i == 1 else 50),
        ("smile", lambda n, _i: "yes" if n == "ada" else "no"),
        ("side", lambda n, _i: n[0]),
    )
    plan = make_plan("attributes", written(tmp_path, *everyone(*columns)), None, ["side"])
    seen, result = measured(plan, evaluator, tmp_path)
    age, smile = result.attributes
    assert (age.wrong.rate, age.mean_width_years, age.mean_absolute_error_years) == (0.5, 20, 10)
    assert smile.wrong.rate == 0
    assert smile.confusion == {"True": {"True": 2}, "False": {"False": 4}}
    findings, html = page(plan, seen, result, evaluator)
    assert "age is wrong for 50% of those it is told of." in findings.warnings()
    assert "age by side" in html


def test_detection(people, tmp_path, evaluator):
    image = {"width": 120, "height": 120}
    coco = {
        "images": [
            image | {"id": 1, "file_name": "ada1.png"},
            image | {"id": 2, "file_name": "nobody.png"},
        ],
        "annotations": [
            {"image_id": 1, "bbox": [30, 30, 60, 60]},
            {"image_id": 2, "bbox": [0, 0, 50, 50]},
        ],
    }
    path = written(tmp_path, json.dumps(coco))
    plan = make_plan("detection", path, None, [])
    seen, result = measured(plan, evaluator, tmp_path)
    assert (result.missed.rate, result.false.rate) == (0.5, 0.0)
    assert result.ap50.value == pytest.approx(51 / 101)
    html = page(plan, seen, result, evaluator)[1]
    assert "average precision" in html
    assert html.count("data:image/jpeg") == len(result.mistakes) == 1


def boxes(tmp_path, categories, annotations):
    images = [
        {"id": 7, "file_name": "ada1.png", "width": 60, "height": 60, "side": "x"},
        {"id": 9, "file_name": "ben1.png", "width": 120, "height": 120, "side": "y"},
    ]
    listed = {"images": images, "annotations": annotations, "categories": categories}
    return written(tmp_path, json.dumps(listed))


def test_objects_by_kind_and_group(people, tmp_path, evaluator):
    annotations = [
        {"image_id": 7, "category_id": 0, "bbox": [15, 15, 30, 30]},  # at half the size
        {"image_id": 9, "category_id": 0, "bbox": [30, 30, 60, 60]},
        {"image_id": 9, "category_id": 1, "bbox": [0, 0, 50, 50]},
        {"image_id": 9, "category_id": 2, "bbox": [0, 0, 9, 9]},
    ]
    categories = [{"id": i, "name": n} for i, n in enumerate(("dog", "tv", "unicorn"))]
    plan = plan_objects(boxes(tmp_path, categories, annotations), None, ["side"], 0.5)
    seen, result = measured(plan, evaluator, tmp_path)
    assert (result.unknown, [kind.kind for kind in result.kinds]) == (("unicorn",), ["Dog", "TV"])
    # The dog of ben1.png is found, but not surely enough to be shown.
    assert (result.missed.errors, result.missed.trials) == (2, 3)
    assert (result.false.errors, result.false.trials) == (0, 1)
    dog, tv = result.kinds
    assert (dog.ap50, tv.ap50) == (pytest.approx(1), 0)
    of = {(row.group, row.measure): row.rate.rate for row in result.groups}
    assert (of["x", "missed"], of["y", "missed"]) == (0, 1)
    told, labels = result.reliability
    assert (told.what, labels.what) == ("boxes", "labels")
    assert [each.right.rate for each in labels.bins] == [1, 1]
    findings, html = page(plan, seen, result, evaluator)
    assert any("unicorn" in text for text in findings.warnings())
    assert "What a confidence means: labels" in html


def test_a_list_of_things_is_no_list_of_faces(tmp_path):
    path = boxes(tmp_path, [{"id": 1, "name": "dog"}], [])
    with pytest.raises(OperatorError, match="things by `objects`"):
        make_plan("detection", path, None, [])


SQUARE = [[30, 30], [90, 30], [90, 90], [30, 90]]


def test_text(people, tmp_path, evaluator):
    rows = [
        {"image": "ada1.png", "words": [{"points": SQUARE, "text": "Exit!"}], "side": "x"},
        {"image": "ben1.png", "words": [{"points": SQUARE, "text": "EXACT"}], "side": "y"},
        {"image": "cid1.png", "words": [{"points": SQUARE, "text": None}], "side": "y"},
        {"image": "ada2.png", "lines": [{"points": SQUARE, "text": "no exit"}], "side": "x"},
    ]
    path = written(tmp_path, *map(json.dumps, rows))
    plan = plan_text(path, None, ["side"], 0.5)
    seen, result = measured(plan, evaluator, tmp_path)
    assert (result.missed.errors, result.missed.trials) == (1, 2)
    assert (result.false.errors, result.false.trials) == (1, 2)
    assert result.word_f1.value == 0.5
    # EXIT for EXIT!: 1 of 5; for EXACT: 2 of 5; for noexit: 2 of 6.
    assert (result.characters.errors, result.characters.trials) == (5, 16)
    (curve,) = result.reliability
    assert (curve.bins[0].right.errors, curve.bins[0].right.trials) == (2, 3)
    assert curve.calibration_error == pytest.approx(0.9 - 2 / 3)
    (wrong,) = result.misread
    assert (wrong.read, wrong.there) == ("EXIT", "EXACT")
    of = {(row.group, row.measure): row.rate.rate for row in result.groups}
    assert (of["x", "missed"], of["y", "missed"]) == (0, 1)
    _, html = page(plan, seen, result, evaluator)
    assert "Words read wrongly" in html
    assert html.count("data:image/jpeg") == len(result.mistakes) == 1


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("not json", "line 1"),
        ('{"words": []}', "line 1"),
        ('{"image": "a.png"}', "has `words` or `lines`"),
        ('{"image": "a.png", "words": [{"text": "a"}]}', "line 1"),
        ('{"image": "a.png", "words": [{"points": [[1, 2]], "text": "a"}]}', "round nothing"),
    ],
)
def test_lists_of_text_that_do_not_fit_are_refused_in_words(tmp_path, line, says):
    with pytest.raises(OperatorError, match=says):
        plan_text(written(tmp_path, line), None, [], 0.5)


def test_an_interrupted_run_goes_on_and_leaves_nothing(people, tmp_path, evaluator):
    plan = make_plan("verification", written(tmp_path, *everyone()), None, [])
    vault, look = FakeVault(), partial(observe, evaluator, Look.TEMPLATE)

    def interrupted(path):
        if evaluator.analysis.looked == 3:
            raise KeyboardInterrupt
        return look(path)

    with WorkFile(tmp_path / "w", "x", vault) as work, pytest.raises(KeyboardInterrupt):
        observe_all(plan.images.paths, interrupted, work, 1, lambda: None)
    (file,) = (tmp_path / "w").iterdir()
    assert b"embedding" not in file.read_bytes()
    with WorkFile(tmp_path / "w", "x", vault) as work:
        assert len(work) == 3
        seen = observe_all(plan.images.paths, look, work, 1, lambda: None)
    assert evaluator.analysis.looked == len(plan.images.paths)
    assert seen == [look(path) for path in plan.images.paths]
    work.destroy()
    assert not file.exists()
    with pytest.raises(ResourceNotFound):
        vault.open("evaluation-x", [b""], [b""])


def test_a_line_cut_short_is_looked_at_again(people, tmp_path, draw):
    vault, path = FakeVault(), draw("ada1.png", COLOURS["ada"])
    with WorkFile(tmp_path / "w", "x", vault) as work:
        work.put(path, b"one")
    (file,) = (tmp_path / "w").iterdir()
    file.write_bytes(file.read_bytes()[:-5])
    with WorkFile(tmp_path / "w", "x", vault) as work:
        assert work.get(path) is None
        work.put(path, b"two")
    with WorkFile(tmp_path / "w", "x", vault) as work:
        assert work.get(path) == b"two"


def test_a_picture_that_changed_is_looked_at_again(tmp_path, draw):
    vault, path = FakeVault(), draw("a.png", COLOURS["ada"])
    with WorkFile(tmp_path / "w", "x", vault) as work:
        work.put(path, b"one")
    path.write_bytes(path.read_bytes() + b"!")
    with WorkFile(tmp_path / "w", "x", vault) as work:
        assert work.get(path) is None


def test_lfw_pairs(tmp_path):
    path = written(tmp_path, "1\t1", "Ada\t1\t2", "Ada\t1\tBen\t3")
    plan = make_plan("verification", path, None, [])
    names = [str(p.relative_to(tmp_path)) for p in plan.images.paths]
    assert names == ["Ada/Ada_0001.jpg", "Ada/Ada_0002.jpg", "Ben/Ben_0003.jpg"]
    assert read_comparisons(path)[1].same.tolist() == [1, 0]
    assert plan.images.subjects_known


def test_group_columns_of_pairs_belong_to_their_end(tmp_path):
    path = written(tmp_path, "image_a,image_b,same,sex_a,sex_b,place", "a,b,0,F,M,x")
    plan = make_plan("verification", path, None, ["sex"])
    assert plan.images.columns == {"place": ("x", "x"), "sex": ("F", "M")}


BOXES = (
    '{{"images": [{{"id": 1, "file_name": "a", "width": 9, "height": 9}}], '
    '"annotations": [{{"image_id": 1, "bbox": {}}}]}}'
)
PAIR_OF = "image_a,image_b,same,subject_a,subject_b"


@pytest.mark.parametrize(
    ("kind", "lines", "says"),
    [
        ("verification", ["image_a,image_b,same", "a,b,maybe"], "`same` is 1 or 0"),
        ("verification", ["image_a,image_b,same", "a,a,1"], "compared with itself"),
        ("verification", [PAIR_OF, "a,b,0,ada,ada"], "a and b show two people"),
        ("verification", [PAIR_OF, "a,b,1,ada,ben"], "a and b show one person"),
        ("verification", [PAIR_OF, "a,b,1,x,x", "a,c,0,y,z"], "'x' in one row, 'y' in another"),
        ("verification", ["picture", "a"], "no column 'image'"),
        ("verification", ["image", "a\0b"], "no name of a file"),
        ("verification", ["image,subject", ",x"], "no name of a file"),
        ("attributes", ["image,age", "a,forty"], "'forty' is not a label that `age`"),
        ("attributes", ["image,age", "a,-5"], "'-5' is not a label that `age`"),
        ("attributes", ["image,gender", "a,F"], "'F' is not a label that `gender`"),
        ("attributes", ["image,emotion", "a,hapy"], "'hapy' is not a label that `emotion`"),
        ("attributes", ["image,smile", "a,perhaps"], "'perhaps' is not a label that `smile`"),
        ("attributes", ["image,hair", "a,red"], "no column that names an attribute: age, gender"),
        ("detection", ["[]"], "COCO"),
        ("detection", [BOXES.format("[1, 2, 3, -4]")], "is no box"),
        ("detection", [BOXES.format("[1, 2, 3]")], "COCO"),
        ("verification", ["image", "a", "a"], "listed twice"),
        ("verification", ["image"], "no rows"),
        ("verification", ["1 1", "Ada 1"], "line 2"),
        ("identification", ["image,subject", "a,x"], "`role` must say"),
        ("detection", ["image", "a"], "COCO"),
    ],
)
def test_lists_that_do_not_fit_are_refused_in_words(tmp_path, kind, lines, says):
    with pytest.raises(OperatorError, match=says):
        make_plan(kind, written(tmp_path, *lines), None, [])


def test_unknown_group_is_refused(tmp_path):
    with pytest.raises(OperatorError, match="no column 'race'"):
        make_plan("verification", written(tmp_path, "image,sex", "a,F"), None, ["race"])


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        ("image,subject,role", "identification"),
        ("image,gender,age", "attributes"),
        ("image,subject,gender", "verification"),
        ("image_a,image_b,same", "verification"),
    ],
)
def test_columns_say_the_kind(tmp_path, head, kind):
    assert kind_of(written(tmp_path, head, ",".join("x" * head.count(",") + "x"))) == kind
