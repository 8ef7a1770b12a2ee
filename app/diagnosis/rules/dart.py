"""Dart and Flutter: pub's version solving, the compilers, the analyzer, tests and exceptions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from app.diagnosis.places import (
    at,
    base_image,
    dependency,
    dependency_line,
    failing_instruction,
    first,
    matching,
    repository_path,
    whole_file,
)
from app.diagnosis.rule import Hit, Rank, Rule
from app.model import Blame, Place

_FILE = r"[\w./-]+\.dart"


def _solving(hit: Hit) -> Mapping[str, str] | None:
    """The whole sentence that pub ends with, and the package of pubspec.yaml in it.

    Poetry, Bundler and Hex end their sentences in the same way.
    """
    if not hit.files.named("pubspec.yaml") or hit.find(r"\(Mix\)|Gemfile|poetry|pyproject"):
        return None
    said = [hit.line.strip()]
    if "version solving failed" not in hit.line:
        for line in hit.after(12):
            said.append(line.strip())
            if "version solving failed" in line:
                break
        else:
            return None
    told = " ".join(each for each in said if each)
    if (
        "requires SDK version" in told
        or "requires the Flutter SDK" in told
        or "doesn't support null safety" in told
    ):
        return None
    if "could not find package" in told or "doesn't exist" in told or "forbidden" in told:
        return None
    names = re.findall(r"\b([a-z]\w*) (?:[\^><]|any\b|\d|from )", told)
    name = next((each for each in names if dependency_line(hit, "dart", each)), names[0] if names else "")
    wanted = re.search(rf"\b{re.escape(name)} (\^?[\d<>][^\s,]*|any)", told) if name else None
    return {"name": name, "wanted": wanted[1] if wanted else "", "told": told[:280]}


def _unknown_package(hit: Hit) -> Mapping[str, str] | None:
    name = hit["name"] or hit["name2"]
    near = hit.files.nearest(name, _PACKAGES, 0.8)
    return {
        "name": name,
        "advice": f"Write {near} in pubspec.yaml"
        if near and near != name
        else f"Correct the name {name} in pubspec.yaml",
    }


_PACKAGES = (
    "http", "shelf", "shelf_router", "shelf_static", "path", "args", "collection", "intl", "json_annotation",
    "json_serializable",
    "build_runner", "test", "lints", "flutter_lints", "provider", "riverpod", "flutter_riverpod", "bloc",
    "flutter_bloc", "dio", "get_it",
    "freezed", "freezed_annotation", "functions_framework", "functions_framework_builder", "googleapis",
    "googleapis_auth", "gcp",
    "postgres", "redis", "mongo_dart", "dart_frog", "uuid", "crypto", "logging", "yaml", "equatable",
    "mocktail", "mockito",
    "shared_preferences", "url_launcher", "cloud_firestore", "firebase_core", "go_router", "meta", "async",
    "web_socket_channel",
)  # fmt: skip


def _sdk(hit: Hit) -> Mapping[str, str] | None:
    have = hit.find_before(r"The current (?:Dart|Flutter) SDK version is ([\w.+-]+?)\.?$", 6)
    needy = re.search(r"Because (?:every version of )?(\w+)(?: [^ ]+)? requires", hit.line)
    return {"have": have[1] if have else "another", "needy": needy[1] if needy else ""}


_SDK_PLACE = first(
    lambda hit: dependency_line(hit, "dart", hit["needy"]) if hit["needy"] else None,
    matching(r"^\s+sdk:\s", "pubspec.yaml"),
    matching(r"(?i)^FROM\s.*(?:dart|flutter)", "Dockerfile"),
    base_image,
)


def _imported(hit: Hit) -> Mapping[str, str] | None:
    return {} if hit["package"] else None


def _compile(hit: Hit) -> Mapping[str, str] | None:
    return None if "Not found: 'package:" in hit.line or "Couldn't resolve the package" in hit.line else {}


def _frames(hit: Hit) -> Iterator[tuple[str, int]]:
    for line in (hit.line, *hit.after(40)):
        match = re.match(r"#\d+\s+.*\((?:file://|package:)?([^()\s]+?\.dart):(\d+)", line) or re.match(
            r"\s*(?:package:)?([\w./-]+\.dart) (\d+):\d+\s", line
        )
        if match is None or match[1].startswith("dart:"):
            continue
        path = match[1]
        if "package:" in line and not path.startswith("/"):
            path = f"lib/{path.partition('/')[2]}" if _own_package(hit, path.partition("/")[0]) else ""
        found = repository_path(hit.files, path, hit) if path else ""
        if found and hit.files.has_line(found, int(match[2])):
            yield found, int(match[2])


def _own_package(hit: Hit, name: str) -> bool:
    return any(
        hit.files.search(path, rf"^name:\s*{re.escape(name)}\s*$") for path in hit.files.named("pubspec.yaml")
    )


def _deepest(hit: Hit) -> Place | None:
    return next((hit.files.place(path, line) for path, line in _frames(hit)), None)


def _importing(hit: Hit) -> Place | None:
    return at("source", "line")(hit) if hit["source"] else None


def _unhandled(hit: Hit) -> Mapping[str, str] | None:
    said = [line.strip() for line in hit.after(6) if line.strip() and not line.startswith("#")]
    place = _deepest(hit)
    where = f"{place.path} line {place.line}" if place else "the program"
    return {"error": " ".join(said)[:240], "where": where}


def _tested(hit: Hit) -> Mapping[str, str] | None:
    told = [line.strip() for line in hit.after(12) if line.strip() and not re.match(r"\d\d:\d\d ", line)]
    return {"error": " ".join(told[:4])[:240], "name": re.sub(r"^\S+\.dart: ", "", hit["name"])}


RULES: tuple[Rule, ...] = (
    Rule(
        code="dart-pub-sdk",
        pattern=r"requires (?:the )?(?:Flutter )?SDK version (?P<wanted>.+?)(?:, version solving "
        r"failed|\.$|,? (?:and|which))",
        read=_sdk,
        place=_SDK_PLACE,
        rank=Rank.ROOT,
        title="The image has SDK {have}, pubspec.yaml needs {wanted}",
        message="pub: requires SDK version {wanted}, version solving failed. The current Dart SDK version is "
        "{have}.",
        fix="Take an image with that SDK (FROM dart:…, or a newer Flutter), or loosen sdk: under environment "
        "in pubspec.yaml.",
    ),
    Rule(
        code="dart-pub-null-safety",
        pattern=r"(?P<name>\w+) doesn't support null safety|pubspec\.yaml has no lower-bound SDK "
        r"constraint|The lower bound of \"sdk: '(?P<bound>[^']+)'\" must be",
        place=first(
            dependency("dart", "name"), matching(r"^\s+sdk:\s", "pubspec.yaml"), whole_file("pubspec.yaml")
        ),
        rank=Rank.ROOT,
        title="pubspec.yaml: the SDK constraint is older than null safety",
        message="pub: {name} doesn't support null safety; the lower bound of sdk: {bound} must be 2.12.0 or higher.",
        fix="Write sdk: '>=3.0.0 <4.0.0' under environment in pubspec.yaml and take versions with null safety.",
    ),
    Rule(
        code="dart-pub-unknown-package",
        pattern=r"could not find package (?P<name>\w+) at |Could not find a package named \"(?P<name2>\w+)\"",
        read=_unknown_package,
        place=dependency("dart", "name"),
        rank=Rank.ROOT,
        title="There is no package {name}",
        message="pub: could not find package {name} at https://pub.dev; version solving failed.",
        fix="{advice}, then run dart pub get and commit pubspec.lock.",
    ),
    Rule(
        code="dart-pub-solving",
        pattern=r"^(?:Because|And because|So, because) .*",
        read=_solving,
        place=first(dependency("dart", "name"), whole_file("pubspec.yaml")),
        rank=Rank.ROOT,
        title="pub cannot solve the versions: {name} {wanted}",
        message="pub: {told}",
        fix="Ask for a version of {name} that exists and suits the others in pubspec.yaml, then run dart pub "
        "get and commit pubspec.lock.",
    ),
    Rule(
        code="dart-pub-lock",
        pattern=r"Unable to satisfy `?pubspec\.yaml`? using `?pubspec\.lock`?|would (?:have )?change(?:d)? "
        r"\d+ dependenc.*enforce-lockfile",
        place=first(whole_file("pubspec.lock"), whole_file("pubspec.yaml")),
        rank=Rank.ROOT,
        title="pubspec.lock does not fit pubspec.yaml",
        message="Unable to satisfy `pubspec.yaml` using `pubspec.lock` (--enforce-lockfile).",
        fix="Run dart pub get and commit pubspec.lock.",
    ),
    Rule(
        code="dart-pubspec",
        pattern=r"Error on line (?P<line>\d+), column \d+ of (?P<path>\S*pubspec\.yaml): (?P<error>.*)$",
        place=at(),
        rank=Rank.ROOT,
        title="{path} line {line}: {error}",
        message="Error on line {line} of {path}: {error}",
        fix="Correct line {line} of {path}.",
    ),
    Rule(
        code="dart-no-pubspec",
        pattern=r"Could not find a file named \"pubspec\.yaml\" in \"?(?P<path>[^\"]+)\"?|Found no "
        r"`?pubspec\.yaml`? file|Expected to find project root in current working directory",
        place=failing_instruction,
        title="There is no pubspec.yaml where pub runs",
        message='Could not find a file named "pubspec.yaml" in {path}.',
        fix="Write COPY pubspec.* ./ before RUN dart pub get, and set WORKDIR.",
    ),
    Rule(
        code="dart-no-file",
        pattern=r"(?:(?:^(?P<source>\S+\.dart):(?P<line>\d+):\d+: Error: )?Error when reading "
        r"'(?P<path>[^']+\.dart)': No such file|Could not find "
        r"`?(?P<path2>bin/\w+\.dart)`?|\"(?P<path3>[\w./-]+\.dart)\" (?:file )?(?:not found|does not exist))",
        read=lambda hit: {
            "path": hit["path"] or hit["path2"] or hit["path3"],
            "near": hit.files.nearest(hit["path"] or hit["path2"] or hit["path3"], cutoff=0.6),
        },
        place=first(
            _importing,
            matching(r"{path}", "Dockerfile", "cloudbuild.yaml"),
            failing_instruction,
        ),
        title="{path} is not there",
        message="Error when reading '{path}': No such file or directory.",
        fix="Correct the path (the repository has {near}), or COPY it before this step.",
    ),
    Rule(
        code="dart-missing-package",
        pattern=r"(?:Not found: 'package:(?P<package>\w+)/|Couldn't resolve the package "
        r"'(?P<package2>\w+)'|Target of URI doesn't exist: 'package:(?P<package3>\w+)/)",
        read=lambda hit: {"package": hit["package"] or hit["package2"] or hit["package3"]},
        place=first(
            dependency("dart", "package"),
            matching(r"^dependencies:", "pubspec.yaml"),
            whole_file("pubspec.yaml"),
        ),
        rank=Rank.ROOT,
        title="The package {package} is not in pubspec.yaml",
        message="Dart: Not found: 'package:{package}/…'; Couldn't resolve the package '{package}'.",
        fix="Run dart pub add {package} and commit pubspec.yaml and pubspec.lock; in the Dockerfile dart pub "
        "get comes before the compiler.",
    ),
    Rule(
        code="dart-compile",
        pattern=r"^(?:\S*/)?(?P<path>(?:[\w.-]+/)*[\w.-]+\.dart):(?P<line>\d+):(?P<column>\d+): "
        r"(?:Error|Context): (?P<error>.*)$",
        read=lambda hit: None if ": Context: " in hit.line else _compile(hit),
        place=at(),
        many=True,
        title="{path} line {line}: {error}",
        message="Dart: Error: {error} ({path}:{line}).",
        fix="Correct line {line} of {path}.",
    ),
    Rule(
        code="dart-analyzer",
        pattern=r"^\s*error (?:•|-) (?:(?P<error>.*?) (?:•|-) )?(?P<path>[\w./-]+\.dart):(?P<line>\d+):\d+ "
        r"(?:•|-) (?P<rest>.*)$",
        read=lambda hit: {"error": hit["error"] or hit["rest"]},
        place=at(),
        many=True,
        title="{path} line {line}: {error}",
        message="dart analyze: error: {error} ({rest}).",
        fix="Correct line {line} of {path}.",
    ),
    Rule(
        code="dart-analyzer-info",
        pattern=r"^\s*(?P<kind>warning|info) (?:•|-) (?:(?P<error>.*?) (?:•|-) "
        r")?(?P<path>[\w./-]+\.dart):(?P<line>\d+):\d+ (?:•|-) (?P<rest>.*)$",
        read=lambda hit: {"error": hit["error"] or hit["rest"]} if hit.find(r"^\d+ issues? found") else None,
        place=at(),
        many=True,
        rank=Rank.SYMPTOM,
        title="{path} line {line}: {error}",
        message="dart analyze: {kind}: {error} ({rest}).",
        fix="Correct line {line} of {path}.",
    ),
    Rule(
        code="dart-test",
        pattern=r"^\d\d:\d\d \+\d+(?: ~\d+)? -\d+: (?P<name>.*) \[E\]$",
        read=_tested,
        place=_deepest,
        many=True,
        title="{name} fails",
        message="dart test: {name}: {error}",
        fix="Correct the code until the test passes, or the expectation where it is wrong.",
    ),
    Rule(
        code="dart-builder",
        pattern=r"^\[SEVERE\] (?P<builder>[\w:]+) on (?P<path>\S+\.dart)(?: \(cached\))?:?(?P<error>.*)$",
        read=lambda hit: {
            "line": "1",
            "error": hit["error"].strip()
            or " ".join(line.strip() for line in hit.after(4) if line.strip())[:200],
        },
        place=at(),
        many=True,
        title="{path}: {builder}: {error}",
        message="build_runner: [SEVERE] {builder} on {path}: {error}",
        fix="Correct {path} as the builder {builder} asks.",
    ),
    Rule(
        code="dart-unhandled",
        pattern=r"^Unhandled exception:",
        read=_unhandled,
        place=_deepest,
        title="{where}: {error}",
        message="Unhandled exception: {error} ({where}).",
        fix="Correct {where}.",
    ),
    Rule(
        code="dart-network",
        pattern=r"(?:Got socket error trying to find package|ClientException.*pub\.dev|pub get failed \(\d+; "
        r".*(?:timed out|unreachable))(?P<told>.*)",
        nowhere=True,
        blame=Blame.UNKNOWN,
        title="pub.dev could not be reached",
        message="pub could not fetch packages {told}: a network or registry trouble.",
        fix="It is not your change: run the build again.",
    ),
)
