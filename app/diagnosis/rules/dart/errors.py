"""Dart and Flutter: pub's version solving, the compilers, the analyzer, tests and exceptions."""

from __future__ import annotations

from app.diagnosis.dependencies import dependency, dependency_line
from app.diagnosis.instructions import base_image, failing_instruction
from app.diagnosis.places import at, first, matching, whole_file
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.dart.reading import (
    TRACE,
    compile_words,
    importing,
    sdk,
    solving,
    tested,
    unhandled,
    unknown_package,
)
from app.model import Blame

_SDK_PLACE = first(
    lambda hit: dependency_line(hit, "dart", hit["needy"]) if hit["needy"] else None,
    matching(r"^\s+sdk:\s", "pubspec.yaml"),
    matching(r"(?i)^FROM\s.*(?:dart|flutter)", "Dockerfile"),
    base_image,
)

RULES: tuple[Rule, ...] = (
    Rule(
        code="dart-pub-sdk",
        pattern=r"requires (?:the )?(?:Flutter )?SDK version (?P<wanted>.+?)(?:, version solving "
        r"failed|\.$|,? (?:and|which))",
        read=sdk,
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
        read=unknown_package,
        place=dependency("dart", "name"),
        rank=Rank.ROOT,
        title="There is no package {name}",
        message="pub: could not find package {name} at https://pub.dev; version solving failed.",
        fix="{advice}, then run dart pub get and commit pubspec.lock.",
    ),
    Rule(
        code="dart-pub-solving",
        pattern=r"^(?:Because|And because|So, because) .*",
        read=solving,
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
            importing,
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
        read=lambda hit: None if ": Context: " in hit.line else compile_words(hit),
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
        read=tested,
        place=TRACE.deepest,
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
        read=unhandled,
        place=TRACE.deepest,
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
