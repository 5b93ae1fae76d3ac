"""On the fake, on local folders, and on S3, which moto's server plays."""

import hashlib
import http.server
import threading

import boto3
import pytest

from beholden.domain.errors import DiskFull, ImageTooLarge, InvalidS3Object, VideoTooLarge
from beholden.engines.blobs.store import CloudBlobs, LocalBlobs
from beholden.testing.blobs import FakeBlobs

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
}
UNREADABLE = (
    r"^Unable to get object metadata from S3\. "
    r"Check object key, region and/or access permissions\.$"
)


class Local:
    def __init__(self, folder):
        self.folder = folder
        self.blobs = LocalBlobs(folder)

    def put(self, bucket, key, content):
        path = self.folder / bucket / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


class Fake:
    def __init__(self):
        self.blobs = FakeBlobs()
        self.put = self.blobs.put


class S3:
    def __init__(self, endpoint):
        self.client = boto3.client("s3", endpoint_url=endpoint)
        self.blobs = CloudBlobs("s3://")

    def put(self, bucket, key, content):
        self.client.create_bucket(Bucket=bucket)
        self.client.put_bucket_versioning(
            Bucket=bucket, VersioningConfiguration={"Status": "Enabled"}
        )
        return self.client.put_object(Bucket=bucket, Key=key, Body=content)["VersionId"]


@pytest.fixture(scope="module")
def moto():
    server = pytest.importorskip("moto.server", reason="moto plays S3")
    played = server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    played.start()
    host, port = played.get_host_and_port()
    yield f"http://{host}:{port}"
    played.stop()


@pytest.fixture
def s3_at(monkeypatch):
    """Have clients look for S3 elsewhere."""

    def at(endpoint):
        for name, value in {**CREDENTIALS, "AWS_ENDPOINT_URL": endpoint}.items():
            monkeypatch.setenv(name, value)

    return at


@pytest.fixture
def s3(moto, s3_at):
    s3_at(moto)
    return S3(moto)


@pytest.fixture(params=["fake", "local", "s3"])
def place(request, tmp_path):
    if request.param == "s3":
        return request.getfixturevalue("s3")
    return Fake() if request.param == "fake" else Local(tmp_path)


@pytest.mark.parametrize(
    "key", ["a.jpg", "a/b/c.jpg", "with space+plus.jpg", "ünï%20çode#?.png", "..a/b..", "x" * 200]
)
def test_an_object_is_read_by_its_name(place, key):
    place.put("photos", key, b"content")
    assert place.blobs.read("photos", key, None, 100) == b"content"


def test_the_limit_is_the_largest_size_allowed(place):
    place.put("photos", "a", b"12345")
    assert place.blobs.read("photos", "a", None, 5) == b"12345"
    with pytest.raises(ImageTooLarge):
        place.blobs.read("photos", "a", None, 4)


def test_an_empty_object_is_empty(place):
    place.put("photos", "a", b"")
    assert place.blobs.read("photos", "a", None, 5) == b""


@pytest.mark.parametrize(
    ("bucket", "key", "version"),
    [
        ("photos", "missing", None),
        ("photos", "dir/", None),
        ("photos", "/dir/b", None),
        ("photos", "dir", None),
        ("photos", "dir//b", None),
        ("photos", "dir/./b", None),
        ("photos", "dir/../dir/b", None),
        ("photos", "../photos/dir/b", None),
        ("photos", "", None),
        ("photos", "a\0", None),
        ("photos", "\ud800", None),
        ("photos", "x" * 1025, None),
        ("photos", "é" * 513, None),
        ("photos", "dir/b", "no-such-version"),
        ("others", "dir/b", None),
        ("..", "photos/dir/b", None),
        ("", "photos/dir/b", None),
        (".", "photos/dir/b", None),
        ("photos/dir", "b", None),
        ("Photos", "dir/b", None),
        ("192.168.0.1", "dir/b", None),
    ],
)
def test_what_cannot_be_read_is_told_as_aws_tells_it(place, bucket, key, version):
    place.put("photos", "dir/b", b"content")
    with pytest.raises(InvalidS3Object, match=UNREADABLE):
        place.blobs.read(bucket, key, version, 100)


def test_a_copy_is_whole_private_and_told_by_its_hash(place, tmp_path):
    content = bytes(range(256)) * 9000
    place.put("videos", "a.mp4", content)
    assert place.blobs.head("videos", "a.mp4", None).size_bytes == len(content)
    into = tmp_path / "copy"
    digest = place.blobs.copy("videos", "a.mp4", None, into, len(content))
    assert into.read_bytes() == content
    assert digest == hashlib.sha256(content).digest()


def test_what_was_overwritten_has_another_tag(place):
    place.put("videos", "a.mp4", b"before")
    before = place.blobs.head("videos", "a.mp4", None)
    assert place.blobs.head("videos", "a.mp4", None) == before
    place.put("videos", "a.mp4", b"behind")
    after = place.blobs.head("videos", "a.mp4", None)
    assert (after.size_bytes, after.tag == before.tag) == (before.size_bytes, False)


