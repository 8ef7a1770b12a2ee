"""Where in the repository: from a container's path, a dependency, a variable or an instruction to a file and its line.

Small pure functions that rules name. None of them ever gives a place that is not in the commit.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from app.diagnosis.files import Files
from app.diagnosis.rule import Find, Hit, once_per_log
from app.dockerfile import Dockerfile, Instruction, joined
from app.model import Place

# Where images and buildpacks usually put a repository.
ROOTS = (
    "/workspace/",
    "/app/",
    "/usr/src/app/",
    "/src/",
    "/code/",
    "/srv/",
    "/opt/app/",
    "/home/node/app/",
    "/layers/",
)
NOT_THE_REPOSITORY = re.compile(
    r"(?:^|/)(?:site-packages|dist-packages|node_modules|\.venv|venv|\.cargo/registry|rustlib|pkg/mod|usr/local/go|"
    r"usr/lib|usr/include|vendor/bundle|gems/[\w.-]+-\d)(?:/|$)|^<|^node:|^internal/|^/root/\.|^/usr/local/lib/|^/tmp/"
)


# Paths


def repository_path(files: Files, path: str, hit: Hit | None = None) -> str:
    """The repository's path of a file that a container or a build machine named; empty when it is none of ours."""
    path = path.strip().strip("\"'`").removeprefix("file://").replace("\\", "/")
    path = re.sub(r"^(?:webpack|rollup|vite)://[^/]*/", "", path)
    if not path or len(path) > 1000 or NOT_THE_REPOSITORY.search(path):
        return ""
    bare = path.removeprefix("./")
    if hit is not None and (mapped := _through_dockerfile(files, path, hit)):
        return mapped
    if bare in files.paths and not _in_a_subdirectory(files, hit):
        return bare
    return _by_ending(files, bare, _service_directory(files, hit))


def _through_dockerfile(files: Files, path: str, hit: Hit) -> str:
    """Follow COPY backwards: which file of the build context came to stand at `path`?"""
    found = failing_dockerfile(hit)
    if found is None:
        return ""
    where, parsed = found
    context = context_of(files, where, parsed)
    directory = workdir(hit)
    absolute = joined(directory, path)
    best, best_length = "", -1
    for copy in parsed.of("COPY", "ADD"):
        if "from" in copy.flags or copy.heredoc:
            continue
        for source, target, is_folder in _copies(files, parsed, copy, context):
            candidate = ""
            if is_folder and (absolute + "/").startswith(target.rstrip("/") + "/"):
                candidate = f"{source}/{absolute[len(target.rstrip('/')) + 1 :]}"
            elif not is_folder and absolute == target:
                candidate = source
            candidate = joined("/", candidate)[1:] if candidate else ""
            if candidate in files.paths and len(target) > best_length:
                best, best_length = candidate, len(target)
    return best


def _copies(
    files: Files, parsed: Dockerfile, copy: Instruction, context: str
) -> Iterator[tuple[str, str, bool]]:
    """(repository path, container path, whether it is a folder) for each source of a COPY."""
    *sources, destination = copy.arguments or ("",)
    target = joined(parsed.workdir_at(copy), destination)
    for source in sources:
        clean = joined("/", source)[1:]
        inside = f"{context}/{clean}".strip("/")
        if any(character in source for character in "*?["):
            pattern = _glob(inside)
            for path in files.paths:
                if pattern.fullmatch(path):
                    yield path, f"{target.rstrip('/')}/{path.rpartition('/')[2]}", False
        elif inside in files.paths:
            whole = f"{target.rstrip('/')}/{inside.rpartition('/')[2]}"
            yield inside, whole if destination.endswith(("/", ".")) or len(sources) > 1 else target, False
        else:
            yield inside, target, True


def _glob(pattern: str) -> re.Pattern[str]:
    return re.compile(
        re.escape(pattern).replace(r"\*\*", ".*").replace(r"\*", "[^/]*").replace(r"\?", "[^/]")
    )


