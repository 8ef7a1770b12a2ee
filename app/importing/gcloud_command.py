"""`gcloud run deploy` as scripts and steps write it: found, taken apart into flags, and its variables put in; pure."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from app.config.draft import Keys

# As far as the next braces: where none close it, each beginning is not read to the end of the file.
EXPRESSION = re.compile(r"\$\{\{((?:[^{}]|\{(?!\{)|\}(?!\}))*)\}\}")
# Taking a line apart takes the square of its letters.
LONGEST_LINE = 10_000
# Names that the two platforms give to what is known here already.
REPOSITORY = frozenset({"REPO_NAME", "github.event.repository.name"})
SHELL_NAME = re.compile(r"\$\$?(?:\{(\w+)\}|(\w+))")
ENDS = frozenset({";", "&&", "||", "|", "&", ">", "<", ">>", ")", "(", "\n"})
ASSIGNED = re.compile(
    r"""^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)=(?:"([^"`\n]*)"|'([^'\n]*)'|([^\s"'`();|&]+))[ \t]*$""",
    re.MULTILINE,
)
# Flags without a value.
ALONE = re.compile(
    r"--(?:no-.*|allow-unauthenticated|quiet|async|use-http2|session-affinity|cpu-throttling|cpu-boost|iap|clear-.*|"
    r"to-latest|default-url|deploy-health-check|invoker-iam-check|gpu-zonal-redundancy|verbose|log-http)"
)


@dataclass(frozen=True)
class Flag:
    """A flag without its dashes, its value (empty for one that has none), and where it stands."""

    name: str
    value: str
    at: Keys


@dataclass(frozen=True)
class Command:
    """One deployment: the service's name as it is written, with variables put in, and the flags."""

    service: str
    flags: tuple[Flag, ...]
    at: Keys


@dataclass
class Scope:
    """The variables that are known at a place of the file; which of them were used is kept."""

    known: Mapping[str, str | None]
    repository: str
    used: set[str] = field(default_factory=set)

    def expanded(self, text: str) -> str:
        """With all that is known put in; what is not stays as it is."""
        for _ in range(3):  # a variable may be made of others
            before = text
            text = SHELL_NAME.sub(self._shell, EXPRESSION.sub(self._expression, text))
            if text == before:
                break
        return text

    def _expression(self, found: re.Match[str]) -> str:
        written = found[1].strip()
        name = written.removeprefix("env.")
        if name in REPOSITORY:
            return self.repository
        return self._value(name, found[0]) if written.startswith("env.") else found[0]

    def _shell(self, found: re.Match[str]) -> str:
        name = found[1] or found[2]
        return self.repository if name in REPOSITORY else self._value(name, found[0])

    def _value(self, name: str, otherwise: str) -> str:
        value = self.known.get(name)
        if value is None:
            return otherwise
        self.used.add(name)
        return value


def is_open(value: str) -> bool:
    """Whether something of it is known only where it runs."""
    return EXPRESSION.search(value) is not None or SHELL_NAME.search(value) is not None


def deploys(text: str) -> bool:
    return re.search(r"\brun\s+deploy\b", text) is not None


def in_script(script: str, scope: Scope, at: Keys) -> Iterator[Command]:
    """Each `gcloud run deploy` of a shell's script; what it assigns in plain words is known too."""
    inside = scope_of(script, scope)
    for line in lines_of(script):
        words = words_of(line)
        for start in range(len(words) - 1):
            if words[start : start + 2] == ["run", "deploy"] and "gcloud" in words[:start]:
                yield of_words(_until_end(words[start + 2 :]), inside, at)


def scope_of(script: str, scope: Scope) -> Scope:
    """What is known in a script: what is around it, and what it assigns once, without asking a program."""
    found = [(each[1], each[2] or each[3] or each[4] or "") for each in ASSIGNED.finditer(script)]
    often = Counter(re.findall(r"(?m)^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)=", script))
    assigned = {name: value for name, value in found if often[name] == 1 and "$(" not in value}
    return Scope({**scope.known, **assigned}, scope.repository, scope.used)


def lines_of(script: str) -> list[str]:
    """The lines as a shell joins them, each expression of a workflow on one; without those that nobody writes."""
    one = EXPRESSION.sub(lambda found: " ".join(found[0].split()), script)
    joined = re.sub(r"\\[ \t]*\r?\n", " ", one).split("\n")
    return [line for line in joined if len(line) <= LONGEST_LINE]


def words_of(line: str) -> list[str]:
    """The words of one line of a shell, no expression taken apart; of a line whose quote goes on, what blanks part."""
    kept: list[str] = []

    def hidden(found: re.Match[str]) -> str:
        kept.append(found[0])
        return f"\ue000{len(kept) - 1}\ue001"

    def shown(word: str) -> str:
        return re.sub("\ue000(\\d+)\ue001", lambda found: kept[int(found[1])], word)

    plain = EXPRESSION.sub(hidden, line.replace("\ue000", "").replace("\ue001", ""))
    lexer = shlex.shlex(plain, posix=True, punctuation_chars=";&|<>()")
    lexer.commenters = "#" if plain.lstrip().startswith("#") else ""
    lexer.whitespace_split = True
    try:
        return [shown(word) for word in lexer]
    except ValueError:
        return [shown(word) for word in plain.split()]


def _until_end(words: list[str]) -> list[str]:
    end = next((number for number, word in enumerate(words) if word in ENDS), len(words))
    return words[:end]


def of_words(words: list[str], scope: Scope, at: Keys, *, counted: int = -1) -> Command:
    """The words behind `run deploy`; `counted` is the number of the first where each stands at its own place."""
    service, flags, number = "", [], 0
    while number < len(words):
        word = words[number]
        where = at if counted < 0 else (*at, str(counted + number))
        number += 1
        if not word.startswith("-"):
            service = service or scope.expanded(word)
            continue
        name, equals, value = word.partition("=")
        if not equals and not ALONE.fullmatch(name) and number < len(words) and words[number][:2] != "--":
            value = words[number]
            number += 1
        flags.append(Flag(name.lstrip("-"), scope.expanded(value), (*where, name)))
    return Command(service, tuple(flags), at)


def pairs(written: str) -> Iterator[tuple[str, str]]:
    """NAME=VALUE of a list with commas, lines, or a delimiter of its own (`^:^A=b:C=d`)."""
    own = re.match(r"\^([^^]+)\^", written)
    parts = written[own.end() :].split(own[1]) if own else re.split(r"\n|(?<!\\),(?=[^=,\n]+=)", written)
    for part in parts:
        name, equals, value = part.strip().rstrip(",").partition("=")
        if equals and not name.startswith("#"):
            yield name.strip(), value.strip().replace("\\,", ",").strip("\"'")
