"""Answers kept under their ClientRequestToken."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import Connection, delete, insert, select
from sqlalchemy.exc import IntegrityError

from beholden.domain.errors import ConflictingState, IdempotentParameterMismatch
from beholden.domain.person import Person
from beholden.domain.request_token import Answer, RequestToken
from beholden.engines.records.database import Database
from beholden.engines.records.schema import answers
from beholden.ports.clock import Clock

KEPT_FOR = timedelta(days=7)


class SqlAnswers:
    kind = "answers"

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def find(self, token: RequestToken) -> Mapping[str, object] | None:
        with self._database.reading() as connection:
            row = connection.execute(
                select(answers.c.digest, answers.c.response).where(
                    answers.c.scope == token.scope,
                    answers.c.token == token.token,
                    answers.c.answered_at > self._clock.now() - KEPT_FOR,
                )
            ).one_or_none()
        if row is None:
            return None
        if row.digest != token.digest:
            raise IdempotentParameterMismatch
        return dict(row.response)

    def count(self, person: Person) -> int:
        with self._database.reading() as connection:
            return len(_naming(connection, person))

    def erase(self, person: Person) -> int:
        with self._database.writing() as connection:
            found = _naming(connection, person)
            for scope, token in found:
                of_token = (answers.c.scope == scope) & (answers.c.token == token)
                connection.execute(delete(answers).where(of_token))
        return len(found)


def _naming(connection: Connection, person: Person) -> list[tuple[str, str]]:
    """Scope and token of the answers that hold an id of this person."""
    ids = person.face_ids | person.user_ids | person.subjects
    rows = connection.execute(select(answers.c.scope, answers.c.token, answers.c.response))
    return [(row.scope, row.token) for row in rows if _strings(row.response) & ids]


def _strings(value: object) -> set[str]:
    """Every string in a JSON value."""
    if isinstance(value, dict):
        return set().union(*map(_strings, value.values()))
    if isinstance(value, list):
        return set().union(*map(_strings, value))
    return {value} if isinstance(value, str) else set()


def keep(connection: Connection, clock: Clock, answer: Answer | None) -> None:
    """Store an answer in the transaction that makes it true, and drop those past their time.
    Raises ConflictingState if the token was answered meanwhile."""
    if answer is None:
        return
    now = clock.now()
    connection.execute(delete(answers).where(answers.c.answered_at <= now - KEPT_FOR))
    row = {
        "scope": answer.token.scope,
        "token": answer.token.token,
        "digest": answer.token.digest,
        "response": dict(answer.response),
        "answered_at": now,
    }
    try:
        connection.execute(insert(answers).values(**row))
    except IntegrityError as error:
        raise ConflictingState from error
