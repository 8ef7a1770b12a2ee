"""Laravel and Symfony."""

from __future__ import annotations

import re

from app.diagnosis.instructions import failing_instruction, instruction
from app.diagnosis.places import anywhere, at, first, matching, whole_file
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.php.reading_frameworks import env_place, folder_line, key_in, yaml_line
from app.diagnosis.rules.php.reading_syntax import TRACE

# Laravel and Symfony
_APP_KEY = first(
    matching(r"^APP_KEY\s*=", ".env.production", ".env"),
    matching(r"APP_KEY", "app.php", ".env.example"),
    whole_file("app.php"),
)

RULES: tuple[Rule, ...] = (
    Rule(
        code="laravel-app-key",
        pattern=r"No application encryption key has been specified|MissingAppKeyException|Unsupported cipher "
        r"or incorrect key length",
        place=_APP_KEY,
        rank=Rank.ROOT,
        title="APP_KEY is not set",
        message="Laravel: No application encryption key has been specified (APP_KEY is missing or malformed).",
        fix="Run php artisan key:generate --show and give the service APP_KEY with that value, from Secret Manager.",
    ),
    Rule(
        code="laravel-cache-folder",
        pattern=r"The (?P<path>\S*bootstrap/cache) directory must be present and writable|Please provide a "
        r"valid cache path",
        place=first(folder_line, failing_instruction),
        rank=Rank.ROOT,
        title="Laravel has no writable cache folder",
        message="Laravel: The bootstrap/cache directory must be present and writable ({path}); Please provide "
        "a valid cache path "
        "(storage/framework/views).",
        fix="Write in the Dockerfile, before composer install: RUN mkdir -p bootstrap/cache storage/framework/cache "
        "storage/framework/sessions storage/framework/views && chown -R www-data:www-data bootstrap/cache storage.",
    ),
    Rule(
        code="laravel-log-permission",
        pattern=r"The stream or file \"(?P<path>[^\"]+)\" could not be opened",
        place=folder_line,
        rank=Rank.ROOT,
        title="{path} may not be written",
        message='The stream or file "{path}" could not be opened in append mode: Permission denied.',
        fix="Write RUN chown -R www-data:www-data storage bootstrap/cache in the Dockerfile after COPY, and "
        "log to LOG_CHANNEL=stderr.",
    ),
    Rule(
        code="laravel-target-class",
        pattern=r"Target class \[(?P<name>[\w\\.]+)\] does not exist",
        read=lambda hit: {"last": hit["name"].rpartition("\\")[2]},
        place=first(
            TRACE.deepest,
            anywhere(r"\b{last}\b", "web.php", "api.php", "Provider.php", "Kernel.php"),
            anywhere(r"\b{last}\b", ".php"),
        ),
        rank=Rank.ROOT,
        title="Target class {name} does not exist",
        message="Laravel's container: Target class [{name}] does not exist.",
        fix="Import the class with use where it is named, or correct its name and namespace ({name}).",
    ),
    Rule(
        code="laravel-route-serialization",
        pattern=r"Unable to prepare route \[(?P<uri>[^\]]*)\] for serialization\. (?P<error>.*)",
        read=lambda hit: {
            "name": (re.search(r"name \[([^\]]+)\]", " ".join((hit.line, *hit.after(2)))) or ["", ""])[1]
        },
        place=first(
            anywhere(r"name\([\"']{name}", ".php"),
            anywhere(r"{uri}", "web.php", "api.php"),
            whole_file("web.php"),
        ),
        rank=Rank.ROOT,
        title="route:cache: route {uri} cannot be serialized",
        message="Unable to prepare route [{uri}] for serialization. {error}",
        fix="Give the routes different names (or a controller instead of a closure) in routes/.",
    ),
    Rule(
        code="laravel-vite-manifest",
        pattern=r"Vite manifest not found at: (?P<path>\S+)|Unable to locate file in Vite manifest: "
        r"(?P<file>\S+)|The Mix manifest does not exist",
        place=first(TRACE.deepest, anywhere(r"@vite|mix\(", ".blade.php"), instruction("COPY")),
        rank=Rank.ROOT,
        title="The front end was not built into the image",
        message="Vite manifest not found at {path}{file}: public/build is not in the image.",
        fix="Run npm ci && npm run build in a stage of the Dockerfile and COPY public/build from it.",
    ),
    Rule(
        code="laravel-view",
        pattern=r"View \[(?P<name>[^\]]+)\] not found",
        place=first(TRACE.deepest, anywhere(r"view\([\"']{name}", ".php")),
        rank=Rank.ROOT,
        title="View {name} not found",
        message="InvalidArgumentException: View [{name}] not found.",
        fix="Add resources/views/… for {name}, or correct the name where it is asked for.",
    ),
    Rule(
        code="laravel-unknown-command",
        pattern=r"(?:There are no commands defined in the|Command) \"(?P<name>[\w:-]+)\"(?: namespace| is not "
        r"defined)",
        place=first(failing_instruction, matching(r"{name}", "composer.json")),
        rank=Rank.ROOT,
        title="There is no command {name}",
        message='Command "{name}" is not defined.',
        fix="Correct the command's name, or install the package that brings it (with --no-dev a development "
        "package is missing).",
    ),
    Rule(
        code="php-no-artisan",
        pattern=r"Could not open input file: (?P<name>\S+)",
        place=first(failing_instruction, instruction("CMD", "ENTRYPOINT")),
        rank=Rank.ROOT,
        title="{name} is not in the image at this point",
        message="Could not open input file: {name}: PHP runs it before COPY brought it into the image.",
        fix="Write COPY . . before this step, or composer install --no-scripts first and composer "
        "dump-autoload after COPY . .",
    ),
    Rule(
        code="symfony-variable",
        pattern=r"Environment variable not found: \"(?P<name>\w+)\"",
        place=env_place,
        rank=Rank.ROOT,
        title="The environment variable {name} is not set",
        message='Symfony EnvNotFoundException: Environment variable not found: "{name}".',
        fix="Set {name} for the service (env in servergem.yml), or give it a default: env({name}): '' under "
        "parameters.",
    ),
    Rule(
        code="symfony-yaml",
        pattern=r"The file \"(?P<path>[^\"]+\.ya?ml)\" does not contain valid YAML",
        read=yaml_line,
        place=at("path", "line"),
        rank=Rank.ROOT,
        title="{path} line {line} is not YAML",
        message='The file "{path}" does not contain valid YAML at line {line}.',
        fix="Correct the indentation or quote the value on line {line} of {path}.",
    ),
    Rule(
        code="symfony-extension",
        pattern=r"There is no extension able to load the configuration for \"(?P<name>[^\"]+)\" \(in "
        r"\"(?P<path>[^\"]+)\"",
        place=key_in,
        rank=Rank.ROOT,
        title="No bundle knows the configuration {name}",
        message='There is no extension able to load the configuration for "{name}" (in {path}).',
        fix="Enable its bundle in config/bundles.php for this environment (not only dev), or remove {path}.",
    ),
    Rule(
        code="symfony-service",
        pattern=r"(?:Cannot autowire service \"(?P<name>[^\"]+)\": (?P<error>.*)|You have requested a "
        r"non-existent (?P<kind>service|parameter) "
        r"\"(?P<name2>[^\"]+)\".*)",
        read=lambda hit: {
            "name": hit["name"] or hit["name2"],
            "error": hit["error"] or hit.line.strip(),
            "last": (hit["name"] or hit["name2"]).rpartition("\\")[2],
        },
        place=first(anywhere(r"class\s+{last}\b", ".php"), anywhere(r"{name}", ".yaml", ".php")),
        rank=Rank.ROOT,
        title="{name}: {error}",
        message="Symfony: {error} ({name}).",
        fix="Type the argument with a class that is a service, or bind it under services in config/services.yaml.",
    ),
    Rule(
        code="symfony-env-file",
        pattern=r"Unable to read the \"(?P<path>[^\"]+)\" environment file",
        place=first(
            matching(r"\.env", ".dockerignore"),
            matching(r"bootEnv|loadEnv|Dotenv", "index.php", "console", "bootstrap.php"),
        ),
        title="{path} is not in the image",
        message='Symfony PathException: Unable to read the "{path}" environment file.',
        fix="Take .env out of .dockerignore, or run composer dump-env prod in the Dockerfile.",
    ),
)
