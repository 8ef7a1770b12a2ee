"""Composer: packages, extensions, its files and its scripts."""

from __future__ import annotations

from app.diagnosis.dependencies import dependency
from app.diagnosis.instructions import base_image, failing_instruction
from app.diagnosis.places import first, matching, whole_file
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.php.reading_composer import (
    REGISTERED,
    composer_json,
    dev_package,
    dev_package_place,
    extension_of,
    in_composer_json,
    php_image,
    php_refused,
    php_wanted,
    require,
    schema,
    script,
    unknown_package,
)
from app.diagnosis.rules.php.reading_extensions import extension_line, install
from app.model import Blame

_MANIFEST = first(matching(r"^\s*\"require\"", "composer.json"), whole_file("composer.json"))

_LOCK = whole_file("composer.lock")

RULES: tuple[Rule, ...] = (
    Rule(
        code="pecl-autoconf",
        pattern=r"^Cannot find autoconf\. Please check your autoconf installation",
        rank=Rank.ROOT,
        title="phpize has no autoconf to build an extension with",
        message="Cannot find autoconf: the image lacks the tools that pecl and phpize build with.",
        fix="On Alpine RUN apk add --no-cache --virtual .build-deps $PHPIZE_DEPS before pecl install; on Debian apt-get install -y $PHPIZE_DEPS.",
        link="https://hub.docker.com/_/php",
    ),
    Rule(
        code="composer-unknown-package",
        pattern=r"^\s*- (?:Root composer\.json requires|The requested package) (?P<name>[\w.-]+/[\w.-]+)(?: "
        r"(?P<constraint>[^,]*))?,? (?:it )?"
        r"could not be found in any version",
        read=unknown_package,
        place=dependency("php", "name"),
        rank=Rank.ROOT,
        title="There is no package {name}",
        message="Composer: {name} could not be found in any version, there may be a typo in the package name.",
        fix="{advice}, then run composer update {name} and commit composer.lock.",
    ),
    Rule(
        code="composer-no-version",
        pattern=r"^\s*- (?:Root composer\.json requires|The requested package) (?P<name>[\w.-]+/[\w.-]+) "
        r"(?P<constraint>\S.*?),? (?:found|exists as) "
        r"(?P<found>.*?),? but (?:it does|these were not loaded|it is not|these (?:are|do)|the package "
        r"is)(?P<why>.*)",
        place=dependency("php", "name"),
        rank=Rank.ROOT,
        title="{name} has no version {constraint}",
        message="Composer: Root composer.json requires {name} {constraint}, found {found} but it does not "
        "match the constraint.",
        fix="Ask for a version that exists ({found}) for {name} in composer.json, then run composer update "
        "{name} and commit composer.lock.",
    ),
    Rule(
        code="composer-extension",
        pattern=r"requires? (?:PHP extension )?(?P<extension>ext-[\w-]+) \S+.*(?:missing from your system|is "
        r"missing)|"
        r"the requested PHP extension (?P<old>\w+) is missing from your system",
        read=lambda hit: (
            extension_of(hit)
            if hit["extension"]
            else {"extension": hit["old"], "install": install(hit["old"])}
        ),
        place=first(extension_line, failing_instruction, lambda hit: require(hit, f"ext-{hit['extension']}")),
        rank=Rank.ROOT,
        title="PHP's extension {extension} is missing",
        message="Composer: ext-{extension} is required, but it is missing from your system; install or enable "
        "PHP's {extension} extension.",
        fix="Install it in the Dockerfile before composer install: {install}.",
    ),
    Rule(
        code="composer-php-version",
        pattern=r"^\s*- (?:(?P<name>[\w.-]+/[\w.-]+)(?: |\[)(?P<version>[^\]\s]+(?:, \.\.\., [^\]\s]+)?)\]?|Root composer\.json) requires? "
        r"php(?:-64bit)? (?P<wanted>.+?) (?:->|but) your php "
        r"version \((?P<have>[\d.]+\d)",
        read=php_wanted,
        place=first(php_image, lambda hit: require(hit, "php"), dependency("php", "name"), _MANIFEST),
        rank=Rank.ROOT,
        title="{who} needs PHP {wanted}, the image has {have}",
        message="Composer: {who} {version} requires php {wanted} but your php version ({have}) does not "
        "satisfy that requirement.",
        fix="Take a base image with PHP {wanted} in the Dockerfile (FROM php:…), or change php{also} in "
        "composer.json and run composer update.",
    ),
    Rule(
        code="composer-php-version",
        pattern=r"^\s*- (?P<name>[\w.-]+/[\w.-]+)(?: |\[)(?P<version>[^\]\s]+)\]? conflicts with php(?:-64bit)? (?P<wanted>[<>=!^~|\d. ]*\d)",
        read=php_refused,
        place=first(php_image, lambda hit: require(hit, "php"), dependency("php", "name"), _MANIFEST),
        rank=Rank.ROOT,
        title="{name} does not go with PHP {wanted}, and the image has {have}",
        message="Composer: {name} {version} conflicts with php {wanted}, and php is present at version {have}.",
        fix="Take a base image with another PHP in the Dockerfile (FROM php:…), or change {name} in composer.json and run composer update.",
    ),
    Rule(
        code="composer-conflict",
        pattern=r"^\s*- (?P<name>[\w.-]+/[\w.-]+?)(?: |\[)(?P<version>[^\]\s]+|\S+, \.\.\., \S+?)\]? (?P<word>requires?|conflicts? with) "
        r"(?P<other>[\w.-]+/[\w.-]+) (?P<constraint>\S.*?)"
        r"(?: -> (?P<why>.*))?\.?$",
        place=first(dependency("php", "other"), dependency("php", "name"), _MANIFEST),
        read=lambda hit: {} if hit.find(r"could not be resolved to an installable set|Problem \d+") else None,
        title="{name} {word} {other} {constraint}",
        message="Composer: Your requirements could not be resolved to an installable set of packages: {name} "
        "{version} {word} {other} "
        "{constraint} {why}.",
        fix="Change the version of {other} or {name} in composer.json until they agree, then run composer "
        "update -W and commit composer.lock.",
    ),
    Rule(
        code="composer-lock",
        pattern=r"^\s*- Required package \"(?P<name>[^\"]+)\" is (?:not present in the lock file|in the lock "
        r"file as \"(?P<locked>[^\"]+)\" but that "
        r"does not satisfy your constraint \"(?P<wanted>[^\"]+)\")",
        place=first(dependency("php", "name"), _LOCK),
        rank=Rank.ROOT,
        title="composer.lock does not have {name} {wanted}",
        message="The lock file is not up to date with the latest changes in composer.json: Required package "
        '"{name}" is not present '
        "in the lock file {locked}.",
        fix="Run composer update {name} and commit composer.lock.",
    ),
    Rule(
        code="composer-unresolved",
        pattern=r"Your (?:requirements could not be resolved to an installable set|lock file does not contain "
        r"a compatible set) of packages",
        rank=Rank.SYMPTOM,
        place=_MANIFEST,
        read=lambda hit: {"told": " ".join(line.strip() for line in hit.after(6) if line.strip())},
        title="Composer could not resolve the requirements",
        message="Your requirements could not be resolved to an installable set of packages. {told}",
        fix="Change the versions that Problem 1 names in composer.json, run composer update and commit "
        "composer.lock.",
    ),
    Rule(
        code="composer-json-syntax",
        pattern=r"\"(?P<path>\S*composer\.json)\" does not contain valid JSON",
        read=composer_json,
        place=first(in_composer_json, whole_file("composer.json")),
        rank=Rank.ROOT,
        title="composer.json line {line} is not JSON",
        message='"{path}" does not contain valid JSON. Parse error on line {line}: {told}',
        fix="Correct line {line} of composer.json (no comma after the last entry).",
    ),
    Rule(
        code="composer-json-schema",
        pattern=r"\"(?P<path>\S*composer\.json)\" does not match the expected JSON schema",
        read=schema,
        place=first(matching(r"\"{key}\"\s*:", "composer.json"), whole_file("composer.json")),
        rank=Rank.ROOT,
        title="composer.json does not follow its schema: {told}",
        message='"{path}" does not match the expected JSON schema: {told}',
        fix="Correct {key} in composer.json; composer validate checks it.",
    ),
    Rule(
        code="composer-no-json",
        pattern=r"Composer could not find a composer\.json file in (?P<path>\S+)",
        place=failing_instruction,
        rank=Rank.ROOT,
        title="There is no composer.json in {path}",
        message="Composer could not find a composer.json file in {path}: it was not copied before composer install.",
        fix="Write COPY composer.json composer.lock ./ before RUN composer install in the Dockerfile.",
    ),
    Rule(
        code="composer-plugin",
        pattern=r"(?P<name>[\w.-]+/[\w.-]+) contains a Composer plugin which is (?:blocked by your "
        r"allow-plugins config|currently not in your)",
        place=first(
            matching(r"\"allow-plugins\"", "composer.json"),
            matching(r"\"config\"", "composer.json"),
            dependency("php", "name"),
            whole_file("composer.json"),
        ),
        rank=Rank.ROOT,
        title="Composer's plugin {name} is not allowed",
        message="{name} contains a Composer plugin which is blocked by your allow-plugins config.",
        fix="Run composer config allow-plugins.{name} true and commit composer.json.",
    ),
    Rule(
        code="composer-platform-check",
        pattern=r"Your Composer dependencies require (?:a PHP version|the following PHP extensions to be "
        r"installed:) ?\"?(?P<wanted>[^\"]+?)\"?(?:\. You are "
        r"running (?P<have>[\d.]+\d)|\.?$)",
        place=first(php_image, base_image),
        rank=Rank.ROOT,
        title="The image's PHP {have} does not suit: {wanted}",
        message="Your Composer dependencies require a PHP version or extensions: {wanted}. You are running {have}.",
        fix="Take a base image (FROM php:…) with PHP {wanted}, or install the extension there with "
        "docker-php-ext-install.",
    ),
    Rule(
        code="composer-api",
        pattern=r"requires composer-(?P<kind>plugin|runtime)-api (?P<wanted>\S+)",
        place=first(matching(r"composer[:@]\d|composer:", "Dockerfile"), failing_instruction),
        rank=Rank.ROOT,
        title="A package needs another Composer ({kind}-api {wanted})",
        message="Composer: a package requires composer-{kind}-api {wanted}, and this Composer has another one.",
        fix="Take Composer 2: COPY --from=composer:2 /usr/bin/composer /usr/bin/composer.",
    ),
    Rule(
        code="composer-no-unzip",
        pattern=r"The zip extension and unzip/7z commands are both missing|git was not found in your PATH|The "
        r".zip. extension.* are missing",
        place=failing_instruction,
        title="The image has neither unzip nor git for Composer",
        message="Composer: The zip extension and unzip/7z commands are both missing, and git was not found in "
        "your PATH.",
        fix="Write RUN apt-get update && apt-get install -y unzip git in the Dockerfile before composer install.",
    ),
    Rule(
        code="composer-authentication",
        pattern=r"(?:Could not authenticate against (?P<host>\S+)|The '(?P<url>https?://[^']+)' URL "
        r"(?:required authentication|could not be accessed.*40[134])|"
        r"Invalid credentials \(HTTP 40[13]\) for '(?P<url2>[^']+)'|GitHub API limit .* is exhausted)",
        read=lambda hit: {"host": hit["host"] or hit["url"] or hit["url2"] or "github.com"},
        place=first(matching(r"\"repositories\"", "composer.json"), failing_instruction),
        title="Composer has no credentials for {host}",
        message="Composer could not authenticate against {host}: the URL required authentication.",
        fix="Give the build COMPOSER_AUTH (a token for {host}) as a build secret: RUN "
        "--mount=type=secret,id=composer_auth …",
    ),
    Rule(
        code="composer-network",
        pattern=r"curl error \d+ while downloading (?P<url>\S+?):|could not be downloaded(?:,| "
        r"|:).*(?:getaddrinfo|timed out|SSL|HTTP/\S+ 5\d\d)|"
        r"php_network_getaddresses: getaddrinfo (?:failed|for repo)",
        nowhere=True,
        blame=Blame.UNKNOWN,
        title="Packagist could not be reached",
        message="Composer could not download {url}: a network or registry trouble.",
        fix="It is not your change: run the build again.",
    ),
    Rule(
        code="composer-script-class",
        pattern=r"Class (?P<name>[\w\\]+) is not autoloadable, can not call (?P<event>[\w-]+) script",
        read=lambda hit: {"last": hit["name"].rpartition("\\")[2]},
        place=matching(r"{last}", "composer.json"),
        title="composer.json's {event} calls {name}, which is not there",
        message="Class {name} is not autoloadable, can not call {event} script.",
        fix="Correct the class under scripts in composer.json, or run composer install --no-scripts before COPY . .",
    ),
    Rule(
        code="composer-dev-package",
        pattern=REGISTERED,
        read=dev_package,
        place=dev_package_place,
        rank=Rank.ROOT,
        title="{name} comes from a package that --no-dev leaves out",
        message='Class "{name}" not found: composer install --no-dev does not install {package}, and the application registers it all the same.',
        fix="Register it only where it is installed (class_exists, or the local environment), let package discovery do it, or move {package} from require-dev to require.",
        link="https://laravel.com/docs/packages#package-discovery",
    ),
    Rule(
        code="composer-script",
        pattern=r"Script (?P<name>.+?) handling the (?P<event>[\w-]+) event returned with error code (?P<exit>\d+)",
        read=script,
        place=first(failing_instruction, matching(r"{event}", "composer.json")),
        rank=Rank.SYMPTOM,
        title="Composer's script {name} failed",
        message="Script {name} handling the {event} event returned with error code {exit}. {told}",
        fix="Correct what {name} says above, or run composer install --no-scripts before the code is copied.",
    ),
)
