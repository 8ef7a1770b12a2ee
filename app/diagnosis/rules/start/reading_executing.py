"""A command that could not be executed: what it names, and who would bring it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.instructions import failing_dockerfile, instruction
from app.diagnosis.paths import repository_path
from app.diagnosis.places import anywhere, first, matching
from app.diagnosis.rule import Hit
from app.diagnosis.rules.start.reading_binding import command_place, command_text
from app.diagnosis.transcript import Kind
from app.model import Place


def executed(hit: Hit) -> Mapping[str, str] | None:
    path = _script(hit, hit["path"])
    text = hit.files.text(path) if path else ""
    shebang = text.split("\n", 1)[0]
    if path and hit.files.ends_lines_with_return(path):
        return {
            "file": path,
            "why": "its lines end as on Windows (CRLF)",
            "advice": f"Convert {path} to LF line endings (git: *.sh text eol=lf)",
        }
    if path and not shebang.startswith("#!"):
        return {
            "file": path,
            "why": "it is a script without a #! line",
            "advice": f"Write #!/bin/sh as the first line of {path}",
        }
    return {
        "file": "", "why": "the image was built for another processor than amd64/linux",
        "advice": "Build for amd64: docker build --platform linux/amd64, GOARCH=amd64, FROM --platform=linux/amd64",
    }  # fmt: skip


def _script(hit: Hit, path: str) -> str:
    found = repository_path(hit.files, path, hit) if path else ""
    return found if not re.search(r"\.(?:py|js|rb|go|rs|java|jar)$", found) else ""


def _raw_first(hit: Hit, path: str) -> str:
    lines = hit.files.lines(path)
    return lines[0] if lines else ""


def exec_place(hit: Hit) -> Place | None:
    if hit["file"]:
        return hit.files.place(hit["file"], 1)
    return first(
        matching(r"arm64|aarch64", "Dockerfile"), anywhere(r"linux/arm64|GOARCH=arm64|GOARCH: arm64", ".yml",
        ".yaml", "Makefile", ".sh"),
        instruction("FROM"), command_place,
    )(hit)  # fmt: skip


# Who brings a command that is no file of the repository.
_BROUGHT_BY = {
    **dict.fromkeys(
        ("gunicorn", "uvicorn", "flask", "streamlit", "hypercorn", "daphne", "celery"), "requirements.txt"
    ),
    **dict.fromkeys(("puma", "rails", "rackup", "sidekiq", "unicorn"), "the Gemfile"),
    **dict.fromkeys(
        ("next", "nest", "serve", "ts-node", "nodemon", "tsx", "vite", "nuxt"), "dependencies in package.json"
    ),
}


def not_found(hit: Hit) -> Mapping[str, str] | None:
    name = hit["path"] or hit["name"] or hit["name2"] or hit["name3"] or hit["name4"] or _first_word(hit)
    path = _script(hit, name) if "/" in name or "." in name else ""
    if path and hit.files.ends_lines_with_return(path):
        return {
            "name": name,
            "file": path,
            "title": f"{path} has Windows line endings (CRLF)",
            "why": f"{path} has Windows line endings (CRLF), so that its #! line asks for a shell whose name ends with a carriage return",
            "advice": f"Save {path} with LF line endings, and keep it so: .gitattributes with *.sh text eol=lf",
            "last": name.rpartition("/")[2],
        }
    if path:
        shebang = _raw_first(hit, path).removeprefix("#!").strip() or "/bin/sh"
        why = (
            f"the image lacks it, or the shell of its #! line ({shebang}), or {path} has Windows line "
            f"endings (CRLF)"
        )
        advice = (
            f"Save {path} with LF line endings (.gitattributes: *.sh text eol=lf), COPY it to {name}, and "
            f"name a shell "
            f"that the image has (#!/bin/sh instead of {shebang} on Alpine)"
        )
    elif _is_copied(hit, name):
        why = "or it is there and what loads it is not: it was linked for glibc, or for another libc than the final stage has"
        advice = f"{_LINKED}; otherwise correct where {name} is copied to"
    else:
        why = f"no file of the image is {name}"
        advice = _brought(hit, name)
    return {
        "name": name,
        "file": path,
        "title": f"{name} was not found in the image",
        "why": why,
        "advice": advice,
        "last": name.rpartition("/")[2],
    }


def _brought(hit: Hit, name: str) -> str:
    command = f"correct the command `{command_text(hit)}`"
    if _BROUGHT_BY.get(name) and (folder := _environment(hit)):
        return f'Write ENV PATH="{folder}/.venv/bin:$PATH" in the final stage (uv installs into .venv), or start it with uv run {name}'
    if manifest := _BROUGHT_BY.get(name):
        return f"Add {name} to {manifest} and install it in the Dockerfile, or {command}"
    if " " in name:
        return f"Write the command as separate words: CMD {_as_words(name)}"
    return f"Copy {name} into the final stage, or {command}; a binary linked for glibc needs a glibc image"


def _environment(hit: Hit) -> str:
    """The folder in which uv made .venv, where no PATH leads into it; empty where there is none."""
    found = failing_dockerfile(hit)
    if found is None:
        return ""
    _, parsed = found
    synced = [each for each in parsed.of("RUN") if "uv sync" in each.value]
    led = any("venv" in each.value or "UV_PROJECT" in each.value for each in parsed.of("ENV"))
    return parsed.workdir_at(synced[-1]).rstrip("/") if synced and not led else ""


_LINKED = (
    "Link it statically (Go: CGO_ENABLED=0 go build; Rust: --target x86_64-unknown-linux-musl), or use a final image "
    "with the libc of the stage that builds it (debian:bookworm-slim instead of Alpine or scratch)"
)


def _is_copied(hit: Hit, name: str) -> bool:
    """Whether another stage's file of that name comes into the final one."""
    found = failing_dockerfile(hit)
    last = name.rpartition("/")[2]
    return (
        bool(last)
        and found is not None
        and any(
            "from" in each.flags and any(last == word.rpartition("/")[2] for word in each.arguments)
            for each in found[1].of("COPY")
        )
    )


