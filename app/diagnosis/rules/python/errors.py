"""Python at work: tracebacks, syntax, missing variables and files, and what a server was told to load."""

from __future__ import annotations

from app.diagnosis.dependencies import manifest
from app.diagnosis.paths import repository_path
from app.diagnosis.places import anywhere, first, matching
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.python.reading_errors import (
    application,
    env_name,
    interface,
    or_frame,
    own_frame,
    pydantic,
    pydantic_place,
    served_place,
    syntax,
    syntax_place,
    traced,
    where,
)

ENV_FIX = "Set {name}: under `env:` or `secrets:` of the service (or ENV/ARG in the Dockerfile when the build needs it), or read it with a default."

RULES: tuple[Rule, ...] = (
    Rule(
        code="python-syntax",
        pattern=r"^(?:\S+: )?(?P<kind>SyntaxError|IndentationError|TabError): (?P<said>.+)",
        read=syntax,
        place=syntax_place,
        rank=Rank.ROOT,
        title="{path} line {line}: {said}",
        message="{kind}: {said} — {code}",
        fix="Correct line {line} of {path} (or the line before it).",
    ),
    Rule(
        code="python-missing-variable",
        pattern=r"^KeyError: ['\"](?P<name>[A-Za-z_]\w+)['\"]$",
        read=env_name,
        place=or_frame,
        rank=Rank.ROOT,
        title="The environment variable {name} is not set",
        message="KeyError: '{name}'{where}: it is read from the environment and is not there.",
        fix=ENV_FIX,
    ),
    Rule(
        code="python-missing-variable",
        pattern=r"(?:decouple\.)?UndefinedValueError: (?P<name>\w+) not found|ImproperlyConfigured: Set the (?P<name2>\w+) environment variable|environs\.\S+: Environment variable \"(?P<name3>\w+)\" not set",
        read=lambda hit: where(hit) | {"name": hit["name"] or hit["name2"] or hit["name3"]},
        place=or_frame,
        rank=Rank.ROOT,
        title="The environment variable {name} is not set",
        message="The settings need {name}{where}, and the environment does not have it.",
        fix=ENV_FIX,
    ),
    Rule(
        code="python-missing-setting",
        pattern=r"^(?:pydantic\S*ValidationError|ValidationError): (?P<count>\d+) validation errors? for (?P<model>\w+)",
        read=pydantic,
        place=pydantic_place,
        rank=Rank.ROOT,
        title="{model} lacks {names}",
        message="{count} validation error for {model}{where}: Field required: {names}.",
        fix="Set {names} in the environment of the service, or give the field a default.",
    ),
    Rule(
        code="python-missing-file",
        pattern=r"^(?:\S+: )?FileNotFoundError: \[Errno 2\] No such file or directory: ['\"](?P<name>[^'\"]+)['\"]",
        read=where,
        place=first(own_frame, anywhere(r"[\"']{name}[\"']", ".py", ".ini", ".toml", ".cfg")),
        rank=Rank.CAUSE,
        title="{name} is not there",
        message="FileNotFoundError: No such file or directory: '{name}'{where}.",
        fix="Add {name} to the image (COPY, and not in .dockerignore), or correct the path.",
    ),
    Rule(
        code="python-server-interface",
        pattern=r"TypeError: (?P<kind>\w+)\.__call__\(\) missing \d required positional arguments?: (?:'receive' and )?'(?P<name>send|start_response)'",
        read=interface,
        place=first(matching(r"gunicorn|uvicorn|hypercorn|waitress", "Procfile", "Dockerfile"), served_place),
        rank=Rank.ROOT,
        title="{kind} is an {speaks} application, and {server} serves {other} only",
        message="{kind}.__call__() missing {name}: it is called as {other} has it.",
        fix="{advice}.",
    ),
    Rule(
        code="python-server-target",
        pattern=r"Failed to find attribute ['\"](?P<name>\w+)['\"] in ['\"](?P<module>[\w.]+)['\"]|Error loading ASGI app\. (?:Attribute \"(?P<name2>\w+)\" not found in|Could not import) module \"(?P<module2>[\w.]+)\"",
        read=lambda hit: {
            "name": hit["name"] or hit["name2"] or "app",
            "module": hit["module"] or hit["module2"],
        },
        place=application,
        rank=Rank.ROOT,
        title="The server finds no {name} in the module {module}",
        message="It was told to serve {module}:{name}, and that is not there.",
        fix="Name the module and the variable that hold your application, such as main:app, or rename the variable to {name}.",
    ),
    Rule(
        code="python-function-target",
        pattern=r"MissingTargetException: File (?P<path>\S+) is expected to contain a function named '?(?P<name>\w+)'?",
        place=lambda hit: hit.files.place(repository_path(hit.files, hit["path"], hit) or "main.py", 1),
        rank=Rank.ROOT,
        title="main.py has no function named {name}",
        message="functions-framework: File {path} is expected to contain a function named {name}.",
        fix="Define the function {name}, or set GOOGLE_FUNCTION_TARGET (--target) to the one you have.",
    ),
    Rule(
        code="python-time-zone",
        pattern=r"ZoneInfoNotFoundError: '?No time zone found with key (?P<zone>[\w/+-]+)",
        place=manifest("python"),
        rank=Rank.ROOT,
        title="The image has no data of time zones: {zone} is not found",
        message="ZoneInfoNotFoundError: No time zone found with key {zone}: a slim image has no tzdata, and Python's zoneinfo brings none of its own.",
        fix="Add tzdata to requirements.txt, or install it: RUN apt-get update && apt-get install -y tzdata (Alpine: apk add tzdata).",
        link="https://docs.python.org/3/library/zoneinfo.html#data-sources",
    ),
    Rule(
        code="python-uncaught",
        pattern=r"^(?P<kind>(?:[a-zA-Z_][\w]*\.)*[A-Z]\w*(?:Error|Exception|Exit|Interrupt|Warning|NotFound|Configured|DoesNotExist|Unavailable)): (?P<said>.+)",
        read=traced,
        place=own_frame,
        title="{kind}: {said}",
        message="{kind}: {said}{where}.",
        fix="Look at {file} line {at}: that is the deepest line of yours in the traceback.{hint}",
    ),
    Rule(
        code="python-uncaught",
        pattern=r"^(?P<kind>(?:[a-zA-Z_][\w]*\.)*[A-Z]\w*(?:Error|Exception))$",
        read=traced,
        place=own_frame,
        title="{kind}",
        message="{kind}{where}.",
        fix="Look at {file} line {at}: that is the deepest line of yours in the traceback.{hint}",
    ),
)
