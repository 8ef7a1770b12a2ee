"""What Rails, its libraries and their databases say where no line of the repository is named, and what solves it."""

from __future__ import annotations

from app.diagnosis.sayings import saying

SAYINGS = (
    saying(r"EADDRINUSE|Address already in use - bind", "Two servers take the same port", "Start one, on the port in PORT (bin/rails server -b 0.0.0.0 -p $PORT, port ENV.fetch(\"PORT\") in config/puma.rb)"),
    saying(r"Blocked hosts?: (?P<name>[\w.-]+)", "Rails does not answer for the host {name}", "Write config.hosts << \"{name}\" (or /.*\\.run\\.app/) in config/environments/production.rb, or config.hosts.clear where another guard is there"),
    saying(r"PG::UndefinedTable|Could not find table '(?P<name>\w+)'|Table '(?P<name2>[\w.]+)' doesn't exist|no such table: (?P<name3>\w+)", "The database has no such table {name}{name2}{name3}", "Run bin/rails db:migrate (db:prepare for an empty one) as the release command; code that asks the database while it is loaded (an initializer, a class body, a route) has to wait for it"),
    saying(r"PG::UndefinedColumn|unknown attribute '(?P<name>\w+)' for|Unknown column '(?P<name2>[\w.]+)'", "The database has no such column {name}{name2}", "Run bin/rails db:migrate as the release command, before the revision serves"),
    saying(r"PG::(?:UndefinedObject|FeatureNotSupported): ERROR:\s+(?:type|extension) \"(?P<name>\w+)\"", "The database has no {name}", "enable_extension \"{name}\" in a migration, on a server that has it"),
    saying(r"PG::DuplicateTable|PG::DuplicateColumn|PG::DuplicateObject", "A migration makes what is there already", "Load the schema into an empty database (db:schema:load), or mark the migration as done (a row in schema_migrations)"),
    saying(r"Multiple migrations have the (?:name|version number) (?P<name>\w+)", "Two migrations have the same name or number: {name}", "Rename one, class and file"),
    saying(r"Devise\.secret_key was not set", "Devise has no secret key", "Give the service SECRET_KEY_BASE (at build time SECRET_KEY_BASE_DUMMY=1), from which Devise takes its own"),
    saying(r"PG::InsufficientPrivilege", "The database's user lacks the right", "GRANT it as the owner; db:migrate needs CREATE on the schema public (PostgreSQL 15)"),
    saying(r"NoDatabaseError|We could not find your database: (?P<name>[\w-]+)", "The server has no database {name}", "Run bin/rails db:create (or gcloud sql databases create), or correct the name in DATABASE_URL"),
    saying(r"ActiveRecord::DatabaseConnectionError|There is an issue connecting (?:to your database )?with your (?:hostname|username/password|username)", "The database does not take what DATABASE_URL says", "Correct host, user and password of DATABASE_URL; a secret must have no line break at its end"),
    saying(r"The PGconn|adapter.*(?:sqlite3|mysql2|postgresql).*(?:not found|Could not load)|Could not load the '(?P<name>\w+)' Active Record adapter", "The adapter {name} cannot be loaded", "Add its gem to the Gemfile in a version that this Rails takes (sqlite3 2 is for Rails 7.1 and later; pin sqlite3 to ~> 1.4 before)"),
    saying(r"can't activate (?P<name>[\w-]+) \((?P<want>[^)]+)\), already activated (?P<have>[\w.-]+)", "{name} is loaded in another version", "Run bundle exec before the command, or raise {name} in Gemfile.lock"),
    saying(r"Psych::(?:BadAlias|AliasesNotEnabled)|Unknown alias: (?P<name>\w+)|Tried to load unspecified class: (?P<name2>\w+)", "YAML is read more strictly than the file was written for", "Raise Rails (and the gem that reads it), pin psych < 4, or read with aliases: true and permitted_classes"),
    saying(r"ArgumentError: invalid byte sequence in US-ASCII|invalid multibyte char \(US-ASCII\)", "Ruby runs without UTF-8", "Write ENV LANG=C.UTF-8 in the Dockerfile"),
    saying(r"^\s*(?P<name>[a-z][\w-]*) requires Ruby version (?P<want>[^,]*?\d)\.?$", "{name} needs Ruby {want}", "Take an image with Ruby {want} (FROM ruby:…), or an older {name} (gem install {name} -v VERSION)"),
    saying(r"OpenSSL::Digest.*unsupported", "An old OpenSSL call is used", "Raise the gem or webpacker; NODE_OPTIONS=--openssl-legacy-provider for old webpack"),
)  # fmt: skip