def _first_word(hit: Hit) -> str:
    """The program that the Dockerfile's command starts."""
    found = failing_dockerfile(hit)
    commands = list(found[1].of("ENTRYPOINT", "CMD")) if found else []
    words = commands[-1].arguments if commands else ()
    return words[0] if words else "the command"


def _as_words(command: str) -> str:
    return "[" + ", ".join(f'"{word}"' for word in command.split()) + "]"


def not_found_place(hit: Hit) -> Place | None:
    if hit["file"]:
        return hit.files.place(hit["file"], 1)
    if (found := failing_dockerfile(hit)) is not None:
        path, parsed = found
        for each in parsed.of("CMD", "ENTRYPOINT"):
            if hit["last"] and hit["last"] in each.value:
                return hit.files.place(path, each.line, each.end)
    return first(
        matching(r"{last}", "Procfile", "service.yaml", "cloudbuild.yaml", "app.yaml"), command_place
    )(hit)


def permission(hit: Hit) -> Mapping[str, str] | None:
    name = hit["path"] or hit["name"]
    if hit.section.kind is Kind.INSTRUCTION:
        return None
    own = _script(hit, name)
    return {"name": name, "last": name.rpartition("/")[2], "own": own or name}


def permission_place(hit: Hit) -> Place | None:
    if (found := failing_dockerfile(hit)) is not None:
        path, parsed = found
        for each in (*parsed.of("CMD", "ENTRYPOINT"), *parsed.of("COPY")):
            if hit["last"] and hit["last"] in each.value:
                return hit.files.place(path, each.line, each.end)
    return command_place(hit)


# What an image's own entrypoint expects before its arguments.
_TOOLS = {"mvn-entrypoint.sh": "mvn", "docker-php-entrypoint": "php", "docker-entrypoint.sh": ""}


def handed_over(hit: Hit) -> Mapping[str, str]:
    base, name = hit["script"].rpartition("/")[2], hit["name"]
    tool = _TOOLS.get(base, "")
    goal = bool(
        re.fullmatch(r"clean|compile|test|package|verify|install|deploy|[\w.-]+:[\w:.-]+|-\w.*", name)
    )
    if tool == "mvn" and goal:
        advice = f'Write the command whole: CMD ["mvn", "{name}", …] (in cloudbuild.yaml entrypoint: mvn)'
    else:
        advice = f"Install {name} in the image, correct its name in CMD, or name it by its whole path"
        advice += f"; arguments of {tool} need {tool} before them" if tool else ""
    return {"base": base, "advice": advice}


def handed_over_place(hit: Hit) -> Place | None:
    return first(
        instruction("CMD"),
        matching(r"[\"'\[ -]{name}\b", "cloudbuild.yaml", "cloudbuild.yml", "docker-compose.yml"),
        instruction("ENTRYPOINT"),
    )(hit)
