"""What no parser reads is found before the build; what only another version or another program reads is left alone."""

from __future__ import annotations

import sys

import pytest

from app.diagnosis import Files
from app.model import Weight
from app.source.syntax import starts, syntax

BROKEN = "def f(self)\n    pass\n"

FAULTS: dict[str, tuple[dict[str, str], str, int, Weight]] = {
    "the file that starts": ({"main.py": BROKEN}, "main.py", 1, Weight.STOP),
    "the Procfile's module": (
        {"Procfile": "web: gunicorn -b :$PORT shop.web:app\n", "shop/web.py": "x = (\n"},
        "shop/web.py",
        1,
        Weight.STOP,
    ),
    "the Procfile's script": (
        {"Procfile": "web: python a/b.py\n", "a/b.py": BROKEN},
        "a/b.py",
        1,
        Weight.STOP,
    ),
    "another file": ({"main.py": "", "shop/cart.py": "\n\n  x = 1\n"}, "shop/cart.py", 3, Weight.WARN),
    "an older Python": (
        {".python-version": "3.8", "main.py": "", "a.py": "x = = 1\n"},
        "a.py",
        1,
        Weight.WARN,
    ),
    "a newer f-string elsewhere": (
        {"main.py": 'x = f"{1}"\nif x\n    pass\n'},
        "main.py",
        2,
        Weight.STOP,
    ),
    "no parameter": ({"main.py": "import os\n\ndef x(:\n    pass\n"}, "main.py", 3, Weight.STOP),
    "no value": ({"main.py": "x = \nprint(x)\n"}, "main.py", 1, Weight.STOP),
    "two values": ({"main.py": "", "a.py": "x = = 1\n"}, "a.py", 1, Weight.WARN),
    "no condition": ({"main.py": "if :\n    pass\n"}, "main.py", 1, Weight.STOP),
    "no name": ({"main.py": "class:\n    pass\n"}, "main.py", 1, Weight.STOP),
    "TOML": ({"settings.toml": "a = 1\nb = \n"}, "settings.toml", 2, Weight.WARN),
    "tabs that indent": ({"conf/app.yml": "a:\n\tb: 1\n"}, "conf/app.yml", 2, Weight.WARN),
    "a word within a word": ({"contest/latest.yml": "a: [\n"}, "contest/latest.yml", 2, Weight.WARN),
    "the file that starts, wherever it is": (
        {"Procfile": "web: python demo/b.py\n", "demo/b.py": BROKEN},
        "demo/b.py",
        1,
        Weight.STOP,
    ),
    "YAML": ({"conf/app.yaml": "a: [1\nb: 2\n"}, "conf/app.yaml", 2, Weight.WARN),
}


@pytest.mark.parametrize("kind", FAULTS)
def test_a_file_that_does_not_parse_is_named(kind: str) -> None:
    """Each fault has its file and line; it stops only where the file surely runs."""
    texts, path, line, weight = FAULTS[kind]
    files = Files.of(texts)
    (finding,) = syntax(files, "", starts=starts(files, ""))
    assert finding.place is not None
    assert (finding.place.path, finding.place.line, finding.weight) == (path, line, weight)
    assert len(finding.title) <= 80 and not finding.title.endswith(":")


WHERE_BROKEN = [
    "testing/a.yml", "pkg/__fixtures__/a.yaml", "src/app/test_data/a.toml", "spec/a.yml", "api-tests/a.py",
    "cmd/testcases/a.yaml", "lib/generators/a.py", "a/helm-charts/a.yaml", "b/invalid/a.toml", "Tests/a.yml",
    "{{cookiecutter.slug}}/a.py", "conf/settings.example.yml", "invalid-config.yaml", "a.j2.yml", "e2e/a.yml",
]  # fmt: skip
newer = f"3.{sys.version_info.minor + 1}"
FINE: dict[str, dict[str, str]] = {
    "what a newer Python may read": {".python-version": newer, "main.py": "type X[T] = list[T]\ny = !x\n"},
    "the latest Python, when none is asked for": {"main.py": "except* = 1\n"},
    "what a newer Python may close": {"main.py": 'x = (\ny = f"{a[")"]}"\n'},
    "a newer f-string": {"main.py": 'x = f"{a["b"]}"\nif x\n    pass\n'},
    "generics": {"main.py": "class A[T]:\n    pass\n"},
    "Python 2": {".python-version": "3.8", "tool.py": "print 'x'\n"},
    "a template": {"pack.py": "x = {{ cookiecutter.x }}\n", "a.yaml": "x: {{ .Values.x }}\n"},
    "tests and samples": {"tests/bad.py": BROKEN, "examples/a.py": BROKEN, ".github/a.yml": "a: [\n"},
    "tags and several documents": {"a.yml": "a: !Ref b\n---\nb: &x 1\nc: *x\n"},
    "fixtures by any name": dict.fromkeys(
        WHERE_BROKEN,
        BROKEN + "a: [\n",
    ),
    "placeholders": {
        **{
            f"{n}.yml": f"a: {text}\n"
            for n, text in enumerate(("@VERSION@", "%kernel.dir%", "#{a}\nb: [", "%{x}"))
        },
        "salt.yml": "{# a #}\na: [\n",
    },
    "what YAML 1.2 reads": {
        "a.yml": "a: &x.y 1\nb: *x.y\n",
        "b.yml": "a:\n  - x\n\t\n  - y\n",
        "c.yml": "-\tx\n",
        "d.yml": "k" * 1100 + ": 1\n",
        "e.yml": "a: !t,u b\n",
    },
    "tags of other programs": {
        "mkdocs.yml": "a: !!python/name:x.y\nb: !ENV [A, b]\n",
        "c.yml": "a:\n  script:\n    - !reference [.x, script]\nb: !If [c, d, !Ref e]\n",
        "s.yml": "$ANSIBLE_VAULT;1.1;AES256\n6162\n6364\n",
    },
    "a file that was not read": {"main.py": ""},
    "bytes of another encoding": {"main.py": "x = '\ufffd'\nif\n"},
}


@pytest.mark.parametrize("kind", FINE)
def test_what_may_be_valid_is_not_judged(kind: str) -> None:
    """Newer syntax, templates, tests and what could not be read are no faults."""
    files = Files.of(FINE[kind])
    assert list(syntax(files, "", starts=starts(files, ""))) == []


def test_a_dockerfile_says_which_python_reads() -> None:
    """The tag of the base image is the version that is kept in mind."""
    files = Files.of({"Dockerfile": "FROM python:3.9-slim\n", "main.py": "match = (yield\n"})
    assert [finding.weight for finding in syntax(files, "")] == [Weight.WARN]
