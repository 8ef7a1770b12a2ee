""".NET: what its compiler, NuGet and its programs say."""

from __future__ import annotations

import re

from app.diagnosis.places import (
    at,
    dependency_line,
    failing_instruction,
    repository_path,
)
from app.diagnosis.rule import Rank, Rule

RULES = (
    Rule(
        code="dotnet-error",
        pattern=r"^(?P<path>/?[\w./-]+\.(?:cs|fs|vb|cshtml|razor))\((?P<line>\d+),\d+\): error (?P<code>[A-Z]+\d+): (?P<said>.+?)(?: \[|$)",
        place=at(),
        many=True,
        rank=Rank.ROOT,
        title="{code}: {said}",
        message="{code}: {said}",
        fix="Correct line {line} of {path}.",
    ),
    Rule(
        code="dotnet-package",
        pattern=r"error (?P<code>NU\d+): (?P<said>.*?(?:package|Package) '?(?P<name>[\w.-]+).*?)(?: \[|$)",
        place=lambda hit: dependency_line(hit, "dotnet", hit["name"]),
        rank=Rank.ROOT,
        title="{code}: {said}",
        message="{code}: {said}",
        fix="Correct the version of {name}: https://www.nuget.org/packages/{name}.",
    ),
    Rule(
        code="dotnet-sdk",
        pattern=r"error (?P<code>NETSDK\d+|MSB\d+): (?P<said>.+?)(?: \[|$)",
        place=lambda hit: (
            next(
                (
                    hit.files.place(p, n)
                    for p in sorted(hit.files.paths)
                    if p.endswith(("proj",)) and (n := hit.files.search(p, r"TargetFramework"))
                ),
                None,
            )
            or failing_instruction(hit)
        ),
        rank=Rank.ROOT,
        title="{code}: {said}",
        message="{code}: {said}",
        fix="Use the SDK image of the target framework, or change TargetFramework.",
    ),
    Rule(
        code="dotnet-exception",
        pattern=r"^Unhandled exception\. (?P<kind>[\w.]+): (?P<said>.+)",
        place=lambda hit: next(
            (
                hit.files.place(path, int(m[2]))
                for line in hit.after(40)
                if (m := re.search(r" in (/\S+\.(?:cs|fs)):line (\d+)", line))
                and (path := repository_path(hit.files, m[1], hit))
            ),
            None,
        ),
        title="{kind}: {said}",
        message="{kind}: {said}",
        fix="Look at the first line of yours in the stack.",
    ),
)
