"""To write: keys of a service as they are typed into servergem.yml, whole where a repository has none yet; pure."""

from __future__ import annotations

from app.model import Target


def to_write(target: Target, *keys: str) -> str:
    """What follows "write": each key a line such as "port: 3000", or the whole line that a new file begins with."""
    if not target.config_path:
        return f"servergem.yml with `services: {{{target.source_name}: {{{', '.join(keys)}}}}}`"
    return f"{' and '.join(f'`{key}`' for key in keys)} for {target.source_name} in servergem.yml"
