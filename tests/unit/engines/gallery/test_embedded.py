"""How the engine loads, follows, writes to disk and makes room."""

from pathlib import Path
from threading import Event, Thread

import numpy as np
import pytest
from filelock import FileLock

from beholden.domain.errors import ServerError
from beholden.domain.gallery import GalleryRef, Subject
from beholden.engines.gallery.embedded import EmbeddedGallery
from beholden.engines.gallery.snapshot import Snapshots
from beholden.testing.changes import FakeChangeFeed
from beholden.testing.gallery import a_grant
from beholden.testing.vault import FakeVault

ONE, TWO = (GalleryRef(no, Subject.FACE) for no in (1, 2))
PROBE = np.eye(4, dtype=np.float32)[:1]


def vectors(nos):
    return {no: np.eye(4, dtype=np.float16)[no % 4] for no in nos}


def found(gallery, ref=ONE, limit=10):
    (candidates,) = gallery.search(a_grant(), ref, PROBE, limit, 0.5)
    return [candidate.subject_no for candidate in candidates]


class WatchedFeed(FakeChangeFeed):
    """Notes where each gallery begins to follow; can fail, or hold up one gallery."""

    def __init__(self):
        super().__init__(batch=10)
        self.starts = []
        self.failing_from = None
        self.held_up, self.held, self.go_on = None, Event(), Event()

    def changes(self, ref, after_seq):
        self.starts.append((ref, after_seq))
        if self.failing_from is not None and after_seq >= self.failing_from:
            raise ServerError("the disk is gone")
        if ref == self.held_up:
            self.held.set()
            assert self.go_on.wait(30)
        return super().changes(ref, after_seq)


class World:
    def __init__(self, folder: Path):
        self.folder = folder
        self.vault = FakeVault()
        for no in (1, 2):
            self.vault.create(f"key-{no}")
        self.feed = WatchedFeed()
        self.feed.put(ONE, vectors(range(8)))
        self.feed.put(TWO, vectors(range(8)))

    def snapshots(self, folder=None):
        return Snapshots(folder or self.folder, self.vault, "key-{}".format)

    def opened(self, memory_bytes=1 << 30, **options):
        return EmbeddedGallery(self.feed, self.snapshots(), memory_bytes=memory_bytes, **options)

    def files(self):
        return sorted(path.name for path in self.folder.glob("*.snap"))


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


def test_close_writes_and_the_next_start_follows_from_there(world):
    gallery = world.opened()
    assert found(gallery) == [0, 4]
    gallery.close()
    assert world.files() == ["1-face.snap"]
    world.feed.put(ONE, vectors([8]))
    world.feed.starts.clear()
    assert found(world.opened()) == [0, 4, 8]
    assert world.feed.starts == [(ONE, 8)]


def test_an_unchanged_gallery_is_not_written_again(world):
    gallery = world.opened()
    found(gallery)
    gallery.close()
    before = (world.folder / "1-face.snap").stat().st_ino
    gallery = world.opened()
    found(gallery)
    gallery.close()
    assert (world.folder / "1-face.snap").stat().st_ino == before


def test_a_batch_that_fails_is_made_up_for(world):
    world.feed.put(ONE, vectors(range(8, 40)))
    world.feed.failing_from = 20
    gallery = world.opened()
    with pytest.raises(ServerError):
        found(gallery)
    world.feed.failing_from = None
    assert found(gallery, limit=20) == list(range(0, 40, 4))


def test_a_feed_that_fails_at_once_hides_nothing_of_a_snapshot(world):
    gallery = world.opened()
    found(gallery)
    gallery.close()
    world.feed.failing_from = 0
    gallery = world.opened()
    with pytest.raises(ServerError):
        found(gallery)
    world.feed.failing_from = None
    assert found(gallery) == [0, 4]


def test_records_put_back_to_an_earlier_state_win(world):
    world.feed.put(ONE, vectors(range(8, 40)))
    gallery = world.opened()
    assert len(found(gallery)) == 10
    gallery.close()
    world.feed = WatchedFeed()
    world.feed.put(ONE, vectors([4]))
    assert found(world.opened()) == [4]


def test_a_long_load_holds_up_no_other_gallery(world):
    gallery = world.opened()
    world.feed.held_up = ONE
    answers = []
    slow = Thread(target=lambda: answers.append(found(gallery, ONE)))
    slow.start()
    assert world.feed.held.wait(30)
    assert found(gallery, TWO) == [0, 4]
    assert not answers
    world.feed.go_on.set()
    slow.join(30)
    assert answers == [[0, 4]]


