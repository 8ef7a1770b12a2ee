"""Spring Boot, Quarkus and Flyway at their start."""

from __future__ import annotations

from dataclasses import replace

from app.diagnosis.places import variable
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.jvm.reading_spring import (
    flyway,
    flyway_place,
    placeholder,
    setting,
    spring,
    spring_place,
    yaml_place,
)

RULES: tuple[Rule, ...] = (
    Rule(
        code="spring-start",
        pattern=r"APPLICATION FAILED TO START",
        read=spring,
        place=spring_place,
        rank=Rank.ROOT,
        title="{head}",
        message="APPLICATION FAILED TO START: {said}",
        fix="{fix}",
    ),
    Rule(
        code="spring-placeholder",
        pattern=r"Could not resolve placeholder '(?P<name>[^']+)' in (?:value|string value)|Could not resolve placeholder \$\{(?P<name2>[\w.-]+)\}",
        read=lambda hit: placeholder(replace(hit, words={"name": hit["name"] or hit["name2"]})),
        place=lambda hit: setting(hit, hit["name"]) or variable()(hit),
        rank=Rank.ROOT,
        title="{name} has no value",
        message="Could not resolve placeholder '{name}' in value \"${{{name}}}\".",
        fix="{fix}",
    ),
    Rule(
        code="quarkus-config",
        pattern=r"SRCFG\d+: (?P<said>(?:The config property |Failed to load config value of type \S+ for: |Could not expand value )(?P<name>[\w.\"-]+).*)",
        place=lambda hit: setting(hit, hit["name"].strip('"')),
        rank=Rank.ROOT,
        title="The config property {name} has no value",
        message="{said}",
        fix="Write {name}=… in application.properties, or set it as an environment variable of the service.",
    ),
    Rule(
        code="spring-yaml",
        pattern=r"^ ?in '(?:reader|string)', line (?P<line>\d+), column \d+",
        read=lambda hit: (
            {
                "said": next(
                    (each.strip() for each in hit.before(4) if each.strip() and not each.startswith(" ")), ""
                )
            }
            if hit.find_before(r"org\.yaml\.snakeyaml|ScannerException|ParserException|DuplicateKey", 60)
            else None
        ),
        place=yaml_place,
        rank=Rank.ROOT,
        last=True,
        title="application.yml line {line}: {said}",
        message="snakeyaml: {said}, line {line} of application.yml.",
        fix="Correct the YAML on line {line} (indentation, colons, quotes, a key twice).",
    ),
    Rule(
        code="flyway-migration",
        pattern=r"(?:Migration|Script) (?:of schema .* )?(?:to version .* )?(?P<name>[VRU][\w.]*__[\w.-]+\.sql)? ?failed$|FlywaySqlScriptException|FlywayMigrateException",
        read=lambda hit: words if (words := flyway(hit))["name"] or words["message"] else None,
        place=flyway_place,
        rank=Rank.ROOT,
        title="The migration {name} failed: {message}",
        message="Migration {name} failed at line {at}: {message}",
        fix="Correct line {at} of {name}; if it was half applied, run flyway repair.",
    ),
)
