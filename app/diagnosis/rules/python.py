"""Python at work: tracebacks, imports, missing variables, and the servers that load an application."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping

from app.diagnosis.places import (
    dependency_line,
    first,
    instruction,
    manifest,
    matching,
    repository_path,
    variable,
)
from app.diagnosis.rule import Hit, Rank, Rule
from app.model import Place

_FRAME = re.compile(r'^\s*File "([^"]+)", line (\d+)(?:, in (.+))?')
# What a module is called and what pip installs it as.
DISTRIBUTIONS = {
    "yaml": "PyYAML", "cv2": "opencv-python-headless", "PIL": "Pillow", "sklearn": "scikit-learn", "bs4": "beautifulsoup4",
    "dotenv": "python-dotenv", "jwt": "PyJWT", "psycopg2": "psycopg2-binary", "MySQLdb": "mysqlclient", "dateutil": "python-dateutil",
    "google.cloud.storage": "google-cloud-storage", "google.cloud.firestore": "google-cloud-firestore", "rest_framework": "djangorestframework",
    "corsheaders": "django-cors-headers", "environ": "django-environ", "decouple": "python-decouple", "flask_cors": "Flask-Cors",
    "flask_sqlalchemy": "Flask-SQLAlchemy", "jose": "python-jose", "multipart": "python-multipart", "attr": "attrs", "magic": "python-magic",
    "Crypto": "pycryptodome", "serial": "pyserial", "docx": "python-docx", "fitz": "PyMuPDF", "pkg_resources": "setuptools",
    "distutils": "setuptools", "whitenoise": "whitenoise", "storages": "django-storages", "allauth": "django-allauth",
}  # fmt: skip


def frames(hit: Hit) -> list[tuple[str, str]]:
    """The traceback's frames above this line, the deepest first: (path as printed, line)."""
    found = []
    for line in hit.before(200):
        if match := _FRAME.match(line):
            found.append((match[1], match[2]))
        elif line.startswith("Traceback (most recent call last)") or (
            line
            and not line.startswith((" ", "\t"))
            and found
            and not re.match(r"^[\w.]+(?:Error|Exception)", line)
        ):
            break
    return found


def own_frame(hit: Hit) -> Place | None:
    """The deepest frame that is in the repository."""
    for path, line in frames(hit):
        if (found := repository_path(hit.files, path, hit)) and (place := hit.files.place(found, int(line))):
            return place
    return None


def _words(hit: Hit) -> dict[str, str]:
    """Where it happened, in words."""
    place = own_frame(hit)
    return {
        "where": f" at {place.path}:{place.line}" if place else "",
        "file": place.path if place else "",
        "at": str(place.line) if place else "",
    }


def _traced(hit: Hit) -> Mapping[str, str] | None:
    """Only the end of a traceback counts, not a word in somebody's message."""
    if not frames(hit):
        return None
    if not (own_frame(hit) or hit["rest"]):
        return None
    return _words(hit)


def _module(hit: Hit) -> Mapping[str, str] | None:
    name = hit["module"]
    top = name.split(".")[0]
    local = [
        p
        for p in hit.files.paths
        if p.endswith((f"/{top}.py", f"/{top}/__init__.py")) or p in (f"{top}.py", f"{top}/__init__.py")
    ]
    package = DISTRIBUTIONS.get(name) or DISTRIBUTIONS.get(top, top.replace("_", "-"))
    files = [p.rpartition("/")[2].removesuffix(".py") for p in hit.files.paths if p.endswith(".py")]
    near = difflib.get_close_matches(name.rpartition(".")[2], files, 1, 0.75)
    words = _words(hit) | {
        "package": package,
        "local": "yes" if local else "",
        "near": near[0] if near and near[0] != name else "",
    }
    if local or near:
        words["fix"] = (
            f"Write {near[0]} instead of {name}."
            if words["near"]
            else f"{name} is in the repository: copy it into the image and run from the folder above it (PYTHONPATH)."
        )
    else:
        words["fix"] = f"Add {package} to requirements.txt (or the dependencies of pyproject.toml)."
    return words


