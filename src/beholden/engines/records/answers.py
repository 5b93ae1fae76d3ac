"""Answers kept under their ClientRequestToken."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import Connection, delete, insert, select
from sqlalchemy.exc import IntegrityError

from beholden.domain.errors import ConflictingState, IdempotentParameterMismatch
from beholden.domain.request_token import Answer, RequestToken
from beholden.engines.records.database import Database
from beholden.engines.records.schema import answers
from beholden.ports.clock import Clock

KEPT_FOR = timedelta(days=7)


class SqlAnswers:
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
