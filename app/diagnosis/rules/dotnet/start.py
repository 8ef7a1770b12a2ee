""".NET at its start: the runtime in the image, what it loads, its configuration and its addresses."""

from __future__ import annotations

import re

from app.diagnosis.instructions import failing_instruction, final_image, instruction
from app.diagnosis.paths import repository_path
from app.diagnosis.places import first, matching
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.dotnet.reading_start import assembly, framework, json_line, json_place

RULES: tuple[Rule, ...] = (
    Rule(
        code="dotnet-framework",
        pattern=r"^You must install or update \.NET to run this application|^It was not possible to find any compatible framework version",
        read=framework,
        place=first(final_image, failing_instruction),
        rank=Rank.ROOT,
        title="The image lacks {name} {version}",
        message="You must install or update .NET to run this application: it needs {name} {version}; {has}.",
        fix="Write FROM {image} for the last stage.",
        link="https://learn.microsoft.com/dotnet/core/runtime-discovery/troubleshoot-app-launch",
    ),
    Rule(
        code="dotnet-host",
        pattern=r"required library lib(?:hostfxr|hostpolicy)\.so|cannot execute dotnet when determining the location of the installation|lib(?:hostfxr|hostpolicy)\.so.*could not be found",
        place=first(final_image, failing_instruction),
        rank=Rank.ROOT,
        title="The image has no .NET runtime",
        message="The program's host finds no libhostfxr.so or libhostpolicy.so: the last stage has no .NET runtime.",
        fix="Write FROM mcr.microsoft.com/dotnet/aspnet:VERSION for the last stage, or publish with --self-contained -r linux-x64 (linux-musl-x64 on Alpine).",
        link="https://learn.microsoft.com/dotnet/core/runtime-discovery/troubleshoot-app-launch",
    ),
    Rule(
        code="dotnet-icu",
        pattern=r"Couldn't find a valid ICU package installed on the system|Only the invariant culture is supported in globalization-invariant mode",
        place=final_image,
        rank=Rank.ROOT,
        title="The image has no ICU, and the program needs cultures",
        message="Couldn't find a valid ICU package installed on the system, or only the invariant culture is supported.",
        fix="On Alpine write RUN apk add --no-cache icu-libs icu-data-full and ENV DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=false; on Debian apt-get install -y libicu-dev; without cultures <InvariantGlobalization>true</InvariantGlobalization> in the project.",
        link="https://learn.microsoft.com/dotnet/core/runtime-config/globalization",
    ),
    Rule(
        code="dotnet-configuration",
        pattern=r"The configuration file '(?P<name>[^']+)' was not found and is not optional(?:\. The expected physical path was '(?P<path>[^']+)')?",
        place=first(matching(r"^\s*COPY\s+--from=", "Dockerfile"), instruction("COPY")),
        rank=Rank.ROOT,
        title="{name} is not in the image",
        message="The configuration file '{name}' was not found and is not optional (it would be {path}).",
        fix='Commit {name} and copy it with the publish folder (<Content Include="{name}" CopyToOutputDirectory="PreserveNewest" />), set WORKDIR to that folder, or make it optional: true.',
    ),
    Rule(
        code="dotnet-configuration-json",
        pattern=r"Failed to load configuration from file '(?P<path>[^']+)'",
        read=json_line,
        place=json_place,
        rank=Rank.ROOT,
        title="{path} is not valid JSON (line {line})",
        message="Failed to load configuration from file '{path}': the JSON does not parse at line {line}.",
        fix="Correct line {line} of {path}, or the line before it.",
    ),
    Rule(
        code="dotnet-assembly",
        pattern=r"The application '(?P<path>[^']+)' does not exist(?: or is not a managed|\.)|You intended to execute a \.NET (?:Core )?program, but (?P<path2>dotnet-[\w-]+) does not exist",
        read=assembly,
        place=first(
            lambda hit: failing_instruction(hit) if hit.section.instruction else None,
            instruction("ENTRYPOINT", "CMD"),
        ),
        rank=Rank.ROOT,
        title="dotnet does not find {name}",
        message="The application '{name}' does not exist where dotnet was started.",
        fix="{advice}.",
    ),
    Rule(
        code="dotnet-https",
        pattern=r"Unable to configure HTTPS endpoint\. No server certificate was specified",
        place=first(
            matching(
                r"ASPNETCORE_(?:URLS|HTTPS_PORTS?)|https://",
                "Dockerfile",
                "appsettings.json",
                "servergem.yml",
            ),
            instruction("ENTRYPOINT", "CMD"),
        ),
        rank=Rank.ROOT,
        title="The program wants HTTPS; Cloud Run speaks HTTP to it",
        message="Unable to configure HTTPS endpoint: no server certificate was specified. Cloud Run ends TLS before the container.",
        fix="Write ENV ASPNETCORE_HTTP_PORTS=8080 and take https:// out of ASPNETCORE_URLS and Kestrel:Endpoints.",
        link="https://cloud.google.com/run/docs/container-contract",
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
