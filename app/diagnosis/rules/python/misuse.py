"""Python packages that are called in a way they cannot follow, or that miss another package: they say so themselves."""

from __future__ import annotations

from app.diagnosis.dependencies import dependency_line, manifest
from app.diagnosis.places import first, matching
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.python.reading_errors import blamed_frame, own_frame
from app.diagnosis.rules.python.reading_misuse import extra, in_library, misuse
from app.diagnosis.transcript import Kind

RULES: tuple[Rule, ...] = (
    Rule(
        code="python-extra",
        pattern=r"^(?:\w+\.)*(?:ImportError|ModuleNotFoundError|RuntimeError|AssertionError|ValueError|OSError): .*\bpip3? install (?:-U |--upgrade )?[`'\"]?(?P<package>[A-Za-z][\w.-]*(?:\[[\w,-]+\])?)|"
        r"^(?:\w+\.)*ImportError: Missing optional dependency '(?P<package2>[\w.-]+)'|"
        r"^AttributeError: 'NoneType' object has no attribute '(?P<package4>Redis)'$|"
        r"^(?:\w+\.)*(?:ImportError|RuntimeError|AssertionError): .*please install \"(?P<package3>[A-Za-z][\w.-]*(?:\[[\w,-]+\])?)\"",
        read=extra,
        place=first(
            lambda hit: dependency_line(hit, "python", hit["package"].partition("[")[0]),
            manifest("python"),
            own_frame,
        ),
        rank=Rank.ROOT,
        title="{package} is not installed, and is asked for",
        message="A package of yours needs {package} for what is called here, and does not bring it along.",
        fix="Add {package} to the requirements (and to the lock file).",
    ),
    Rule(
        code="psycopg-no-libpq",
        pattern=r"^ImportError: no pq wrapper available",
        place=first(lambda hit: dependency_line(hit, "python", "psycopg"), manifest("python")),
        rank=Rank.ROOT,
        title="psycopg finds no libpq",
        message="ImportError: no pq wrapper available: psycopg was installed without its binary, and the image has no libpq.",
        fix="Write psycopg[binary] instead of psycopg in the requirements, or install libpq5 with apt-get in the image.",
        link="https://www.psycopg.org/psycopg3/docs/basic/install.html",
    ),
    Rule(
        code="python-home-denied",
        only=frozenset({Kind.CONTAINER}),
        pattern=r"^PermissionError: \[Errno 13\] Permission denied: '(?P<path>/(?:\.\w[\w./-]*|nonexistent[\w./-]*|root/[\w./-]+))'",
        read=lambda hit: {} if in_library(hit) else None,
        place=first(matching(r"^\s*USER\b", "Dockerfile"), blamed_frame),
        rank=Rank.ROOT,
        title="The container's user has no home: {path} may not be written",
        message="PermissionError: {path}: a library keeps its cache in the home folder, and this user has none (its HOME is / or root's).",
        fix="Write ENV HOME=/tmp in the Dockerfile (or the library's own: HF_HOME=/tmp/hf, MPLCONFIGDIR=/tmp, NUMBA_CACHE_DIR=/tmp), or make the user with a home: RUN useradd -m app.",
        link="https://docs.docker.com/reference/dockerfile/#user",
    ),
    Rule(
        code="python-misuse",
        pattern=r"^(?P<kind>(?:\w+\.)*_?[A-Z]\w*(?:Error|Exception|InCollection)): (?P<said>.+)",
        read=misuse,
        place=blamed_frame,
        rank=Rank.ROOT,
        title="{said}",
        message="{kind}: {said}{where}.",
        fix="{advice}.",
    ),
)
