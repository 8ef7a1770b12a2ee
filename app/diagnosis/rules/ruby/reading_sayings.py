"""What Rails, its libraries and their databases say where no line of the repository is named, and what solves it."""

from __future__ import annotations

from app.diagnosis.families import Family, Known

SAYINGS = Family(
    (
        Known(r"missing run or map statement", "config.ru starts no application", "Write run Rails.application (or your Rack application) as the last line of config.ru: Rack 3 no longer takes a file without run or map."),
        Known(r"Errno::EADDRINUSE|Address already in use - bind", "Two servers take the same port", "Start one, on the port in PORT (bin/rails server -b 0.0.0.0 -p $PORT, port ENV.fetch(\"PORT\") in config/puma.rb)."),
        Known(r"Blocked hosts?: (?P<name>[\w.-]+)", "Rails does not answer for the host {name}", "Write config.hosts << \"{name}\" (or /.*\\.run\\.app/) in config/environments/production.rb, or config.hosts.clear where another guard is there."),
        Known(r"PG::UndefinedTable|Could not find table '(?P<name>\w+)'|(?:Mysql2|Trilogy|ActiveRecord)::.*Table '(?P<name2>[\w.]+)' doesn't exist|SQLite3::SQLException: no such table: (?P<name3>\w+)", "The database has no such table {name}{name2}{name3}", "Run bin/rails db:migrate (db:prepare for an empty one) as the release command; code that asks the database while it is loaded (an initializer, a class body, a route) has to wait for it."),
        Known(r"PG::UndefinedColumn|unknown attribute '(?P<name>\w+)' for|(?:Mysql2|Trilogy|ActiveRecord)::.*Unknown column '(?P<name2>[\w.]+)'", "The database has no such column {name}{name2}", "Run bin/rails db:migrate as the release command, before the revision serves."),
        Known(r"PG::(?:UndefinedObject|FeatureNotSupported): ERROR:\s+(?:type|extension) \"(?P<name>\w+)\"", "The database has no {name}", "enable_extension \"{name}\" in a migration, on a server that has it."),
        Known(r"PG::DuplicateTable|PG::DuplicateColumn|PG::DuplicateObject", "A migration makes what is there already", "Load the schema into an empty database (db:schema:load), or mark the migration as done (a row in schema_migrations)."),
        Known(r"Multiple migrations have the (?:name|version number) (?P<name>\w+)", "Two migrations have the same name or number: {name}", "Rename one, class and file."),
        Known(r"Devise\.secret_key was not set", "Devise has no secret key", "Give the service SECRET_KEY_BASE (at build time SECRET_KEY_BASE_DUMMY=1), from which Devise takes its own."),
        Known(r"PG::InsufficientPrivilege", "The database's user lacks the right", "GRANT it as the owner; db:migrate needs CREATE on the schema public (PostgreSQL 15)."),
        Known(r"The PGconn|adapter.*(?:sqlite3|mysql2|postgresql).*(?:not found|Could not load)|Could not load the '(?P<name>\w+)' Active Record adapter", "The adapter {name} cannot be loaded", "Add its gem to the Gemfile in a version that this Rails takes (sqlite3 2 is for Rails 7.1 and later; pin sqlite3 to ~> 1.4 before)."),
        Known(r"can't activate (?P<name>[\w-]+) \((?P<want>[^)]+)\), already activated (?P<have>[\w.-]+)", "{name} is loaded in another version", "Run bundle exec before the command, or raise {name} in Gemfile.lock."),
        Known(r"Psych::(?:BadAlias|AliasesNotEnabled)|Unknown alias: (?P<name>\w+)|Tried to load unspecified class: (?P<name2>\w+)", "YAML is read more strictly than the file was written for", "Raise Rails (and the gem that reads it), pin psych < 4, or read with aliases: true and permitted_classes."),
        Known(r"ArgumentError: invalid byte sequence in US-ASCII|invalid multibyte char \(US-ASCII\)", "Ruby runs without UTF-8", "Write ENV LANG=C.UTF-8 in the Dockerfile."),
        Known(r"^\s*(?P<name>[a-z][\w-]*) requires Ruby version (?P<want>[^,]*?\d)\.?$", "{name} needs Ruby {want}", "Take an image with Ruby {want} (FROM ruby:…), or an older {name} (gem install {name} -v VERSION)."),
        Known(r"OpenSSL::Digest.*unsupported", "An old OpenSSL call is used", "Raise the gem or webpacker; NODE_OPTIONS=--openssl-legacy-provider for old webpack."),
    )
)  # fmt: skip
