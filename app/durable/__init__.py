"""Stories that survive a kill: the only folder that knows the workflow engine (DBOS 3.4) and its sharp edges.

A story is a plain function, a step a plain callable whose result is written down once. Which edges there are,
and how these rules keep clear of them: design.md, decision 1.
"""

from app.durable.engine import ABANDONED, Engine
from app.durable.journal import Abandoned
from app.durable.steps import Interrupted, step
from app.durable.written import Broke

__all__ = ["ABANDONED", "Abandoned", "Broke", "Engine", "Interrupted", "step"]
