"""What is seen in a commit before it is built: each row is a repository, what is wrong in it, and where."""

from __future__ import annotations

import io
import tarfile
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import dockerfile
from app.diagnosis import Files
from app.inspection import inspect, wanted
from app.model import Build, BuildPlan, Finding, ServiceConfig, Target, Weight
from app.source.archive import Passing

SERVICE = ServiceConfig("api")
TARGET = Target("p", "europe-west1", "production", SERVICE, (("services.api.path", 3),), "servergem.yml")
IN_API = replace(TARGET, service=replace(SERVICE, path="services/api"))
DOCKER = replace(TARGET, service=replace(SERVICE, build=BuildPlan(Build.DOCKERFILE)))

FAULTS: list[tuple[str, Target, dict[str, str], str, str]] = [
    ("no folder", IN_API, {"services/app/main.py": ""}, "path-missing", "servergem.yml:3"),
    (
        "no Dockerfile",
        DOCKER,
        {"main.py": "", "deploy/Dockerfile": "FROM x"},
        "dockerfile-missing",
        "servergem.yml:1",
    ),
    ("nothing to build", TARGET, {"README.md": ""}, "nothing-to-build", "servergem.yml:3"),
    (
        "unknown instruction",
        TARGET,
        {"Dockerfile": "FROM x\n\nCOPPY a b"},
        "dockerfile-unknown-instruction",
        "Dockerfile:3",
    ),
    ("no FROM", TARGET, {"Dockerfile": "RUN true"}, "dockerfile-no-from", "Dockerfile:1"),
    ("image's name", TARGET, {"Dockerfile": "FROM Python:3.12"}, "base-image-name", "Dockerfile:1"),
    (
        "a stage in capitals",
        TARGET,
        {"Dockerfile": "FROM x AS Base\nFROM bAsE"},
        "base-image-name",
        "Dockerfile:2",
    ),
    (
        "COPY of nothing",
        TARGET,
        {"Dockerfile": "FROM x\nCOPY app.py /", "main.py": ""},
        "copy-source-missing",
        "Dockerfile:2",
    ),
    (
        "after a quoted <<",
        TARGET,
        {"Dockerfile": 'FROM x\nRUN echo "tee <<END" > /how\nCOPY gone.txt /'},
        "copy-source-missing",
        "Dockerfile:3",
    ),
    (
        "a text without end",
        TARGET,
        {"Dockerfile": "FROM x\nRUN <<END\ntrue\n  END\n"},
        "dockerfile-heredoc",
        "Dockerfile:2",
    ),
    (
        "a comment after FROM",
        TARGET,
        {"Dockerfile": "FROM x # why"},
        "dockerfile-from-arguments",
        "Dockerfile:1",
    ),
    (
        "its own Dockerfile, ignored",
        TARGET,
        {"Dockerfile": "FROM x\nCOPY Dockerfile /", ".dockerignore": "Docker*\n"},
        "copy-source-ignored",
        "Dockerfile:2",
    ),
    (
        "UTF-16",
        TARGET,
        {"Dockerfile": "FROM x\n".encode("utf-16").decode(errors="replace")},
        "dockerfile-utf16",
        "Dockerfile:1",
    ),
    ("Deno", TARGET, {"deno.jsonc": "{}", "main.ts": ""}, "nothing-to-build", "servergem.yml:3"),
    (
        "Deno without a configuration",
        TARGET,
        {"main.ts": "Deno.serve(() => new Response())\n"},
        "nothing-to-build",
        "servergem.yml:3",
    ),
    (
        "a server of Node.js without package.json",
        TARGET,
        {"lib.js": "", "server.js": "const http = require('http')\nhttp.createServer().listen(1)\n"},
        "no-start-command",
        "server.js:2",
    ),
    (
        "a page with a script",
        TARGET,
        {"index.html": "<script src=a.js></script>\n", "a.js": "alert(1)\n"},
        "static-site",
        "index.html:1",
    ),
    (
        "COPY of what is ignored",
        TARGET,
        {"Dockerfile": "FROM x\nCOPY dist /d", "dist/a.js": "", ".dockerignore": "dist\n"},
        "copy-source-ignored",
        "Dockerfile:2",
    ),
    (
        "a stage's name",
        TARGET,
        {"Dockerfile": "FROM x AS build\nFROM y\nCOPY --from=biuld /a /a"},
        "stage-unknown",
        "Dockerfile:3",
    ),
    ("a page", TARGET, {"index.html": "<p>a</p>\n", "a.css": ""}, "static-site", "index.html:1"),
    (
        "a version with a remark",
        TARGET,
        {"main.py": "", ".python-version": "3.13\n# as in production\n"},
        "python-version-file",
        ".python-version:2",
    ),
    (
        "two versions",
        TARGET,
        {"main.py": "", ".python-version": "3.13\n3.12\n"},
        "python-version-file",
        ".python-version:2",
    ),
    (
        "no version",
        TARGET,
        {"main.py": "", ".python-version": "\n"},
        "python-version-file",
        ".python-version:1",
    ),
    ("a port", TARGET, {"Dockerfile": "FROM x\nEXPOSE 3000/tcp"}, "port-differs", "Dockerfile:2"),
    (
        "a port of a stage before",
        TARGET,
        {"Dockerfile": "FROM x AS a\nEXPOSE 3000\nFROM a AS b\nFROM b\nENV A=PORT=1\nCMD run"},
        "port-differs",
        "Dockerfile:2",
    ),
    (
        "nginx's own port",
        TARGET,
        {"Dockerfile": "FROM nginx:alpine\nCOPY . /www"},
        "port-differs",
        "Dockerfile:1",
    ),
    (
        "a server of PHP's",
        TARGET,
        {"Dockerfile": "FROM php:8.3-apache\nRUN true"},
        "port-differs",
        "Dockerfile:1",
    ),
    (
        "nginx's configuration",
        TARGET,
        {
            "Dockerfile": "FROM a AS b\nFROM nginx\nCOPY nginx.conf /etc/nginx/conf.d/default.conf\n"
            "COPY --from=b /etc/x /usr/share/nginx/html",
            "nginx.conf": "server {\n  listen [::]:3000;\n  listen 3000;\n}\n",
        },
        "port-differs",
        "nginx.conf:2",
    ),
    (
        "package.json",
        TARGET,
        {"package.json": '{\n  "name": "a",\n}'},
        "file-does-not-parse",
        "package.json:3",
    ),
    (
        "pyproject.toml",
        TARGET,
        {"pyproject.toml": "[project]\nname = \n"},
        "file-does-not-parse",
        "pyproject.toml:2",
    ),
    (
        "requirements.txt",
        TARGET,
        {"requirements.txt": "flask\nrequests=>2\n"},
        "requirement-invalid",
        "requirements.txt:2",
    ),
    (
        "in a service's folder",
        IN_API,
        {"services/api/Dockerfile": "FROM x\nCOPY main.py /", "main.py": ""},
        "copy-source-missing",
        "services/api/Dockerfile:2",
    ),
]