def test_what_cannot_be_copied_leaves_nothing(place, tmp_path):
    place.put("videos", "a.mp4", b"12345")
    into = tmp_path / "folder" / "copy"
    into.parent.mkdir()
    with pytest.raises(VideoTooLarge):
        place.blobs.copy("videos", "a.mp4", None, into, 4)
    with pytest.raises(InvalidS3Object, match=UNREADABLE):
        place.blobs.copy("videos", "b.mp4", None, into, 9)
    with pytest.raises(InvalidS3Object, match=UNREADABLE):
        place.blobs.head("videos", "b.mp4", None)
    assert list(into.parent.iterdir()) == []


def test_a_full_disk_is_said(tmp_path):
    local = Local(tmp_path)
    local.put("videos", "a.mp4", b"12345" * 1000)
    full = tmp_path / "full"
    full.mkdir()
    (full / "a.part").symlink_to("/dev/full")
    with pytest.raises(DiskFull):
        local.blobs.copy("videos", "a.mp4", None, full / "a", 10_000)


class BreaksOff(http.server.BaseHTTPRequestHandler):
    """An S3 that promises a thousand bytes and sends a hundred."""

    def do_GET(self):
        self.send_response(200)
        for name, value in {
            "Content-Length": "1000",
            "ETag": '"a"',
            "Last-Modified": "Tue, 24 Nov 2026 12:00:00 GMT",
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(b"x" * 100)

    def log_message(self, *_):
        """Quiet."""


def test_a_bucket_that_breaks_off_midway_is_said(s3_at, tmp_path):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), BreaksOff)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    s3_at(f"http://127.0.0.1:{server.server_address[1]}")
    with pytest.raises(InvalidS3Object, match="stopped answering"):
        CloudBlobs("s3://").copy("videos", "a.mp4", None, tmp_path / "copy", 9999)
    assert list(tmp_path.iterdir()) == []
    server.shutdown()


def test_s3_keeps_versions(s3):
    old = s3.put("versions", "a", b"old")
    s3.put("versions", "a", b"new")
    assert s3.blobs.read("versions", "a", None, 100) == b"new"
    assert s3.blobs.read("versions", "a", old, 100) == b"old"


def test_s3_can_be_held_to_one_bucket(s3):
    s3.put("photos", "a", b"content")
    s3.put("secrets", "a", b"content")
    blobs = CloudBlobs("s3://photos")
    assert blobs.read("photos", "a", None, 100) == b"content"
    with pytest.raises(InvalidS3Object):
        blobs.read("secrets", "a", None, 100)


def test_a_file_becomes_an_object(place, tmp_path):
    place.put("photos", "there.jpg", b"")
    source = tmp_path / "source"
    for content in (b"first", b"second"):
        source.write_bytes(content)
        place.blobs.write("photos", "new/results.jsonl", source)
        assert place.blobs.read("photos", "new/results.jsonl", None, 100) == content
    with pytest.raises(InvalidS3Object, match="Unable to write"):
        place.blobs.write("no-such-bucket", "results.jsonl", source)


@pytest.mark.parametrize("key", ["../outside", "a//b", "link/results.jsonl", "/etc/x"])
def test_nothing_is_written_outside_of_its_bucket(tmp_path, key):
    bucket = tmp_path / "buckets" / "photos"
    bucket.mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    (bucket / "link").symlink_to(tmp_path / "elsewhere")
    source = tmp_path / "source"
    source.write_bytes(b"x")
    with pytest.raises(InvalidS3Object):
        LocalBlobs(tmp_path / "buckets").write("photos", key, source)
    assert not list((tmp_path / "elsewhere").iterdir())


def test_an_object_that_is_deleted_is_gone_and_one_that_is_not_there_is_no_error(place):
    place.put("photos", "a/b.mp4", b"content")
    place.put("photos", "a/c.mp4", b"another")
    for _ in range(2):
        place.blobs.delete("photos", "a/b.mp4")
    with pytest.raises(InvalidS3Object):
        place.blobs.read("photos", "a/b.mp4", None, 100)
    assert place.blobs.read("photos", "a/c.mp4", None, 100) == b"another"
    with pytest.raises(InvalidS3Object, match="Unable to write"):
        place.blobs.delete("no-such-bucket", "a/b.mp4")


@pytest.mark.parametrize("key", ["../outside", "link/outside", "/outside"])
def test_nothing_is_deleted_outside_of_its_bucket(tmp_path, key):
    bucket, outside = tmp_path / "buckets" / "photos", tmp_path / "buckets" / "outside"
    bucket.mkdir(parents=True)
    outside.touch()
    (bucket / "link").symlink_to(tmp_path / "buckets")
    with pytest.raises(InvalidS3Object):
        LocalBlobs(tmp_path / "buckets").delete("photos", key)
    assert outside.exists()
