"""COPY and ADD without an engine: from the source, another stage, a heredoc, or an image's programs."""

from __future__ import annotations

import json
from pathlib import Path

from sandbox import machine
from sandbox.dockerfile_run import Running
from sandbox.dockerfile_stage import Stage, absolute, flags, inside
from sandbox.dockerfile_text import Instruction, Refused
from sandbox.work import Beyond


class Copying(Running):
    """What COPY and ADD do."""

    def _copy(self, stage: Stage, instruction: Instruction) -> None:
        words = self._filled(instruction.rest, stage.args | stage.env)
        given, words = flags(words)
        listed = json.loads(words) if words.startswith("[") else words.split()
        origin = next((value for flag, value in given if flag == "from"), "")
        *sources, target = listed
        if instruction.heredocs:
            self._write(stage, instruction, target)
            return
        if any("://" in source or source.startswith("git@") for source in sources):
            self._download(stage, sources, target)
            return
        root = self._work.folder
        if origin:
            before = self._earlier(origin)
            if before is None:
                self._from_image(stage, origin, sources, target)
                return
            root = before.files
        place = inside(stage, absolute(stage.workdir, target))
        into_folder = target.endswith("/") or target in (".", "./") or len(sources) > 1 or place.is_dir()
        for source in sources:
            found = sorted(root.glob(source.strip("/"))) if source.strip("./") else [root]
            kept = [path for path in found if origin or not self._is_ignored(path)]
            if not kept:
                shown = f"/{source.strip('/')}"
                raise Refused(
                    f'failed to compute cache key: failed to calculate checksum of ref x::y: "{shown}": not found',
                    instruction,
                )
            for path in kept:
                self._put(path, place, into_folder=into_folder, ignoring=not origin)

    def _copied(self, stage: Stage, instruction: Instruction) -> list[Path]:
        """The files of the source that COPY or ADD takes, as far as there are any."""
        given, words = flags(self._filled(instruction.rest, stage.args | stage.env))
        if any(flag == "from" for flag, _ in given) or instruction.heredocs:
            return []
        root, [*sources, _] = self._work.folder, json.loads(words) if words.startswith("[") else words.split()
        listed = [source.strip("/") for source in sources if "://" not in source]
        found = [
            path for each in listed for path in (sorted(root.glob(each)) if each.strip("./") else [root])
        ]
        return [path for path in found if not self._is_ignored(path)]

    def _write(self, stage: Stage, instruction: Instruction, target: str) -> None:
        """COPY of heredocs: each is a file of its name, or the target itself."""
        place = inside(stage, absolute(stage.workdir, target))
        for each in instruction.heredocs:
            goal = place / each.name if target.endswith("/") or place.is_dir() else place
            goal.parent.mkdir(parents=True, exist_ok=True)
            goal.write_text(each.text if each.plain else self._filled(each.text, stage.args | stage.env))

    def _download(self, stage: Stage, sources: list[str], target: str) -> None:
        raise Beyond(f"the sandbox downloads nothing for ADD {sources[0]}; Cloud Build does")

    def _from_image(self, stage: Stage, image: str, sources: list[str], target: str) -> None:
        """COPY --from an image of a registry: programs that this machine has stand in for those in it."""
        place = inside(stage, absolute(stage.workdir, target))
        for source in sources:
            name = Path(source).name
            found = machine.tool(name)
            if found is None and name in ("uv", "uvx") and (stage.files / "usr/local/bin/pip").exists():
                self._execute(stage, "pip install --quiet uv", Instruction("RUN", "", 0, 0))
                continue
            if found is None:
                raise Beyond(f"the sandbox has no {source} of the image {image}; Cloud Build pulls it")
            goal = place / name if target.endswith("/") or place.is_dir() else place
            goal.parent.mkdir(parents=True, exist_ok=True)
            goal.write_text(f'#!/bin/sh\nexec {found} "$@"\n')
            goal.chmod(0o755)
