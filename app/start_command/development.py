"""Development: which commands start a server for one person at a desk, which starts anew at each change. Pure."""

from __future__ import annotations

import re

_SCRIPT = r"(?:dev|develop|development|watch|hot|start[:-](?:dev|watch|debug)|(?:dev|watch|serve)[:-][\w:-]+)"
_PROGRAMS = (
    # Node.js
    rf"(?:npm|pnpm|yarn|bun)(?: -\S+)*(?: run)? {_SCRIPT}(?= |$)",
    r"nodemon|ts-node-dev|(?:tsx|bun) (?:watch|--watch|--hot)|node (?:-\S+ )*--watch|nest start .*--watch",
    r"(?:next|nuxt|nuxi|astro|remix|vinxi|svelte-kit|wrangler|react-router) dev",
    r"vite(?! (?:build|preview))|webpack(?:-dev-server| serve)|(?:ng|vue-cli-service|parcel) serve",
    r"(?:react-scripts|craco) start|gatsby develop|docusaurus start|eleventy --serve",
    # Python
    r"flask(?: -\S+(?: [\w.:]+)?)* run|manage\.py runserver\w*|fastapi dev|watchmedo|hupper|debugpy|ptw|watchfiles",
    # Ruby, PHP, Go, Rust, Java, .NET
    r"rails s(?:erver)?(?=.* -e development)|rails s(?:erver)?(?!.* (?:-e|--environment)[ =])|bin/dev",
    r"shotgun|rerun|guard",
    r"artisan serve|php -S|air|reflex|CompileDaemon|gow|cargo watch|dotnet watch",
    r"(?:\S*mvnw?|\S*gradlew?) (?:.* )?(?:spring-boot:run|quarkus:dev|bootRun|quarkusDev)",
    # A container that stays for somebody who enters it
    r"tail -[fF] /dev/null|sleep (?:infinity|inf)",
)
_FOR_DEVELOPMENT = re.compile(
    rf"(?:^|[\s;&|('\"/])(?:{'|'.join(_PROGRAMS)})(?=[\s;&|)'\"]|$)|\s--(?:auto)?reload(?=[\s=]|$)"
)
_LONGEST = (
    1000  # letters of a command: its programs stand at its begin, and the search takes the square of them
)
_RELOADING = re.compile(r"(?:.*/)?(?:uvicorn|gunicorn|hypercorn|granian|quart)")
_RELOAD = re.compile(
    r"--reload(?:-(?P<valued>dir|include|exclude|delay|engine|extra-file|paths))?(?P<given>=.*)?"
)


def is_for_development(command: str) -> bool:
    """Whether nobody runs it in production: it watches files, or its own makers say that it is not for that."""
    return _FOR_DEVELOPMENT.search(command[:_LONGEST]) is not None


def without_reload(words: tuple[str, ...]) -> tuple[str, ...]:
    """The command of a server that serves in production, once it is not told to start anew at each change."""
    if not any(_RELOADING.fullmatch(word) for word in words):
        return words
    kept: list[str] = []
    skips = False
    for word in words:
        found = _RELOAD.fullmatch(word)
        if found is None and not skips:
            kept.append(word)
        skips = found is not None and found["valued"] is not None and found["given"] is None
    return tuple(kept)
