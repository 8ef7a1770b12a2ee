"""conda and mamba: channels, packages and environments that cannot be had."""

from __future__ import annotations

from app.diagnosis.instructions import failing_instruction
from app.diagnosis.places import first, matching, whole_file
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.python.reading_conda import list_place, listed

_LISTS = ("environment.yml", "environment.yaml", "conda.yml", "env.yml", "env.yaml")

RULES: tuple[Rule, ...] = (
    Rule(
        code="conda-terms",
        pattern=r"CondaToSNonInteractiveError|Terms of Service have not been accepted for the following channels",
        place=failing_instruction,
        rank=Rank.ROOT,
        title="conda's Terms of Service have not been accepted for the default channels",
        message="CondaToSNonInteractiveError: since 2025 the channels of repo.anaconda.com ask for a consent, and a build cannot be asked.",
        fix="Use conda-forge: FROM condaforge/miniforge3, or --override-channels -c conda-forge; or write `RUN conda tos accept --override-channels --channel https://repo.anaconda.com/pkgs/main` (and …/pkgs/r) before, if the terms allow your use.",
        link="https://www.anaconda.com/docs/getting-started/tos-plugin",
    ),
    Rule(
        code="conda-package",
        pattern=r"^(?P<kind>PackagesNotFoundError|ResolvePackageNotFound|PackagesNotFoundInChannelsError|nothing provides requested (?P<asked>[\w.-]+).*|\s*[└├]─ .* does not exist \(perhaps a typo or a missing channel|LibMambaUnsatisfiableError|UnsatisfiableError)\b",
        read=listed,
        place=first(
            matching(r"^\s*-\s*[\"']?{name}(?![\w-])", *_LISTS),
            list_place,
            failing_instruction,
            whole_file(*_LISTS),
        ),
        rank=Rank.ROOT,
        title="conda finds no {what} in its channels",
        message="{kind}: {what} is not to be had from the channels for linux-64, or not together with the rest.",
        fix="Correct the version of {name}, add the channel that has it (conda-forge), or list it under pip:; an export made on another system has packages that Linux has not (conda env export --from-history).",
        link="https://docs.conda.io/projects/conda/en/stable/user-guide/tasks/manage-environments.html",
    ),
    Rule(
        code="conda-activate",
        pattern=r"CondaError: Run 'conda init' before 'conda (?:activate|deactivate)'|Your shell has not been properly configured to use 'conda activate'",
        place=failing_instruction,
        rank=Rank.ROOT,
        title="conda activate does not work in a RUN instruction",
        message="CondaError: Run 'conda init' before 'conda activate': each RUN is a new shell that has not read conda's set-up.",
        fix='Write RUN conda run -n NAME COMMAND, or SHELL ["conda", "run", "-n", "NAME", "/bin/bash", "-c"] before it; in CMD too.',
        link="https://docs.conda.io/projects/conda/en/stable/commands/run.html",
    ),
)
