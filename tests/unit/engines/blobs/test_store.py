import os
import tracemalloc

import pytest

from beholden.domain.errors import ImageTooLarge, InvalidS3Object, OperatorError
from beholden.engines.blobs.store import CloudBlobs, LocalBlobs


@pytest.fixture
def bucket(tmp_path):
    folder = tmp_path / "buckets" / "photos"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def blobs(bucket):
    return LocalBlobs(bucket.parent)


def test_links_are_followed_inside_the_bucket_only(tmp_path, bucket, blobs):
    (tmp_path / "secret").write_bytes(b"secret")
    (bucket / "a").write_bytes(b"a")
    (bucket / "inside").symlink_to("a")
    (bucket / "outside").symlink_to(tmp_path / "secret")
    (bucket / "folder").symlink_to(tmp_path)
    (bucket / "loop").symlink_to("loop")
    assert blobs.read("photos", "inside", None, 9) == b"a"
    for key in ("outside", "folder/secret", "loop"):
        with pytest.raises(InvalidS3Object):
            blobs.read("photos", key, None, 9)


def test_a_bucket_may_be_a_link_of_the_operators(tmp_path, bucket, blobs):
    (tmp_path / "album").mkdir()
    (tmp_path / "album" / "a").write_bytes(b"a")
    (bucket.parent / "album").symlink_to(tmp_path / "album")
    assert blobs.read("album", "a", None, 9) == b"a"


def test_a_pipe_is_not_an_object(bucket, blobs):
    os.mkfifo(bucket / "pipe")
    with pytest.raises(InvalidS3Object):
        blobs.read("photos", "pipe", None, 9)


def test_a_huge_object_is_refused_without_being_read(bucket, blobs):
    with (bucket / "huge").open("wb") as file:
        file.truncate(1 << 40)
    tracemalloc.start()
    with pytest.raises(ImageTooLarge):
        blobs.read("photos", "huge", None, 15_000_000)
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


def test_folders_keep_no_versions(bucket, blobs):
    (bucket / "a").write_bytes(b"a")
    with pytest.raises(InvalidS3Object):
        blobs.read("photos", "a", "1", 9)


@pytest.mark.parametrize("url", ["ftp://x", "/a/folder", "", "http://127.0.0.1/"])
def test_other_places_are_told_at_start(url):
    with pytest.raises(OperatorError, match="s3://, gs:// or az://"):
        CloudBlobs(url)
