"""The operator's settings: one table, the only reader of the environment, every fault at once by name."""

from app.settings.intervals import Intervals
from app.settings.reading import BadSettings, load, rows
from app.settings.table import DATA, Settings
from app.settings.texts import REPAIRS

__all__ = [
    "DATA",
    "REPAIRS",
    "BadSettings",
    "Intervals",
    "Settings",
    "load",
    "rows",
]
