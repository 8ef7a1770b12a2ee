"""The sandbox's own limits: told apart from what a repository prints, and without advice that does not help."""

from __future__ import annotations

import pytest

from app.diagnosis.limits import SANDBOX_LIMIT, sandbox_limit
from app.model import Blame

NOT_READY = "Revision 'a-1' is not ready and cannot serve traffic. "
REACHED = {
    "SANDBOX: this machine does not reach github.com, which the build asks; Cloud Build does": (
        "This machine does not reach github.com, which the build asks",
        "github.com",
    ),
    f"{NOT_READY}SANDBOX: this machine does not reach pypi.org, which the container asks; Cloud Run does\n"
    "Logs URL: https://console.cloud.google.com/x": (
        "This machine does not reach pypi.org, which the container asks",
        "pypi.org",
    ),
    "SANDBOX: this machine does not reach the internet, which the build asks; Cloud Build does": (
        "This machine does not reach the internet, which the build asks",
        "the internet",
    ),
}


@pytest.mark.parametrize("detail", REACHED)
def test_a_host_that_is_out_of_reach_is_named_and_nothing_is_to_be_installed(detail: str) -> None:
    """The title names the host, the fix a place from where it is reached."""
    title, host = REACHED[detail]
    finding = sandbox_limit(detail)
    assert finding is not None
    assert (finding.code, finding.title, finding.blame) == (SANDBOX_LIMIT, title, Blame.SANDBOX)
    assert f"where {host} can be reached" in finding.fix and "nstall" not in finding.fix
    assert "Logs URL" not in finding.message


def test_what_is_missing_on_the_machine_is_to_be_installed() -> None:
    """A toolchain that the machine has not is named as such."""
    finding = sandbox_limit("SANDBOX: the sandbox cannot build without Ruby; Cloud Build can")
    assert finding is not None and finding.fix.startswith("Install what is missing on this machine")


@pytest.mark.parametrize(
    "detail",
    [
        "",
        "Build failed; check build logs for details: SANDBOX: this machine does not reach a.b, which the build asks",
        f"{NOT_READY}The user-provided container failed to start. SANDBOX: this machine does not reach a.b",
    ],
)
def test_a_failure_of_the_repository_cannot_pass_for_a_limit(detail: str) -> None:
    """The mark counts only where Cloud Build or Cloud Run itself begins to speak."""
    assert sandbox_limit(detail) is None
