"""What a build asks of the internet: told apart from the repository's faults where this machine cannot reach it."""

from __future__ import annotations

import pytest

from sandbox import outside

UNREACHED = {
    "npm error request to https://nodejs.org/x failed, reason: getaddrinfo ENOTFOUND nodejs.org": "nodejs.org",
    "curl: (6) Could not resolve host: github.com": "github.com",
    "fatal: unable to access 'https://github.com/a/b/': Could not resolve host: github.com": "github.com",
    "curl error 6 while downloading https://a/p: Could not resolve host: repo.packagist.org": "repo.packagist.org",
    "Could not reach host rubygems.org. Check your network connection and try again.": "rubygems.org",
    "Bundler::HTTPError Could not fetch specs from https://rubygems.org/ due to": "rubygems.org",
    'a@v1: Get "https://proxy.golang.org/a": dial tcp: lookup proxy.golang.org on 1.2.3.4: no such host': (
        "proxy.golang.org"
    ),
    "Exception in thread main java.net.UnknownHostException: services.gradle.org": "services.gradle.org",
    "   > repo.maven.apache.org: Name or service not known": "repo.maven.apache.org",
    "[FATAL] Could not transfer artifact c:d:pom:3 from/to central (https://repo.maven.apache.org/maven2): failed": (
        "repo.maven.apache.org"
    ),
    "HTTPSConnection(host='huggingface.co', port=443): Failed to resolve 'huggingface.co'": "huggingface.co",
    "error Error: https://registry.yarnpkg.com/ms/-/ms-2.1.3.tgz: ESOCKETTIMEDOUT": "registry.yarnpkg.com",
    "curl: (56) CONNECT tunnel failed, response 403": "the internet",
}


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outside, "_online", lambda: False)


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("line", UNREACHED)
def test_a_host_that_this_machine_does_not_find_is_named(line: str) -> None:
    """Each package manager's words for a name that was not found give the host."""
    assert outside.beyond_reach(line) == UNREACHED[line]


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize(
    "line",
    [
        "Error: getaddrinfo ENOTFOUND db",
        "getaddrinfo ENOTFOUND redis.internal",
        "npm error 404 Not Found - GET https://registry.npmjs.org/leftpadd",
        "ERROR: No matching distribution found for flaks",
        "could not connect to server: Connection refused",
    ],
)
def test_a_fault_of_the_repository_stays_one(line: str) -> None:
    """A name that only a network of one's own knows, and a package that is not there, fail at Google too."""
    assert outside.beyond_reach(line) == ""


def test_on_a_machine_with_the_internet_a_name_that_is_not_found_is_wrong(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where names resolve, one that does not is the repository's own slip."""
    monkeypatch.setattr(outside, "_online", lambda: True)
    assert outside.beyond_reach("curl: (6) Could not resolve host: gihtub.com") == ""
