"""Ruby: what is required and not there."""

from __future__ import annotations

from app.diagnosis.dependencies import dependency
from app.diagnosis.instructions import base_image, in_instruction
from app.diagnosis.places import anywhere, first, matching
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.ruby.reading_exceptions import TRACE
from app.diagnosis.rules.ruby.reading_required import (
    bundle_place,
    final_stage,
    gemfile_end,
    missing_file,
    missing_gem,
    shared_library,
)

_GEM_PLACE = first(dependency("ruby", "gem"), gemfile_end, TRACE.deepest)

RULES: tuple[Rule, ...] = (
    Rule(
        code="ruby-no-script",
        pattern=r"^ruby: No such file or directory -- (?P<name>\S+) \(LoadError\)",
        place=first(in_instruction("name"), matching(r"{name}", "Dockerfile", "Procfile")),
        title="{name} is not in the image",
        message="ruby: No such file or directory -- {name}",
        fix="Correct the name in the command, or COPY {name} into the WORKDIR.",
    ),
    Rule(
        code="ruby-missing-file",
        pattern=r"cannot load such file -- (?P<name>[^\s()]+)",
        read=missing_file,
        place=first(TRACE.deepest, anywhere(r"require(?:_relative)?\s*\(?[\"']{name}", ".rb", ".ru")),
        title="{where}: cannot load such file {name}",
        message="Ruby could not require {name}: cannot load such file (LoadError).",
        fix="{advice}.",
    ),
    Rule(
        code="ruby-missing-gem",
        pattern=r"cannot load such file -- (?P<name>[^\s()]+)",
        read=missing_gem,
        place=_GEM_PLACE,
        title="The gem {gem} is not in the bundle",
        message="cannot load such file -- {name} (LoadError): the gem {gem} is not there when the program runs.",
        fix="{advice}.",
    ),
    Rule(
        code="ruby-shared-library",
        pattern=r"(?P<library>lib[\w.+-]+\.so[.\d]*): cannot open shared object file: No such file or directory - "
        r"(?P<path>\S+)",
        read=shared_library,
        place=first(bundle_place, final_stage, base_image),
        rank=Rank.ROOT,
        title="{library} is not in the image",
        message="A gem was built with {library}, but the final image does not have it: cannot open shared "
        "object file "
        "({path}).",
        fix="{advice}.",
    ),
    Rule(
        code="ruby-gem-not-in-bundle",
        pattern=r"(?P<name>[\w-]+) is not part of the bundle\. Add it to (?:your |the )?Gemfile",
        place=first(dependency("ruby", "name"), gemfile_end),
        rank=Rank.ROOT,
        title="{name} is not part of the bundle",
        message="Something asked for the gem {name}, and the Gemfile does not have it: {name} is not part of "
        "the bundle.",
        fix='Add gem "{name}" to the Gemfile, run bundle install and commit Gemfile.lock.',
    ),
    Rule(
        code="ruby-gem-not-loaded",
        pattern=r"Specified '(?P<adapter>\w+)' for database adapter, but the gem is not loaded\. Add `gem "
        r"'(?P<gem>[\w-]+)'",
        place=first(dependency("ruby", "gem"), gemfile_end),
        rank=Rank.ROOT,
        title="The database adapter {adapter} needs the gem {gem}",
        message="config/database.yml says adapter {adapter}, but the gem is not loaded: {gem} is not in the "
        "Gemfile.",
        fix='Add gem "{gem}" to the Gemfile, run bundle install and commit Gemfile.lock.',
    ),
)
