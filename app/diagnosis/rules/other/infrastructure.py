"""Terraform and Helm."""

from __future__ import annotations

import re

from app.diagnosis.instructions import failing_instruction
from app.diagnosis.places import anywhere, at, first, whole_file
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.other.reading_infrastructure import terraform, terraform_other

RULES: tuple[Rule, ...] = (
    Rule(
        code="terraform-error",
        pattern=r"^(?:[│|]\s*)?Error: (?P<error>.+)$",
        read=terraform,
        place=at(),
        many=True,
        rank=Rank.ROOT,
        title="{path} line {line}: {error}",
        message="Terraform: Error: {error} ({path} line {line}): {told}",
        fix="Correct line {line} of {path} (terraform validate checks it).",
    ),
    Rule(
        code="terraform-failed",
        pattern=r"^[│|]\s*Error: (?P<error>.+)$",
        read=terraform_other,
        place=first(anywhere(r"^(?:terraform|provider|backend)\b", ".tf"), failing_instruction),
        title="Terraform: {error}",
        message="Terraform: Error: {error}: {told}",
        fix="Correct what the message names.",
    ),
    Rule(
        code="helm-template",
        pattern=r"(?:parse error at|template:|execution error at|YAML parse error on|error converting YAML to "
        r"JSON.*)[ (]+(?P<path>[\w./-]+\.(?:ya?ml|tpl|txt))(?::(?P<line>\d+))?(?::\d+)?\)?:? ?"
        r"(?P<error>.*)$",
        read=lambda hit: {
            "line": hit["line"] or (m[1] if (m := re.search(r"line (\d+)", hit.line)) else "1"),
            "error": hit["error"][:200],
        },
        place=first(at(), whole_file("Chart.yaml")),
        title="{path} line {line}: {error}",
        message="Helm: {error} ({path}:{line}).",
        fix="Correct line {line} of {path} (helm template checks it).",
    ),
)