SOUND: list[tuple[str, dict[str, str]]] = [
    (
        "a stage written in capitals, and named in lower case or by --from",
        {"Dockerfile": "FROM x AS Base\nFROM base AS b\nFROM y\nCOPY --from=BASE /a /a\nCOPY --from=B /b /b"},
    ),
    (
        "buildpacks",
        {
            "main.py": "",
            "requirements.txt": "# all\nflask==3.0  # web\n-r more.txt\n./local\ngit+https://x\n",
        },
    ),
    (
        "hashes",
        {"requirements.txt": "flask==3.0 \\\n    --hash=sha256:aa\nrequests>=2; python_version > '3'\n"},
    ),
    ("a version", {"main.py": "", ".python-version": "3.13\n\n"}),
    (
        "a version that is not read",
        {
            "main.py": "",
            ".python-version": "# none\n3.13\n",
            "project.toml": '[[build.env]]\nname = "GOOGLE_PYTHON_VERSION"\nvalue = "3.13"\n',
        },
    ),
    ("node", {"package.json": "{}", "index.js": ""}),
    ("COPY all", {"Dockerfile": "FROM x\nCOPY . .\nADD https://x/y /z\nCOPY ${WHAT} /"}),
    ("COPY of a folder", {"Dockerfile": "FROM x\nCOPY ./src/ /src\nCOPY src/*.py /p/", "src/a.py": ""}),
    (
        "COPY from an image",
        {"Dockerfile": "FROM x\nCOPY --from=nginx /a /a\nCOPY --from=ghcr.io/a/b:1 /a /a"},
    ),
    ("COPY from a number", {"Dockerfile": "FROM x\nFROM y\nCOPY --from=0 /a /a"}),
    (
        "shown again",
        {"Dockerfile": "FROM x\nCOPY dist/a.js /", "dist/a.js": "", ".dockerignore": "dist\n!dist/a.js\n"},
    ),
    ("a heredoc", {"Dockerfile": "FROM x\nCOPY <<EOF /app.py\nprint(1)\nEOF\nRUN <<EOF\nCOPPY\nEOF\n"}),
    ("arguments", {"Dockerfile": "ARG TAG=3\nFROM python:${TAG} AS base\nFROM base\nEXPOSE $PORT\nCMD run"}),
    (
        "a port of another stage",
        {"Dockerfile": "FROM x AS dev\nEXPOSE 3000\nFROM y AS web\nFROM y\nCOPY --from=dev /a /a"},
    ),
    ("a range of ports", {"Dockerfile": "FROM x\nEXPOSE 8000-8100 9000"}),
    ("a port that has a default", {"Dockerfile": "FROM x\nENV PORT=3000\nEXPOSE 3000\nCMD node a.js"}),
    ("a default of old", {"Dockerfile": "FROM x AS a\nENV PORT 3000\nFROM a\nEXPOSE 3000"}),
    ("a port that is followed", {"Dockerfile": "FROM x\nEXPOSE 3000\nCMD run --port ${PORT:-3000}"}),
    ("a port asked at", {"Dockerfile": "FROM x\nEXPOSE 3000\nHEALTHCHECK CMD curl localhost:$PORT"}),
    ("another protocol's port", {"Dockerfile": "FROM x\nEXPOSE 9000/udp"}),
    ("a registry", {"Dockerfile": "FROM localhost:5000/a/b-c__d:1.2@sha256:" + "a" * 64}),
    (
        "nginx that is led to $PORT",
        {
            "Dockerfile": "FROM nginx\nCOPY a.conf.template /etc/nginx/templates/default.conf.template",
            "a.conf.template": "listen ${PORT};",
        },
    ),
    (
        "nginx at the port that is asked",
        {"Dockerfile": "FROM nginx\nCOPY a.conf /etc/nginx/conf.d/", "a.conf": "server {\n listen 8080;\n}"},
    ),
    (
        "nginx whose configuration is rewritten",
        {
            "Dockerfile": "FROM nginx\nCOPY a.conf /etc/nginx/conf.d/default.conf\n"
            "CMD sed -i s/80/$PORT/ /etc/nginx/conf.d/default.conf && nginx -g 'daemon off;'",
            "a.conf": "server {\n listen 80;\n}",
        },
    ),
    ("PHP without a server", {"Dockerfile": "FROM php:8.3-fpm\nRUN true"}),
    ("wildcards that fit nothing", {"Dockerfile": "FROM x\nCOPY a* b.loc[k] c? /"}),
    ("tabs", {"Dockerfile": "FROM\tx AS\tb\nCOPY\t.\t.\nFROM\tscratch\nCOPY\t--from=b\t/a /a"}),
    (
        "a BOM",
        {"Dockerfile": "\ufeffFROM x", "package.json": "\ufeff{}", ".dockerignore": "\ufeffDockerfile\n"},
    ),
    ("here-strings", {"Dockerfile": "FROM x\nRUN cat <<< hi\nRUN cat <<<$A\nCOPY a /", "a": ""}),
    ("shifts", {"Dockerfile": "FROM x\nRUN echo $((1<<2)) $((A << 3))\nCOPY a /", "a": ""}),
    (
        "two heredocs",
        {"Dockerfile": "FROM x\nRUN a <<'A' && b <<-B\nCOPPY\nA\n\tNO\n\tB\nCOPY <<C d /e/\nC\n", "d": ""},
    ),
    ("a quoted image", {"Dockerfile": 'FROM "x:1" AS a\nFROM a'}),
    ("another frontend", {"Dockerfile": "#syntax = me/mine:1\nTHING a\n"}),
    ("a frontend in JSON", {"Dockerfile": '{"syntax": "me/mine"}'}),
    (
        "directives",
        {"Dockerfile": "# check=skip=all\n# Escape=`\nFROM x\nRUN a `\n  b\nCOPY d C:\\d\\\n", "d/e": ""},
    ),
    ("an unused stage", {"Dockerfile": "FROM x AS dev\nCOPY gone /\nFROM Bad AS no\nFROM x"}),
    ("ONBUILD", {"Dockerfile": "FROM x\nONBUILD COPY package.json /\nONBUILD RUN a"}),
    (
        "flags",
        {
            "Dockerfile": "FROM x\nCOPY --link --chmod=755 --exclude=*.md a b /\nCOPY --parents ./c/./d /",
            "a": "",
            "b": "",
            "c/d": "",
        },
    ),
    (
        "addresses",
        {"Dockerfile": "FROM x\nADD https://a/b git@a:b/c.git /c\nADD --checksum=sha256:1 https://a/b /d"},
    ),
    ("a default", {"Dockerfile": "ARG V\nFROM x:${V:-22}\nARG D=s\nCOPY ${D:-s} $D /"}),
    ("an image like a stage", {"Dockerfile": "FROM x AS composer-deps\nFROM y\nCOPY --from=composer /a /a"}),
    ("lower case", {"Dockerfile": "from x as b\nrun a\nfrom y\ncopy --from=B /a /a"}),
    ("paths", {"Dockerfile": "FROM x\nCOPY ./a/ /a ../a a/.. a/../b . / /c/", "a/x": "", "b": ""}),
    ("JSON with spaces", {"Dockerfile": 'FROM x\nCOPY ["a b", "/c"]', "a b": ""}),
    (
        "an ignore file that hides nothing",
        {"Dockerfile": "FROM x\nCOPY a /", "a": "", ".dockerignore": ".\n/\n# a\n  \n"},
    ),
    ("classes", {"Dockerfile": "FROM x\nCOPY a.py /", "a.py": "", ".dockerignore": "*.py[cod]\n[Bb]in\n"}),
    (
        "an allow list",
        {
            "Dockerfile": "FROM x\nCOPY s /s\nCOPY /d/e /",
            "s/a/b": "",
            "d/e": "",
            ".dockerignore": "**\n!s/**  \n! /d/e\n",
        },
    ),
    (
        "an ignore file Docker cannot read",
        {"Dockerfile": "FROM x\nCOPY a /", "a": "", ".dockerignore": "*\n[a\n"},
    ),
    (
        "an ignore file of its own",
        {"Dockerfile": "FROM x\nCOPY a /", "a": "", "Dockerfile.dockerignore": "b\n", ".dockerignore": "a\n"},
    ),
    (
        "manifests that nothing reads",
        {
            "Dockerfile": "FROM x\nCOPY . .",
            "composer.lock": "",
            "composer.json": "{",
            "requirements.txt": "{{ x }}\n",
        },
    ),
    ("lock files", {"package.json": "{}", "index.js": "", "package-lock.json": "<<<<<<< HEAD"}),
    ("below the root", {"src/Shop/Shop.csproj": ""}),
    (
        "what pip reads",
        {
            "main.py": "",
            "requirements.txt": "\ufeff-r a.txt\n--pre\n-e .\nb @ file:./b\nc[d]>=1,<2 ; python_version<'3'\n"
            "vendor/e\n./f.whl\ng==1.0+cu1 --hash=sha256:a\nh~=2 # i\nj (>=1)\nk==${V}\nl == 1.*\nm>=1.dev-x\n",
        },
    ),
    ("a link written out", {"Dockerfile": "docker/prod", "docker/prod": "FROM x"}),
    ("continued", {"Dockerfile": "FROM x\nRUN a \\\n  # why\n  && b\nCOPY a.txt \\\n  /b", "a.txt": ""}),
]


