"""What carries over, made of the readers of other platforms' files: `python -m app.importing.reference` writes it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from app.importing.cloud_run_annotations import OTHERWISE, SERVICE, TEMPLATE
from app.importing.foreign import Foreign
from app.importing.gcloud_flags import LEFT, MANY, ROWS
from app.importing.kinds import KINDS, Kind

PAGE = Path(__file__).parent.parent.parent / "docs/importing.md"
INTRODUCTION = """# A servergem.yml to begin with

Made by `python -m app.importing.reference`; `tests/test_importing.py` holds it.

```sh
servergem init                     # of the source: services, ports, health paths, each key with its reason
servergem import fly.toml          # of another platform's file, which is recognised by what it holds
servergem import cloudbuild.yaml   # or .github/workflows/deploy.yml: of a deployment that you have already
gcloud run services describe api --format=export | servergem import -
```

Both write `servergem.yml` where there is none and never replace one; `--print` writes nothing. `import SOURCE DIR` is
for a repository elsewhere. Behind each key stands where it comes from. What does not come along is told with its line
and with what to do instead; no key is dropped without a word. A value that looks like a secret is neither copied nor
shown: it becomes a name under `secrets:`, with the command that makes it of a variable of your shell. What Cloud Run
does not have in that size (three CPUs, 64 MB) becomes the next that it has. Then ask `servergem check` and
`servergem preflight`.
"""


def page() -> str:
    """The whole page."""
    return INTRODUCTION + "".join(map(_chapter, KINDS)) + _flags()


def _flags() -> str:
    rows = "".join(f"| `--{name}` | `{row.key}` |\n" for name, row in ROWS.items())
    rows += "".join(f"| `--{name}` | `{key}` |\n" for name, key in MANY.items())
    told = "".join(f"| `--{name}` | {instead} |\n" for name, instead in LEFT.items())
    return (
        "\n## gcloud run deploy\n\nIts flags, in steps of Cloud Build and workflows of GitHub Actions.\n\n"
        f"| there | here |\n|---|---|\n| `--image` | `path`, `build` of its build, else `image` |\n"
        f"| `--source` | `path` |\n{rows}\n| not carried over | instead |\n|---|---|\n{told}"
    )


def _chapter(kind: Kind) -> str:
    rows = "".join(f"| `{there}` | {here} |\n" for there, here in _rows(kind.model, "", set()))
    if kind.name == "Cloud Run":
        rows += "".join(
            f"| `{name}` | `{row.key}` |\n" for name, row in (*TEMPLATE.items(), *SERVICE.items())
        )
    left = {**kind.left, **(OTHERWISE if kind.name == "Cloud Run" else {})}
    told = "".join(f"| `{key}` | {instead} |\n" for key, instead in left.items())
    return (
        f"\n## {kind.name}\n\n{kind.model.__doc__}\n\n| there | here |\n|---|---|\n{rows}"
        f"\n| not carried over | instead |\n|---|---|\n{told}"
    )


def _rows(model: type[Foreign], above: str, shown: set[type[Foreign]]) -> Iterator[tuple[str, str]]:
    """Each key that is read; a part that was shown already stands there as a whole."""
    for name, field in model.model_fields.items():
        there = f"{above}{field.alias or name}"
        inside = _part_in(field.annotation)
        if inside is None or inside in shown:
            yield there, str(field.description)
        else:
            shown.add(inside)
            many = ".*" if "list" in str(field.annotation) or "dict" in str(field.annotation) else ""
            yield from _rows(inside, f"{there}{many}.", shown)


def _part_in(kind: Any) -> type[Foreign] | None:
    if isinstance(kind, type) and issubclass(kind, Foreign):
        return kind
    return next((found for each in get_args(kind) if (found := _part_in(each))), None)


def main() -> None:
    PAGE.write_text(page())


if __name__ == "__main__":
    main()
