"""npm, yarn, pnpm and bun: scripts, the tools they call, native packages."""

from __future__ import annotations

from app.diagnosis.javascript.image import copied_from
from app.diagnosis.javascript.packages import script_place, unnumbered
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.javascript.reading_native import ANY, gyp, tools_place
from app.diagnosis.rules.javascript.reading_npm import E
from app.diagnosis.rules.javascript.reading_scripts import (
    git_hook,
    hook,
    hook_file,
    install_hook_place,
    prisma_hook,
    script_missing_place,
    script_words,
    tool_place,
    tool_words,
)

RULES: tuple[Rule, ...] = (
    Rule(
        code="npm-missing-script",
        pattern=r"(?:"
        + E
        + r"(?:Missing|missing) script: |ERR_PNPM_NO_SCRIPT(?:_OR_SERVER)?\S*\s+Missing script:? |^error Missing script:? )\"?(?P<name>[\w:./-]+?)\"?(?: or file server\.js)?\.?$|"
        r"Couldn't find a script named \"(?P<name2>[^\"]+)\"|error Command \"(?P<name3>[\w:./-]+)\" not found|"
        r"error: (?:Script not found|missing script:?) \"(?P<name4>[^\"]+)\"|ERR_PNPM_RECURSIVE_(?:EXEC_FIRST_FAIL|RUN_NO_SCRIPT)\S*\s+Command \"(?P<name5>[^\"]+)\" not found",
        read=unnumbered(script_words),
        place=script_missing_place,
        rank=Rank.ROOT,
        title='package.json has no script "{name}"',
        message='Missing script: "{name}". {known}',
        fix="{fix}",
    ),
    Rule(
        code="pnpm-no-script-in-packages",
        only=ANY,
        pattern=r"^None of the (?:selected )?packages has an? \"(?P<name>[\w:.-]+)\" script",
        place=lambda hit: script_place(hit, hit["name"]),
        rank=Rank.ROOT,
        title='No package of the workspace has a script "{name}"',
        message='None of the selected packages has a "{name}" script, and pnpm ends well where it finds none: what was called ran nothing.',
        fix='Write the script "{name}" into the package.json of the package that is meant; what serves has to listen on 0.0.0.0 and $PORT.',
        link="https://pnpm.io/cli/recursive",
    ),
    Rule(
        code="npm-hook-git",
        only=ANY,
        pattern=r"fatal: (?P<said>not a git repository|not in a git directory|--\w+ can only be used inside a git repository)|(?:^|: )(?:\d+: )?(?P<said2>git: (?:command )?not found)",
        read=git_hook,
        place=lambda hit: script_place(hit, hit["hook"]),
        rank=Rank.ROOT,
        title="The {hook} script asks git, which an image has not: {said}",
        message="{said}: every install runs {hook} ({script}), and the image has no git, or no .git.",
        fix='Install with --ignore-scripts in the image, or let the script go on without git: "{hook}": "git rev-parse --git-dir > /dev/null 2>&1 && {script} || exit 0".',
    ),
    Rule(
        code="npm-git-hooks",
        only=ANY,
        pattern=r"(?:^|: )(?:\d+: )?(?P<name>husky|lefthook|simple-git-hooks|is-ci|patch-package|ngcc|only-allow): (?:command )?not found|command not found: (?P<name2>husky|lefthook|simple-git-hooks|patch-package)",
        read=unnumbered(hook),
        place=install_hook_place,
        rank=Rank.ROOT,
        title="{name} is not installed, but the {hook} script runs it",
        message="{name}: not found: npm runs the script {hook} at every install, and {name} (a development dependency) was left out.",
        fix='Install with --ignore-scripts in the image, or write "{hook}": "{name} || true", or move {name} to dependencies (npm install --save-prod {name}).',
    ),
    Rule(
        code="npm-tool-missing",
        only=ANY,
        pattern=r"^(?:"
        + E
        + r")?(?:/usr)?(?:/bin/)?(?:ba)?sh: (?:line )?(?:\d+: )?(?P<name>[\w@./-]+): (?:command )?not found|"
        r"command not found: (?P<name2>[\w@./-]+)|^(?:" + E + r")?could not determine executable to run|"
        r"^"
        + E
        + r"code ENOENT.*spawn (?P<name3>\w+)|This is not the (?P<name4>tsc) command you are looking for|"
        r"^(?:"
        + E
        + r")?(?:/bin/)?(?:ba)?sh: (?:line )?(?:\d+: )?\S*node_modules/\.bin/(?P<name5>[\w.-]+): not found",
        read=unnumbered(tool_words),
        place=tool_place,
        rank=Rank.ROOT,
        title="{name} is not installed: {why}",
        message="{name}: not found. {why}.",
        fix="{fix}",
    ),
    Rule(
        code="npm-hook-file",
        only=ANY,
        pattern=r"Cannot find module '(?P<path>/[^']+)'|Could not find (?:a |Prisma )?[Ss]chema(?:\.prisma)? ?(?P<path2>)?.*(?:required|location)",
        read=lambda hit: hook_file(hit) or prisma_hook(hit),
        place=lambda hit: copied_from(hit, hit["base"]) or script_place(hit, hit["hook"]),
        rank=Rank.ROOT,
        title="The {hook} script needs {base}, which is not copied yet",
        message="npm runs {hook} ({script}) at install: Cannot find {base}; only package.json is in the image by then.",
        fix="COPY {base} before the install, or install with --ignore-scripts and run the script after COPY.",
    ),
    Rule(
        code="npm-native",
        only=ANY,
        pattern=r"gyp info it worked if it ends with ok|gyp ERR! (?:find Python|build error|configure error|stack Error)|No module named 'distutils'|gyp: Call to 'pkg-config |node-pre-gyp ERR! build error|prebuild-install (?:warn|WARN) install No prebuilt",
        read=gyp,
        place=tools_place,
        rank=Rank.ROOT,
        title="{name} is built from source, and that needs {need}",
        message="node-gyp could not build {name}: {what}. It needs {need}.",
        fix="{fix}",
        link="https://github.com/nodejs/node-gyp#installation",
    ),
)
