"""Entities under the names that the tables of an environment have, which others made."""

from collections import Counter
from collections.abc import Mapping

from seedbed.core.environment import Environment
from seedbed.core.errors import UserError, unknown_name
from seedbed.core.spec import Entity, with_table_names


def entities_under(entities: Mapping[str, Entity], environment: Environment | None) -> dict[str, Entity]:
    """The entities as the environment's file calls their tables; UserError where it names what does not exist, or one thing for two."""
    if environment is None:
        return dict(entities)
    where = f"under 'tables' of {environment.path}"
    tables = {name: entity for name, entity in entities.items() if entity.target == "postgres"}
    for name, names in environment.tables.items():
        if name not in tables:
            raise unknown_name(f"table {where}", name, tables)
        known = [*(column.name for column in tables[name].columns), "id"]
        for column in set(names.columns) - set(known):
            raise unknown_name(f"column of '{name}' {where}", column, known)
        tables[name] = with_table_names(tables[name], names)
    for name in environment.tables:
        _check_columns(tables[name], where)
        _check_table(name, tables, where)
    return dict(entities) | tables


def _check_columns(entity: Entity, where: str) -> None:
    ours = dict.fromkeys((*(column.name for column in entity.columns), "id"))
    stored, times = Counter(entity.stored(name) for name in ours).most_common(1)[0]
    if times > 1:
        both = " and ".join(name for name in ours if entity.stored(name) == stored)
        raise UserError(
            f"{both} of '{entity.id}' {where} are one column: {stored}",
            next_step="name another for one of them",
            code="environment-file-invalid",
        )


def _check_table(name: str, tables: Mapping[str, Entity], where: str) -> None:
    relation = tables[name].relation
    same = [other for other, entity in tables.items() if entity.relation == relation]
    if len(same) > 1:
        raise UserError(
            f"{' and '.join(same)} {where} are one table: {relation}",
            next_step="name another for one of them",
            code="environment-file-invalid",
        )
