"""What checks and bundles: poetry, uv, pipenv, pytest, mypy, Django, jest, vitest, next, angular, prisma, data files."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.places import (
    at,
    dependency_line,
    failing_instruction,
    first,
    manifest,
    matching,
    repository_path,
    variable,
    whole_file,
)
from app.diagnosis.rule import Hit, Rank, Rule
from app.model import Place


def _said_next(hit: Hit) -> Mapping[str, str] | None:
    return {"more": " ".join(line.strip() for line in hit.after(3) if line.strip())[:240]}


def _because(hit: Hit) -> Mapping[str, str] | None:
    """The packages that a resolver's explanation is about."""
    text = " ".join((hit.line, *hit.after(20)))
    names = re.findall(
        r"(?:Because|and|depends on|you require|requires|no versions? of) ([A-Za-z][\w.-]*)", text
    )
    own = [
        n
        for n in names
        if n not in ("no", "there", "your", "only", "the", "all", "that", "you", "we", "project")
    ]
    listed = next((n for n in own if dependency_line(hit, "python", n)), own[0] if own else "")
    return {"name": listed, "why": re.sub(r"\s+", " ", text)[:300]}


def _python_dependency(hit: Hit) -> Place | None:
    return dependency_line(hit, "python", hit["name"]) or manifest("python")(hit)


def _test_place(hit: Hit) -> Place | None:
    """The line of the test that failed, as pytest's traceback or its short summary says."""
    name = hit["test"].rpartition("::")[2].partition("[")[0]
    path = repository_path(hit.files, hit["path"], hit)
    base = re.escape(hit["path"].rpartition("/")[2])
    for line in hit.section.lines:
        if match := re.match(rf"\S*{base}:(\d+): \w*(?:Error|Exception|Failed)?", line):
            return hit.files.place(path, int(match[1]))
    number = hit.files.search(path, rf"def {re.escape(name)}\b") if path and name else 0
    return hit.files.place(path, number or 1) if path else None


def _jest(hit: Hit) -> Mapping[str, str] | None:
    for line in hit.after(60):
        if match := re.search(
            r"\(?((?:[\w@./-]+/)?[\w@.-]+\.(?:test|spec)\.[cm]?[jt]sx?):(\d+):\d+\)?", line
        ):
            said = next(
                (text.strip() for text in hit.after(12) if re.search(r"Error|expect|Expected|Cannot", text)),
                "",
            )
            return {"path": match[1], "line": match[2], "said": said[:160]}
    return None


def _next_place(hit: Hit) -> Place | None:
    """next build names the file on the line before or after the error."""
    for line in (*hit.before(3), *hit.after(6)):
        match = re.match(
            r"^\s*(?:>\s*)?\.?/?([\w@./()\[\]-]+\.(?:[cm]?[jt]sx?|vue|svelte|css|scss))(?::(\d+))?", line
        )
        if match and (path := repository_path(hit.files, match[1], hit)):
            spot = re.search(r"\((\d+):\d+\)|:(\d+):\d+|\[(\d+):\d+\]", " ".join((hit.line, *hit.after(6))))
            number = next((g for g in spot.groups() if g), "1") if spot else match[2] or "1"
            return hit.files.place(path, int(number))
    return None


def _django_settings(hit: Hit) -> Place | None:
    return first(
        matching(r"SECRET_KEY|DATABASES|ALLOWED_HOSTS", "settings.py", "base.py", "production.py"),
        whole_file("settings.py"),
    )(hit)


