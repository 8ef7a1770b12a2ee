"""Rails: variables, databases, assets, and Rails' own words."""

from __future__ import annotations

from app.diagnosis.dependencies import dependency
from app.diagnosis.instructions import failing_instruction, instruction
from app.diagnosis.places import anywhere, at, first, matching, variable, whole_file
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.ruby.reading_exceptions import TRACE, variable_words
from app.diagnosis.rules.ruby.reading_rails import (
    asked_in_build,
    asking_line,
    asset_line,
    database_line,
    defined_where,
    not_configured,
    of_environment,
    rails_line,
    sass,
    secret_build,
    unreached,
    yaml_file,
)
from app.diagnosis.rules.ruby.reading_required import gemfile_end
from app.diagnosis.transcript import Kind
from app.model import Blame

_PRODUCTION = matching(r"require_master_key|secret_key_base", "production.rb", "secrets.yml")

_BUILD_PLACE = first(failing_instruction, _PRODUCTION)

RULES: tuple[Rule, ...] = (
    Rule(
        code="ruby-variable-missing",
        pattern=r"key not found: \"(?P<name>[A-Za-z_]\w*)\"",
        read=variable_words,
        place=first(TRACE.deepest, variable("name")),
        title="The environment variable {name} is not set",
        message='ENV.fetch("{name}") raised KeyError: key not found: "{name}". The variable is not set where '
        "this runs.",
        fix="Set {name} for the service (env in servergem.yml, or gcloud run deploy --set-env-vars {name}=…), "
        "or write "
        'ENV.fetch("{name}", a default).',
    ),
    Rule(
        code="rails-secret-key-base",
        pattern=r"Missing [`']?secret_key_base[`']? for '(?P<env>\w+)' environment",
        read=secret_build,
        place=_BUILD_PLACE,
        rank=Rank.ROOT,
        title="secret_key_base is missing for {env}",
        message="Rails stopped: Missing `secret_key_base` for '{env}' environment (SECRET_KEY_BASE is not set "
        "here).",
        fix="{advice}.",
    ),
    Rule(
        code="rails-master-key",
        pattern=r"Missing encryption key to decrypt file with|Missing `RAILS_MASTER_KEY`",
        place=first(
            matching(r"require_master_key", "production.rb", "application.rb"),
            failing_instruction,
            _PRODUCTION,
        ),
        rank=Rank.ROOT,
        title="RAILS_MASTER_KEY is missing",
        message="Rails has no key for its credentials: Missing encryption key to decrypt file with. "
        "config/master.key is "
        "not in the image (rightly), and RAILS_MASTER_KEY is not set.",
        fix="Give the service RAILS_MASTER_KEY from Secret Manager; in the image's build write "
        "SECRET_KEY_BASE_DUMMY=1 "
        "before bin/rails assets:precompile and leave config.require_master_key off there.",
    ),
    Rule(
        code="rails-wrong-master-key",
        pattern=r"ActiveSupport::(?:MessageEncryptor::InvalidMessage|EncryptedFile::InvalidKeyLengthError)",
        place=first(whole_file("credentials.yml.enc", "production.yml.enc"), failing_instruction),
        title="RAILS_MASTER_KEY does not fit the credentials",
        message="Rails could not decrypt its credentials: {klass} "
        "ActiveSupport::MessageEncryptor::InvalidMessage. The key is "
        "of another file.",
        fix="Set RAILS_MASTER_KEY to what stands in config/master.key of the person who last edited the "
        "credentials, or "
        "write them anew with bin/rails credentials:edit.",
    ),
    Rule(
        code="rails-database-config",
        pattern=r"Could not load database configuration\. No such file - (?P<files>.*)|"
        r"Cannot load (?:database configuration|`Rails\.application\.database_configuration`)",
        place=first(
            whole_file("database.yml"),
            matching(r"database\.yml", ".dockerignore", ".gitignore"),
            failing_instruction,
        ),
        title="config/database.yml is not in the image",
        message="Rails: Could not load database configuration. No such file config/database.yml {files}.",
        fix='Commit config/database.yml with url: <%= ENV["DATABASE_URL"] %> (take it out of .gitignore and '
        ".dockerignore).",
    ),
    Rule(
        code="rails-database-not-configured",
        pattern=r"(?:The )?[`'](?P<name>\w+)['`] database is not configured(?: for the [`'](?P<environment>\w+)['`] environment)?",
        read=not_configured,
        place=of_environment,
        title="config/database.yml has no {name}{within}",
        message="ActiveRecord::AdapterNotSpecified: the `{name}` database is not configured{within}.",
        fix="{advice}.",
    ),
    Rule(
        code="rails-database-in-build",
        only=frozenset({Kind.INSTRUCTION}),
        pattern=r"(?:PG::ConnectionBad|ActiveRecord::(?:ConnectionNotEstablished|DatabaseConnectionError)|"
        r"Mysql2::Error::ConnectionError|Trilogy::\w+|ActiveRecord::NoDatabaseError)\)?:? ?(?P<error>.*)$",
        read=asked_in_build,
        place=first(asking_line, failing_instruction),
        title="Rails asks the database while the image is built: {error}",
        message="Rails could not connect to its database in `{ran}`, and a build has none: {error}.",
        fix="{advice}.",
    ),
    Rule(
        code="rails-database-unreachable",
        only=frozenset({Kind.STEP, Kind.VERDICT, Kind.CONTAINER}),
        pattern=r"(?:PG::ConnectionBad|ActiveRecord::(?:ConnectionNotEstablished|DatabaseConnectionError)|"
        r"Mysql2::Error::ConnectionError|Trilogy::\w+|ActiveRecord::NoDatabaseError)\)?:? ?(?P<error>.*)$",
        read=unreached,
        place=database_line,
        title="The database could not be reached: {error}",
        message="Rails could not connect to its database: {error}.",
        fix="Point DATABASE_URL (config/database.yml) at the real database: on Cloud Run the socket "
        "/cloudsql/PROJECT:REGION:INSTANCE, with the instance attached to the service. A build has no "
        "database: move "
        "migrations out of the Dockerfile.",
    ),
    Rule(
        code="rails-pending-migrations",
        pattern=r"ActiveRecord::PendingMigrationError|^Migrations are pending",
        place=first(whole_file("schema.rb"), failing_instruction),
        title="Migrations are pending",
        message="ActiveRecord::PendingMigrationError: Migrations are pending; the database is older than the code.",
        fix="Run bin/rails db:migrate against this database before the new revision takes traffic.",
    ),
    Rule(
        code="rails-zeitwerk",
        pattern=r"expected file (?P<path>\S+\.rb) to define constant (?P<name>[\w:]+), but (?:didn't|did "
        r"not|it didn't)",
        read=defined_where,
        place=at("path", "line"),
        rank=Rank.ROOT,
        title="{file} does not define {name}",
        message="Zeitwerk::NameError: expected file {file} to define constant {name}, but didn't.",
        fix="Name the class or module in {file} {name}, or rename the file after what it defines (an acronym: "
        "add an "
        "inflection in config/initializers/inflections.rb).",
    ),
    Rule(
        code="rails-logger-concurrent-ruby",
        pattern=r"uninitialized constant ActiveSupport::LoggerThreadSafeLevel::Logger",
        place=first(dependency("ruby", "concurrent"), rails_line, gemfile_end),
        rank=Rank.ROOT,
        title="concurrent-ruby 1.3.5 no longer loads logger for this Rails",
        message="uninitialized constant ActiveSupport::LoggerThreadSafeLevel::Logger (NameError): Rails "
        "before 7.1 relied on "
        "concurrent-ruby to require logger, which 1.3.5 stopped doing.",
        fix='Add gem "concurrent-ruby", "1.3.4" to the Gemfile and run bundle update concurrent-ruby (or write '
        'require "logger" at the top of config/boot.rb).',
    ),
    Rule(
        code="rails-yaml",
        pattern=r"YAML syntax error occurred while parsing (?P<path>\S+?\.ya?ml)\.?(?: |$)",
        read=yaml_file,
        place=at("path", "line"),
        rank=Rank.ROOT,
        title="{path} line {line} is not YAML",
        message="YAML syntax error occurred while parsing {path} at line {line}.",
        fix="Correct the indentation (spaces, no tabs) or quote the value on line {line} of {path}.",
    ),
    Rule(
        code="ruby-yaml",
        pattern=r"\((?P<path>[\w./-]+\.ya?ml)\): (?P<error>.*) at line (?P<line>\d+) column \d+",
        place=at("path", "line"),
        rank=Rank.ROOT,
        title="{path} line {line} is not YAML: {error}",
        message="Psych::SyntaxError in {path} line {line}: {error}.",
        fix="Correct the indentation or quote the value on line {line} of {path}.",
    ),
    Rule(
        code="rails-no-javascript-runtime",
        pattern=r"Could not find a JavaScript runtime",
        place=first(failing_instruction, dependency("ruby", "uglifier")),
        rank=Rank.ROOT,
        blame=Blame.YOU,
        title="The image has no JavaScript runtime",
        message="ExecJS::RuntimeUnavailable: Could not find a JavaScript runtime; the assets need Node.js to "
        "be compiled.",
        fix="Install nodejs in the Dockerfile before assets:precompile: RUN apt-get update && apt-get install "
        "-y nodejs.",
    ),
    Rule(
        code="rails-yarn-missing",
        pattern=r"Yarn executable was not detected|rails aborted!.*yarn|sh: (?:\d+: )?yarn: not found",
        place=failing_instruction,
        title="yarn is not in the image",
        message="assets:precompile runs yarn, and the image has none: Yarn executable was not detected.",
        fix="Install Node.js and yarn in the Dockerfile before assets:precompile (RUN npm install --global yarn).",
    ),
    Rule(
        code="rails-uglifier-es6",
        pattern=r"Uglifier::Error: (?P<error>.*)",
        place=first(matching(r"js_compressor", "production.rb"), dependency("ruby", "uglifier")),
        title="Uglifier cannot compress this JavaScript",
        message="Uglifier::Error: {error}",
        fix="In config/environments/production.rb write config.assets.js_compressor = Uglifier.new(harmony: "
        "true), or "
        "take terser instead of uglifier.",
    ),
    Rule(
        code="rails-asset-missing",
        pattern=r"(?:Sprockets::FileNotFound: couldn't find file '(?P<name>[^']+)'|The asset "
        r"\"(?P<asset>[^\"]+)\" is not "
        r"present in the asset pipeline|The asset '(?P<asset2>[^']+)' was not found in the load path)",
        read=lambda hit: {"name": hit["name"] or hit["asset"] or hit["asset2"]},
        place=first(TRACE.deepest, asset_line, whole_file("manifest.js")),
        title="The asset {name} was not found",
        message="The asset pipeline couldn't find file '{name}': it is not present in the load path.",
        fix="Add {name} below app/assets (or to app/assets/config/manifest.js), or correct the name where it "
        "is asked for.",
    ),
    Rule(
        code="rails-sass",
        pattern=r"Sass(?:C)?::SyntaxError: (?:Error: )?(?P<error>.*)",
        read=sass,
        place=at("path", "line"),
        title="{path} line {line}: {error}",
        message="SassC::SyntaxError: {error} on line {line} of {path}.",
        fix="Correct line {line} of {path}.",
    ),
    Rule(
        code="rails-server-pid",
        pattern=r"A server is already running(?: \(pid: \d+, file: (?P<file>[^)]+)\)|\. Check (?P<path>\S+))",
        place=first(matching(r"^/?tmp|log", ".dockerignore"), instruction("CMD", "ENTRYPOINT")),
        title="The image holds a server.pid of another run",
        message="Rails: A server is already running. tmp/pids/server.pid {path}{file} was copied into the image.",
        fix="Add tmp/ to .dockerignore, and start with rm -f tmp/pids/server.pid before bin/rails server.",
    ),
    Rule(
        code="ruby-address-in-use",
        pattern=r"Address already in use - bind\(2\) for \"?(?P<host>[^\"]*)\"? port (?P<port>\d+) "
        r"\(Errno::EADDRINUSE\)",
        place=first(
            anywhere(r"\bport\b.*{port}|bind.*{port}", ".rb", ".ru"), instruction("CMD", "ENTRYPOINT")
        ),
        title="Port {port} is bound twice",
        message="Address already in use - bind(2) for {host} port {port} (Errno::EADDRINUSE): two servers of "
        "this container "
        "want the same port.",
        fix="Start only one server, or give one of the two places that bind port {port} (config/puma.rb and "
        "the command) up.",
    ),
)
