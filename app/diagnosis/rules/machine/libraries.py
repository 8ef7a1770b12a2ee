"""Shared libraries that the image does not have: which distribution's package brings each, and where to install it."""

from __future__ import annotations

from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.machine.reading_libraries import after_install, installing, lacking, named_by_python

RULES: tuple[Rule, ...] = (
    Rule(
        code="shared-library",
        pattern=r"(?:ImportError|OSError|RuntimeError|error while loading shared libraries)(?:: \S+)?: (?P<library>[\w./+-]+\.so[.\w]*)(?:: |:)?\s*cannot open shared object file: No such file|"
        r"cannot open shared object file: No such file or directory.*?\b(?P<library2>lib[\w+-]+\.so[.\w]*)|"
        r"(?:Could not|Unable to|cannot|failed to) load (?:dynamic |shared )?(?:library|cudnn|object)\b.*?(?:[Ee]rror|dlerror): (?P<library3>lib[\w+-]+\.so[.\w]*): cannot open shared",
        read=lacking,
        place=installing,
        rank=Rank.ROOT,
        title="The image has no {library}",
        message="{library}: cannot open shared object file: a program or Python package was built against this library, and the image lacks it.{brought}",
        fix="{advice}.",
        link="https://packages.debian.org/#search_contents",
    ),
    Rule(
        code="shared-library",
        pattern=r"Error loading shared library (?P<library>[\w./+-]+): No such file or directory",
        read=lacking,
        place=installing,
        rank=Rank.ROOT,
        title="The image has no {library}",
        message="Error loading shared library {library}: a program was built against it, and the image lacks it.",
        fix="{advice}.",
        link="https://pkgs.alpinelinux.org/contents",
    ),
    Rule(
        code="browser-python",
        pattern=r"BrowserType\.\w+: (?:Executable doesn't exist at (?P<path>\S+)|\S*\s*Host system is missing dependencies to run browsers)",
        read=lambda hit: {
            "browser": next((each for each in ("firefox", "webkit") if each in hit["path"]), "chromium"),
            "path": hit["path"] or "what the browser needs",
        },
        place=lambda hit: after_install(hit),
        rank=Rank.ROOT,
        title="Playwright's browser is not in the image",
        message="{path} is not there: pip installs Playwright without its browsers; playwright install downloads them.",
        fix="Write RUN playwright install --with-deps {browser} after pip install, with ENV PLAYWRIGHT_BROWSERS_PATH=/ms-playwright before it when the container runs as another user, or take FROM mcr.microsoft.com/playwright/python of the same version.",
        link="https://playwright.dev/python/docs/browsers#install-browsers",
    ),
    Rule(
        code="data-of-package",
        pattern=r"Resource '?(?P<nltk>[\w]+)'? not found\.$|OSError: \[E050\] Can't find model '(?P<spacy>[\w.-]+)'",
        read=lambda hit: (
            {
                "name": hit["spacy"],
                "what": f"spaCy's model {hit['spacy']}",
                "command": f"python -m spacy download {hit['spacy']}",
            }
            if hit["spacy"]
            else {
                "name": hit["nltk"],
                "what": f"NLTK's data {hit['nltk']}",
                "command": f"python -m nltk.downloader -d /usr/local/share/nltk_data {hit['nltk']}",
            }
            if hit.find_after(r"NLTK Downloader|nltk\.download", 12)
            else None
        ),
        place=lambda hit: after_install(hit),
        rank=Rank.ROOT,
        title="{what} is not in the image",
        message="{what} was not found: the package comes without it, and it has to be downloaded while the image is built.",
        fix="Write RUN {command} in the Dockerfile after pip install.",
    ),
    Rule(
        code="shared-library-python",
        pattern=r"(?:ImportError: failed to find libmagic|OSError: (?:no library called|cannot load library) ['\"](?P<name>[\w.+-]+)['\"]|ImportError: Unable to find zbar shared library|OSError: sndfile library not found|"
        r"OSError: PortAudio library not found|ImproperlyConfigured: Could not find the GDAL library|(?:\w+\.)*TesseractNotFoundError: tesseract is not installed|(?:\w+\.)*PDFInfoNotInstalledError: Unable to get page count|"
        r"OSError: No wkhtmltopdf executable found|FileNotFoundError: \[Errno 2\] No such file or directory: ['\"](?P<program>ffmpeg|ffprobe|git|tesseract|wkhtmltopdf|chromedriver|pdftotext|pdftoppm|libreoffice|soffice|convert|magick|gs|dot|java|node|curl|unzip|psql|pg_dump)['\"])",
        read=lambda hit: named_by_python(hit),
        place=installing,
        rank=Rank.ROOT,
        title="The image has no {what}",
        message="{said}: the Python package only calls {what}, it does not bring it.",
        fix="Write RUN apt-get update && apt-get install -y --no-install-recommends {package} in the final stage of the Dockerfile (on Alpine: apk add).",
    ),
)
