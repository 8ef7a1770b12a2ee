"""What PHP's frameworks and its image's tools say where no line of the repository is named, and what solves it."""

from __future__ import annotations

from app.diagnosis.families import Family, Known

SAYINGS = Family(
    (
        Known(r"### ERROR: Unsupported PHP version: (?P<name>[\d.]+)", "install-php-extensions is too old for PHP {name}", "Take its newest release (COPY --from=mlocati/php-extension-installer /usr/bin/install-php-extensions /usr/local/bin/), or an image with an older PHP."),
        Known(r"^\s*Parse error: (?P<name>syntax error, unexpected '\d+'.*)", "PHP cannot read a file: {name}", "A class of the repository (mostly a migration) has a name that begins with digits: rename it as its file says, without the date."),
        Known(r"^\s*(?:PHP )?Parse error: (?P<name>syntax error, .*)", "PHP cannot read a file: {name}", "php -l FILE finds the line; where the code is newer than the image's PHP, take a newer base image."),
        Known(r"No releases available for package \"(?:pecl\.php\.net/)?(?P<name>[\w-]+)\"|Connection to `ssl://pecl\.php\.net:\d+' failed(?P<name2>)", "PECL does not give {name} out", "Run it again later: pecl.php.net says so while it is down too. If it stays so, correct the name, or install from the project's own archive (pecl install FILE.tgz), or with mlocati/php-extension-installer."),
        Known(r"worker (?P<name>\S+) has not reached frankenphp_handle_request", "FrankenPHP's worker ends before it handles a request", "Run its script by itself in the image, which shows the error that the server hides: php {name}. Mostly vendor/ is not installed for this PHP, an extension is missing, or the application throws while it boots (a variable, a database)."),
        Known(r"SQLSTATE\[42S02\](?:.*Table '(?P<name>[^']+)')?|SQLSTATE\[42P01\](?:.*relation \"(?P<name2>[^\"]+)\")?", "The database has no table {name}{name2}", "Run php artisan migrate --force (doctrine:migrations:migrate) as the release command; what asks the database while the application boots (a service provider) has to wait for it; SESSION_DRIVER and CACHE_STORE=database need their tables."),
        Known(r"SQLSTATE\[42S22\](?:.*Unknown column '(?P<name>[^']+)')?", "The database has no column {name}", "Run php artisan migrate --force as the release command."),
        Known(r"SQLSTATE\[HY000\] \[2002\]|SQLSTATE\[08006\]|SQLSTATE\[HY000\] \[2003\]", "The database does not answer", "Set DB_HOST (on Cloud Run DB_SOCKET=/cloudsql/PROJECT:REGION:INSTANCE) for the service; while the image is built there is no database: composer install --no-scripts, and no artisan command that asks it."),
        Known(r"Attempted to load (?P<kind>class|interface|trait) \"(?P<name>[\w\\]+)\" from (?:the global )?namespace", "The {kind} {name} is not installed", "It is of a development bundle: write ['dev' => true] for it in config/bundles.php, or set APP_ENV=prod before composer install --no-dev; else composer require the package that has it."),
        Known(r"There is no extension able to load the configuration for \"(?P<name>[\w]+)\"", "No bundle reads the configuration {name}", "Set APP_ENV=prod where composer install --no-dev runs, move its file to config/packages/dev, or install its bundle for production."),
        Known(r"The service \"(?P<name>[^\"]+)\" has a dependency on a non-existent service \"(?P<name2>[^\"]+)\"", "Symfony has no service {name2}, which {name} needs", "Register it in config/services.yaml, or install the bundle that has it."),
        Known(r"\bClass \"?(?P<name>[\w\\]+)\"? does not exist", "PHP finds no class {name}", "Correct the name (namespace and file in the same case: Linux tells them apart), run composer dump-autoload, and take packages of require-dev out of what production loads."),
        Known(r"Target \[(?P<name>[\w\\]+)\] is not instantiable", "Laravel binds nothing to {name}", "Bind an implementation in a service provider ($this->app->bind)."),
        Known(r"The MAC is invalid|The payload is invalid", "APP_KEY is another than the one that encrypted the value", "Set the APP_KEY that it was written with (and keep it in Secret Manager)."),
        Known(r"unable to bind listening socket", "Two PHP servers take the same address", "Start one of them, on the port in PORT."),
        Known(r"^AH00(?:526|111|014).*|Invalid command '(?P<name>\w+)', perhaps misspelled", "Apache does not take its configuration {name}", "Switch on the module that knows it (a2enmod rewrite headers), or correct that line."),
    )
)  # fmt: skip
