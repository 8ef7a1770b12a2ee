"""A folder is looked at as a push of it would be."""

from __future__ import annotations

import subprocess
from pathlib import Path

from app.cli.pushed import pushed
from app.diagnosis import Files


def repository(folder: Path, texts: dict[str, str]) -> Path:
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    for path, text in texts.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


def test_what_git_ignores_or_leaves_out_of_archives_is_not_there(tmp_path: Path) -> None:
    """.gitignore, and `export-ignore` of files and of folders with a slash or without, in whatever depth."""
    attributes = "docs/ export-ignore\nmedia export-ignore\nsrc/*.psd export-ignore\nsrc/b text\n"
    kept = {
        ".gitattributes": attributes,
        ".gitignore": "node_modules\n",
        "src/b": "",
        "src/documents/docs": "",
    }
    gone = {"docs/a/b": "", "media/c/d": "", "src/e.psd": "", "node_modules/f/g.js": ""}
    assert set(pushed(repository(tmp_path, kept | gone)) or ()) == set(kept)


def test_a_folder_without_git_is_taken_whole(tmp_path: Path) -> None:
    """Nobody knows what a push of it would bring."""
    (tmp_path / "a").write_text("")
    assert pushed(tmp_path) is None and Files.under(tmp_path, pushed(tmp_path)).paths == {"a"}


def test_a_submodule_is_an_empty_folder(tmp_path: Path) -> None:
    """Its files are here, and the archive of a push has none of them."""
    module = repository(tmp_path / "m", {"inner": ""})
    who = ["-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false"]
    for words in (["add", "."], [*who, "commit", "-qm", "x"]):
        subprocess.run(["git", "-C", str(module), *words], check=True)
    whole = repository(tmp_path / "w", {"Dockerfile": "FROM x\nCOPY module /m\n"})
    subprocess.run(
        [
            "git",
            "-C",
            str(whole),
            "-c",
            "protocol.file.allow=always",
            "submodule",
            "-q",
            "add",
            str(module),
            "module",
        ],
        check=True,
    )
    files = Files.under(whole, pushed(whole))
    assert "module" in files.folders and "module/inner" not in files.paths
