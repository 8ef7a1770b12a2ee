"""Spring Boot at its start: its report, the bean, the setting that is meant."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.paths import nearest_first
from app.diagnosis.places import anywhere, matching, whole_file
from app.diagnosis.rule import Hit
from app.diagnosis.rules.jvm.reading_beans import missing_bean
from app.diagnosis.rules.jvm.reading_code import CODE, SCRIPTS, SETTINGS, class_line, frame, sources
from app.model import Place


def spring(hit: Hit) -> Mapping[str, str] | None:
    lines = [line.strip() for line in hit.after(60)]
    if "Description:" not in lines:
        return None
    start = lines.index("Description:") + 1
    end = lines.index("Action:") if "Action:" in lines else len(lines)
    description = [line for line in lines[start:end] if line]
    if not description:
        return None
    action = next((line for line in lines[end + 1 :] if line), "")
    said = " ".join(description[:10])
    return {"head": description[0].removesuffix(":"), "said": said, "fix": _spring_fix(hit, said, action)}


def _spring_fix(hit: Hit, said: str, action: str) -> str:
    if "Failed to configure a DataSource" in said:
        return "Set spring.datasource.url in application.properties (SPRING_DATASOURCE_URL on the service), or take the JPA/JDBC starter out of the build file."
    if match := re.search(r"required a bean of type '([^']+)' that could not be found", said):
        return missing_bean(hit, match[1])
    if match := re.search(r"Port (\d+) was already in use", said):
        return f"Set server.port=${{PORT:8080}} and start only one server: port {match[1]} is taken."
    if "form a cycle" in said:
        return "Break the cycle: take one of these beans out of the other's constructor, or use @Lazy there."
    if match := re.search(r"Property: (\S+).*?Reason: (.*)", said):
        return f"Correct the value of {match[1]}: {match[2][:160]}"
    return action or "Do what the description asks for."


def spring_place(hit: Hit) -> Place | None:
    said = hit["said"]
    if match := re.search(r"Origin: class path resource \[([^\]]+)\](?: from \S+)? - (\d+):\d+", said):
        for path in nearest_first(hit, hit.files.named(match[1].rpartition("/")[2])):
            if place := hit.files.place(path, int(match[2])):
                return place
    if match := re.search(r"Origin: System Environment Property \"(\w+)\"|Property: ([\w.-]+)", said):
        name = match[1] or match[2]
        if place := setting(hit, name):
            return place
    if "DataSource" in said or "datasource" in said:
        return (
            matching(r"datasource|^\s*spring\b", *SETTINGS)(hit)
            or whole_file(*SETTINGS)(hit)
            or matching(r"starter-(?:data-jpa|jdbc|data-jdbc)", "pom.xml", *SCRIPTS)(hit)
        )
    if "changelog" in said:
        return matching(r"liquibase|change-?log", *SETTINGS)(hit) or matching(r"liquibase", "pom.xml", *SCRIPTS)(hit)  # fmt: skip
    if "already in use" in said:
        return matching(r"server\.port|^\s*port:", *SETTINGS)(hit) or anywhere(r"new ServerSocket|setPort\(", *CODE)(hit)  # fmt: skip
    if match := re.search(r"Parameter (\d+) of constructor in ([\w.$]+)|(?:Field|Parameter \d+ of method) (\w+) in ([\w.$]+)", said):  # fmt: skip
        return _injected(hit, match[2] or match[4], match[3] or "", said)
    for name in re.findall(r"\[(?:/?[\w./-]*?classes!?/)?((?:\w+/)+\w+)\.class\]|\b((?:[a-z]\w*\.){1,8}[A-Z]\w+)", said):  # fmt: skip
        if place := class_line(hit, (name[0] or name[1]).replace("/", ".").removeprefix("BOOT-INF.classes.")):
            return place
    return _cycle(hit) or frame(hit, hit.after(200)) or setting(hit, "spring")


def _injected(hit: Hit, owner: str, member: str, said: str) -> Place | None:
    """The constructor, method or field that asks for the bean."""
    place = class_line(hit, owner)
    if place is None:
        return None
    wanted = re.search(r"bean of type '(?:[\w.]*\.)?(\w+)'", said)
    name = owner.rpartition(".")[2]
    patterns = [rf"\b{re.escape(name)}\s*\("]
    if member:
        patterns = [rf"\b{re.escape(member)}\b\s*[;=(:]"]
    if wanted:
        patterns.append(rf"\b{re.escape(wanted[1])}\s+\w+\s*[;,)]|:\s*{re.escape(wanted[1])}\b")
    for pattern in patterns:
        line = hit.files.search(place.path, pattern)
        if line:
            return hit.files.place(place.path, line)
    return place


def _cycle(hit: Hit) -> Place | None:
    for line in hit.after(40):
        match = re.match(
            r"\s*[|┌]\s+(\w+)(?: defined in (?:file|URL) \[(?:[^\]]*?)((?:\w+/)+\w+)\.class\])?", line
        )
        if match:
            name = match[1][:1].upper() + match[1][1:]
            for ending in CODE:
                found = [p for p in sources(hit) if p.endswith(f"/{name}{ending}")]
                if found:
                    line_number = hit.files.search(found[0], rf"\bclass\s+{re.escape(name)}\b")
                    return hit.files.place(found[0], line_number or 1)
    return None


def setting(hit: Hit, name: str) -> Place | None:
    """Where a property is set or asked for: in application.properties, as YAML's last part, or in @Value."""
    last = name.rpartition(".")[2]
    plain = re.escape(name)
    return (
        matching(rf"^\s*{plain}\s*[=:]", *SETTINGS)(hit)
        or anywhere(rf"\$\{{{plain}[:}}]", ".properties", ".yml", ".yaml", *CODE)(hit)
        or anywhere(rf"[\"']{plain}[\"']", *CODE)(hit)
        or (
            matching(rf"^\s+{re.escape(last)}\s*:", "application.yml", "application.yaml")(hit)
            if "." in name
            else None
        )
    )


def placeholder(hit: Hit) -> Mapping[str, str]:
    name = hit["name"].partition(":")[0]
    variable_name = re.sub(r"[.-]", "_", name).upper()
    return {
        "name": name,
        "fix": f"Set {variable_name} on the service, or write {name}=… in application.properties (or a default: ${{{name}:…}}).",
    }


def yaml_place(hit: Hit) -> Place | None:
    """The application.yml whose parser failed: named near by, or the only one."""
    named = hit.find_before(r"(?:location|resource)\W+(?:classpath:)?/?(?:class path resource \[)?([\w./-]+\.ya?ml)", 80)  # fmt: skip
    names = (
        (named[1].rpartition("/")[2],) if named else ("application.yml", "application.yaml", "bootstrap.yml")
    )
    for path in nearest_first(hit, hit.files.named(*names)):
        if place := hit.files.place(path, int(hit["line"])):
            return place
    return None


def flyway(hit: Hit) -> Mapping[str, str]:
    words = {key: (m[1].strip() if (m := hit.find_after(pattern, 14)) else "") for key, pattern in (
        ("message", r"^\s*Message\s+: (.*)"), ("location", r"^\s*Location\s+: (\S+)"), ("at", r"^\s*Line\s+: (\d+)"),
    )}  # fmt: skip
    name = hit["name"] or (words["location"].rpartition("/")[2])
    return {**words, "name": name}


def flyway_place(hit: Hit) -> Place | None:
    for path in nearest_first(hit, hit.files.named(hit["name"])):
        return hit.files.place(path, int(hit["at"] or 1))
    return None
