"""Bundler and RubyGems."""

from __future__ import annotations

from app.diagnosis.dependencies import dependency
from app.diagnosis.instructions import base_image, failing_instruction, instruction, packages_line
from app.diagnosis.places import at, first, matching, whole_file
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.ruby.reading_bundler import (
    WELL_KNOWN,
    checksum,
    command,
    conflict,
    gem_not_found,
    gemfile_error,
    git_gem,
    in_lock,
    last_suiting,
    locked_out,
    platform,
    ruby_image,
    under_bundled_with,
)
from app.diagnosis.rules.ruby.reading_native import native, only_without_native
from app.diagnosis.rules.ruby.reading_required import gemfile_end
from app.model import Blame

_LOCK = whole_file("Gemfile.lock", "gems.locked")

_GEMFILE = whole_file("Gemfile", "gems.rb")

_RUBY_LINE = first(matching(r"^\s*ruby[\s(]+", "Gemfile"), whole_file(".ruby-version", ".tool-versions"))

_RUBY_VERSION = first(ruby_image, _RUBY_LINE, base_image)

RULES: tuple[Rule, ...] = (
    Rule(
        code="bundler-gemfile",
        pattern=r"There was an error (?:parsing|while loading) `(?P<name>[\w.-]*?(?:Gemfile|\.gemspec))`: "
        r"(?P<error>.*)",
        read=gemfile_error,
        place=at("path", "line"),
        rank=Rank.ROOT,
        title="{name} line {line}: {error}",
        message="Bundler could not read the {name}: {error}",
        fix="{advice}.",
    ),
    Rule(
        code="bundler-gem-not-found",
        pattern=r"^(?:\S+: )?Could not find gem '(?P<gem>[^']+)'",
        read=gem_not_found,
        place=dependency("ruby", "name"),
        rank=Rank.ROOT,
        title="{title}",
        message="{told}",
        fix="{advice}.",
    ),
    Rule(
        code="bundler-no-compatible-version",
        pattern=r"(?:Bundler could not find compatible versions for gem \"(?P<gem>[^\"]+)\"|^Could not find "
        r"compatible versions)",
        read=conflict,
        place=first(dependency("ruby", "name"), _GEMFILE),
        title="No version of {name} suits all of the Gemfile",
        message="Bundler could not find compatible versions for gem {gem}: {told}",
        fix="Loosen or change the version of {name} in the Gemfile so that both sides agree, then run bundle "
        "update {name} "
        "and commit Gemfile.lock.",
    ),
    Rule(
        code="bundler-locked-version-gone",
        pattern=r"Your bundle is locked to (?P<name>[\w-]+) \((?P<version>[\w.-]+)\)",
        place=first(in_lock(r"^    {name} \({version}"), dependency("ruby", "name")),
        rank=Rank.ROOT,
        title="{name} {version} of Gemfile.lock no longer exists",
        message="Your bundle is locked to {name} ({version}), but that version could not be found in any of "
        "the sources "
        "listed in your Gemfile: its author removed it.",
        fix="Run bundle update {name} and commit Gemfile.lock.",
    ),
    Rule(
        code="bundler-not-installed",
        pattern=r"Could not find (?P<name>[\w-]+?)-(?P<version>\d[\w.]*?)(?:-(?P<platform>[a-z]\w*-[\w-]+))?"
        r"(?:, \S+)*(?: in (?:any of the sources|locally installed gems|cached gems|rubygems repository)|$)",
        place=first(in_lock(r"^    {name} \({version}"), dependency("ruby", "name"), _LOCK),
        title="{name} {version} is not installed",
        message="Could not find {name}-{version} in any of the sources (locally installed gems): Gemfile.lock "
        "asks for it, and "
        "the image does not have it.",
        fix="Run bundle install in the stage that runs (or copy /usr/local/bundle from the stage that "
        "installed), with the same "
        "BUNDLE_PATH and BUNDLE_WITHOUT; for another platform run bundle lock --add-platform x86_64-linux.",
    ),
    Rule(
        code="bundler-frozen",
        pattern=r"in deployment mode after changing|lockfile can't be updated because (?:frozen|deployment)|"
        r"The dependencies in your gemfile changed|The gemspecs for path gems changed|"
        r"the lockfile needs to be updated but it can't|in frozen mode after changing|"
        r"lockfile does not satisfy dependencies of",
        read=locked_out,
        place=first(dependency("ruby", "name"), _GEMFILE, _LOCK),
        rank=Rank.ROOT,
        title="Gemfile.lock does not have {told}",
        message="The Gemfile changed and Gemfile.lock did not ({told}): {whole}",
        fix="Run bundle install on your machine and commit Gemfile.lock.",
    ),
    Rule(
        code="bundler-checksums",
        pattern=r"Bundler found mismatched checksums|(?:lockfile|lock file) is missing a checksums? entry for "
        r"\"?(?P<name>[\w-]+)",
        read=checksum,
        place=first(in_lock(r"^  {name} \("), in_lock(r"^    {name} \("), _LOCK),
        rank=Rank.ROOT,
        title="Gemfile.lock has no fitting checksum for {name}",
        message="Bundler found mismatched checksums, or the lockfile is missing a checksums entry, for {name}.",
        fix="Run bundle lock --add-checksums on your machine and commit Gemfile.lock.",
    ),
    Rule(
        code="bundler-no-lock",
        pattern=r"The (?:deployment|frozen) setting requires a (?:Gemfile\.lock|lockfile)",
        place=first(_GEMFILE, failing_instruction),
        rank=Rank.ROOT,
        title="Gemfile.lock is not in the image",
        message="The deployment setting requires a Gemfile.lock: it is not committed, or COPY does not take it.",
        fix="Run bundle install, commit Gemfile.lock, and write COPY Gemfile Gemfile.lock ./ before bundle install.",
    ),
    Rule(
        code="bundler-platform",
        pattern=r"Your bundle only supports platforms (?P<platforms>\[.*?\]) but your local platform\s*(?:is "
        r")?(?P<local>[\w-]*)",
        read=platform,
        place=first(in_lock(r"^PLATFORMS"), _LOCK),
        rank=Rank.ROOT,
        title="Gemfile.lock lacks the platform {local}",
        message="Your bundle only supports platforms {platforms} but your local platform is {local}.",
        fix="Run bundle lock --add-platform {local} and commit Gemfile.lock.",
    ),
    Rule(
        code="bundler-ruby-version",
        pattern=r"Your Ruby version is (?P<have>[\w.]+), but your Gemfile specified (?P<wanted>.+)$",
        place=_RUBY_VERSION,
        rank=Rank.ROOT,
        title="The image has Ruby {have}, the Gemfile asks for {wanted}",
        message="Your Ruby version is {have}, but your Gemfile specified {wanted}.",
        fix="Write FROM ruby:{wanted} in the Dockerfile (and the same in .ruby-version), or change the ruby "
        "line of the Gemfile.",
    ),
    Rule(
        code="bundler-gem-needs-ruby",
        pattern=r"(?P<name>[a-z][\w-]*?)-(?P<version>\d[\w.]*)(?:-[\w-]+)? requires ruby version (?P<wanted>.*?),? "
        r"which is incompatible with the current version,? ruby (?P<have>[\w.]+)",
        place=first(ruby_image, dependency("ruby", "name"), in_lock(r"^    {name} \("), _RUBY_VERSION),
        rank=Rank.ROOT,
        title="{name} {version} needs Ruby {wanted}, the image has {have}",
        message="{name}-{version} requires ruby version {wanted}, which is incompatible with the current "
        "version, ruby {have}.",
        fix="Take a base image with Ruby {wanted} (FROM ruby:…), or ask for an older {name} in the Gemfile "
        "and run bundle "
        "update {name}.",
    ),
    Rule(
        code="rubygems-needs-ruby",
        pattern=r"^\s*(?P<name>[a-z][\w-]*) requires Ruby version (?P<wanted>.+?)\. The current ruby version "
        r"is (?P<have>[\d.]+\d)",
        read=last_suiting,
        place=first(failing_instruction, _RUBY_VERSION),
        rank=Rank.ROOT,
        title="{name} needs Ruby {wanted}, the image has {have}",
        message="{name} requires Ruby version {wanted}. The current ruby version is {have}.",
        fix="{advice}.",
    ),
    Rule(
        code="rubygems-unknown-gem",
        pattern=r"ERROR:\s+Could not find a valid gem '(?P<name>[^']+)' \((?P<wanted>[^)]*)\)",
        read=lambda hit: {"near": (hit.files.nearest(hit["name"], WELL_KNOWN, 0.75) or hit["name"])},
        title="gem install found no {name} ({wanted})",
        message="Could not find a valid gem '{name}' ({wanted}) in any repository.",
        fix="Correct the name or version in the gem install command (nearest known: {near}).",
    ),
    Rule(
        code="bundler-version",
        pattern=r"Could not find 'bundler' \((?P<version>[\w.]+)\) required by your (?P<path>\S+)|"
        r"You must use Bundler (?P<major>\d+) or greater with this lockfile|"
        r"Warning: the running version of Bundler \((?P<old>[\d.]+)\) is older than the version that created "
        r"the lockfile "
        r"\((?P<made>[\d.]+)\).*(?:error|fatal)",
        read=lambda hit: {"version": hit["version"] or hit["made"] or hit["major"] + ".x"},
        place=first(under_bundled_with, _LOCK),
        rank=Rank.ROOT,
        title="Gemfile.lock was made with Bundler {version}",
        message="Could not find 'bundler' ({version}) required by your Gemfile.lock.",
        fix="Write RUN gem install bundler:{version} before bundle install, or run bundle update --bundler "
        "and commit "
        "Gemfile.lock.",
    ),
    Rule(
        code="bundler-version",
        pattern=r"can't find gem bundler \((?P<version>[^)]+)\) with executable bundler?",
        place=first(under_bundled_with, _LOCK, failing_instruction),
        rank=Rank.ROOT,
        title="RubyGems finds no Bundler that suits Gemfile.lock",
        message="can't find gem bundler ({version}): the Bundler that the image has is not of the version under BUNDLED WITH in Gemfile.lock.",
        fix="Write RUN gem install bundler:VERSION before bundle install, with the version under BUNDLED WITH; or run bundle update --bundler and commit Gemfile.lock.",
        link="https://bundler.io/guides/bundler_2_upgrade.html",
    ),
    Rule(
        code="bundler-binstub",
        pattern=r"Your `(?P<path>[\w./-]+)` was not generated by Bundler, so this binstub cannot run",
        place=at(),
        rank=Rank.ROOT,
        title="{path} is a binstub that Bundler did not make",
        message="{path} was not generated by Bundler, and this Bundler refuses to run it.",
        fix="Run bundle binstubs bundler --force and commit {path}, or start with bundle exec.",
    ),
    Rule(
        code="bundler-native-extension",
        pattern=r"Failed to build gem native extension",
        read=native,
        place=first(packages_line, dependency("ruby", "gem")),
        title="{gem} could not be built: {package} is missing",
        message="Gem::Ext::BuildError: Failed to build gem native extension of {gem}: {told}",
        fix="{advice}.",
    ),
    Rule(
        code="bundler-install-failed",
        pattern=r"An error occurred while installing (?P<name>[\w-]+) \((?P<version>[\w.]+)\), and Bundler",
        read=only_without_native,
        place=first(dependency("ruby", "name"), in_lock(r"^    {name} \({version}")),
        rank=Rank.SYMPTOM,
        title="{name} {version} could not be installed",
        message="An error occurred while installing {name} ({version}), and Bundler cannot continue. {told}",
        fix="Run gem install {name} -v {version} in the base image: what it prints says what the image lacks.",
    ),
    Rule(
        code="bundler-command-not-found",
        pattern=r"bundler: command not found: (?P<name>[\w-]+)",
        read=command,
        place=first(dependency("ruby", "name"), gemfile_end),
        title="The bundle has no {name}",
        message="bundler: command not found: {name}. No installed gem of the bundle brings it.",
        fix="{advice}.",
    ),
    Rule(
        code="bundler-no-gemfile",
        pattern=r"Could not locate Gemfile|^/\S+/Gemfile not found",
        place=first(failing_instruction, instruction("CMD", "ENTRYPOINT")),
        title="There is no Gemfile where bundle runs",
        message="Could not locate Gemfile: in the directory in which bundle runs there is none.",
        fix="Write COPY Gemfile Gemfile.lock ./ before RUN bundle install, and set WORKDIR to that directory.",
    ),
    Rule(
        code="bundler-permission",
        pattern=r"There was an error while trying to (?P<act>\w+(?: \w+)?) `(?P<path>[^`']+)`",
        place=first(instruction("USER"), failing_instruction),
        title="Bundler may not {act} {path}",
        message="There was an error while trying to {act} `{path}` (Bundler::PermissionError): the user of "
        "this step may not.",
        fix="Run bundle install before the USER line, or chown {path} to that user.",
    ),
    Rule(
        code="bundler-git",
        pattern=r"Git error: command [`'](?P<command>git [^`']*)[`'].* has failed|Revision (?P<ref>\S+) does "
        r"not exist in the "
        r"repository (?P<url>[^\s.]+\S*)|The git source (?P<source>\S+) is not yet checked out|"
        r"You need to install git to be able to use gems from git",
        read=git_gem,
        place=first(
            matching(r"git(?:hub)?:.*{repo}|{repo}", "Gemfile"),
            matching(r"\bgit(?:hub)?(?::|\s*=>)", "Gemfile"),
        ),
        title="Bundler could not take a gem from git",
        message="{told}",
        fix="Install git in the image before bundle install, check the repository and its branch or ref in "
        "the Gemfile, and give "
        "a private one a token (bundle config set --global github.com).",
    ),
    Rule(
        code="bundler-authentication",
        pattern=r"Authentication is required for (?P<host>\S+?)\.?$|Bad username or password for "
        r"(?P<host2>\S+?)\.?$",
        read=lambda hit: {"host": hit["host"] or hit["host2"]},
        place=first(matching(r"source\s*\(?[\"']https?://(?!rubygems)", "Gemfile"), _GEMFILE),
        title="{host} wants credentials",
        message="Authentication is required for {host}: Bundler has no user name and password for this source.",
        fix="Give the build BUNDLE_… credentials of {host} as a build secret (bundle config set {host} user:token).",
    ),
    Rule(
        code="bundler-network",
        pattern=r"Could not (?:fetch specs from|reach host) (?P<host>\S+)|Net::OpenTimeout.*rubygems|"
        r"Bundler::HTTPError.*Could not|Gem::RemoteFetcher::FetchError: (?P<error>.*)",
        read=lambda hit: {"from": hit["host"] or "rubygems.org"},
        nowhere=True,
        blame=Blame.UNKNOWN,
        title="rubygems.org could not be reached",
        message="Bundler could not fetch gems from {from}: a network or registry trouble. {error}",
        fix="It is not your change: run the build again.",
    ),
)