RULES = (
    Rule(
        code="poetry-lock",
        pattern=r"pyproject\.toml changed significantly since poetry\.lock was last generated|poetry\.lock is not up to date with pyproject\.toml",
        place=first(whole_file("pyproject.toml"), whole_file("poetry.lock")),
        rank=Rank.ROOT,
        title="poetry.lock does not fit pyproject.toml",
        message="pyproject.toml changed significantly since poetry.lock was last generated; the lock file is out of date.",
        fix="Run poetry lock and commit poetry.lock with pyproject.toml.",
    ),
    Rule(
        code="poetry-conflict",
        pattern=r"^\s*(?:Because .+ (?:depends on|requires|is forbidden)|So, because .+ version solving failed)|SolverProblemError",
        read=_because,
        place=_python_dependency,
        title="poetry finds no versions that fit: {name}",
        message="version solving failed: {why}",
        fix="Loosen the version of {name} in pyproject.toml and run poetry lock.",
    ),
    Rule(
        code="poetry-no-project",
        pattern=r"Poetry could not find a pyproject\.toml file in (?P<path>\S+)",
        place=failing_instruction,
        rank=Rank.ROOT,
        title="There is no pyproject.toml where poetry looks",
        message="Poetry could not find a pyproject.toml file in {path}.",
        fix="COPY pyproject.toml poetry.lock into the WORKDIR before this instruction.",
    ),
    Rule(
        code="poetry-package",
        pattern=r"(?:Error: )?The current project could not be installed: (?P<said>.+)|No file/folder found for package (?P<name>[\w-]+)",
        place=whole_file("pyproject.toml"),
        rank=Rank.ROOT,
        title="poetry cannot install the project itself",
        message="The current project could not be installed: {said} {name}",
        fix="Install with --no-root, or write package-mode = false under [tool.poetry], or add the package's folder.",
    ),
    Rule(
        code="uv-conflict",
        pattern=r"No solution found when resolving dependencies",
        read=lambda hit: _because(hit),
        place=_python_dependency,
        rank=Rank.ROOT,
        title="uv finds no versions that fit: {name}",
        message="No solution found when resolving dependencies: {why}",
        fix="Change the version of {name} where it is asked for, and run uv lock.",
    ),
    Rule(
        code="uv-lock",
        pattern=r"[Tt]he lockfile at `uv\.lock` needs to be updated|Unable to find lockfile at `uv\.lock`",
        place=first(whole_file("uv.lock"), whole_file("pyproject.toml")),
        rank=Rank.ROOT,
        title="uv.lock does not fit pyproject.toml",
        message="The lockfile at uv.lock needs to be updated, but --locked was given.",
        fix="Run uv lock and commit uv.lock.",
    ),
    Rule(
        code="pipenv-lock",
        pattern=r"Your Pipfile\.lock \(\w+\) is out of date|Pipfile\.lock .*out of date",
        place=first(whole_file("Pipfile"), whole_file("Pipfile.lock")),
        rank=Rank.ROOT,
        title="Pipfile.lock does not fit Pipfile",
        message="Your Pipfile.lock is out of date, and --deploy was given.",
        fix="Run pipenv lock and commit Pipfile.lock.",
    ),
    Rule(
        code="setuptools-layout",
        pattern=r"error: Multiple top-level (?:packages|modules) discovered in a flat-layout: (?P<names>\[.+\])",
        place=whole_file("pyproject.toml", "setup.cfg", "setup.py"),
        rank=Rank.ROOT,
        title="setuptools does not know which folder is the package",
        message="Multiple top-level packages discovered in a flat-layout: {names}.",
        fix='Name the package: [tool.setuptools] packages = ["…"], or put it under src/.',
        link="https://setuptools.pypa.io/en/latest/userguide/package_discovery.html",
    ),
    Rule(
        code="setuptools-config",
        pattern=r"(?:invalid pyproject\.toml config: |configuration error: )`?(?P<what>[\w.-]+)`? (?P<said>must .+)",
        place=lambda hit: (
            next(
                (
                    hit.files.place(p, n)
                    for p in hit.files.named("pyproject.toml")
                    if (n := hit.files.search(p, rf"^\s*{re.escape(hit['what'].rpartition('.')[2])}\s*="))
                ),
                None,
            )
            or whole_file("pyproject.toml")(hit)
        ),
        rank=Rank.ROOT,
        title="pyproject.toml: {what} {said}",
        message="invalid pyproject.toml config: {what} {said}.",
        fix="Correct {what} in pyproject.toml.",
    ),
    Rule(
        code="pytest-failed",
        pattern=r"^(?:FAILED|ERROR) (?P<path>[\w./-]+\.py)(?:::(?P<test>[^\s]+))?(?: - (?P<said>.+))?$",
        place=_test_place,
        many=True,
        title="{test} failed: {said}",
        message="{path}::{test}: {said}",
        fix="Correct what the test asks for, or the test.",
    ),
    Rule(
        code="mypy-error",
        pattern=r"^(?P<path>[\w./-]+\.pyi?):(?P<line>\d+)(?::\d+)?: error: (?P<said>.+?)(?:\s+\[(?P<code>[\w-]+)\])?$",
        place=at(),
        many=True,
        rank=Rank.ROOT,
        title="{said}",
        message="mypy: {said} [{code}]",
        fix="Correct line {line} of {path}.",
    ),
    Rule(
        code="lint-python",
        pattern=r"^(?P<path>[\w./-]+\.py):(?P<line>\d+):\d+:? (?P<code>[A-Z]{1,4}\d{2,4}):? (?P<said>.+)",
        place=at(),
        many=True,
        title="{code}: {said}",
        message="{code}: {said}",
        fix="Correct line {line} of {path}.",
    ),
    Rule(
        code="django-settings",
        pattern=r"django\.core\.exceptions\.ImproperlyConfigured: (?P<said>(?:The SECRET_KEY setting must not be empty|settings\.DATABASES is improperly configured|Requested setting \w+, but settings are not configured|You're using the staticfiles app without having set the STATIC_ROOT).*)",
        place=_django_settings,
        rank=Rank.ROOT,
        title="Django: {said}",
        message="ImproperlyConfigured: {said}",
        fix="Set it in the settings module, from an environment variable that the build or the service has.",
    ),
    Rule(
        code="django-migration",
        pattern=r"django\.db\.migrations\.exceptions\.(?P<kind>\w+): (?P<said>.+)|CommandError: (?P<said2>Conflicting migrations detected.+)",
        read=lambda hit: {"said": hit["said"] or hit["said2"]},
        place=failing_instruction,
        rank=Rank.ROOT,
        title="Django's migrations do not fit: {said}",
        message="{kind}: {said}",
        fix="Run python manage.py makemigrations --merge (or correct the dependency), and commit it.",
    ),
    Rule(
        code="database-refused",
        pattern=r"(?:could not connect to server|connection to server at \"(?P<host>[^\"]+)\".*failed|Can't connect to (?:local )?(?:MySQL )?server|ECONNREFUSED (?P<host2>[\w.:]+)|MongoServerSelectionError|SequelizeConnectionRefusedError)",
        read=lambda hit: {"host": hit["host"] or hit["host2"] or "the database"},
        place=variable("name"),
        rank=Rank.CAUSE,
        title="The database at {host} does not answer",
        message="The connection to {host} was refused when the service started.",
        fix="Give the service the database's real address (env: or secrets:), or mount Cloud SQL; localhost is the container itself.",
        link="https://cloud.google.com/sql/docs/postgres/connect-run",
    ),
    Rule(
        code="jest-failed",
        pattern=r"^\s*● (?P<test>.+ › .+|Test suite failed to run)$",
        read=_jest,
        place=at(),
        many=True,
        title="{test}: {said}",
        message="{test}: {said}",
        fix="Correct what the test asks for, or the test ({path}:{line}).",
    ),
    Rule(
        code="vitest-failed",
        pattern=r"^\s+FAIL\s{2,}(?P<file>[\w@./-]+\.(?:test|spec)\.[cm]?[jt]sx?)(?: > (?P<test>.+))?$",
        read=lambda hit: {
            "path": hit["file"],
            "line": next(
                (
                    m[1]
                    for line in hit.after(30)
                    if (m := re.search(re.escape(hit["file"]) + r":(\d+):", line))
                ),
                "1",
            ),
            "said": next((line.strip() for line in hit.after(6) if "Error" in line), ""),
        },
        place=at(),
        many=True,
        title="{test}: {said}",
        message="{file} > {test}: {said}",
        fix="Correct what the test asks for, or the test.",
    ),
    Rule(
        code="next-build",
        pattern=r"^\s*(?:Type error|Error: Parsing ecmascript source code failed|Syntax Error|Module parse failed|Error:   ×|  × |x ): ?(?P<said>.+)",
        read=_said_next,
        place=_next_place,
        rank=Rank.ROOT,
        title="{said}",
        message="{said} {more}",
        fix="Correct this line.",
    ),
    Rule(
        code="next-prerender",
        pattern=r"Error occurred prerendering page \"(?P<page>[^\"]+)\"",
        read=lambda hit: {"said": next((line.strip() for line in hit.after(6) if "Error" in line), "")},
        place=lambda hit: (
            next(
                (
                    hit.files.place(p, 1)
                    for p in sorted(hit.files.paths)
                    if re.search(
                        rf"(?:^|/)(?:app|pages){re.escape(hit['page'].rstrip('/'))}(?:/page|/index)?\.[jt]sx?$",
                        p,
                    )
                ),
                None,
            )
            or _next_place(hit)
        ),
        title="The page {page} cannot be rendered at build time",
        message='Error occurred prerendering page "{page}": {said}',
        fix="Read what the page throws; what it needs from the environment has to be there in the build, or the page made dynamic.",
        link="https://nextjs.org/docs/messages/prerender-error",
    ),
    Rule(
        code="next-no-build",
        pattern=r"Could not find a production build in the '(?P<dir>[^']+)' directory",
        place=first(matching(r"next start|\"start\"\s*:", "package.json"), failing_instruction),
        rank=Rank.ROOT,
        title="next start found no build in {dir}",
        message="Could not find a production build in the '{dir}' directory.",
        fix="Run next build in the image (RUN npm run build) before it starts.",
    ),
    Rule(
        code="angular-error",
        pattern=r"^(?:✘ \[ERROR\] |Error: )(?:(?P<path>[\w./-]+\.(?:ts|html)):(?P<line>\d+):\d+ - error )?(?P<code>(?:NG|TS)-?\d+): (?P<said>.+?)(?: \[plugin .+\])?$",
        read=lambda hit: _angular(hit),
        place=at(),
        many=True,
        rank=Rank.ROOT,
        title="{code}: {said}",
        message="{code}: {said}",
        fix="Correct line {line} of {path}.",
    ),
    Rule(
        code="esbuild-error",
        pattern=r"^(?:✘ )?\[ERROR\] (?P<said>.+?)(?: \[plugin .+\])?$",
        read=lambda hit: _angular(hit),
        place=at(),
        many=True,
        title="{said}",
        message="{said}",
        fix="Correct line {line} of {path}.",
    ),
    Rule(
        code="vite-syntax",
        pattern=r"^\s*(?:\[vite(?::[\w-]+)?\] |\[vite:[\w-]+\] ?)(?P<said>.+)",
        read=lambda hit: _vite(hit),
        place=at(),
        rank=Rank.CAUSE,
        title="{said}",
        message="{said} ({path}:{line})",
        fix="Correct line {line} of {path}.",
    ),
    Rule(
        code="prisma-schema",
        pattern=r"^\s*-->\s+(?P<path>[\w./-]*schema\.prisma):(?P<line>\d+)",
        read=lambda hit: {
            "said": next(
                (re.sub(r"^error: ", "", line.strip()) for line in hit.before(4) if "rror" in line),
                "the schema is not valid",
            )
        },
        place=at(),
        rank=Rank.ROOT,
        title="schema.prisma: {said}",
        message="Prisma schema validation (P1012): {said}",
        fix="Correct line {line} of {path}.",
    ),
    Rule(
        code="prisma-client",
        pattern=r"@prisma/client did not initialize yet|Prisma Client could not locate the Query Engine for runtime",
        place=first(lambda hit: dependency_line(hit, "node", "@prisma/client"), failing_instruction),
        rank=Rank.ROOT,
        title="Prisma's client was not generated in the image",
        message="@prisma/client did not initialize yet, or its engine is for another platform.",
        fix="RUN npx prisma generate in the image; name its platform in binaryTargets of schema.prisma.",
    ),
    Rule(
        code="data-yaml",
        pattern=r"(?:yaml\.(?:scanner|parser)\.\w+Error|YAMLException|mapping values are not allowed|error converting YAML to JSON: yaml|yaml: line (?P<line>\d+): (?P<said>.+))",
        read=lambda hit: _yaml(hit),
        place=at(),
        rank=Rank.CAUSE,
        title="A YAML file does not parse: {said}",
        message="YAML: {said} ({path}:{line}).",
        fix="Correct line {line} of {path}: indentation, a colon or a quote.",
    ),
    Rule(
        code="data-json",
        pattern=r"(?:SyntaxError: (?P<path>[\w./-]+\.json): |in JSON at position|json\.decoder\.JSONDecodeError: |Unexpected token .* in JSON|is not valid JSON)(?P<said>.*)",
        read=lambda hit: _json_file(hit),
        place=at(),
        rank=Rank.CAUSE,
        title="{path} is not valid JSON",
        message="{told}",
        fix="Correct {path} near line {line}: a comma too many or too few, or a quote.",
    ),
)


