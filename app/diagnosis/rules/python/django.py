"""Django: its settings, its migrations, its static files and what manage.py says before it gives up."""

from __future__ import annotations

from app.diagnosis.dependencies import manifest
from app.diagnosis.instructions import failing_instruction
from app.diagnosis.places import anywhere, first, matching
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.python.reading_django import (
    app_config,
    app_config_place,
    check_words,
    checked,
    django_settings,
    lacking,
    migration,
    migration_place,
    setting,
    static,
)
from app.diagnosis.rules.python.reading_errors import own_frame

_SETTINGS = ("settings.py", "base.py", "production.py", "prod.py", "common.py")

# Which package brings a driver that Django asks for: https://docs.djangoproject.com/en/stable/ref/databases/
DRIVERS = {
    "psycopg2 or psycopg": "psycopg[binary] (or psycopg2-binary)",
    "psycopg2": "psycopg2-binary",
    "MySQLdb": "mysqlclient",
    "cx_Oracle": "oracledb",
}

RULES: tuple[Rule, ...] = (
    Rule(
        code="django-settings",
        pattern=r"django\.core\.exceptions\.ImproperlyConfigured: (?P<said>(?:The SECRET_KEY setting must not be empty|settings\.DATABASES is improperly configured|Requested setting \w+, but settings are not configured|You're using the staticfiles app without having set the STATIC_ROOT|The included URLconf|WSGI application ).*)",
        place=django_settings,
        rank=Rank.ROOT,
        title="Django: {said}",
        message="ImproperlyConfigured: {said}",
        fix="Set it in the settings module, from an environment variable that the build or the service has.",
    ),
    Rule(
        code="django-app-name",
        pattern=r"ImproperlyConfigured: Cannot import '(?P<name>[\w.]+)'\. Check that '(?P<config>[\w.]+)\.name' is correct",
        read=app_config,
        place=app_config_place,
        rank=Rank.ROOT,
        title="{class}.name is {name}, and there is no such package",
        message="ImproperlyConfigured: Cannot import '{name}': an AppConfig's name is the dotted path of the app's own package.",
        fix='Write name = "{meant}" in {class} (the folder of the app as Python imports it), or COPY that package into the image.',
        link="https://docs.djangoproject.com/en/stable/ref/applications/#django.apps.AppConfig.name",
    ),
    Rule(
        code="django-allowed-hosts",
        pattern=r"CommandError: You must set settings\.ALLOWED_HOSTS if DEBUG is False|(?:DisallowedHost(?:: |.*?)|^)Invalid HTTP_HOST header: '(?P<host>[^']+)'",
        place=matching(setting("ALLOWED_HOSTS"), *_SETTINGS),
        rank=Rank.ROOT,
        title="Django's ALLOWED_HOSTS does not have the service's address {host}",
        message="ALLOWED_HOSTS lists no host by which Cloud Run calls the service. {host}",
        fix='Write ALLOWED_HOSTS = [".run.app", …your domains], or read it from the environment; behind Cloud Run "*" is safe only if nothing trusts the Host header.',
        link="https://docs.djangoproject.com/en/stable/ref/settings/#allowed-hosts",
    ),
    Rule(
        code="django-database-driver",
        pattern=r"ImproperlyConfigured: Error loading (?P<said>psycopg2 or psycopg|psycopg2|MySQLdb|cx_Oracle|oracledb) module",
        read=lambda hit: {"package": DRIVERS.get(hit["said"], hit["said"])},
        place=first(manifest("python"), matching(setting("DATABASES"), *_SETTINGS)),
        rank=Rank.ROOT,
        title="Django's database driver is not installed: {said}",
        message="ImproperlyConfigured: Error loading {said} module: DATABASES names an ENGINE whose driver is not among the installed packages.",
        fix="Add {package} to the requirements and install them in the image.",
        link="https://docs.djangoproject.com/en/stable/ref/databases/",
    ),
    Rule(
        code="django-migration",
        pattern=r"django\.db\.migrations\.exceptions\.(?P<kind>\w+): (?P<said>.+)|CommandError: (?P<said2>Conflicting migrations detected.+)",
        read=migration,
        place=migration_place,
        rank=Rank.ROOT,
        title="Django's migrations do not fit: {said}",
        message="{kind}: {said}",
        fix="{advice}.",
    ),
    Rule(
        code="django-static-reference",
        pattern=r"(?:whitenoise\.storage\.MissingFileError|ValueError): The file '(?P<path>[^']+)' could not be found with",
        read=static,
        place=lambda hit: (
            matching(r"url\(|sourceMappingURL|@import", hit["base"])(hit) if hit["base"] else None
        ),
        rank=Rank.ROOT,
        title="{css} names {path}, which is no static file",
        message="collectstatic: the file {path} could not be found; a stylesheet or script names it, and the manifest needs every file.",
        fix="Add the file, or take the reference out of {css}; with WhiteNoise 6 WHITENOISE_MANIFEST_STRICT = False does not help here, manifest_strict of the storage only while pages are served.",
        link="https://whitenoise.readthedocs.io/en/stable/django.html#storage-troubleshoot",
    ),
    Rule(
        code="django-static-manifest",
        pattern=r"ValueError: Missing staticfiles manifest entry for '(?P<path>[^']+)'",
        place=first(
            own_frame,
            anywhere(r"static\s+[\"']{path}[\"']|static\([\"']{path}[\"']", ".html", ".py", ".jinja", ".txt"),
        ),
        rank=Rank.ROOT,
        title="collectstatic did not collect {path}",
        message="Missing staticfiles manifest entry for '{path}': the image has no manifest, or the file was not there when it was written.",
        fix="Write RUN python manage.py collectstatic --noinput in the Dockerfile after COPY, and see that {path} exists in STATICFILES_DIRS or an app's static folder.",
    ),
    Rule(
        code="django-apps",
        pattern=r"AppRegistryNotReady: (?P<said>.+)|(?:RuntimeError|TypeError): Model class (?P<model>[\w.]+) doesn't declare an explicit app_label and isn't in an application in INSTALLED_APPS",
        read=lambda hit: {
            "said": hit["said"] or f"the model {hit['model']} belongs to no app of INSTALLED_APPS"
        },
        place=own_frame,
        rank=Rank.ROOT,
        title="Django is not ready here: {said}",
        message="{said}",
        fix="Call django.setup() (get_wsgi_application, get_asgi_application) before models are imported, import models inside functions and AppConfig.ready, and list the app in INSTALLED_APPS.",
    ),
    Rule(
        code="django-command",
        pattern=r"^Unknown command: ['\"](?P<name>[\w-]+)['\"]\.(?P<hint> Did you mean (?P<near>\w+)\?)?",
        read=lambda hit: {
            "advice": f"Write {hit['near']}"
            if hit["near"]
            else "Correct its name, or install the app that brings it and list that in INSTALLED_APPS"
        },
        place=lambda hit: (
            failing_instruction(hit)
            if hit.section.instruction
            else matching(r"{name}", "Dockerfile", "Procfile", "servergem.yml", "entrypoint.sh", "start.sh")(
                hit
            )
        ),
        rank=Rank.ROOT,
        title="manage.py has no command {name}",
        message="Unknown command: {name}.{hint}",
        fix="{advice}.",
    ),
    Rule(
        code="django-no-table",
        pattern=r"django\.db\.utils\.(?:ProgrammingError|OperationalError): (?:no such table: (?P<table>\w+)|relation \"(?P<table2>\w+)\" does not exist|\(1146, \"Table '(?P<table3>[\w.]+)')",
        read=lambda hit: {"table": hit["table"] or hit["table2"] or hit["table3"]},
        place=own_frame,
        title="The database has no table {table}",
        message="{table} does not exist: the migrations have not run on this database, or the code asks for it while it is imported, before they can.",
        fix="Run python manage.py migrate as the release command, and make no queries while modules are imported (forms, urls, class bodies).",
    ),
    Rule(
        code="django-models-changed",
        pattern=r"^Migrations for '(?P<app>\w+)':$",
        read=lambda hit: (
            {}
            if hit.section.failed and hit.section.instruction and "--check" in hit.section.instruction
            else None
        ),
        place=failing_instruction,
        title="The models of {app} have changes without a migration",
        message="makemigrations --check: the models of {app} and its migrations do not agree.",
        fix="Run python manage.py makemigrations {app} and commit the migration.",
    ),
    Rule(
        code="django-engine",
        pattern=r"ImproperlyConfigured: '(?P<name>[\w.]+)' isn't an available database backend",
        place=anywhere(r"[\"']{name}[\"']", ".py", ".env"),
        rank=Rank.ROOT,
        title="Django has no database backend {name}",
        message="ImproperlyConfigured: '{name}' isn't an available database backend or couldn't be imported.",
        fix="Correct ENGINE in DATABASES: django.db.backends.postgresql, .mysql, .sqlite3 or .oracle; one of another package has to be installed.",
        link="https://docs.djangoproject.com/en/stable/ref/settings/#engine",
    ),
    Rule(
        code="django-check",
        pattern=r"SystemCheckError: System check identified (?:some )?issues",
        read=check_words,
        place=first(lacking, checked, own_frame),
        title="Django's checks found an error: {said}",
        message="SystemCheckError: {said}",
        fix="{advice}; python manage.py check shows all of them on your machine.",
        link="https://docs.djangoproject.com/en/stable/ref/checks/",
    ),
)