def _module_place(hit: Hit) -> Place | None:
    if hit["local"] or hit["near"]:
        return own_frame(hit) or manifest("python")(hit)
    listed = dependency_line(hit, "python", hit["package"])
    if listed:
        return listed
    return manifest("python")(hit) or own_frame(hit)


def _syntax(hit: Hit) -> Mapping[str, str] | None:
    for line in hit.before(8):
        if match := _FRAME.match(line):
            return {
                "path": repository_path(hit.files, match[1], hit) or match[1],
                "line": match[2],
                "code": next((c.strip() for c in hit.before(3) if c.strip() and "^" not in c), ""),
            }
    return None


def _syntax_place(hit: Hit) -> Place | None:
    found = repository_path(hit.files, hit["path"], hit)
    return hit.files.place(found, int(hit["line"])) if found else None


def _application(hit: Hit) -> Place | None:
    """Where the server is told what to load."""
    return first(
        matching(
            r"(?:gunicorn|uvicorn|hypercorn|daphne|flask|functions-framework)\b", "Procfile", "Dockerfile"
        ),
        instruction("CMD", "ENTRYPOINT"),
    )(hit)


def _env_name(hit: Hit) -> Mapping[str, str] | None:
    """A KeyError that os.environ raised."""
    code = " ".join(hit.before(6))
    if "environ" not in code and not re.fullmatch(r"[A-Z][A-Z0-9_]{2,}", hit["name"]):
        return None
    return _words(hit) | {"name": hit["name"]}


def _or_frame(hit: Hit) -> Place | None:
    return own_frame(hit) or variable("name")(hit)


def _each_missing_setting(hit: Hit) -> Iterator[str]:
    for line in hit.after(40):
        if re.fullmatch(r"[A-Za-z_][\w.]*", line.strip()):
            yield line.strip()


def _pydantic(hit: Hit) -> Mapping[str, str] | None:
    names = list(_each_missing_setting(hit))
    if not names or not any("Field required" in line or "field required" in line for line in hit.after(40)):
        return None
    return _words(hit) | {
        "name": names[0].upper(),
        "names": ", ".join(name.upper() for name in names),
        "field": names[0],
    }


def _pydantic_place(hit: Hit) -> Place | None:
    for path in sorted(p for p in hit.files.paths if p.endswith(".py")):
        if line := hit.files.search(path, rf"^\s+{re.escape(hit['field'])}\s*:"):
            return hit.files.place(path, line)
    return own_frame(hit)


ENV_FIX = "Set {name}: under `env:` or `secrets:` of the service (or ENV/ARG in the Dockerfile when the build needs it), or read it with a default."

