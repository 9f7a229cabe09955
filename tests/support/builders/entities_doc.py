"""The table of entities in docs/entities.md: `python -m tests.support.builders.entities_doc` writes it again."""

from pathlib import Path

from seedbed.core.spec import Column, Entity
from seedbed.datasets.registry import ALIASES, DATASETS, ENTITIES, MODULES

DOC = Path(__file__).resolve().parents[3] / "docs/entities.md"
HEAD = """# Entities of dataset {datasets}

`seedbed setup` loads these entities, by module, in the order of loading. `python -m tests.support.builders.entities_doc`
writes this page from the registry (`seedbed/datasets/registry.py`). A test compares the two.

| column | meaning |
|---|---|
| names and aliases | other names for `--entities`, with hyphens or underscores; `blood_groups` means two entities |
| file | path below the data directory; names may also have hyphens (`education-level.csv`) or underscores; "or" gives other paths |
| key | the file's columns that identify a row; if a part of a key may be empty, two empty cells are equal |
| references | column of the file -> entity and column that it names; a cell that names nothing skips the row |

## Modules

| module | loaded after |
|---|---|
"""


def page() -> str:
    """The whole page."""
    modules = "".join(f"| {module} | {', '.join(before) or '-'} |\n" for module, before in MODULES.items())
    head = "## Entities\n\n| module | entity | names and aliases | file | target | key | references |\n|---|---|---|---|---|---|---|\n"
    rows = [_row(entity) for module in MODULES for entity in ENTITIES.values() if entity.module_id == module]
    return HEAD.format(datasets=", ".join(DATASETS)) + modules + "\n" + head + "\n".join(rows) + "\n"


def _row(entity: Entity) -> str:
    names = [entity.id.replace("_", "-")] if "_" in entity.id else []
    names += [f"{alias}" for alias, meant in ALIASES.items() if entity.id in meant]
    files = " or ".join(f"`{path}`" for path in (entity.path, *entity.other_files))
    target = {"postgres": f"PostgreSQL `{entity.relation}`", "keycloak": "Keycloak"}.get(
        entity.target, f"Cortex API `/{entity.resource}`"
    )
    key = ", ".join(f"`{header}`" for header in entity.key_headers)
    references = ", ".join(_reference(column) for column in entity.references)
    cells = (
        entity.module_id,
        f"`{entity.id}`",
        ", ".join(f"`{name}`" for name in names),
        files,
        target,
        key,
        references,
    )
    return "| " + " | ".join(cell or "-" for cell in cells) + " |"


def _reference(column: Column) -> str:
    reference = column.references
    return f"`{column.headers[0]}` -> {reference.entity}.{reference.by}" if reference else ""


if __name__ == "__main__":
    DOC.write_text(page(), encoding="utf-8")
