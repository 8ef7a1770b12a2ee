"""RUN without an engine: a process of this machine in the stage's folder, and what excuses its failure."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sandbox import containers, machine
from sandbox.bases import brings_setuptools
from sandbox.buildpack_room import OTHER_VERSION
from sandbox.dockerfile_cache import LayerCache
from sandbox.dockerfile_stage import Stage, absolute, command, flags, ignored, inside
from sandbox.dockerfile_text import Instruction, Refused
from sandbox.work import Beyond, Work

# A Dockerfile that says one of these installs Python packages or copies them.
PYTHON = re.compile(r"\bpip3?\b|\bpython3?\b|\buv\b|\bpoetry\b|\bpipenv\b|site-packages|/usr/local\b")


SYSTEM_PACKAGES = re.compile(r"\b(?:apt-get|apt|apk|dnf|yum|microdnf)\b.*\b(?:install|add)\b", re.S)


LACKS = re.compile(
    r"(?:command )?not found|fatal error: \S+: No such file|cannot find -l|_config executable not found"
)


PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True)
class Options:
    """The words of `docker build`."""

    file: str = "Dockerfile"
    target: str = ""
    args: tuple[tuple[str, str], ...] = ()
    tags: tuple[str, ...] = ()
    read: str = ""
    """The image of `--cache-from`; `write`: that of `--cache-to`."""
    write: str = ""

    @classmethod
    def parse(cls, words: list[str]) -> Options:
        words = [part for word in words for part in _parts(word)]
        pairs = list(zip(words, [*words[1:], ""], strict=True))
        value = {flag: following for flag, following in pairs if flag in ("-f", "--file", "--target")}
        return cls(
            value.get("-f", value.get("--file", "Dockerfile")),
            value.get("--target", ""),
            tuple(
                (name, text)
                for flag, following in pairs
                if flag == "--build-arg"
                for name, _, text in [following.partition("=")]
            ),
            tuple(following for flag, following in pairs if flag in ("-t", "--tag")),
            *(_cache(words, flag) for flag in ("--cache-from=", "--cache-to=")),
        )


def _cache(words: list[str], flag: str) -> str:
    told = next((word.removeprefix(flag) for word in words if word.startswith(flag)), "")
    return dict(part.partition("=")[::2] for part in told.split(",")).get("ref", "")


def _parts(word: str) -> list[str]:
    """A flag and its value, which may be one word."""
    return word.split("=", 1) if word.startswith("--build-arg=") else [word]


class Running:
    """What RUN does: the command as a process of this machine, with what is mounted for it."""

    def __init__(self, work: Work, options: Options, instructions: list[Instruction]) -> None:
        self._work, self._options = work, options
        self._instructions = instructions
        self._stages: dict[str, Stage] = {}
        self._stage: Stage | None = None
        self._global_args: dict[str, str] = {}
        self._vertex = 4
        self._cache = LayerCache(work.home, options.read, options.write)
        self._ignored = ignored(work.folder)

    def _earlier(self, name: str) -> Stage | None:
        """A stage by its name, or by its number."""
        if name.isdecimal() and int(name) < len(self._stages):
            return list(self._stages.values())[int(name)]
        return next((stage for key, stage in self._stages.items() if key.lower() == name.lower()), None)

    def _python(self, files: Path, version: str) -> None:
        """Python where its image has it, /usr/local, under the version that was asked for."""
        chosen = machine.python(version) or machine.own_python()
        local = files / "usr/local"
        machine.virtual_environment(local, chosen)
        if brings_setuptools(version):
            machine.unpack(chosen.setuptools, local)
        if version.count(".") == 1 and version != chosen.version:
            self._work.log(
                f"SANDBOX: this machine has no Python {version}; Python {chosen.version} stands in for it"
            )
            (local / "lib" / f"python{version}").symlink_to(f"python{chosen.version}")

    def _put(self, path: Path, place: Path, *, into_folder: bool, ignoring: bool) -> None:
        if path.is_dir():
            ignore = (
                (lambda folder, names: {n for n in names if self._is_ignored(Path(folder) / n)})
                if ignoring
                else None
            )
            shutil.copytree(path, place, symlinks=True, dirs_exist_ok=True, ignore=ignore)
            return
        goal = place / path.name if into_folder else place
        goal.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, goal)

    def _is_ignored(self, path: Path) -> bool:
        relative = path.relative_to(self._work.folder).as_posix()
        hidden = False
        if path.is_dir() and any(shows for _, shows in self._ignored):
            return False  # something in it may be shown again
        for pattern, shows in self._ignored:
            if pattern.fullmatch(relative):
                hidden = not shows
        return hidden and relative != "."

    def _run(self, stage: Stage, instruction: Instruction) -> None:
        given, text = flags(instruction.rest)
        script = text
        for each in instruction.heredocs:
            # `RUN <<EOF` alone is a script; with a command before it, the heredoc is that command's input.
            alone = re.fullmatch(r"<<-?\s?[\"']?\w+[\"']?", text)
            script = each.text if alone else f"{text}\n{each.text}{each.name}\n"
        with self._mounted(stage, [value for flag, value in given if flag == "mount"]):
            self._execute(stage, script, instruction)

    def _execute(self, stage: Stage, script: str, instruction: Instruction) -> None:
        """The text of a RUN; what fails for want of what only the real image has is the sandbox's limit."""
        place = inside(stage, stage.workdir)
        place.mkdir(parents=True, exist_ok=True)
        if re.search(r"\bpip3?\b", script) and not (stage.files / "usr/local/pyvenv.cfg").exists():
            self._python(stage.files, "")
        # A venv has no user's packages; /root/.local is where they would be.
        user = re.sub(r"(\bpip3? install\b[^&;|\n]*?)\s--user\b", r"\1 --prefix=/root/.local", script)
        words = [containers.building(word, stage.files) for word in command(user, stage.shell)]
        if script.startswith("#!"):
            words = self._script(words[-1])
        heard, at, vertex = list[str](), time.monotonic(), self._vertex

        def hear(line: str) -> None:
            heard.append(line)
            self._work.log(f"#{vertex} {time.monotonic() - at:.3f} {line.replace(str(stage.files), '')}")

        env = containers.environment(stage.files, {"PATH": PATH} | stage.args | stage.env)
        code = self._work.run(["/usr/bin/env", *words], cwd=place, env=env, log=hear)
        if not code:
            return
        self._excuse(stage, heard)
        text = instruction.rest
        shown = f"/bin/sh -c {text}" if not text.startswith("[") else " ".join(command(text, stage.shell))
        raise Refused(f'process "{shown}" did not complete successfully: exit code: {code}', instruction)

    def _script(self, text: str) -> list[str]:
        """A heredoc that names its own interpreter."""
        file = self._work.scratch / "heredoc"
        file.write_text(text)
        file.chmod(0o755)
        return [str(file)]

    def _excuse(self, stage: Stage, heard: list[str]) -> None:
        """Raise Beyond where the real image would have had what this one lacks."""
        installs = [i for i in self._instructions if i.word == "RUN" and SYSTEM_PACKAGES.search(i.rest)]
        if installs and (lacking := next((line for line in heard if LACKS.search(line)), "")):
            raise Beyond(
                f"the sandbox installs no system packages; Cloud Build does ({lacking.strip()[:120]})"
            )
        have = {
            "python": machine.own_python().version,
            "node": machine.node_version().split(".")[0],
            "go": machine.go_version(),
        }
        base = stage.base
        if base.language == "python" and machine.python(base.version):
            return
        if base.version and base.version != have.get(base.language) and any(map(OTHER_VERSION.search, heard)):
            raise Beyond(
                f"the sandbox has no {base.language} {base.version}, which this needs; Cloud Build has it"
            )

    @contextmanager
    def _mounted(self, stage: Stage, mounts: list[str]) -> Iterator[None]:
        """RUN --mount: a bind is there for as long as the command runs; caches, secrets and the rest are empty."""
        added: list[Path] = []
        for mount in mounts:
            options = dict(part.partition("=")[::2] for part in mount.split(","))
            kind = options.get("type", "bind")
            target = next((options[key] for key in ("target", "dst", "destination") if key in options), "")
            if kind == "bind" and target:
                place = inside(stage, absolute(stage.workdir, self._filled(target, stage.args | stage.env)))
                if not place.exists() and self._bind(options, place):
                    added.append(place)
            elif kind in ("cache", "tmpfs") and target:
                inside(stage, absolute(stage.workdir, target)).mkdir(parents=True, exist_ok=True)
        yield
        for place in added:
            shutil.rmtree(place) if place.is_dir() else place.unlink(missing_ok=True)

    def _bind(self, options: Mapping[str, str], place: Path) -> bool:
        origin = self._earlier(options["from"]) if "from" in options else None
        root = origin.files if origin else self._work.folder
        source = root / next((options[key] for key in ("source", "src") if key in options), "").strip("/")
        if not source.exists() or ("from" in options and origin is None):
            return False
        self._put(source, place, into_folder=False, ignoring=origin is None)
        return True

    def _filled(self, text: str, names: dict[str, str]) -> str:
        def value(found: re.Match[str]) -> str:
            name, sign, other = found[1] or found[4], found[2], found[3]
            set_ = names.get(name, "")
            if sign == "+":
                return self._filled(other, names) if set_ else ""
            return set_ or (self._filled(other, names) if sign == "-" else "")

        return re.sub(r"(?<!\\)\$(?:\{(\w+)(?::?([-+?])([^}]*))?\}|(\w+))", value, text)