def found(target: Target, texts: dict[str, str]) -> tuple[Finding, ...]:
    return inspect(Files.of(texts), target)


@pytest.mark.parametrize(("name", "target", "texts", "code", "place"), FAULTS, ids=[row[0] for row in FAULTS])
def test_a_fault_is_found_on_its_line(
    name: str, target: Target, texts: dict[str, str], code: str, place: str
) -> None:
    """Each repository has exactly one fault, named with its code and its line, and a fix."""
    [finding] = found(target, texts)
    assert finding.place is not None
    assert (finding.code, f"{finding.place.path}:{finding.place.line}") == (code, place)
    assert finding.fix and len(finding.title) <= 80


@pytest.mark.parametrize(("name", "texts"), SOUND, ids=[row[0] for row in SOUND])
def test_a_sound_source_is_left_alone(name: str, texts: dict[str, str]) -> None:
    """What may build is not refused."""
    assert found(TARGET, texts) == ()


def test_a_version_that_node_never_reads_only_warns() -> None:
    """With two languages the other may be the one that counts."""
    [finding] = found(TARGET, {"index.js": "", "a.py": "", "package.json": "{}", ".python-version": "# a\n3"})
    assert (finding.code, finding.weight) == ("python-version-file", Weight.WARN)


def test_a_port_for_tls_is_not_the_one_to_write() -> None:
    """Cloud Run speaks HTTP to the container, so that of 80 and 443 the first one is meant."""
    [finding] = found(TARGET, {"Dockerfile": "FROM x\nEXPOSE 80 443"})
    assert "`port: 80`" in finding.fix


