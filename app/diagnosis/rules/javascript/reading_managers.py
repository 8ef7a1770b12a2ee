"""Messages of yarn, pnpm, corepack, bun and deno that no other row of these tables knows, with what solves each."""

from __future__ import annotations

import re

from app.diagnosis.families import BUILT, Family, Known
from app.diagnosis.instructions import base_image, failing_instruction
from app.diagnosis.javascript.image import ran_place
from app.diagnosis.javascript.imports import importer
from app.diagnosis.javascript.packages import dependency_place, list_place, package_name, script_place
from app.diagnosis.places import first, matching, whole_file
from app.diagnosis.rule import Hit
from app.model import Place


def _asked(hit: Hit) -> Place | None:
    return dependency_place(hit, hit["name"]) or list_place(hit)


def _caller(hit: Hit) -> Place | None:
    return importer(hit, hit["name"]) or dependency_place(hit, package_name(hit["name"]))


_YN = r"YN00"
_RC = first(matching(r"{name}", ".yarnrc.yml"), whole_file(".yarnrc.yml"))

YARN = Family(
    (
        Known(_YN + r"(?:16|27): .*?(?P<name>@?[\w./-]+)@(?:npm:|workspace:)?(?P<want>[^\s:]+): .*No candidates found", "Yarn finds no {name} that fits {want}", "Write a version of {name} that exists; for a workspace the name in its package.json, and COPY that package.json before the install.", _asked),
        Known(_YN + r"56: .*?(?P<name>@?[\w./-]+)@npm:\S+: Cache entry required but missing", "Yarn's offline cache lacks {name}", "Run yarn install and commit .yarn/cache, COPY .yarn into the image before the install, or leave --immutable-cache out.", _asked),
        Known(_YN + r"71: .*Cannot link (?P<name>\S+) into", "Two versions of one package stand in {name}'s way (YN0071)", "Ask for one version of the package that Yarn names in all workspaces (resolutions in package.json), or write nmHoistingLimits: workspaces in .yarnrc.yml.", list_place),
        Known(_YN + r"01: .*(?:Failed listing refs|Failed cloning the repository|Failed fetching)", "Yarn cannot fetch a dependency from git", "Give the build git (apt-get install -y git) and access to that repository, or take a published version of the package.", first(matching(r"git", "package.json"), failing_instruction)),
        Known(_YN + r"(?:57|88|26|03|62|76): [│┌└ ]*(?P<told>.+)", "Yarn: {told}", "Correct what Yarn says here; its code has a paragraph in Yarn's list of errors.", failing_instruction),
        Known(r"Usage Error: Unrecognized or legacy configuration settings found: (?P<name>[\w.-]+).*\(in <environment>\)", "Yarn does not know the setting {name}, which an environment variable sets", "Take that variable away: its name is YARN_ and {name} in capitals, with _ between the words. An ENV line has it, or the base image: write RUN unset YARN_… && yarn install, or another base image.", first(matching(r"^ENV YARN_", "Dockerfile"), failing_instruction)),
        Known(r"Usage Error: Unrecognized or legacy configuration settings found: (?P<name>[\w.-]+)", "Yarn does not know the setting {name} of .yarnrc.yml", "Correct or remove {name}; a setting of a newer Yarn, or of a plugin, needs that one in the image: COPY .yarn, and pin packageManager.", _RC),
        Known(r"Usage Error: .*(?:not a valid package manager|isn't a supported package manager|expected a semver version)|Invalid package manager specification in package\.json \((?P<name>[^)]*)\)", "packageManager in package.json is not what corepack takes", 'Write the whole version without ^: "packageManager": "yarn@4.9.1" (corepack use yarn@stable writes it).', first(matching(r'"packageManager"', "package.json"), list_place)),
        Known(r"Couldn't find package \"(?P<name>@?[\w./-]+?)@(?P<want>[^\"]+)\" required by", "The registry has no {name} {want}", "Correct {name} and its version in package.json; a private package needs its registry and a token in .npmrc.", _asked),
        Known(r"Extracting tar content of \S+ failed, the file appears to be corrupt", "Yarn's cache, or what it downloaded, is damaged", "Write yarn cache clean before the install, keep the cache mount for one Yarn only (sharing=locked), and build without the cache once.", failing_instruction),
        Known(r"Your application tried to access (?P<name>@?[\w./-]+), but it isn't declared in your dependencies", "{name} is used and not declared: Yarn's Plug'n'Play does not let that pass", "Run yarn add {name} and commit package.json, yarn.lock (and .pnp.cjs); or write nodeLinker: node-modules in .yarnrc.yml.", first(_caller, list_place)),
        Known(r"(?P<name>@?[\w./-]+) tried to access (?P<want>@?[\w./-]+), but it isn't declared in its dependencies", "{name} uses {want} without declaring it (Yarn's Plug'n'Play)", "Write packageExtensions for {name} in .yarnrc.yml, or nodeLinker: node-modules there, and run yarn install.", first(_asked, whole_file(".yarnrc.yml"))),
        Known(r"The packages? (?:\S+ )?.*required by .*isn't available|Required package missing from disk", "Yarn's cache in the image lacks a package", "COPY .yarn and .pnp.cjs together, or run yarn install in this stage (nodeLinker: node-modules in .yarnrc.yml is simpler in images).", first(whole_file(".yarnrc.yml"), ran_place)),
        Known(r"Error: EACCES: permission denied, .*\.yarn(?:rc)?", "Yarn may not write into its folder", "Write COPY --chown for the user that installs, or install before USER.", failing_instruction),
    )
)  # fmt: skip