RULES = (
    Rule(
        code="python-missing-module",
        pattern=r"^(?:\S+: )?(?:ModuleNotFoundError|ImportError): No module named '?(?P<module>[\w.]+)'?",
        read=_module,
        place=_module_place,
        rank=Rank.ROOT,
        title="The Python module {module} is not installed",
        message="ModuleNotFoundError: No module named '{module}'{where}: the image does not have it.",
        fix="{fix}",
        link="https://docs.python.org/3/tutorial/modules.html",
    ),
    Rule(
        code="python-missing-module",
        pattern=r"^\S*python[\d.]*: No module named (?P<module>[\w.]+)",
        read=_module,
        place=_module_place,
        rank=Rank.ROOT,
        title="The Python module {module} is not installed",
        message="No module named {module}: the image does not have it.",
        fix="{fix}",
    ),
    Rule(
        code="python-cannot-import",
        pattern=r"^(?:\S+: )?ImportError: cannot import name '?(?P<name>\w+)'? from (?:partially initialized module )?'?(?P<module>[\w.]+)'?(?P<rest>.*)",
        read=_words,
        place=own_frame,
        rank=Rank.ROOT,
        title="{name} cannot be imported from {module}",
        message="ImportError: cannot import name '{name}' from '{module}'{where} {rest}",
        fix="Check what {module} offers in the installed version; where two of your modules import each other, move the import into the function.",
    ),
    Rule(
        code="python-syntax",
        pattern=r"^(?:\S+: )?(?P<kind>SyntaxError|IndentationError|TabError): (?P<said>.+)",
        read=_syntax,
        place=_syntax_place,
        rank=Rank.ROOT,
        title="{path} line {line}: {said}",
        message="{kind}: {said} — {code}",
        fix="Correct line {line} of {path} (or the line before it).",
    ),
    Rule(
        code="python-missing-variable",
        pattern=r"^KeyError: ['\"](?P<name>[A-Za-z_]\w+)['\"]$",
        read=_env_name,
        place=_or_frame,
        rank=Rank.ROOT,
        title="The environment variable {name} is not set",
        message="KeyError: '{name}'{where}: it is read from the environment and is not there.",
        fix=ENV_FIX,
    ),
    Rule(
        code="python-missing-variable",
        pattern=r"(?:decouple\.)?UndefinedValueError: (?P<name>\w+) not found|ImproperlyConfigured: Set the (?P<name2>\w+) environment variable|environs\.\S+: Environment variable \"(?P<name3>\w+)\" not set",
        read=lambda hit: _words(hit) | {"name": hit["name"] or hit["name2"] or hit["name3"]},
        place=_or_frame,
        rank=Rank.ROOT,
        title="The environment variable {name} is not set",
        message="The settings need {name}{where}, and the environment does not have it.",
        fix=ENV_FIX,
    ),
    Rule(
        code="python-missing-setting",
        pattern=r"^(?:pydantic\S*ValidationError|ValidationError): (?P<count>\d+) validation errors? for (?P<model>\w+)",
        read=_pydantic,
        place=_pydantic_place,
        rank=Rank.ROOT,
        title="{model} lacks {names}",
        message="{count} validation error for {model}{where}: Field required: {names}.",
        fix="Set {names} in the environment of the service, or give the field a default.",
    ),
    Rule(
        code="python-missing-file",
        pattern=r"^(?:\S+: )?FileNotFoundError: \[Errno 2\] No such file or directory: ['\"](?P<name>[^'\"]+)['\"]",
        read=_words,
        place=own_frame,
        rank=Rank.CAUSE,
        title="{name} is not there",
        message="FileNotFoundError: No such file or directory: '{name}'{where}.",
        fix="Add {name} to the image (COPY, and not in .dockerignore), or correct the path.",
    ),
    Rule(
        code="python-server-target",
        pattern=r"Failed to find attribute ['\"](?P<name>\w+)['\"] in ['\"](?P<module>[\w.]+)['\"]|Error loading ASGI app\. (?:Attribute \"(?P<name2>\w+)\" not found in|Could not import) module \"(?P<module2>[\w.]+)\"",
        read=lambda hit: {
            "name": hit["name"] or hit["name2"] or "app",
            "module": hit["module"] or hit["module2"],
        },
        place=_application,
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
        code="python-uncaught",
        pattern=r"^(?P<kind>(?:[a-zA-Z_][\w]*\.)*[A-Z]\w*(?:Error|Exception|Exit|Interrupt|Warning|NotFound|Configured|DoesNotExist|Unavailable)): (?P<said>.+)",
        read=_traced,
        place=own_frame,
        title="{kind}: {said}",
        message="{kind}: {said}{where}.",
        fix="Look at {file} line {at}: that is the deepest line of yours in the traceback.",
    ),
    Rule(
        code="python-uncaught",
        pattern=r"^(?P<kind>(?:[a-zA-Z_][\w]*\.)*[A-Z]\w*(?:Error|Exception))$",
        read=_traced,
        place=own_frame,
        title="{kind}",
        message="{kind}{where}.",
        fix="Look at {file} line {at}: that is the deepest line of yours in the traceback.",
    ),
)