def test_more_services_than_a_line_holds_are_counted() -> None:
    """Six are shown; that there are others is said, in the message and in the fix."""
    [finding] = found(TARGET, {f"s{number}/Dockerfile": "FROM x" for number in range(8)})
    assert "s5 and 2 more have what is needed" in finding.message
    assert "s5: {path: s5}}`, add the others in the same way" in finding.fix


def archived(texts: dict[str, str], commit: str) -> bytes:
    """A tarball as `git archive` makes it."""
    file = io.BytesIO()
    with tarfile.open(
        fileobj=file, mode="w:gz", format=tarfile.PAX_FORMAT, pax_headers={"comment": commit}
    ) as tar:
        for path, text in texts.items():
            entry = tarfile.TarInfo(f"acme-api-abc/{path}")
            entry.size = len(text.encode())
            tar.addfile(entry, io.BytesIO(text.encode()))
    return file.getvalue()


PATHS = st.text(st.characters(categories=("L", "N")), min_size=1, max_size=130)


@settings(deadline=None)
@given(st.dictionaries(PATHS, st.text(max_size=2000), min_size=1, max_size=8), st.integers(1, 5000))
def test_an_archive_is_read_while_it_passes(texts: dict[str, str], size: int) -> None:
    """In whatever pieces it comes: every path, every text that is wanted, the commit and the top folder."""
    passing = Passing(lambda _path: True)
    whole = archived(texts, "a" * 40)
    for start in range(0, len(whole), size):
        passing.feed(whole[start : start + size])
    assert (passing.top, passing.commit, passing.whole) == ("acme-api-abc", "a" * 40, True)
    assert passing.paths == set(texts)
    expected = {path: text for path, text in texts.items() if "\0" not in text}
    assert passing.texts == expected