COREPACK = Family(
    (
        Known(r"! Corepack is about to download (?P<name>\S+)", "corepack asks whether it may download, and nobody answers", "Write ENV COREPACK_ENABLE_DOWNLOAD_PROMPT=0 above this line.", ran_place, and_says=r"Do you want to continue"),
        Known(r"Error when performing the request to (?P<name>https?://\S+?);", "corepack cannot download from {name}", "Run it again; behind a proxy set HTTPS_PROXY and COREPACK_NPM_REGISTRY. To need no network at start, write RUN corepack prepare --activate (or RUN npm install -g pnpm@VERSION) in the Dockerfile.", ran_place),
        Known(r"No projects matched the filters(?: \"(?P<name>[^\"]*)\")?", "pnpm finds no project for this --filter", "Write the name that the package.json of the project has, and COPY that package.json and pnpm-workspace.yaml into the image before this line.", ran_place),
        Known(r"ERR_PNPM_RECURSIVE_RUN_NO_SCRIPT\S*\s+None of the (?:selected )?packages has a \"(?P<name>[^\"]+)\" script", "No package of the workspace has the script {name}", "Write {name} into scripts of a package.json, correct --filter, or add --if-present.", ran_place),
        Known(r"ERR_PNPM_TRUST_DOWNGRADE\S*\s+.*for \"(?P<name>[^\"]+)\"", "pnpm does not trust {name}: it was published in a weaker way than before", "Stay on the version before it; where you trust it, list it in trustPolicyExclude of pnpm-workspace.yaml.", first(lambda hit: dependency_place(hit, hit["name"].rpartition("@")[0]), failing_instruction)),
    )
)  # fmt: skip

# A function that only a newer Node has: no two packages have fallen out over it.
OF_NODE = re.compile(
    r"\b(?:crypto|fs|os|path|util|url|http|process|performance|Object|Array|Promise|Set|Map|Iterator|URL|structuredClone)\.\w+ is not a function"
)

RUNTIMES = Family(
    (
        Known(r"TypeError: (?P<name>\(0 ?, ?[\w.$]+\)|[A-SU-Za-su-z_$][\w.$]*) is not a (?:function|constructor)\s*$", "One package calls {name} of another, which does not have it", "Two packages do not go together as they are installed: on your machine remove node_modules and the lock file, install once, see that it builds, and commit the lock file; where it stays, pin the package whose line stands below to the version before.", first(whole_file("package-lock.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock"), failing_instruction), BUILT, r"\A[^\n]*\n\s+at [^\n]*node_modules/"),
        Known(r"node_modules/(?P<name>(?:@[\w.-]+/)?[\w.-]+) (?:pre|post)?install: (?:sh|/bin/sh): (?:\d+: )?(?P<want>[\w.-]+): not found", "The install script of {name} calls {want}, which is not there yet", "Pin another pnpm (packageManager in package.json; npm install -g pnpm@VERSION in the image instead of the newest), or leave the script out: {name} works without it when it is optional.", failing_instruction, BUILT),
        Known(r"CPU lacks AVX support|panic\(main thread\): Illegal instruction", "Bun's binary needs a newer processor than this machine has", "Use the baseline build of Bun: FROM oven/bun with bun-linux-x64-baseline, or build without emulation; CMD with node runs as well.", first(base_image, ran_place)),
        Known(r"^error: Unexpected (?:creating outdir|reading file|error)\b.*", "Bun is refused a call of the system by this Docker or kernel", "Use a newer Docker and kernel on the machine that builds, or an older Bun (FROM oven/bun:1.2.2).", first(base_image, ran_place), BUILT),
        Known(r"oh no: Bun has crashed", "Bun itself crashed", "Take another version of Bun in FROM (oven/bun:1.x, the last patch), and look for the lines above; https://github.com/oven-sh/bun/issues has the known ones.", first(base_image, ran_place)),
        Known(r"^error: FileNotFound: failed to open/read file", "Bun does not find a file that package.json or its lock file names", "COPY package.json, bun.lock (bun.lockb) and patches/ into the image before bun install.", failing_instruction, BUILT),
        Known(r"Could not resolve: \"(?P<name>@?[\w][\w./-]*)\"\. Maybe you need to \"bun install\"", "Bun finds no {name}", "Run bun add {name} and commit package.json and bun.lock; in the image bun install has to run in this stage.", lambda hit: importer(hit, hit["name"]) or _asked(hit)),
        Known(r"Could not find a matching package for 'npm:(?P<name>@?[\w./-]+?)(?:@[^']*)?' in the node_modules directory", "Deno finds no {name} in node_modules", "Write RUN deno install (with the same deno.json and package.json copied before), or take nodeModulesDir: \"manual\" out of deno.json.", first(_asked, ran_place)),
        Known(r"error: (?:Uncaught .*)?(?:JSR package (?:manifest for '(?P<want>[^']+)' failed to load|not found: (?P<name>\S+)))", "JSR has no package {name}{want}", "Correct its name and version in deno.json, and run deno install.", first(matching(r"{name}", "deno.json", "deno.jsonc", "package.json"), ran_place)),
        Known(r"error: (?:Uncaught .*)?npm package '(?P<name>[^']+)' does not exist", "npm has no package {name}", "Correct its name in deno.json or in the import.", first(matching(r"{name}", "deno.json", "deno.jsonc", "package.json"), ran_place)),
        Known(r"error: Task not found: (?P<name>\S+)", "deno.json has no task {name}", "Write {name} into tasks of deno.json, or correct the command.", first(matching(r'"tasks"', "deno.json", "deno.jsonc"), script_place)),
    )
)  # fmt: skip
