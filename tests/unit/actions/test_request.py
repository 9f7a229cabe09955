from pathlib import Path

import pytest

from seedbed.actions.setup.setup_request import names, setup_request
from seedbed.core.errors import UserError

OPTIONS = {"mode": "all", "on_duplicate": "skip"}
ROOT = Path("/project")
OWN = (ROOT / "data", ROOT / "hospital")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("a, b,,a ", ("a", "b")),
        (["a,b", " c"], ("a", "b", "c")),
        ("", ()),
        (None, ()),
        ([], ()),
    ],
)
def test_names_come_as_comma_text_or_as_a_list_each_once(given, expected):
    assert names(given) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("data, fix", ("/project/data", "/project/fix")),
        (["data", "/elsewhere/fix"], ("/project/data", "/elsewhere/fix")),
        (["a,b"], ("/project/a,b",)),
        ("../other", ("/other",)),
        (None, ("/project/data", "/project/hospital")),
        ([], ("/project/data", "/project/hospital")),
        ("", ("/project/data", "/project/hospital")),
    ],
)
def test_folders_are_absolute_and_lie_below_the_root_unless_they_say_otherwise(given, expected):
    request = setup_request({**OPTIONS, "data_dir": given}, root=ROOT, data_dirs=OWN)
    assert tuple(map(str, request.data_dirs)) == expected


@pytest.mark.parametrize(
    ("option", "value", "expected"),
    [
        ("mode", "modul", "unknown value of --mode 'modul'; did you mean 'modules'? known: all, entity, modules"),
        ("on_duplicate", "overwrite", "unknown value of --on-duplicate 'overwrite'; known: skip, update"),
    ],
)
def test_an_unknown_choice_is_refused_with_those_that_exist(option, value, expected):
    with pytest.raises(UserError) as caught:
        setup_request({**OPTIONS, option: value}, root=ROOT, data_dirs=OWN)
    assert str(caught.value) == expected


def test_rows_are_switched_off_with_the_brakes_on_only():
    def brakes(**options: object) -> bool:
        return setup_request({**OPTIONS, **options}, root=ROOT, data_dirs=OWN).brakes

    assert [brakes(), brakes(brakes=True), brakes(on_missing="deactivate")] == [False, True, True]