def test_only_what_is_wanted_is_kept() -> None:
    """A video is known by its name alone."""
    passing = Passing(wanted)
    passing.feed(archived({"film.mp4": "x" * 10_000, "package.json": "{}"}, "a" * 40))
    assert passing.paths == {"film.mp4", "package.json"}
    assert passing.texts == {"package.json": "{}"}


def test_what_is_no_archive_is_said_plainly() -> None:
    """Noise is a tarfile.TarError, not a guess."""
    with pytest.raises(tarfile.TarError):
        Passing(wanted).feed(b"not an archive at all")


def test_what_a_step_outside_builds_is_named_so() -> None:
    """A missing output folder, or what .gitignore leaves out: the way is a stage of the Dockerfile."""
    texts = {
        "Dockerfile": "FROM x\nCOPY target/*.jar target/a.jar /\nCOPY ./site /s\nCOPY lib/x.so /\nCOPY sit /",
        ".gitignore": "# made\n*.so\n/site/\n!keep\n",
        "site.txt": "",
    }
    told = [(each.place.line, "stage" in each.fix) for each in found(TARGET, texts) if each.place is not None]
    assert told == [(2, True), (3, True), (4, True), (5, False)]


# What is only likely


LIKELY: list[tuple[str, dict[str, str], str]] = [
    ("a stage's name", {"Dockerfile": "FROM x AS build\nFROM y\nCOPY --from=biuld /a /a"}, "stage-unknown"),
    (
        "a manifest that npm would read",
        {"Dockerfile": "FROM x\nRUN npm ci", "package.json": "{", "package-lock.json": ""},
        "file-does-not-parse",
    ),
    ("one of two languages", {"package.json": "{", "main.py": ""}, "file-does-not-parse"),
    (
        "requirements of an image",
        {"Dockerfile": "FROM x\nRUN pip install -r r", "requirements.txt": "{{ x }}"},
        "requirement-invalid",
    ),
]


