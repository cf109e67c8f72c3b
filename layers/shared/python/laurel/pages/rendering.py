"""The templates' environment: everything is escaped, and a name that is not there is a mistake."""

from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, ModuleLoader, StrictUndefined

SHARED: Final = Path(__file__).with_name("templates")
COMPILED: Final = "compiled"
"""The folder, below a site's templates, of these as Python: in what is deployed, never in the source."""


@cache
def environment(folder: Path) -> Environment:
    """The templates in `folder` and those of all pages; made when the first page is asked for."""
    compiled = folder / COMPILED
    return Environment(
        loader=ModuleLoader(compiled) if compiled.exists() else FileSystemLoader([folder, SHARED]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


def rendered(folder: Path, name: str, values: dict[str, Any], part: str | None = None) -> str:
    """A template with its values; `part`: only that block of it, for what changes in place."""
    template = environment(folder).get_template(name)
    if part is None:
        return template.render(values)
    context = template.new_context(values)
    next(template.root_render_func(context), "")  # what it imports, which its blocks need, too
    return "".join(template.blocks[part](context))
