""".NET: what its compiler, NuGet, MSBuild and the SDK's own host say while a project is built and published."""

from __future__ import annotations

from app.diagnosis.dependencies import dependency_line
from app.diagnosis.instructions import base_image, failing_instruction
from app.diagnosis.places import at, first, matching, whole_file
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.dotnet.reading_build import (
    built,
    built_place,
    in_project,
    in_stack,
    named_in_project,
    package,
    printed_place,
    sdk,
    silent_task,
    version_of_global_json,
)
from app.diagnosis.rules.dotnet.reading_compiler import compiled, unplaced
from app.diagnosis.rules.dotnet.reading_feeds import feed
from app.diagnosis.rules.dotnet.reading_packs import pack_place
from app.diagnosis.rules.dotnet.reading_shared import unread_place
from app.model import Blame

_CODE = r"(?:\s|^)error (?P<code>{codes}): (?P<said>.+?)(?: \[/|$)"

RULES: tuple[Rule, ...] = (
    Rule(
        code="dotnet-error",
        pattern=r"^(?P<path>/?[\w./-]+\.(?:cs|fs|vb|cshtml|razor))\((?P<line>\d+),\d+(?:,\d+,\d+)?\): error (?P<code>[A-Z]+\d*): (?P<said>.+?)(?: \[|$)",
        read=compiled,
        place=at(),
        many=True,
        rank=Rank.ROOT,
        title="{code}: {said}",
        message="{code}: {said}",
        fix="{advice}",
    ),
    Rule(
        code="dotnet-feed",
        pattern=r"error NU1301: (?P<said>.+?)(?: \[/|$)",
        place=first(
            matching(r"{source}", "nuget.config", "NuGet.Config", "NuGet.config"),
            whole_file("nuget.config", "NuGet.Config", "NuGet.config"),
        ),
        read=feed,
        nowhere=True,
        blame=Blame.UNKNOWN,
        rank=Rank.ROOT,
        title="{title}",
        message="NU1301: {said}",
        fix="{advice}.",
        link="https://learn.microsoft.com/nuget/reference/errors-and-warnings/nu1301",
    ),
    Rule(
        code="dotnet-package",
        pattern=_CODE.replace("{codes}", r"NU\d+"),
        read=package,
        place=first(
            unread_place,
            pack_place,
            lambda hit: dependency_line(hit, "dotnet", hit["name"]),
            lambda hit: failing_instruction(hit) if hit["code"] == "NU1004" else None,
            in_project(r"TargetFramework"),
        ),
        rank=Rank.ROOT,
        title="{code}: {said}",
        message="{code}: {said}",
        fix="{advice}",
        link="https://learn.microsoft.com/nuget/reference/errors-and-warnings",
    ),
    Rule(
        code="dotnet-container-image",
        pattern=r"error CONTAINER(?P<number>\d+): (?P<said>.+?)(?: \[/|$)",
        place=first(in_project(r"<Container\w+>"), failing_instruction),
        rank=Rank.ROOT,
        title="CONTAINER{number}: {said}",
        message="dotnet publish makes the image itself: CONTAINER{number}: {said}",
        fix="Correct ContainerBaseImage, ContainerRepository or ContainerRegistry in the project: 1012 to 1016 are an image or registry that cannot be read (log in, or correct the name and the tag).",
        link="https://learn.microsoft.com/dotnet/core/containers/publish-configuration",
    ),
    Rule(
        code="dotnet-silent-task",
        pattern=r"error MSB4181: The \"(?P<task>[\w.]+)\" task returned false",
        read=silent_task,
        place=failing_instruction,
        rank=Rank.SYMPTOM,
        title="{title}",
        message="MSB4181: the task {task} failed and logged no error of its own. {told}",
        fix="{advice}.",
        link="https://learn.microsoft.com/visualstudio/msbuild/errors/msb4181",
    ),
    Rule(
        code="dotnet-sdk",
        pattern=_CODE.replace("{codes}", r"NETSDK\d+|MSB\d+"),
        read=built,
        place=first(unread_place, built_place),
        rank=Rank.ROOT,
        title="{code}: {said}",
        message="{code}: {said}",
        fix="{advice}",
    ),
    Rule(
        code="dotnet-build",
        pattern=r"(?:^|\s|: )error (?P<code>[A-Z]{2,}\d+)? ?: (?P<said>\S.+?)(?: \[/|$)",
        read=unplaced,
        place=first(printed_place, named_in_project, failing_instruction),
        title="{title}",
        message="{said}",
        fix="{advice}",
        link="https://learn.microsoft.com/dotnet/csharp/language-reference/compiler-messages/",
    ),
    Rule(
        code="dotnet-global-json",
        pattern=r"[Aa] compatible (?:installed )?\.NET (?:Core )?SDK (?:for global\.json version: \[[^\]]+\] )?(?:from \[[^\]]+\] )?was not found",
        read=sdk,
        place=first(lambda hit: version_of_global_json(hit), base_image),
        rank=Rank.ROOT,
        title="global.json asks for the .NET SDK {want}, which is not there",
        message="A compatible .NET SDK was not found: global.json asks for {want}.",
        fix="{advice}.",
        link="https://learn.microsoft.com/dotnet/core/tools/global-json",
    ),
    Rule(
        code="dotnet-test",
        pattern=r"^\s*Failed (?P<name>[\w.+]+(?:\([^)]*\))?) \[(?:< )?\d+ ?m?s\]",
        place=lambda hit: in_stack(hit),
        many=True,
        rank=Rank.ROOT,
        title="The test {name} fails",
        message="Failed {name}",
        fix="Correct the code, or the test.",
    ),
)
