"""How each builder, platform and log writes its lines: the patterns by which an envelope is recognised."""

from __future__ import annotations

import re

REVISION = re.compile(
    r"-{2,}\s*(?:container )?logs? (?:of|for|from) (?:the )?(?:revision|container|service)\b", re.IGNORECASE
)

STEP = re.compile(r"(?:(?:Starting|Finished) )?Step #(\d+)(?: - \"([^\"]*)\")?(?:: ?|$)")

STAMP_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d) ")

STAMP = re.compile(
    r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:[.,]\d+)?"
    r"(?: (?:UTC|GMT|BST|[CEW]ES?T|[IJK]ST|[ECMP][SD]T|A[CEW][SD]T)\b| ?[+-]\d{4})? ?(?=\S|\s|$)"
)

COMPOSE = re.compile(r"[a-z][\w.-]{0,60}[-_]\d{1,3}\s{1,20}\| ")

PHASE = re.compile(r"\[(?:builder|detector|analyzer|exporter|creator|restorer|build|lifecycle)\] ?")

VERTEX = re.compile(r"#(\d+) (?:(\d+\.\d+|\d+m\d+s) ?)?(.*)$")

# The builder ended it well, and went on.
VERTEX_DONE = re.compile(r"DONE \d|CACHED$")

VERTEX_NOISE = re.compile(
    r"sha256:|DONE |CACHED$|CANCELED$|resolve |transferring |\.\.\.$|\s+(?:digest|name|started|completed|duration): "
)

CLASSIC = re.compile(r"Step (\d+)/(\d+) : (.*)$")

CLASSIC_END = re.compile(r"The command '(.*)' returned a non-zero code: (\d+)")

KANIKO = re.compile(r"(?:INFO|WARN|WARNING|ERRO|ERROR|FATA|DEBU)\[\d+\]\s?(.*)$")

KANIKO_RUN = re.compile(r"(?:RUN|COPY|ADD|FROM|WORKDIR|ENV|CMD|USER) \S")

PODMAN = re.compile(r"(?:\[\d+/\d+\] )?STEP (\d+)(?:/(\d+))?: (.*)$")

# A line that begins like none of these is what a tool printed; the two words are looked for by themselves.
LAYOUT = re.compile(
    r"---|(?:Starting |Finished )?Step #|S(?:tep|TEP) |\[\d+/\d+\] STEP |[IWEFD][A-Z]{3,6}\[|"
    r"\[(?:builder|detector|analyzer|exporter|creator|restorer|build|lifecycle)\]| > |The command '|ERROR: |failed to |"
    r"executor failed|process \"|error building|Error: buildah"
)

REPLAY = re.compile(r" > (?:\[(?P<tag>[^\]]{1,200})\] )?(?P<words>.*?):?$")

SNIPPET_HEAD = re.compile(r"([\w./-]*[Dd]ockerfile[\w./-]*|[\w./-]+\.dockerfile):(\d+)$")

SNIPPET_LINE = re.compile(r"\s{0,8}(\d+)\s*\|(\s*>>>)?")

SOLVE = re.compile(
    r"(?:ERROR: )?(?:failed to solve|failed to build|executor failed running|failed to compute cache key|process \"|"
    r"error building image|Error: buildah|error building at STEP)"
)
