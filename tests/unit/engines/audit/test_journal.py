import pytest

from beholden.engines.audit.journal import Journal


@pytest.fixture
def journal(tmp_path):
    return Journal(tmp_path / "journal", b"key")


def test_batches_follow_one_another(journal):
    journal.append(256, [b"a", b"b"])
    journal.append(258, [b"c"])
    assert journal.read(256) == [b"a", b"b", b"c"]


def test_a_missing_journal_holds_nothing(journal):
    assert journal.read(0) == []


def test_older_frames_are_not_read(journal):
    journal.append(0, [b"old"] * 3)
    journal.append(256, [b"new"])
    assert journal.read(256) == [b"new"]


@pytest.mark.parametrize("lost", range(1, 20))
def test_what_a_crash_cut_short_is_not_read(journal, lost):
    journal.append(0, [b"whole"])
    journal.append(1, [b"cut"])
    data = journal.path.read_bytes()
    journal.path.write_bytes(data[:-lost])
    assert journal.read(0) == [b"whole"]


def test_zeros_from_a_power_cut_are_not_read(journal):
    journal.append(0, [b"whole"])
    with journal.path.open("ab") as file:
        file.write(bytes(4096))
    assert journal.read(0) == [b"whole"]


def test_starting_anew(journal):
    journal.append(0, [b"old"])
    journal.replace(256, [b"new"])
    assert journal.read(256) == [b"new"]
    assert journal.read(0) == []


def test_a_batch_that_is_partly_known(journal):
    journal.append(250, [b"%d" % n for n in range(250, 260)])
    assert journal.read(256) == [b"256", b"257", b"258", b"259"]


def test_what_another_hand_added_is_not_read(journal):
    journal.append(0, [b"ours"])
    Journal(journal.path, b"another key").append(1, [b"theirs"])
    assert journal.read(0) == [b"ours"]
