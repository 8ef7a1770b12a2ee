"""A start that listens at another port or address than Cloud Run asks."""

from __future__ import annotations

from app.diagnosis.instructions import instruction
from app.diagnosis.places import anywhere, first, matching
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.start.reading_binding import at_binding, command_place
from app.diagnosis.rules.start.reading_lacking import STARTED
from app.diagnosis.rules.start.reading_listening import LISTENS, elsewhere, local_words
from app.diagnosis.rules.start.reading_servers import apache, caddy, caddy_site, fpm, nginx

_NGINX_PLACE = first(
    anywhere(r"^\s*listen\s", ".conf", ".template"),
    instruction("EXPOSE"),
    instruction("CMD", "ENTRYPOINT"),
    instruction("FROM"),
)

RULES: tuple[Rule, ...] = (
    Rule(
        code="start-localhost-only",
        only=STARTED,
        pattern=LISTENS,
        read=local_words,
        place=at_binding,
        rank=Rank.ROOT,
        title="The server listens only on {host}:{port}; Cloud Run needs 0.0.0.0 and $PORT",
        message="The container listens on {host}:{port}, which nothing outside the container reaches; Cloud "
        "Run asked port {wanted} "
        "(PORT={wanted}) on 0.0.0.0, and the startup probe failed.",
        fix="{advice}.",
        link="https://cloud.google.com/run/docs/troubleshooting#container-failed-to-start",
    ),
    Rule(
        code="start-wrong-port",
        only=STARTED,
        pattern=LISTENS,
        read=elsewhere,
        place=at_binding,
        rank=Rank.ROOT,
        title="The server listens on port {port}, Cloud Run asks port {wanted} ($PORT)",
        message="The container listens on port {port}, but Cloud Run asked the port in PORT={wanted}, and the "
        "startup probe on port {wanted} failed.",
        fix="{advice}.",
        link="https://cloud.google.com/run/docs/troubleshooting#container-failed-to-start",
    ),
    Rule(
        code="start-nginx-port",
        only=STARTED,
        pattern=r"Configuration complete; ready for start up|\[notice\] \d+#\d+: start worker process",
        read=nginx,
        place=_NGINX_PLACE,
        title="nginx listens on port {port}, Cloud Run asks port {wanted}",
        message="nginx listens on port {port}, but Cloud Run asked the port in PORT={wanted}, and the startup "
        "probe failed.",
        fix="Write listen {wanted}; in nginx's server block (copied to /etc/nginx/conf.d/default.conf), or "
        "listen ${{PORT}}; in "
        "/etc/nginx/templates/default.conf.template; it has to listen on 0.0.0.0 and $PORT.",
    ),
    Rule(
        code="start-caddy-https",
        only=STARTED,
        pattern=r"enabling automatic (?:HTTP->HTTPS redirects|TLS certificate management)|server is listening only on the HTTPS port",
        read=caddy,
        place=caddy_site,
        title="Caddy serves HTTPS on 443, Cloud Run asks HTTP on port {wanted}",
        message="A site with a name makes Caddy listen on 80 and 443 and ask for a certificate; Cloud Run ends TLS itself and asks HTTP on PORT={wanted}.",
        fix="Write :{{$PORT:8080}} as the site's address in the Caddyfile instead of its name.",
        link="https://caddyserver.com/docs/automatic-https",
    ),
    Rule(
        code="start-apache-port",
        only=STARTED,
        pattern=r"AH00094: Command line: '(?:apache2|httpd)|resuming normal operations",
        read=apache,
        place=first(
            matching(r"^\s*Listen\s", "ports.conf", "httpd.conf"),
            instruction("EXPOSE"),
            instruction("CMD"),
            instruction("FROM"),
        ),
        title="Apache listens on port 80, Cloud Run asks port {wanted}",
        message="Apache listens on port 80, but Cloud Run asked the port in PORT={wanted}, and the startup "
        "probe failed.",
        fix="Write RUN sed -i 's/80/${{PORT}}/g' /etc/apache2/sites-available/000-default.conf "
        "/etc/apache2/ports.conf in the Dockerfile: "
        "Apache then listens on 0.0.0.0 and $PORT.",
    ),
    Rule(
        code="start-php-fpm",
        only=STARTED,
        pattern=r"NOTICE: (?:fpm is running|ready to handle connections)",
        read=fpm,
        place=first(command_place, instruction("FROM")),
        title="PHP-FPM speaks FastCGI on 9000, Cloud Run asks HTTP on {wanted}",
        message="php-fpm is ready on port 9000, but it speaks FastCGI; Cloud Run asked HTTP on the port in "
        "PORT={wanted}, and the startup probe failed.",
        fix="Take FROM php:…-apache (or nginx with php-fpm, or FrankenPHP) and let it listen on 0.0.0.0 and $PORT.",
    ),
    Rule(
        code="start-phoenix-server",
        only=STARTED,
        pattern=r"Configuration :server was not enabled for (?P<name>[\w.]+)",
        place=first(command_place, matching(r"PHX_SERVER", "runtime.exs")),
        rank=Rank.ROOT,
        title="{name} starts without its web server",
        message="Configuration :server was not enabled for {name}, http/https services won't start: nothing "
        "listens on $PORT.",
        fix='Set PHX_SERVER=true (ENV PHX_SERVER=true in the Dockerfile, or CMD ["/app/bin/server"]), and '
        "bind 0.0.0.0 and PORT in config/runtime.exs.",
    ),
)
