"""Labels over time: the lists that Get pages through, in each of their orders."""

from beholden.operations.video._labelled import Timeline, asked, order

NAMES = ("Cat", "Dog", "Ant")


def entry(name, confidence, **more):
    return {"Label": {"Name": name, "Confidence": confidence, **more}}


def told(looks, end_ms=2000):
    return list(Timeline("Label", NAMES).items(looks, end_ms))


def view(items, name, *, grouped):
    """As records give it: in order of addition or by group."""
    found = [item for item in items if item.view == name]
    return [i.body for i in (sorted(found, key=lambda i: i.group) if grouped else found)]


def page(items, **request):
    name, grouped = order(request)
    return view(items, name, grouped=grouped)


LOOKS = [
    (0, [entry("Dog", 90.0), entry("Cat", 60.0)]),
    (500, [entry("Dog", 95.5)]),
    (1000, [entry("Cat", 99.25), entry("Dog", 60.0)]),
    (1500, []),
]


def test_by_time_labels_come_as_they_were_seen():
    shown = [(b["Timestamp"], b["Label"]["Name"]) for b in page(told(LOOKS))]
    assert shown == [(0, "Dog"), (0, "Cat"), (500, "Dog"), (1000, "Cat"), (1000, "Dog")]


def test_by_name_the_surest_of_each_comes_first():
    shown = [
        (b["Label"]["Name"], b["Label"]["Confidence"]) for b in page(told(LOOKS), SortBy="NAME")
    ]
    assert shown == [("Cat", 99.25), ("Cat", 60), ("Dog", 95.5), ("Dog", 90), ("Dog", 60)]


def test_stretches_last_until_the_look_that_finds_the_label_no_more():
    stretches = page(told(LOOKS), AggregateBy="SEGMENTS")
    times = [
        (b["Label"]["Name"], b["StartTimestampMillis"], b["EndTimestampMillis"]) for b in stretches
    ]
    assert sorted(times) == [("Cat", 0, 500), ("Cat", 1000, 1500), ("Dog", 0, 1500)]
    assert [start for _, start, _ in times] == [0, 0, 1000]
    assert all(
        b["DurationMillis"] > 0 and b["Timestamp"] == b["StartTimestampMillis"] for b in stretches
    )


def test_a_stretch_is_as_sure_as_its_surest_look_and_says_nothing_of_places():
    boxes = [{"Confidence": 90.0}]
    looks = [(0, [entry("Dog", 70.0)]), (500, [entry("Dog", 80.0, Instances=boxes)])]
    items = told(looks)
    (stretch,) = page(items, AggregateBy="SEGMENTS")
    assert stretch["Label"] == {"Name": "Dog", "Confidence": 80.0, "Instances": []}
    assert page(items)[1]["Label"]["Instances"] == boxes


def test_what_goes_on_to_the_end_ends_with_the_video():
    (stretch,) = page(told([(0, [entry("Ant", 50.0)])], 750), AggregateBy="SEGMENTS")
    assert stretch["EndTimestampMillis"] == 750


def test_stretches_can_be_sorted_by_name():
    stretches = page(told(LOOKS), AggregateBy="SEGMENTS", SortBy="NAME")
    shown = [(b["Label"]["Name"], b["Label"]["Confidence"]) for b in stretches]
    assert shown == [("Cat", 99.25), ("Cat", 60.0), ("Dog", 95.5)]


def test_the_answer_says_how_it_is_ordered():
    assert asked({}) == {"SortBy": "TIMESTAMP", "AggregateBy": "TIMESTAMPS"}
    assert asked({"SortBy": "NAME"})["SortBy"] == "NAME"
