"""The files that .NET reads from the folders above a project, and whether the image has them when it is restored."""

from __future__ import annotations

from app.diagnosis.left_out import LeftOut, left_out
from app.diagnosis.rule import Hit
from app.model import Place

# https://learn.microsoft.com/visualstudio/msbuild/customize-by-directory,
# https://learn.microsoft.com/nuget/consume-packages/central-package-management
_READS = {
    "NU1015": ("Directory.Packages.props",),
    "NU1010": ("Directory.Packages.props",),
    "NU1604": ("Directory.Packages.props",),
    "NU1100": ("nuget.config", "NuGet.config", "NuGet.Config"),
    "NU1101": ("nuget.config", "NuGet.config", "NuGet.Config"),
    "NETSDK1013": ("Directory.Build.props",),
    "MSB4057": ("Directory.Build.targets",),
}


def unread(hit: Hit) -> LeftOut | None:
    """The file that would answer this code's message, where the repository has it and no COPY brought it yet."""
    for name in _READS.get(hit["code"], ()):
        for path in hit.files.named(name):
            if (found := left_out(hit, path)) is not None:
                return found
    return None


def unread_place(hit: Hit) -> Place | None:
    found = unread(hit)
    return found.place if found else None
