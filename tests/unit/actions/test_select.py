import pytest

from seedbed.actions.select import Catalogue, SetupRequest, select
from seedbed.core.errors import UserError
from seedbed.datasets.hospital.entities import ALIASES, ENTITIES, MODULES

CATALOGUE = Catalogue(ENTITIES, MODULES, ALIASES)


@pytest.fixture
def chosen(tmp_path):
    """A function: the request's options -> module -> entity names, in order."""
    (tmp_path / "data").mkdir()

    def choose(**options):
        units = select(SetupRequest(data_dirs=(tmp_path / "data",), **options), CATALOGUE)
        return {unit.name: [entity.name for entity in unit.entities] for unit in units}

    return choose


def refusal(chosen, **options):
    with pytest.raises(UserError) as caught:
        chosen(**options)
    return str(caught.value)


def test_all_is_every_entity_once_in_an_order_that_honours_references(chosen):
    found = chosen()
    assert list(found) == list(MODULES)
    order = [name for names in found.values() for name in names]
    assert sorted(order) == sorted(ENTITIES)
    for name in order:
        for column in ENTITIES[name].references:
            referred = ENTITIES[column.references.entity]
            same = referred.module == ENTITIES[name].module
            assert not same or referred.name == name or order.index(referred.name) < order.index(name)


def test_each_unit_waits_for_all_that_it_needs_of_what_was_chosen(tmp_path):
    (tmp_path / "data").mkdir()
    units = select(
        SetupRequest("modules", ("user", "demographic", "general"), data_dirs=(tmp_path / "data",)), CATALOGUE
    )
    needs = {unit.name: set(unit.needs) for unit in units}
    assert set(needs) == {"user", "demographic", "general"}
    names = list(needs)
    for name, waits in needs.items():
        assert set(MODULES[name]) & set(needs) <= waits
        assert all(names.index(need) < names.index(name) for need in waits)


def test_modules_may_be_written_with_capitals_and_hyphens(chosen):
    assert list(chosen(mode="modules", modules=("Demographic",))) == ["demographic"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("nationality", {"demographic": ["nationality"]}),
        ("Education-Level", {"demographic": ["education_level"]}),
        ("blood_groups", {"demographic": ["rh_blood_group", "abo_blood_group"]}),
        ("users", {"user": ["user"]}),
        ("practitioners", {"user": ["practitioner"]}),
        ("atc-mapper", {"medication": ["tpu_atc_mapping"]}),
    ],
)
def test_an_entity_goes_by_its_name_or_an_alias(chosen, given, expected):
    assert chosen(mode="entity", entities=(given,)) == expected


def test_entities_of_several_modules_come_in_dependency_order(chosen):
    found = chosen(mode="entity", entities=("district", "user", "province", "users"))
    assert found == {"demographic": ["province", "district"], "user": ["user"]}


def test_an_unknown_module_is_refused_with_a_suggestion(chosen):
    assert refusal(chosen, mode="modules", modules=("demografic",)).startswith(
        "unknown module 'demografic'; did you mean 'demographic'? known: "
    )


def test_an_unknown_entity_is_refused_with_a_suggestion(chosen):
    assert refusal(chosen, mode="entity", entities=("nationalty",)).startswith(
        "unknown entity 'nationalty'; did you mean 'nationality'? known: "
    )


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"modules": ("lab",)}, "--modules has no effect in mode 'all'; add --mode modules"),
        ({"entities": ("race",)}, "--entities has no effect in mode 'all'; add --mode entity"),
        (
            {"mode": "modules", "modules": ("lab",), "entities": ("race",)},
            "--entities has no effect in mode 'modules'; add --mode entity",
        ),
        (
            {"mode": "entity", "entities": ("race",), "modules": ("lab",)},
            "--modules has no effect in mode 'entity'; add --mode modules",
        ),
        ({"mode": "entity"}, "mode 'entity' needs --entities; for example --entities nationality,occupation"),
    ],
)
def test_an_option_that_the_mode_does_not_take_or_lacks_is_refused(chosen, options, expected):
    assert refusal(chosen, **options) == expected


def test_mode_modules_without_modules_lists_them(chosen):
    assert refusal(chosen, mode="modules") == f"mode 'modules' needs --modules; known: {', '.join(MODULES)}"


def test_a_data_directory_that_is_missing_is_named_in_full(tmp_path):
    with pytest.raises(UserError) as caught:
        select(SetupRequest(data_dirs=(tmp_path / "nowhere",)), CATALOGUE)
    assert f"the data directory {tmp_path / 'nowhere'} does not exist" in str(caught.value)
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="is not a directory"):
        select(SetupRequest(data_dirs=(tmp_path / "file",)), CATALOGUE)


def test_a_folder_of_corrections_limits_the_run_to_its_entities(tmp_path):
    for path in ("data", "fix/demographic"):
        (tmp_path / path).mkdir(parents=True)
    (tmp_path / "fix/demographic/race.csv").touch()
    folders = (tmp_path / "data", tmp_path / "fix")
    units = select(SetupRequest(data_dirs=folders), CATALOGUE)
    assert [(unit.name, [entity.name for entity in unit.entities]) for unit in units] == [("demographic", ["race"])]
    with pytest.raises(UserError, match="no file of a chosen entity in"):
        select(SetupRequest("modules", ("lab",), data_dirs=folders), CATALOGUE)
