"""Node: variables that are missing or not valid."""

from __future__ import annotations

from app.diagnosis.javascript.packages import unnumbered
from app.diagnosis.places import first, matching, whole_file
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.javascript.reading_frameworks import is_javascript
from app.diagnosis.rules.javascript.reading_modules import ANY
from app.diagnosis.rules.javascript.reading_variables import (
    implied,
    implied_place,
    variable_place,
    variable_words,
)

RULES: tuple[Rule, ...] = (
    Rule(
        code="node-invalid-variables",
        only=ANY,
        pattern=r"(?i)^\W*(?:missing|invalid) environment variables?:|^\W*(?:Config validation error|Error: Config validation error): \"?(?P<name>[A-Z][A-Z0-9_]+)\"?|"
        r"The following variables were defined in \.env\.example but are not present|env-var: \"(?P<name2>\w+)\" is a required variable|"
        r"Config validation error: \"(?P<name3>\w+)\"|^\s*\"(?P<name4>[A-Z][A-Z0-9]*_[A-Z0-9_]+)\"$|Environment variable not found: (?P<name5>\w+)|"
        r"^Error: (?:.*\b)?(?P<name6>[A-Z][A-Z0-9]*_[A-Z0-9_]+)\b.*(?:is not (?:set|defined|provided)|is missing|is required|must be (?:set|defined|provided)|not found in env|is undefined)|"
        r"^(?:\w*Error: )?(?:.*\b)?(?:[Mm]issing|[Uu]ndefined|[Uu]nset|[Rr]equired) (?:required )?(?:env\w*|config\w*)?(?: var\w*)?:? ?[`'\"]?(?P<name7>[A-Z][A-Z0-9]*_[A-Z0-9_]+)|"
        r"env must have required property '(?P<name9>\w+)'|[Tt]he (?P<name8>[A-Z][A-Z0-9]*_[A-Z0-9_]+) environment variable is (?:missing|not set|required)",
        read=unnumbered(lambda hit: variable_words(hit) if is_javascript(hit) else None),
        place=variable_place,
        rank=Rank.ROOT,
        title="The environment variable {name} is not set{when}",
        message="{said}: {name} is missing (an environment variable that the program requires).{others}",
        fix="{advice}.",
    ),
    Rule(
        code="node-unset-value",
        only=ANY,
        pattern=r"(?:The `uri` parameter to `openUri\(\)` must be a string|secretOrPrivateKey must have a value|JwtStrategy requires a secret|OAuth2Strategy requires a clientID|"
        r"SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string|supabase(?:Url|Key) is required|Neither apiKey nor config\.authenticator provided|"
        r"TypeError(?: \[ERR_INVALID_URL\])?: Invalid URL|(?:argument|parameter) must be (?:of type string|a string).*Received undefined|secret option required for sessions|missing secret key\. A secret key is needed|"
        r"Invalid connection string|Invalid scheme, expected connection string|Dialect needs to be explicitly supplied|Service account object must contain a string|"
        r"API key (?:is )?(?:missing|required|must be)|No (?:API key|connection string) provided|Missing API key|\"options\.uri\" is undefined|url must be a string)",
        read=implied,
        place=implied_place,
        rank=Rank.ROOT,
        title="{name} is not set{when}: {said}",
        message="{said}. The value comes from the environment variable {name} in {file}, which is undefined here.",
        fix="{advice}.",
    ),
    Rule(
        code="node-unset-setting",
        only=ANY,
        pattern=r"Missing (?P<name>[\w.]+)\. Please set [\w.]+ in (?P<path>[\w./-]+\.[cm]?[jt]s)",
        read=lambda hit: {"key": hit["name"].rpartition(".")[2]},
        place=lambda hit: first(
            matching(r"\b{key}\s*:", hit["path"].rpartition("/")[2]),
            whole_file(hit["path"].rpartition("/")[2]),
        )(hit),
        rank=Rank.ROOT,
        title="{name} is empty: {path} reads it from the environment",
        message="Missing {name}: {path} has no value for it, because the variable that it reads is not set.",
        fix="Set the variable that {path} reads for {key} as a secret of the service; strapi wants APP_KEYS, API_TOKEN_SALT, ADMIN_JWT_SECRET, TRANSFER_TOKEN_SALT and JWT_SECRET.",
    ),
)
