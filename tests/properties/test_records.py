"""The records engine and its fake tell the same story, whatever happens in whatever order, and a
gallery that follows the change feed holds what records hold."""

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from beholden.domain.errors import ClientError
from beholden.domain.gallery import GalleryRef, Subject
from beholden.engines.records.engine import SqlRecords
from beholden.testing.clock import FakeClock
from beholden.testing.faces import MODEL_VERSION, a_face
from beholden.testing.records import FakeRecords
from beholden.testing.vault import FakeVault
from tests.tables import with_tables

QUOTA = 8
names = st.sampled_from(["staff", "guests"])
user_ids = st.sampled_from(["ann", "bob"])
seeds = st.lists(st.integers(0, 9), min_size=1, max_size=4)
picks = st.lists(st.integers(0, QUOTA - 1), max_size=3)


def outcome(call, *arguments):
    try:
        return call(*arguments)
    except ClientError as error:
        return type(error)


class RecordsMachine(RuleBasedStateMachine):
    @initialize()
    def start(self):
        self.folder = tempfile.TemporaryDirectory()
        clock = FakeClock()
        self.engine = SqlRecords(with_tables(Path(self.folder.name)), FakeVault(), clock)
        self.fake = FakeRecords(clock)
        self.followed = {}

    def teardown(self):
        self.engine.close()
        self.folder.cleanup()

    def both(self, ask):
        """Ask the engine and the fake, and hold their answers against each other."""
        told = outcome(ask, self.engine)
        assert told == outcome(ask, self.fake)
        return told

    @rule(name=names)
    def create(self, name):
        self.both(lambda r: r.collections.create(name, f"arn:{name}", MODEL_VERSION, {}))

    @rule(name=names)
    def delete(self, name):
        self.both(lambda r: r.collections.delete(name))

    @rule(name=names, seeds=seeds)
    def enrol(self, name, seeds):
        faces = [a_face(seed, quality=seed / 10) for seed in seeds]
        self.both(lambda r: r.faces.add(r.collections.get(name), faces, QUOTA))

    @rule(name=names, picks=picks)
    def forget(self, name, picks):
        def ask(records):
            collection = records.collections.get(name)
            faces = records.faces.list(collection, 0, QUOTA)
            return records.faces.delete(
                collection, [face.face_id for at, face in enumerate(faces) if at in picks]
            )

        self.both(ask)

    @rule(name=names, user_id=user_ids)
    def create_user(self, name, user_id):
        self.both(lambda r: r.users.create(r.collections.get(name), user_id, None))

    @rule(name=names, user_id=user_ids)
    def delete_user(self, name, user_id):
        self.both(lambda r: r.users.delete(r.collections.get(name), user_id, None))

    @rule(name=names, user_id=user_ids, picks=picks, back=st.booleans())
    def move(self, name, user_id, picks, back):
        def ask(records):
            collection = records.collections.get(name)
            user = records.users.get(collection, user_id)
            faces = records.faces.list(collection, 0, QUOTA)
            nos = [face.no for at, face in enumerate(faces) if at in picks]
            move = records.users.disassociate if back else records.users.associate
            return move(collection, user, nos, None)

        self.both(ask)

    @rule(name=names, subject=st.sampled_from(Subject))
    def follow(self, name, subject):
        """A gallery that comes by now and then ends up with what is stored."""
        collection = self.both(lambda r: r.collections.get(name))
        if isinstance(collection, type):
            return
        ref = GalleryRef(collection.no, subject)
        seq, held = self.followed.get(ref, (0, {}))
        more = True
        while more:
            changes = self.engine.changes.changes(ref, seq)
            held.update(zip(changes.put_nos.tolist(), changes.put_vectors, strict=True))
            for no in changes.dropped_nos.tolist():
                held.pop(no, None)
            seq, more = changes.seq, changes.more
        assert seq == collection.change_seq
        self.followed[ref] = (seq, held)
        stored = self.stored(collection, subject)
        assert sorted(held) == sorted(stored)
        for no, vector in stored.items():
            np.testing.assert_array_equal(held[no], vector)

    def stored(self, collection, subject):
        if subject is Subject.FACE:
            nos = [face.no for face in self.engine.faces.list(collection, 0, QUOTA)]
            return dict(zip(nos, self.engine.faces.embeddings(collection, nos), strict=True))
        users = self.engine.users.list(collection, 0, QUOTA)
        vectors = {user.no: self.engine.users.embedding(collection, user) for user in users}
        return {no: vector for no, vector in vectors.items() if vector is not None}

    @invariant()
    def both_show_the_same(self):
        if not hasattr(self, "engine"):
            return
        for collection in self.both(lambda r: r.collections.list(0, 9)):
            faces = self.both(lambda r, c=collection: r.faces.list(c, 0, QUOTA + 1))
            users = self.both(lambda r, c=collection: r.users.list(c, 0, 9))
            assert (collection.face_count, collection.user_count) == (len(faces), len(users))
            for user in users:
                theirs = [face for face in faces if face.user_id == user.user_id]
                assert user.face_count == len(theirs)
                embedding = self.fake.users.embedding(collection, user)
                assert (embedding is None) == (not theirs)
                np.testing.assert_array_equal(
                    self.engine.users.embedding(collection, user), embedding
                )


TestRecords = RecordsMachine.TestCase
TestRecords.settings = settings(
    max_examples=15,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