def context_of(files: Files, dockerfile_path: str, parsed: Dockerfile) -> str:
    """The build context: the Dockerfile's own folder, unless what it copies is only at the root."""
    folder = dockerfile_path.rpartition("/")[0]
    if not folder:
        return ""
    sources = [s for c in parsed.of("COPY", "ADD") if "from" not in c.flags for s in c.arguments[:-1]]
    named = [joined("/", s)[1:] for s in sources if joined("/", s) != "/" and "*" not in s]
    here = sum(_exists(files, f"{folder}/{name}") for name in named)
    at_root = sum(_exists(files, name) for name in named)
    return "" if at_root > here else folder


def _exists(files: Files, path: str) -> bool:
    return path in files.paths or any(each.startswith(path + "/") for each in files.paths)


def _in_a_subdirectory(files: Files, hit: Hit | None) -> bool:
    return bool(_service_directory(files, hit))


def _service_directory(files: Files, hit: Hit | None) -> str:
    """The folder that this log's service lives in; empty for the root, or when that cannot be told."""
    if hit is None or (found := failing_dockerfile(hit)) is None:
        return ""
    return context_of(files, *found)


def _by_ending(files: Files, path: str, near: str) -> str:
    """The one path of the repository that ends as `path` does, as long an ending as possible, `near` first."""
    for root in ROOTS:
        if path.startswith(root):
            path = path[len(root) :]
            break
    parts = [part for part in path.split("/") if part not in ("", ".", "..")]
    if not parts:
        return ""
    last = parts[-1]
    candidates = [each for each in files.paths if each.rpartition("/")[2] == last]
    if not candidates:
        return ""

    def score(candidate: str) -> tuple[int, bool, int, str]:
        own = candidate.split("/")
        same = 0
        while same < min(len(own), len(parts)) and own[-1 - same] == parts[-1 - same]:
            same += 1
        return (-same, not (near and candidate.startswith(near + "/")), len(own), candidate)

    best = min(candidates, key=score)
    # A bare common name (index.js) of some library's deep path is not ours.
    same = -score(best)[0]
    return (
        best
        if same == len(parts) or same >= 2 or same == len(best.split("/")) or len(candidates) == 1
        else ""
    )


# The Dockerfile of this log


@once_per_log
def failing_dockerfile(hit: Hit) -> tuple[str, Dockerfile] | None:
    """The Dockerfile that this log was built from: the one that has the instructions that the log shows."""
    dockerfiles = hit.files.dockerfiles
    if not dockerfiles:
        return None
    shown = {_plain(each.instruction) for each in hit.transcript.sections if each.instruction}
    named = hit.transcript.dockerfile

    def score(path: str) -> tuple[int, bool, int, int]:
        own = {_plain(f"{each.keyword} {each.value}") for each in dockerfiles[path].instructions}
        suits = sum(any(_same(one, other) for other in own) for one in shown)
        mentioned = _service_words(hit)
        fits = sum(part in mentioned for part in path.lower().split("/")[:-1])
        return (suits, path == named or path.endswith("/" + named), fits, -path.count("/"))

    best = max(dockerfiles, key=score)
    return best, dockerfiles[best]


def _service_words(hit: Hit) -> frozenset[str]:
    """Names that the log itself uses for what it builds: a step's id, a service, a path."""
    words: set[str] = set()
    for section in hit.transcript.sections:
        words.update(re.split(r"\W+", section.step.lower()))
        for line in section.lines[:200]:
            if "service" in line or "Revision" in line or "/" in line:
                words.update(re.split(r"[^\w.-]+", line.lower()[:300]))
    return frozenset(words)


def _plain(words: str) -> str:
    return " ".join(words.replace('"', "").replace("'", "").replace("\\", "").split()).lower()


def _same(one: str, other: str) -> bool:
    if one == other:
        return True
    return len(one) > 12 and (
        one.startswith(other) or other.startswith(one.removesuffix("…").removesuffix("..."))
    )


