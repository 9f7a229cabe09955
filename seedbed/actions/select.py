"""What a set-up is asked to load -> units: modules with their entities, in dependency order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from seedbed.actions.sources import correction_file
from seedbed.content.locate import check_directories
from seedbed.core.errors import UserError, unknown_name
from seedbed.core.spec import Entity, in_dependency_order
from seedbed.targets.port import OnDuplicate

Mode = Literal["all", "modules", "entity"]
OnMissing = Literal["list", "deactivate"]


@dataclass(frozen=True, slots=True)
class SetupRequest:
    """What a set-up was asked for. `data_dirs`: absolute; every later one holds corrections to the first.

    `on_missing`: what happens to rows that we wrote and that the file no longer has; `brakes`: whether an entity that would
    change too much is left untouched, but those in `let_pass`.
    """

    mode: Mode = "all"
    modules: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()
    data_dirs: tuple[Path, ...] = ()
    on_duplicate: OnDuplicate = "skip"
    strict: bool = False
    dry_run: bool = False
    on_missing: OnMissing = "list"
    brakes: bool = False
    let_pass: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The entities and modules that exist, and other names that people use for them."""

    entities: Mapping[str, Entity]
    modules: Mapping[str, tuple[str, ...]]
    aliases: Mapping[str, tuple[str, ...]]

    def module(self, name: str) -> str:
        """The module of that name; UserError with a suggestion where there is none."""
        known = name.strip().lower().replace("-", "_")
        if known not in self.modules:
            raise unknown_name("module", name, self.modules)
        return known

    def resolve(self, name: str) -> tuple[str, ...]:
        """The entities that a name stands for; UserError with a suggestion where there is none."""
        plain = name.strip().lower().replace("-", "_")
        if plain in self.entities:
            return (plain,)
        if plain in self.aliases:
            return self.aliases[plain]
        raise unknown_name("entity", name, [*self.entities, *self.aliases])


@dataclass(frozen=True, slots=True)
class Unit:
    """What is retried as a whole: a module's chosen entities in order, and the chosen modules that it waits for."""

    name: str
    entities: tuple[Entity, ...]
    needs: tuple[str, ...]


def select(request: SetupRequest, catalogue: Catalogue) -> tuple[Unit, ...]:
    """The units of a request, each after those it waits for. UserError where the request is wrong."""
    names = _chosen(request, catalogue)
    check_directories(request.data_dirs)
    chosen = [entity for entity in in_dependency_order(catalogue.entities.values()) if entity.name in names]
    if len(request.data_dirs) > 1:
        corrected = {e.name for e in chosen for folder in request.data_dirs[1:] if correction_file(folder, e)}
        if not corrected:
            folders = ", ".join(str(folder) for folder in request.data_dirs[1:])
            raise UserError(
                f"no file of a chosen entity in {folders}",
                next_step="give a folder of rejects such as output/<run>/rejects",
            )
        chosen = [entity for entity in chosen if entity.name in corrected]
    by_module: dict[str, list[Entity]] = {}
    for module in catalogue.modules:
        if found := [entity for entity in chosen if entity.module == module]:
            by_module[module] = found
    return tuple(
        Unit(
            module, tuple(entities), tuple(need for need in _all_needs(module, catalogue.modules) if need in by_module)
        )
        for module, entities in by_module.items()
    )


def _chosen(request: SetupRequest, catalogue: Catalogue) -> set[str]:
    for option, mode, given in (("modules", "modules", request.modules), ("entities", "entity", request.entities)):
        if given and request.mode != mode:
            raise UserError(f"--{option} has no effect in mode '{request.mode}'", next_step=f"add --mode {mode}")
    if request.mode == "modules":
        if not request.modules:
            raise UserError("mode 'modules' needs --modules", next_step=f"known: {', '.join(catalogue.modules)}")
        modules = {catalogue.module(name) for name in request.modules}
        return {entity.name for entity in catalogue.entities.values() if entity.module in modules}
    if request.mode == "entity":
        if not request.entities:
            raise UserError("mode 'entity' needs --entities", next_step="for example --entities nationality,occupation")
        return {name for given in request.entities for name in catalogue.resolve(given)}
    return set(catalogue.entities)


def _all_needs(module: str, graph: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Everything that the module waits for, directly or through others."""
    found: dict[str, None] = {}
    for need in graph[module]:
        found |= dict.fromkeys(_all_needs(need, graph)) | {need: None}
    return tuple(found)
