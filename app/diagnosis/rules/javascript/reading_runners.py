"""What the rows of tests.py read in other lines: whether it was Jest at all that drew a bullet."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.rule import Hit, once_per_log
from app.diagnosis.rules.javascript.reading_tests import failed_test

_NO_TEST = r"Test suite failed to run|Console|console\.|Validation (?:Error|Warning)|Cannot log after"


@once_per_log
def _jest_ran(hit: Hit) -> bool:
    """Others draw bullets too (Nuxt's builder does); what Jest ran it has summed up, or named the file that failed."""
    return any(re.match(r"\s*(?:FAIL\s|Tests:|Test Suites:)", line) for line in hit.elsewhere())


def jest_test(hit: Hit) -> Mapping[str, str] | None:
    """A test of Jest's that failed."""
    return None if re.search(_NO_TEST, hit.line) or not _jest_ran(hit) else failed_test(hit)
