"""Runners of monorepos: turbo and its like."""

from __future__ import annotations

import re

from app.diagnosis.javascript.packages import unnumbered
from app.diagnosis.javascript.stacks import bare
from app.diagnosis.places import first, matching, whole_file
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.javascript.reading_monorepo import (
    command_named,
    named_in_command,
    named_twice,
    named_twice_place,
    task,
)

RULES: tuple[Rule, ...] = (
    Rule(
        code="turbo-config",
        pattern=r"(?P<said>Could not find turbo\.json|Missing (?:`devEngines\.packageManager` or legacy )?`?packageManager`? field|[Ff]ound `?pipeline`? field instead of `?tasks`?|Could not find task `?(?P<name>[\w:#-]+)`? in project|could not parse turbo\.json.*|"
        r"(?:Invalid )?turbo\.json.*|Package task \S+ .*|We did not (?:find a|detect an in-use) package manager.*)",
        read=lambda hit: (
            {"said": bare(hit.line).strip(" x×`╰─▶->|"), "name": hit["name"]}
            if re.search(r"turbo|packageManager|package manager|task|workspace", hit.line)
            and not re.search(r"^(?:COPY|RUN)|Copying", hit.line)
            else None
        ),
        place=lambda hit: (
            matching(r'"pipeline"', "turbo.json")(hit)
            or (
                hit.files.place("package.json", 1)
                if re.search(r"packageManager|package manager", hit.line)
                else None
            )
            or (command_named(hit) if hit["name"] else None)
            or whole_file("turbo.json")(hit)
        ),
        rank=Rank.ROOT,
        title="turbo: {said}",
        message="{said}",
        fix='turbo 2 reads "tasks" in turbo.json ("pipeline" before), and wants "packageManager" in the root package.json; COPY both into the image.',
        link="https://turborepo.com/docs/reference/configuration",
    ),
    Rule(
        code="nx-same-name",
        pattern=r"^The following projects are defined in multiple locations:",
        read=named_twice,
        place=first(named_twice_place, whole_file("nx.json")),
        rank=Rank.ROOT,
        title="Nx finds two projects that are named {name}",
        message="The project {name} is defined in multiple locations: {folders}.",
        fix='Give one of them a name of its own ("name" in its project.json or package.json).',
        link="https://nx.dev/reference/project-configuration",
    ),
    Rule(
        code="turbo-package",
        pattern=r"[Nn]o package found with name '(?P<name>[^']+)' in workspace|Could not find package \"(?P<name2>[^\"]+)\" in project|Cannot find project '(?P<name3>[^']+)'|No projects matched the filters?.*?\"?(?P<name4>[\w@/-]+)?\"?$|Cannot find configuration for task (?P<name5>[\w-]+):",
        read=unnumbered(task),
        place=named_in_command,
        rank=Rank.ROOT,
        title="The monorepo has no package {name}",
        message="No package found with name '{name}' in workspace (cannot find project '{name}').",
        fix="{fix}",
    ),
)