def failing_instruction(hit: Hit) -> Place | None:
    """The Dockerfile line that was running, or that the builder pointed at."""
    found = failing_dockerfile(hit)
    if found is None:
        return None
    path, parsed = found
    said = hit.transcript
    if said.dockerfile_line and (each := parsed.at(said.dockerfile_line)):
        return hit.files.place(path, each.line, each.end)
    wanted, stage = hit.section.instruction or said.failed_instruction, hit.section.stage or said.failed_stage
    if not wanted and said.dockerfile_line:
        return hit.files.place(path, said.dockerfile_line)
    each_found = find_instruction(parsed, wanted, stage)
    return hit.files.place(path, each_found.line, each_found.end) if each_found else None


def find_instruction(parsed: Dockerfile, words: str, stage: str = "") -> Instruction | None:
    """The instruction that a builder shows as `words`; its stage decides between equal ones."""
    plain = _plain(words)
    if not plain:
        return None
    same = [each for each in parsed.instructions if _same(plain, _plain(f"{each.keyword} {each.value}"))]
    if not same:
        keyword = plain.split(" ")[0].upper()
        of_kind = [each for each in parsed.instructions if each.keyword == keyword]
        same = (
            of_kind
            if len(of_kind) == 1
            else [e for e in of_kind if _alike(plain, _plain(f"{e.keyword} {e.value}"))]
        )
    if not same:
        return None
    named = [each for each in same if stage and each.stage_name.lower() == stage.lower()]
    return (named or same)[0]


def _alike(one: str, other: str) -> bool:
    """The same but for what arguments were filled in."""
    pattern = re.escape(re.sub(r"\$\{?\w+[^}\s]*\}?", "\0", other)).replace("\0", ".*").replace("\\\0", ".*")
    return "$" in other and re.fullmatch(pattern, one) is not None


def workdir(hit: Hit) -> str:
    """The directory that the failing command ran in, as the container has it."""
    found = failing_dockerfile(hit)
    if found is None:
        return "/workspace"
    _, parsed = found
    words = hit.section.instruction or (
        hit.transcript.failed_instruction if not hit.transcript.started else ""
    )
    instruction = find_instruction(parsed, words, hit.section.stage or hit.transcript.failed_stage)
    if instruction is None and parsed.instructions:
        instruction = parsed.instructions[-1]
    return parsed.workdir_at(instruction) if instruction else "/"


# Places that rules name


def at(path: str = "path", line: str = "line", end: str = "") -> Find:
    """Where the log itself says: the words `path` and `line` of the hit."""

    def find(hit: Hit) -> Place | None:
        found = repository_path(hit.files, hit[path], hit)
        number = int(hit[line]) if hit[line].isdecimal() and len(hit[line]) < 8 else 1
        last = int(hit[end]) if end and hit[end].isdecimal() and len(hit[end]) < 8 else None
        return hit.files.place(found, number, last) if found else None

    return find


def first(*finds: Find) -> Find:
    """The first of several ways that finds a place."""

    def find(hit: Hit) -> Place | None:
        return next((place for each in finds if (place := each(hit)) is not None), None)

    return find


def matching(pattern: str, *names: str) -> Find:
    """The first line that matches `pattern`, the hit's words filled in and escaped, in a file of one of these names."""

    def find(hit: Hit) -> Place | None:
        filled = _filled(pattern, hit)
        if filled is None:
            return None
        for path in nearest_first(hit, hit.files.named(*names)):
            if line := hit.files.search(path, filled):
                return hit.files.place(path, line)
        return None

    return find


def anywhere(pattern: str, *endings: str) -> Find:
    """The first line that matches in any file with one of these endings (".py")."""

    def find(hit: Hit) -> Place | None:
        filled = _filled(pattern, hit)
        if filled is None:
            return None
        candidates = tuple(
            sorted((p for p in hit.files.paths if p.endswith(endings)), key=lambda p: (p.count("/"), p))
        )
        for path in nearest_first(hit, candidates[:3000]):
            if line := hit.files.search(path, filled):
                return hit.files.place(path, line)
        return None

    return find


