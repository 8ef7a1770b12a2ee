"""node_modules that were copied without what they need: those that Next traced, and the links of pnpm."""

from __future__ import annotations

from app.diagnosis.instructions import failing_dockerfile
from app.diagnosis.javascript.managers import manager
from app.diagnosis.javascript.packages import Package, packages
from app.diagnosis.rule import Hit

_TRACED = "Standalone has node_modules of its own, of what the build traced: build anew without an old .next or a build cache; with Next 16 next build --webpack (its Turbopack leaves packages out), with pnpm node-linker=hoisted in .npmrc; and COPY .next/standalone whole."


def standalone(hit: Hit) -> tuple[str, str] | None:
    """Why Next's standalone output, which a COPY brings into the image that runs, lacks a package, and what to do."""
    if (found := failing_dockerfile(hit)) is None or hit.section.instruction:
        return None
    last = len(found[1].stages) - 1
    for each in found[1].of("COPY"):
        if each.stage == last and ".next/standalone" in each.value:
            return f"the standalone output that {found[0]} line {each.line} brings does not hold it", _TRACED
    return None


def of_a_member(hit: Hit, name: str, of: str) -> tuple[str, str] | None:
    """A package of a workspace's own node_modules, which holds only links that a COPY of the root's does not bring."""
    above = name.partition("/node_modules/")[0]
    folder = next(
        (each.folder for each in packages(hit) if each.folder and above.endswith(f"/{each.folder}")), ""
    )
    if not folder or not hit.files.named("pnpm-lock.yaml"):
        return None
    return f"{folder} has no node_modules with {of} in this stage", (
        f"pnpm links what {folder} asks for in {folder}/node_modules: COPY the whole folder of the stage that installs (COPY --from=STAGE /app ./), or run pnpm install in this stage, and keep **/node_modules in .dockerignore so that COPY . . replaces none."
    )


def links_of(hit: Hit, own: Package) -> tuple[str, str] | None:
    """Where a COPY brings a workspace member's node_modules of pnpm, which holds links into the root's, alone."""
    found = failing_dockerfile(hit)
    if found is None or not own.folder or manager(hit) != "pnpm":
        return None
    last = len(found[1].stages) - 1
    copied = [each for each in found[1].of("COPY") if each.stage == last and "node_modules" in each.value]
    if len(copied) != 1 or f"{own.folder}/node_modules" not in copied[0].value:
        return None
    return (
        f"what {found[0]} line {copied[0].line} brings are links of pnpm into the root's node_modules/.pnpm",
        f"Write RUN pnpm --filter ./{own.folder} deploy --prod /out in the stage that installs, and COPY --from=STAGE /out/node_modules ./node_modules: it holds files, not links (pnpm 10: add --legacy).",
    )
