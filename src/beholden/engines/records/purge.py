"""The end of a deleted collection's rows, in steps that let others write in between."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import Connection, Table, delete, select

from beholden.engines.records.database import Database
from beholden.engines.records.leads_schema import pictures
from beholden.engines.records.schema import doomed, faces, lots, users, vectors
from beholden.engines.records.sealing import lot_key
from beholden.ports.vault import Vault

TABLES = (vectors, pictures, faces, users, lots)  # faces refer to users
KEYS_STEP = 20  # each key's end is written to the disk


class Purger:
    """Deletes the rows of doomed collections: a few at once, the rest on a thread of its own.

    Nobody can find those rows, and nobody can read them since their data key is destroyed; so
    nobody has to wait for their end. What a crash or an error leaves is taken up by `resume`.
    """

    def __init__(
        self, database: Database, vault: Vault, step: int = 2000, steps_at_once: int = 10
    ) -> None:
        self._database = database
        self._vault = vault
        self._step = step
        self._steps_at_once = steps_at_once
        self._closing = threading.Event()
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="purge")

    def purge(self, collection_no: int) -> None:
        """Purge a small collection now, begin with a large one."""
        if not any(self._purge_step(collection_no) for _ in range(self._steps_at_once)):
            self.resume([collection_no])

    def resume(self, collection_nos: Iterable[int]) -> None:
        for collection_no in () if self._closing.is_set() else collection_nos:
            self._worker.submit(self._purge_rest, collection_no)

    def wait(self) -> None:
        """Return when what was begun is done."""
        self._worker.submit(lambda: None).result()

    def close(self) -> None:
        """Stop after the step in hand. Safe to call twice."""
        self._closing.set()
        self._worker.shutdown()

    def _purge_rest(self, collection_no: int) -> None:
        while not self._closing.is_set() and not self._purge_step(collection_no):
            pass

    def _destroy_keys(self, collection_no: int, lot_nos: Iterable[int]) -> None:
        """What is left of them: the key above them is gone, so nothing could open them."""
        for lot in lot_nos:
            self._vault.destroy(lot_key(collection_no, lot))

    def _purge_step(self, collection_no: int) -> bool:
        """Delete some rows in a transaction of their own; with the last, the collection is doomed
        no more, and the answer is True."""
        with self._database.writing() as connection:
            for table in TABLES:
                count = min(self._step, KEYS_STEP) if table is lots else self._step
                if nos := _delete_some(connection, table, collection_no, count):
                    if table is lots:
                        self._destroy_keys(collection_no, nos)
                    return False
            connection.execute(delete(doomed).where(doomed.c.collection_no == collection_no))
        return True


def _delete_some(
    connection: Connection, table: Table, collection_no: int, count: int
) -> Sequence[int]:
    """Delete up to `count` rows, and tell their numbers."""
    of_collection = table.c.collection_no == collection_no
    some = select(table.c.no).where(of_collection).order_by(table.c.no).limit(count)
    nos = connection.execute(some).scalars().all()
    if nos:
        connection.execute(delete(table).where(of_collection, table.c.no <= nos[-1]))
    return nos