def _filled(pattern: str, hit: Hit) -> str | None:
    """`pattern` with {word} replaced by the escaped word; None when a word is empty."""
    missing = False

    def word(match: re.Match[str]) -> str:
        nonlocal missing
        missing = missing or not hit[match[1]]
        return re.escape(hit[match[1]])

    filled = re.sub(r"\{([a-z_]+)\}", word, pattern)
    return None if missing else filled


def nearest_first(hit: Hit, paths: tuple[str, ...]) -> tuple[str, ...]:
    """The files of the service that this log is about before the others."""
    near = _service_directory(hit.files, hit)
    return tuple(sorted(paths, key=lambda p: not p.startswith(near + "/"))) if near else paths


def whole_file(*names: str) -> Find:
    """The first line of a file of one of these names."""

    def find(hit: Hit) -> Place | None:
        for path in nearest_first(hit, hit.files.named(*names)):
            if place := hit.files.place(path, 1):
                return place
        return None

    return find


def instruction(*keywords: str) -> Find:
    """The last instruction with one of these keywords in the Dockerfile of this log."""

    def find(hit: Hit) -> Place | None:
        if (found := failing_dockerfile(hit)) is None:
            return None
        path, parsed = found
        of_kind = list(parsed.of(*keywords))
        return hit.files.place(path, of_kind[-1].line, of_kind[-1].end) if of_kind else None

    return find


def base_image(hit: Hit) -> Place | None:
    """The FROM of the stage that failed."""
    if (found := failing_dockerfile(hit)) is None:
        return None
    path, parsed = found
    failing = find_instruction(
        parsed, hit.section.instruction or hit.transcript.failed_instruction, hit.section.stage
    )
    stages = parsed.stages
    if not stages:
        return None
    stage = stages[failing.stage] if failing and 0 <= failing.stage < len(stages) else stages[-1]
    return hit.files.place(path, stage.line)


def in_instruction(word: str) -> Find:
    """The very line of the failing instruction that names the word; the instruction when none does."""

    def find(hit: Hit) -> Place | None:
        place = failing_instruction(hit)
        if place is None or not hit[word]:
            return place
        for number in range(place.line, place.last_line + 1):
            if hit[word] in hit.files.lines(place.path)[number - 1]:
                return hit.files.place(place.path, number)
        return place

    return find


_READS = (
    r"environ(?:\.get)?[\[(]\s*[\"']{name}[\"']",
    r"getenv\(\s*[\"']{name}[\"']",
    r"process\.env\.{name}\b",
    r"process\.env\[[\"']{name}[\"']\]",
    r"import\.meta\.env\.{name}\b",
    r"ENV(?:\.fetch)?[\[(]\s*[\"']{name}[\"']",
    r"(?:Getenv|LookupEnv|env::var|env!|getenv|GetEnvironmentVariable|System\.getenv|fromEnvironment|get_env|fetch_env!?|env|config)\(?\s*\(?[\"']{name}[\"']",
    r"\$\{?{name}\b",
)


def variable(word: str = "name") -> Find:
    """Where an environment variable is read."""

    def find(hit: Hit) -> Place | None:
        name = hit[word]
        if not name:
            return None
        code = tuple(
            p
            for p in sorted(hit.files.paths, key=lambda p: (p.count("/"), p))
            if p.endswith(CODE) or "." not in p.rpartition("/")[2]
        )
        for pattern in _READS:
            filled = pattern.replace("{name}", re.escape(name))
            for path in nearest_first(hit, code[:3000]):
                if line := hit.files.search(path, filled):
                    return hit.files.place(path, line)
        return None

    return find


