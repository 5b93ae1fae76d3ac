import pytest

from beholden.engines.audit.layout import overwrite, pack, tile_path, unpack, write_durable


@pytest.mark.parametrize(
    ("level", "number", "width", "path"),
    [
        (0, 0, 256, "tile/0/000"),
        (0, 273, 112, "tile/0/273.p/112"),
        (1, 1000, 256, "tile/1/x001/000"),
        ("entries", 1_234_067, 256, "tile/entries/x001/x234/067"),
        ("entries", 1_234_067, 1, "tile/entries/x001/x234/067.p/1"),
    ],
)
def test_paths_are_those_of_the_specification(level, number, width, path):
    assert tile_path(level, number, width) == path


def test_a_bundle_reads_back():
    entries = [b"", b"one", b"x" * 65_535]
    assert pack([b"one"]) == b"\x00\x03one"
    assert unpack(pack(entries)) == entries


@pytest.mark.parametrize("cut", [1, 2, 4])
def test_a_bundle_that_is_cut_short(cut):
    with pytest.raises(ValueError, match=r"cut short|no length"):
        unpack(pack([b"one", b"two"])[: 5 + cut])


def test_files_are_replaced_whole(tmp_path):
    path = tmp_path / "a" / "b" / "file"
    write_durable(path, b"long before")
    write_durable(path, b"after")
    assert [p.name for p in path.parent.iterdir()] == ["file"]
    assert path.read_bytes() == b"after"


def test_a_line_is_overwritten_whole(tmp_path):
    for line in (b"long before", b"after"):
        overwrite(tmp_path / "line", line)
    assert (tmp_path / "line").read_bytes() == b"after"
