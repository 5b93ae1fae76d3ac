"""Excerpts: the entries about one search, each proven, and notes that the log's key signs."""

import shutil

import pytest

from beholden.domain.errors import AuditUnavailable
from beholden.domain.excerpt import Matter
from beholden.engines.audit.excerpts import LogExcerpts
from beholden.engines.audit.note import CheckpointError, Verifier
from beholden.engines.audit.proofs import check_inclusion
from beholden.engines.audit.trail import FolderTrail

ORIGIN = "log.example.org/one"


@pytest.fixture
def excerpts(deployment):
    deployment.grow(300)
    return LogExcerpts(FolderTrail(deployment.folder), deployment.key, ORIGIN)


def test_only_what_concerns_a_matter_is_taken_and_each_is_proven(excerpts, deployment):
    found = excerpts.about(Matter("call-7"))  # not call-70, which begins like it
    assert [one.index for one in found.entries] == [7]
    verifier = Verifier.parse(found.key)
    assert verifier == deployment.verifier
    for one in found.entries:
        assert check_inclusion(one.entry, one.proof, verifier).size == 300
        assert one.proof.endswith(found.checkpoint)


def test_a_log_that_grows_is_proven_as_far_as_it_had_grown(excerpts, deployment):
    before = excerpts.about(Matter("call-7"))
    deployment.grow(300, first=300)
    after = excerpts.about(Matter("call-512"))
    sizes = [deployment.verifier.open(one.checkpoint).size for one in (before, after)]
    assert sizes == [300, 600]
    assert [one.index for one in (*before.entries, *after.entries)] == [7, 512]


def test_nothing_is_taken_from_a_log_that_cannot_be_read(excerpts, deployment):
    shutil.rmtree(deployment.folder / "tile")
    with pytest.raises(AuditUnavailable):
        excerpts.about(Matter("call-7"))


def test_a_note_is_signed_by_the_logs_key(excerpts, deployment):
    note = excerpts.sign("a title\na line\n")
    assert deployment.verifier.text_of(note) == "a title\na line\n"
    with pytest.raises(CheckpointError):
        deployment.verifier.text_of(note.replace("a line", "another"))


@pytest.mark.parametrize("text", [f"{ORIGIN}\n7\nroot\n", "no newline at the end"])
def test_what_could_pass_for_a_checkpoint_is_not_signed(excerpts, text):
    with pytest.raises(ValueError, match="by the log alone"):
        excerpts.sign(text)
