"""A start that may not write: the USER of the Dockerfile does not own what the program wants to make."""

from __future__ import annotations

from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.start.reading_lacking import STARTED
from app.diagnosis.rules.start.reading_writing import unwritable, user_place

RULES: tuple[Rule, ...] = (
    Rule(
        code="start-may-not-write",
        only=STARTED,
        pattern=r"^PermissionError: \[Errno 13\] Permission denied: '(?P<path>[^']+)'|"
        r"\b(?:mkdir|open|create|rename|unlinkat|remove) (?P<path2>[\w@./+-]+): permission denied|"
        r"Permission denied @ \w+ - (?P<path3>\S+)|"
        r"AccessDeniedException: (?P<path4>/\S+)|FileNotFoundException: (?P<path5>/\S+) \(Permission denied\)|"
        r"UnauthorizedAccessException: Access to the path '(?P<path6>[^']+)' is denied|"
        r"^(?:mkdir|touch|cp|mv|rm|tee|ln|chmod|chown): (?:cannot|can't) [\w ]+? ['‘]?(?P<path7>[^'’:]+)['’]?: Permission denied|"
        r"(?:cannot|can't) create (?P<path8>[\w@./+-]+): Permission denied",
        read=unwritable,
        place=user_place,
        rank=Rank.ROOT,
        title="{user} may not write {path}",
        message="Permission denied: {path}: the container runs as {user}, and the folder belongs to another user.",
        fix="{advice}.",
        link="https://docs.docker.com/reference/dockerfile/#user",
    ),
)