def _angular(hit: Hit) -> Mapping[str, str] | None:
    if hit["path"]:
        return {}
    for line in hit.after(6):
        if match := re.match(r"\s+([\w@./-]+\.\w+):(\d+):\d+:", line):
            return {"path": match[1], "line": match[2]}
    return None


def _vite(hit: Hit) -> Mapping[str, str] | None:
    spot = re.search(
        r"((?:/|\.?/?src)[\w@./-]+\.\w+):?\s*\(?(\d+):\d+\)?", " ".join((hit.line, *hit.after(6)))
    )
    return {"path": spot[1], "line": spot[2]} if spot else None


def _yaml(hit: Hit) -> Mapping[str, str] | None:
    text = " ".join((hit.line, *hit.after(6), *hit.before(2)))
    path = re.search(r"(?:in \"|file |parsing |\b)([\w./-]+\.ya?ml)", text)
    line = re.search(r"line (\d+)", text)
    if not path or not repository_path(hit.files, path[1], hit):
        return None
    return {
        "path": path[1],
        "line": line[1] if line else "1",
        "said": (hit["said"] or hit.line.rpartition(": ")[2])[:100],
    }


def _json_file(hit: Hit) -> Mapping[str, str] | None:
    """The first JSON file of the repository that really does not parse."""
    import json

    names = (
        [hit["path"]]
        if hit["path"]
        else re.findall(r"[\w./-]+\.json", " ".join((hit.line, *hit.after(4), *hit.before(8))))
    )
    paths = [p for name in names if (p := repository_path(hit.files, name, hit))] + sorted(
        p for p in hit.files.paths if p.endswith(".json")
    )
    for path in dict.fromkeys(paths):
        try:
            json.loads(hit.files.text(path) or "{}")
        except json.JSONDecodeError as error:
            return {
                "path": path,
                "line": str(error.lineno),
                "told": f"{hit.line.strip()[:200]}: {path} line {error.lineno}: {error.msg}",
            }
        except RecursionError:
            continue
    return None
