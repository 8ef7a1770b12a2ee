"""Configuration: servergem.yml becomes Targets, every fault with its line; no file is a good configuration."""

from app.config.changes import PATHS, because, changed
from app.config.environments import Environment, environment_of, environment_of_tag, home_of
from app.config.file import json_schema
from app.config.granting import granted
from app.config.names import LONGEST_NAME, fitted, service_name
from app.config.reading import insist_on_names, insist_on_one, read, resolved
from app.config.remarks import counts_later, remarks
from app.config.targets import (
    Config,
    Previews,
    counterpart,
    environments,
    onward,
    target_in,
    targets,
    targets_at_home,
    targets_in,
    targets_there,
)

__all__ = [
    "LONGEST_NAME",
    "PATHS",
    "Config",
    "Environment",
    "Previews",
    "because",
    "changed",
    "counterpart",
    "counts_later",
    "environment_of",
    "environment_of_tag",
    "environments",
    "fitted",
    "granted",
    "home_of",
    "insist_on_names",
    "insist_on_one",
    "json_schema",
    "onward",
    "read",
    "remarks",
    "resolved",
    "service_name",
    "target_in",
    "targets",
    "targets_at_home",
    "targets_in",
    "targets_there",
]