def test_the_gallery_used_longest_ago_makes_room_and_comes_back(world):
    gallery = world.opened(memory_bytes=200)
    found(gallery, ONE)
    found(gallery, TWO)
    gallery._background.shutdown()
    assert world.files() == ["1-face.snap"]
    world.feed.starts.clear()
    assert found(gallery, TWO) == [0, 4]
    assert world.feed.starts == [(TWO, 16 - 8)]
    world.feed.starts.clear()
    gallery = world.opened()
    assert found(gallery, ONE) == [0, 4]
    assert world.feed.starts == [(ONE, 8)]


def test_enough_changes_are_written_in_the_background(world):
    gallery = world.opened(snapshot_rows=8)
    found(gallery, TWO)
    world.feed.put(ONE, vectors([9]))
    gallery._background.shutdown()
    assert world.files() == ["2-face.snap"]


def test_forget_deletes_from_disk_for_faces_and_users(world):
    users = GalleryRef(1, Subject.USER)
    world.feed.put(users, vectors([1]))
    gallery = world.opened()
    for ref in (ONE, users, TWO):
        found(gallery, ref)
    gallery.close()
    assert len(world.files()) == 3
    world.opened().forget(1)
    assert world.files() == ["2-face.snap"]


def test_what_was_forgotten_is_not_written_later(world):
    gallery = world.opened()
    found(gallery)
    gallery.forget(1)
    gallery.close()
    assert world.files() == []


def test_without_a_data_key_or_a_disk_search_goes_on(world, caplog):
    world.vault.destroy("key-1")
    gallery = world.opened()
    assert found(gallery) == [0, 4]
    gallery.close()
    assert "is not written" in caplog.text
    blocked = world.folder / "a file"
    blocked.write_text("")
    gallery = EmbeddedGallery(world.feed, world.snapshots(blocked), memory_bytes=1 << 30)
    assert found(gallery, TWO) == [0, 4]
    gallery.close()


def test_one_process_writes_at_a_time(world):
    with FileLock(world.folder / "1-face.lock"):
        gallery = world.opened()
        found(gallery)
        gallery.close()
    assert world.files() == []


def test_a_snapshot_does_not_show_its_templates(world):
    secret = np.linspace(0.1, 0.9, 64, dtype=np.float16)
    ref = GalleryRef(2, Subject.USER)
    world.feed.put(ref, {3: secret})
    gallery = world.opened()
    gallery.search(a_grant(), ref, np.ones((1, 64), np.float32), 1, -1.0)
    gallery.close()
    assert secret.tobytes() not in (world.folder / "2-user.snap").read_bytes()


@pytest.mark.parametrize("cut", [0, 5, 41, 60, -1])
def test_a_harmed_snapshot_is_rebuilt_with_a_line_in_the_log(world, caplog, cut):
    gallery = world.opened()
    found(gallery)
    gallery.close()
    path = world.folder / "1-face.snap"
    path.write_bytes(path.read_bytes()[:cut])
    assert found(world.opened()) == [0, 4]
    assert "rebuilt" in caplog.text


def test_probes_of_another_model_are_refused(world):
    with pytest.raises(ServerError, match="4 dimensions"):
        world.opened().search(a_grant(), ONE, np.ones((1, 5), np.float32), 1, 0.0)


def test_scrubbing_takes_a_snapshot_off_the_disk_and_out_of_backups(world):
    gallery = world.opened()
    found(gallery)
    gallery.close()
    backup = (world.folder / "1-face.snap").read_bytes()
    gallery = world.opened()
    found(gallery)
    world.feed.drop(ONE, [4])
    gallery.scrub(1)
    assert world.files() == []
    (world.folder / "1-face.snap").write_bytes(backup)
    world.feed.starts.clear()
    assert found(world.opened()) == [0]
    assert world.feed.starts == [(ONE, 0)]
    assert found(gallery) == [0]


def test_a_snapshot_is_written_again_after_scrubbing(world):
    gallery = world.opened()
    found(gallery)
    gallery.scrub(1)
    gallery.close()
    world.feed.starts.clear()
    assert found(world.opened()) == [0, 4]
    assert world.feed.starts == [(ONE, 8)]


def test_what_another_process_deleted_is_not_written_to_disk(world):
    gallery = world.opened()
    assert found(gallery) == [0, 4]
    world.feed.drop(ONE, [4])
    world.opened().scrub(1)
    gallery.close()
    world.feed.failing_from = 0
    snapshot, seq = world.snapshots().read(ONE)
    assert (seq, 4 in snapshot.all[0].nos) == (9, False)