CODE = (
    ".py", ".js", ".mjs", ".cjs", ".ts", ".tsx", ".jsx", ".vue", ".svelte", ".go", ".rs", ".rb", ".php", ".java", ".kt",
    ".cs", ".sh", ".ex", ".exs", ".dart", ".scala", ".yml", ".yaml", ".properties", ".toml", ".env", ".ini",
)  # fmt: skip


# Dependencies: where a name is asked for, in the manifest of its language


def _requirement(name: str) -> str:
    # https://packaging.python.org/en/latest/specifications/name-normalization/
    loose = "[-_.]+".join(map(re.escape, re.split(r"[-_.]+", name)))
    return rf"(?i)^\s*[\"']?{loose}(?![\w-])"


def _in_json(name: str) -> str:
    return rf"^\s*\"{re.escape(name)}\"\s*:"


MANIFESTS: dict[str, tuple[Callable[[str], str], tuple[str, ...]]] = {
    "python": (
        _requirement,
        ("requirements.txt", "pyproject.toml", "Pipfile", "constraints.txt", "setup.cfg", "setup.py",
         "requirements-dev.txt", "requirements.in", "environment.yml"),
    ),
    "node": (_in_json, ("package.json",)),
    "go": (lambda name: rf"^\s*(?:require\s+)?{re.escape(name)}\s", ("go.mod",)),
    "rust": (lambda name: rf"^\s*(?:\[.*dependencies\.)?[\"']?{re.escape(name)}[\"']?\s*(?:=|\]|\.)", ("Cargo.toml",)),
    "ruby": (lambda name: rf"^\s*gem\s*\(?[\"']{re.escape(name)}[\"']", ("Gemfile",)),
    "php": (_in_json, ("composer.json",)),
    "maven": (lambda name: rf"<artifactId>\s*{re.escape(name)}\s*</artifactId>", ("pom.xml",)),
    "gradle": (
        lambda name: rf"[\"':]{re.escape(name)}(?:[\"':]|\b)",
        ("build.gradle", "build.gradle.kts", "libs.versions.toml"),
    ),
    "dotnet": (lambda name: rf"Include=\"{re.escape(name)}\"", ()),
    "dart": (lambda name: rf"^\s+{re.escape(name)}\s*:", ("pubspec.yaml",)),
    "elixir": (lambda name: rf"\{{\s*:{re.escape(name)}\s*,", ("mix.exs",)),
}  # fmt: skip


def dependency_line(hit: Hit, language: str, name: str) -> Place | None:
    """The manifest's line that asks for this dependency."""
    pattern_of, manifests = MANIFESTS[language]
    if not name:
        return None
    pattern = pattern_of(name)
    paths = [path for manifest in manifests for path in nearest_first(hit, hit.files.named(manifest))]
    if language == "python":
        paths += [
            p
            for p in sorted(hit.files.paths)
            if re.search(r"require[^/]*\.(?:txt|in)$", p) and p not in paths
        ]
    if language == "dotnet":
        paths += [
            p for p in sorted(hit.files.paths) if p.endswith((".csproj", ".fsproj", ".vbproj", ".props"))
        ]
    for path in paths:
        if line := hit.files.search(path, pattern):
            return hit.files.place(path, line)
    return None


def dependency(language: str, word: str = "name") -> Find:
    """Where the manifest asks for the dependency that the hit names."""
    return lambda hit: dependency_line(hit, language, hit[word])


def manifest(language: str) -> Find:
    """The manifest itself, where a missing dependency has to be added: the last line of its list, or its first line."""

    def find(hit: Hit) -> Place | None:
        for name in MANIFESTS[language][1]:
            for path in nearest_first(hit, hit.files.named(name)):
                line = (
                    hit.files.search(
                        path,
                        r"(?i)^\s*[\"']?(?:dev-?)?dependencies[\"']?\s*[:=]|^\[.*dependencies|^require\s*\(",
                    )
                    or 1
                )
                if place := hit.files.place(path, line):
                    return place
        return None

    return find
