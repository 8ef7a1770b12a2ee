"""Functions: what Google's buildpacks and the functions framework say of a source file or a target that is not there."""

from __future__ import annotations

from app.diagnosis.dependencies import manifest
from app.diagnosis.places import first, whole_file
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.google.reading_buildpacks import (
    function,
    function_place,
    function_source,
    functions_like,
    setting,
)

RULES: tuple[Rule, ...] = (
    Rule(
        code="buildpacks-function-source",
        pattern=r"missing main\.py and GOOGLE_FUNCTION_SOURCE not specified|GOOGLE_FUNCTION_SOURCE specified "
        r"file '?(?P<name>[\w./-]+)'? but it does not exist",
        read=function_source,
        place=first(setting(r"GOOGLE_FUNCTION_SOURCE"), function_place, whole_file("requirements.txt")),
        rank=Rank.ROOT,
        title="The function's file main.py is not there",
        message="missing main.py and GOOGLE_FUNCTION_SOURCE not specified: the buildpack does not find the function's source {name}.",
        fix="Put the function into main.py at the root, or set GOOGLE_FUNCTION_SOURCE{to} for the build (gcloud run deploy --set-build-env-vars=…; --set-env-vars reaches only what runs).",
    ),
    Rule(
        code="buildpacks-function-target",
        pattern=r"build succeeded but did not produce the class \"(?P<name>[^\"]+)\"|[Ff]unction "
        r"'(?P<name2>[\w.$-]+)' is not defined in the provided module",
        read=function,
        place=functions_like,
        rank=Rank.ROOT,
        title="The function {name} is not in the source",
        message="GOOGLE_FUNCTION_TARGET is {name}, but the source does not define it: Function '{name}' is "
        "not defined in the provided module.",
        fix="Define and export {name}, or deploy with --function / --entry-point set to the name that the "
        "source has.",
    ),
    Rule(
        code="buildpacks-function-file",
        pattern=r"^(?:Failure: \(ID: \w+\) "
        r")?(?P<name>(?:function|index)\.js|main\.go|go\.mod|app\.rb|index\.php) does not exist$",
        place=first(manifest("node"), whole_file("go.mod", "Gemfile", "composer.json")),
        rank=Rank.ROOT,
        title="The function's file {name} is not there",
        message="The buildpack looks for the function in {name}: {name} does not exist.",
        fix="Put the function into {name} at the root, or name its file in package.json under main "
        "(GOOGLE_FUNCTION_SOURCE).",
    ),
    Rule(
        code="buildpacks-java-function",
        pattern=r"function has neither pom\.xml nor already-built jar file",
        place=whole_file("build.gradle", "build.gradle.kts", "settings.gradle"),
        rank=Rank.ROOT,
        title="The function has neither pom.xml nor a jar",
        message="function has neither pom.xml nor already-built jar file at the root of what is built.",
        fix="Deploy the folder that has pom.xml, or build the jar before.",
    ),
)
