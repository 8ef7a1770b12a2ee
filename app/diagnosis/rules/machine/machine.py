"""The machine under the work: memory, disk and network, with advice for the phase in which they gave out."""

from __future__ import annotations

from app.diagnosis.instructions import failing_instruction
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.machine.reading_machine import disk, host, memory
from app.model import Blame

RULES: tuple[Rule, ...] = (
    Rule(
        code="machine-out-of-memory",
        pattern=r"JavaScript heap out of memory|Cannot allocate memory|\b(?:cc|[cg]\+\+|gcc\S*|g\+\+\S*|clang\S*): (?:fatal error: Killed signal|error: unable to execute command: Killed)|^Killed$|\b[lL]d(?:\.\w+)? terminated with signal 9|exited with code: null and signal: SIGKILL|died with <Signals\.SIGKILL|npm (?:ERR!|error) signal SIGKILL|failed with signal \"SIGKILL\"|Command was killed with SIGKILL|process exited too early. This probably means the system ran out of memory|internal compiler error: Killed|signal: killed|\(?signal: 9, SIGKILL: kill\)?|[Ii]mage generation failed\. Exit code: 137\b|native-image.*(?:exit status|exit code:?|code) 137\b|Fatal error: Out of memory \(allocated \d+|Out of memory: Killed process|(?:exit code:|exit status|non-zero status:|non-zero code:) 137\b|ResourceExhausted: .*cannot allocate memory|Memory limit of (?P<limit>\S+ ?\w*) exceeded",
        read=memory,
        place=failing_instruction,
        rank=Rank.ROOT,
        title="It ran out of memory",
        message="The process was killed because it needed more memory than there is{limit}.",
        fix="{advice}",
    ),
    Rule(
        code="machine-disk-full",
        pattern=r"No space left on device|ENOSPC",
        nowhere=True,
        rank=Rank.CAUSE,
        read=disk,
        title="The disk is full",
        message="No space left on device (ENOSPC).",
        fix="{advice}",
    ),
    Rule(
        code="machine-network",
        pattern=r"Temporary failure (?:in name resolution|resolving)|TLS handshake timeout|Could not resolve host: (?P<host>\S+)|Downloading from https?://(?P<host2>[^/\s]+)\S* failed: (?:timeout|Connection|java\.net)|i/o timeout|Connection timed out|net/http: request canceled|no route to host",
        nowhere=True,
        read=host,
        blame=Blame.UNKNOWN,
        title="A host was not reached{host}",
        message="A host could not be reached in time{host}; this is not in your change.",
        fix="Run it again; where it stays so, the address is wrong, gone, or closed to the build.",
    ),
)
