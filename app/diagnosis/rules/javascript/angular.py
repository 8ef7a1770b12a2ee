"""Angular's command line: the workspace, the builder and the versions that it misses, and routes that it cannot render or extract."""

from __future__ import annotations

from app.diagnosis.instructions import base_image
from app.diagnosis.javascript.packages import dependency_place, unnumbered
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.javascript.reading_angular import (
    asked_place,
    bootstrap_place,
    builder,
    builder_place,
    node_of,
    prerendered_place,
    routes_asked,
    versions,
    workspace,
    workspace_place,
)

RULES: tuple[Rule, ...] = (
    Rule(
        code="angular-no-workspace",
        pattern=r"This command is not available when running the Angular CLI outside a workspace",
        read=workspace,
        place=workspace_place,
        rank=Rank.ROOT,
        title="ng finds no angular.json where it runs",
        message="The Angular CLI runs outside a workspace: there is no angular.json in the directory of this instruction.",
        fix="{advice}.",
        link="https://angular.dev/reference/configs/workspace-config",
    ),
    Rule(
        code="angular-builder",
        pattern=r"Could not find the '(?P<name>[^']+)' builder's node package|An unhandled exception occurred: (?:Cannot find module|Could not find the implementation for builder) '?(?P<name2>@[\w./:-]+)",
        read=unnumbered(builder),
        place=builder_place,
        rank=Rank.ROOT,
        title="{package}, with which ng builds, is not installed",
        message="angular.json or a builder asks for {package}, and node_modules of this stage does not have it.",
        fix="{advice}.",
        link="https://angular.dev/tools/cli/cli-builder",
    ),
    Rule(
        code="angular-versions",
        pattern=r"This version of CLI is only compatible with Angular versions (?P<want>[^\s,]+)",
        read=versions,
        place=lambda hit: dependency_place(hit, "@angular/cli") or dependency_place(hit, "@angular/core"),
        rank=Rank.ROOT,
        title="@angular/cli and @angular/core are of different majors",
        message="This version of CLI is only compatible with Angular versions {want}, and Angular {found} is installed.",
        fix="Ask for @angular/cli of major {found} in package.json (npm install -D @angular/cli@{found}), call it as npx ng, and install no other one globally.",
        link="https://angular.dev/reference/versions",
    ),
    Rule(
        code="angular-node",
        pattern=r"The Angular CLI requires a minimum Node\.js version of (?P<want>v[\d.]*\d(?: or v[\d.]*\d)*)",
        read=node_of,
        place=base_image,
        rank=Rank.ROOT,
        title="Node.js {have} is too old for this Angular: it asks for {want}",
        message="The Angular CLI requires a minimum Node.js version of {want}; the image has {have}.",
        fix="Write FROM {image} for the stage that builds.",
        link="https://angular.dev/reference/versions",
    ),
    Rule(
        code="angular-prerender",
        pattern=r"The '(?P<route>[^']+)' route uses prerendering and includes parameters, but 'getPrerenderParams' is missing",
        place=prerendered_place,
        rank=Rank.ROOT,
        title="The route {route} has parameters, and is to be prerendered",
        message="The '{route}' route uses prerendering, and no getPrerenderParams says for which parameters.",
        fix="Write {{ path: '{route}', renderMode: RenderMode.Server }} for it in app.routes.server.ts, or give it getPrerenderParams.",
        link="https://angular.dev/guide/ssr#parameterized-routes",
    ),
    Rule(
        code="angular-routes",
        pattern=r"An error occurred while (?:extracting routes|prerendering route)",
        read=routes_asked,
        place=asked_place,
        rank=Rank.ROOT,
        title="The application asks {url} while ng renders its routes",
        message="An error occurred while extracting routes: {said}: the application is started in the build, and no server of yours answers there.",
        fix="Do not ask {url} on the server while it builds: provide what it gives in app.config.server.ts, or ask only in the browser (isPlatformBrowser, afterNextRender).",
        link="https://angular.dev/guide/ssr",
    ),
    Rule(
        code="angular-bootstrap",
        pattern=r"^(?:Error: )?NG0401(?:: Missing Platform\b.*|\s*)$",
        place=bootstrap_place,
        rank=Rank.ROOT,
        title="NG0401: main.server.ts starts the application without the server's context",
        message="NG0401, Missing Platform: bootstrapApplication of main.server.ts gets no BootstrapContext, and so finds no platform.",
        fix="Write const bootstrap = (context: BootstrapContext) => bootstrapApplication(App, config, context) in main.server.ts, with BootstrapContext of @angular/platform-browser.",
        link="https://angular.dev/errors/NG0401",
    ),
)
