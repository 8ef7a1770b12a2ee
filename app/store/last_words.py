"""The last word: of several comments about one thing the one written last counts, in whatever order they are heard."""

from __future__ import annotations

from sqlalchemy import Column, Connection, Table, update

from app.store.tables import METADATA, Id, Words, insert_once

LAST_WORDS = Table(
    "last_words",
    METADATA,
    # What it is about: a lock, or the previews of a pull request.
    Column("subject", Words, primary_key=True),
    # GitHub numbers comments as they are made: a greater number was said later.
    Column("comment_id", Id, nullable=False),
)


def is_last_word(connection: Connection, subject: str, comment_id: int) -> bool:
    """Whether no later comment about this was heard; from now on this one is the last.

    What follows from it is written in the same transaction, so that no other comment comes in between. A button has no
    comment (0): it is heard when it is pressed, and so is the last word.
    """
    if not comment_id:
        return True
    if insert_once(connection, LAST_WORDS, subject=subject, comment_id=comment_id):
        return True
    earlier = (LAST_WORDS.c.subject == subject, LAST_WORDS.c.comment_id <= comment_id)
    return connection.execute(update(LAST_WORDS).where(*earlier).values(comment_id=comment_id)).rowcount > 0
