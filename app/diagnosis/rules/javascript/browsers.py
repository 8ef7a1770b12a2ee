"""Browsers that a program starts: Playwright's, Puppeteer's and Cypress'."""

from __future__ import annotations

from app.diagnosis.instructions import base_image, failing_instruction
from app.diagnosis.javascript.image import ran_place
from app.diagnosis.javascript.packages import dependency_place
from app.diagnosis.places import anywhere, first, matching
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.javascript.reading_browsers import browser_library, no_browser

RULES: tuple[Rule, ...] = (
    Rule(
        code="browser-sandbox",
        pattern=r"Running as root without --no-sandbox is not supported|No usable sandbox!",
        place=first(
            anywhere(r"(?:puppeteer|chromium|browser)\w*\.launch\(", ".js", ".mjs", ".cjs", ".ts", ".py"),
            ran_place,
        ),
        rank=Rank.ROOT,
        title="Chromium does not start as root with its sandbox",
        message="Running as root without --no-sandbox is not supported: the container's user is root, or has no right to make a sandbox.",
        fix="Start it with launch({{ args: ['--no-sandbox', '--disable-dev-shm-usage'] }}), or run the container as another user (USER in the Dockerfile).",
        link="https://pptr.dev/troubleshooting",
    ),
    Rule(
        code="browser-library",
        pattern=r"(?:chrome|chromium|headless_shell|firefox)\S*: error while loading shared libraries: (?P<library>lib[\w.+-]+)",
        read=browser_library,
        place=lambda hit: base_image(hit) or ran_place(hit),
        rank=Rank.ROOT,
        title="The browser needs {library}, which the image does not have",
        message="error while loading shared libraries: {library}: the browser was downloaded, and the image (a slim one) lacks the system libraries that it needs; {package} has this one.",
        fix="Install Debian's own browser with all that it needs: RUN apt-get update && apt-get install -y chromium and PUPPETEER_EXECUTABLE_PATH=/usr/bin/chromium, or RUN npx playwright install --with-deps chromium, or a base image with it (ghcr.io/puppeteer/puppeteer, mcr.microsoft.com/playwright).",
        link="https://pptr.dev/troubleshooting",
    ),
    Rule(
        code="playwright-system",
        pattern=r"your OS is not officially supported by Playwright|Playwright does not support \w+ on (?P<system>\S+)",
        read=lambda hit: (
            {}
            if hit["system"]
            or hit.find_after(
                r"Failed to install browsers|Unable to locate package|has no installation candidate", 400
            )
            else None
        ),
        place=lambda hit: failing_instruction(hit) or base_image(hit),
        rank=Rank.ROOT,
        title="This version of Playwright does not know the image's Debian",
        message="playwright install --with-deps asks apt for packages of another distribution: the image's Debian (trixie) or Alpine is newer than this Playwright, or not supported.",
        fix="Raise playwright (1.55 and later know Debian 13), take an image with Debian 12 (…-bookworm), or mcr.microsoft.com/playwright of the same version.",
        link="https://playwright.dev/docs/intro#system-requirements",
    ),
    Rule(
        code="puppeteer-download",
        pattern=r"ERROR: Failed to set up (?P<browser>[\w-]+) v?(?P<version>[\w.]+)!|The Cypress App could not be downloaded|Failed to download (?P<browser2>Chrom\w+|Firefox|Webkit)[\w .()-]* from|ERROR: Failed to download (?P<browser3>Chrom\w+)",
        read=lambda hit: {"browser": hit["browser"] or hit["browser2"] or hit["browser3"] or "Cypress"},
        place=lambda hit: (
            dependency_place(hit, "cypress" if hit["browser"] == "Cypress" else "puppeteer")
            or failing_instruction(hit)
            or ran_place(hit)
        ),
        rank=Rank.ROOT,
        title="The browser {browser} could not be downloaded at install",
        message="The install script downloads {browser} {version}, and its server did not answer: a network that broke, or a proxy between.",
        fix="Run it again; better, leave the download out (ENV PUPPETEER_SKIP_DOWNLOAD=true, CYPRESS_INSTALL_BINARY=0) and install the image's own: apt-get install -y chromium with PUPPETEER_EXECUTABLE_PATH=/usr/bin/chromium.",
        link="https://pptr.dev/guides/configuration",
    ),
    Rule(
        code="playwright-image",
        pattern=r"required: (?P<want>mcr\.microsoft\.com/playwright\S*:\S+)",
        place=first(matching(r"mcr\.microsoft\.com/playwright", "Dockerfile"), base_image),
        rank=Rank.ROOT,
        title="Playwright and its image are of different versions: {want} is needed",
        message="Executable doesn't exist: each Playwright starts the browsers of its own version only, and the image has those of another; required: {want}.",
        fix="Write FROM {want}, or ask in package.json for just the version of the image (without ^, so that both change together).",
        link="https://playwright.dev/docs/docker",
    ),
    Rule(
        code="playwright-browser",
        pattern=r"(?P<said>Executable doesn't exist at \S+|Could not find (?:Chrome|Chromium|browser) \(ver\. [\d.]+\)|Failed to launch the browser process|Host system is missing dependencies to run browsers|"
        r"error while loading shared libraries: lib(?:nss3|atk|gbm|glib|X11|nspr4)\S*|Your system is missing the dependency: Xvfb|The cypress npm package is installed, but the Cypress binary is missing|"
        r"Cypress failed to start|Tried to find the browser at the default path, but no executable was found)",
        read=no_browser,
        place=lambda hit: (
            next(
                (
                    place
                    for name in ("puppeteer", "@playwright/test", "playwright", "cypress", "puppeteer-core")
                    if (place := dependency_place(hit, name))
                ),
                None,
            )
            or ran_place(hit)
        ),
        rank=Rank.ROOT,
        title="The image has no browser, or not what the browser needs",
        message="{said}.",
        fix="Use a base image with the browser (mcr.microsoft.com/playwright, cypress/included), or RUN npx playwright install --with-deps chromium; for puppeteer apt-get install -y chromium.",
    ),
)