@pytest.mark.parametrize(("name", "texts", "code"), LIKELY, ids=[row[0] for row in LIKELY])
def test_a_guess_is_a_warning(name: str, texts: dict[str, str], code: str) -> None:
    """What may still build is told, and does not stop."""
    assert [(each.code, each.weight) for each in found(TARGET, texts)] == [(code, Weight.WARN)]


# What was not read


def unread(
    paths: list[str], texts: dict[str, str], links: tuple[str, ...] = (), folders: tuple[str, ...] = ()
) -> Files:
    return Files([*paths, *texts], texts.get, links=links, folders=folders)


@pytest.mark.parametrize(
    "files",
    [
        unread(["Dockerfile"], {}),
        unread([".dockerignore", "a"], {"Dockerfile": "FROM x\nCOPY a /"}),
        unread(["package.json", "index.js"], {}),
        unread(["link"], {"Dockerfile": "FROM x\nCOPY link/a link /"}, links=("link",)),
        unread([], {"Dockerfile": "FROM x\nCOPY module /m"}, folders=("module",)),
    ],
    ids=["Dockerfile", "ignore file", "manifest", "behind a link", "a submodule"],
)
def test_what_was_not_read_is_not_judged(files: Files) -> None:
    """A file that is too large, no text, a link or a submodule is there, and nothing is said of it."""
    assert inspect(files, TARGET) == ()


def test_a_source_beyond_the_limits_is_only_mentioned() -> None:
    """Where not everything was seen, nothing is missing."""
    files = Files(["Dockerfile"], {"Dockerfile": "FROM x\nCOPY a /"}.get, whole=False)
    assert [(each.code, each.weight) for each in inspect(files, TARGET)] == [
        ("source-not-inspected", Weight.WARN)
    ]


@pytest.mark.parametrize(
    "texts", [row[2] for row in FAULTS if row[1] is TARGET and row[0] != "UTF-16"], ids=str
)
def test_a_folder_and_a_push_are_judged_alike(texts: dict[str, str], tmp_path: Path) -> None:
    """The same files on disk and in an archive have the same findings."""
    for path, text in texts.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    passing = Passing(wanted)
    passing.feed(archived(texts, "a" * 40))
    assert inspect(Files.under(tmp_path), TARGET) == inspect(Files.passed(passing), TARGET) != ()


# No input makes it stand still


