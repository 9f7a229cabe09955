"""The entities that exist, the names people use for them, and those that an environment loads."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from seedbed.actions.context import AppContext
from seedbed.core.errors import UserError, unknown_name
from seedbed.core.spec import Entity

ALL = "all"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The entities and modules that exist, and other names that people use for them.

    `usual`: the entities that mode 'all' loads, all of them where it is empty. `withholds_fictitious`: whether entities of fictitious
    content are not loaded, except those in `fictitious`, which its `environment_file` says.
    """

    entities: Mapping[str, Entity]
    modules: Mapping[str, tuple[str, ...]]
    aliases: Mapping[str, tuple[str, ...]]
    usual: frozenset[str] = frozenset()
    withholds_fictitious: bool = False
    fictitious: frozenset[str] = frozenset()
    environment_file: str = "the environment's file"

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


def catalogue_of(context: AppContext) -> Catalogue:
    """What the context can load, and what its environment says of it; UserError where the environment's file names what does not exist."""
    whole = Catalogue(context.entities, context.modules, context.aliases)
    environment = context.environment
    if environment is None:
        return replace(whole, withholds_fictitious=not context.is_local)
    try:
        modules = {whole.module(name) for name in environment.modules}
        named = {name for given in environment.entities for name in whole.resolve(given)}
        said = {name for given in environment.invented if given != ALL for name in whole.resolve(given)}
    except UserError as error:
        raise UserError(f"{environment.path}: {error.message}", next_step=error.next_step, code=error.code) from None
    return replace(
        whole,
        usual=frozenset(named | {entity.id for entity in context.entities.values() if entity.module_id in modules}),
        withholds_fictitious=ALL not in environment.invented,
        fictitious=frozenset(said),
        environment_file=environment.path,
    )


def usual_entities(context: AppContext) -> list[Entity]:
    """The entities that the context loads unless a run is told otherwise."""
    usual = catalogue_of(context).usual
    return [entity for entity in context.entities.values() if not usual or entity.id in usual]
