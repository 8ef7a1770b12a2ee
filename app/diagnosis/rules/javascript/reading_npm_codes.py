"""Messages of npm that no other row of these tables knows, with what solves each: npm's own list of error codes."""

from __future__ import annotations

from app.diagnosis.families import BUILT, Family, Known
from app.diagnosis.javascript.image import ran_place
from app.diagnosis.javascript.packages import LOCKS, list_place
from app.diagnosis.places import first, matching, whole_file

_E = r"^npm (?:ERR!|error) (?:[A-Z\d]+ )?"
_IGNORE = "write node_modules into .dockerignore (**/node_modules) and install in the image only"
_LOCK = first(whole_file(*LOCKS), list_place)

NPM = Family(
    (
        Known(_E + r"ENOTEMPTY: directory not empty, \w+ '(?P<path>[^']+)'", "npm cannot replace {path}: it is from another install", f"Install once, into an empty folder: rm -rf node_modules before npm, {_IGNORE}, and give no two builds the same cache or volume.", ran_place),
        Known(_E + r"(?:EISDIR: illegal operation on a directory|EEXIST: file already exists), symlink '(?P<path>[^']+)'", "npm cannot link {path}: node_modules has a folder there already", f"Remove node_modules before the install, and {_IGNORE}.", ran_place),
        Known(_E + r"File exists: (?P<path>/\S+)", "{path} is in the image already", "Leave this npm install -g out (the node images bring yarn, and corepack brings pnpm), or write npm install -g --force.", ran_place),
        Known(_E + r"spawn(?:Sync)? (?P<path>\S+) ETXTBSY", "{path} was started while it was being written (ETXTBSY)", "Run the build again; it goes away with a newer esbuild or Node, with npm ci --foreground-scripts, or when nothing else installs into the same folder.", ran_place),
        Known(_E + r"EBUSY: resource busy or locked, \w+ '(?P<path>[^']+)'", "npm ci cannot remove {path}: a volume or a cache is mounted there", "Mount nothing on node_modules while npm ci runs (mount the cache on /root/.npm: RUN --mount=type=cache,target=/root/.npm), or write npm install, which keeps the folder.", ran_place),
        Known(_E + r".*unable to (?:get local issuer certificate|verify the first certificate)|" + _E + r"code (?:UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|CERT_)\w+", "npm does not trust the registry's certificate", "Give Node the certificate of the proxy or registry: COPY it and write ENV NODE_EXTRA_CA_CERTS=/path/ca.pem (or cafile= in .npmrc); strict-ssl=false only hides it.", first(matching(r"^registry|cafile", ".npmrc"), ran_place)),
        Known(_E + r".*wrong version number|" + _E + r"Protocol \"https?:\" not supported", "The registry or proxy is asked with the wrong protocol", "Correct http and https in registry= of .npmrc and in the variables HTTP_PROXY and HTTPS_PROXY (a proxy is nearly always http://).", first(matching(r"^\s*(?:registry|proxy|https-proxy)", ".npmrc"), matching(r"(?i)https?_proxy", "Dockerfile"), ran_place)),
        Known(_E + r"Missing target in lock file", "package-lock.json names a package that it does not describe", "Remove package-lock.json and node_modules, run npm install and commit the new lock file.", _LOCK),
        Known(_E + r"(?:could not determine executable to run)", "npx finds no command to run in that package: {ran}", "Name the package that has the command (npx --package=NAME COMMAND), or install it: npm install --save-dev NAME. Tailwind 4 has its command in @tailwindcss/cli.", ran_place),
        Known(_E + r"npx canceled due to missing packages and no YES option: \[\"(?P<name>[^\"]+)\"", "npx would install {name} and nobody answers its question", "Add {name} to package.json and commit the lock file, or write npx --yes {name}.", ran_place),
        Known(_E + r"`(?P<name>[\w-]+)` is not a valid npm option", "npm no longer has the setting {name}", "Take npm config set {name} out of the command: npm 9 and later refuse settings they do not know; an environment variable (npm_config_{name}) still reaches node-gyp.", first(matching(r"npm config set {name}", "Dockerfile"), ran_place)),
        Known(_E + r".*config (?P<name>\S+) cannot be changed from project config", "{name} may not stand in the project's .npmrc", "Take {name} out of .npmrc; write it as a flag or as an environment variable (npm_config_{name}).", first(matching(r"^{name}", ".npmrc"), ran_place)),
        Known(_E + r"`npm ci` does not work for global packages", "npm ci cannot install global packages", "Write npm install -g NAME, or take -g (and npm_config_global=true) away.", ran_place),
        Known(_E + r"This command does not support workspaces", "This npm command does not work with workspaces", "Leave --workspace (-w) and --workspaces out of it, and NPM_CONFIG_WORKSPACES too.", ran_place),
        Known(_E + r"must not have multiple workspaces with the same name", "Two workspaces have the same name", "Give each package.json of the workspaces a name of its own; npm lists the two folders below.", first(matching(r'"workspaces"', "package.json"), list_place)),
        Known(_E + r"This operation requires a one-time password|" + _E + r"code EOTP", "npm asks for a one-time password", "Use a granular or automation token that needs none, or trusted publishing from the workflow; a build has nobody to type a code.", ran_place),
        Known(_E + r"signal (?:SIGSEGV|SIGILL|SIGBUS|SIGABRT)", "A native program crashed while npm ran it", "Its binary does not fit this image or processor: build for the platform that you build on, use a Debian image (node:22-slim) instead of alpine, and renew the lock file with newer versions.", ran_place, BUILT),
        Known(_E + r"The \"(?:file|path|id|from|to)\" argument must be of type string\. Received undefined", "npm stumbles over its lock file (ERR_INVALID_ARG_TYPE)", "Remove package-lock.json and node_modules, run npm install with the npm of the image, and commit the lock file.", _LOCK),
    )
)  # fmt: skip