def test_an_archive_larger_than_any_source_passes_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit nothing is unpacked any more, and nothing is an error."""
    monkeypatch.setattr("app.source.archive.MOST_UNPACKED", 3_000_000)
    passing = Passing(wanted)
    whole = archived({"a.bin": "x" * 40_000_000, "z": ""}, "a" * 40)
    for start in range(0, len(whole), 1000):
        passing.feed(whole[start : start + 1000])
    assert passing.given_up and not passing.whole and passing.commit == "a" * 40
    assert not Files.passed(passing).whole


def test_near_names_are_sought_among_few(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many files and missing names there are, few are compared, and ten are told."""
    compared: list[int] = []

    def count(_word: str, names: list[str], *_more: object) -> list[str]:
        compared.append(len(names))
        return []

    monkeypatch.setattr("difflib.get_close_matches", count)
    texts = {f"src/module_{number}.py": "" for number in range(40_000)}
    texts["Dockerfile"] = "FROM x\n" + "".join(f"COPY src/modul_{number}.py /\n" for number in range(40))
    assert len(found(TARGET, texts)) == 10
    assert sum(compared) <= 10 * 300


MERGES = "a0: &a0 {x: 1}\n" + "".join(
    f"a{number}: &a{number} {{<<: [*a{number - 1}, *a{number - 1}], k{number}: 1}}\n"
    for number in range(1, 40)
)
HOSTILE: list[tuple[str, str, str]] = [
    ("stars in an ignore file", ".dockerignore", "*a" * 12 + "*b\n"),
    ("folders in an ignore file", ".dockerignore", "**/" * 200 + "zzz\n"),
    ("nested JSON", "package.json", "[" * 100_000),
    ("nested TOML", "pyproject.toml", "a = " + "[" * 100_000),
    ("dotted keys", "pyproject.toml", ".".join(["a"] * 90_000) + " = 1\n"),
    ("a number", "package.json", "9" * 100_000),
    ("WORKDIR", "Dockerfile", "FROM x\n" + "WORKDIR a\n" * 30_000),
    ("braces", "Dockerfile", "FROM x\nRUN <<A " + "${a:-" * 100_000),
    ("quotes", "Dockerfile", "FROM x\nEXPOSE " + "\"'" * 100_000),
    ("merges that are looked for", "render.yaml", MERGES),
    ("depth", "render.yaml", "- " * 90_000 + "a"),
    ("base 60", "render.yaml", "a: 1" + ":59" * 60_000),
    ("brackets in Python", "b.py", "(" * 100_000),
    ("continuations", "Dockerfile", "FROM x\nRUN a" + "\\\n" * 300_000),
]


@pytest.mark.parametrize(("name", "path", "text"), HOSTILE, ids=[row[0] for row in HOSTILE])
def test_no_text_takes_more_than_its_length(name: str, path: str, text: str) -> None:
    """Twice the text takes about twice the time; measured as a ratio in one run."""

    docker = {"a.txt": "", "Dockerfile": "FROM x\nRUN npm ci && pip install ."}
    others = docker if path in ("Dockerfile", ".dockerignore") else {"z.py": ""}

    def seconds(text: str) -> float:
        begun = time.process_time()
        found(TARGET, others | {path: text})
        return time.process_time() - begun

    half = min(seconds(text[: len(text) // 2]) for _ in range(2))
    assert min(seconds(text) for _ in range(2)) < 6 * half + 0.5


@pytest.mark.parametrize(("name", "path", "text"), HOSTILE, ids=[row[0] for row in HOSTILE])
def test_hostile_text_is_read_and_nothing_is_raised(name: str, path: str, text: str) -> None:
    """It ends, without an exception that would be called ServerGem's own fault."""
    texts = {"Dockerfile": "FROM x\nCOPY a /\nRUN npm ci && pip install .", "a" * 200: "", "a": ""}
    if path in ("package.json", "pyproject.toml"):
        texts.pop("Dockerfile")
    for finding in found(TARGET, texts | {path: text}):
        assert finding.code != "copy-source-missing" and len(finding.title) <= 80
    if path == "Dockerfile":
        parsed = dockerfile.parse(text)
        assert all(parsed.workdir_at(each).startswith("/") for each in parsed.instructions)
