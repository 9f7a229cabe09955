"""Columns that most of the hospital's entities share."""

from seedbed.core.spec import Column, Reference

ID = Column("id", required=True)
CODE = Column("code", required=True)
ACTIVE = Column("active", "boolean", required=True, default=True)
INACTIVE = Column("active", "boolean", required=True, default=False)
NAMES = Column("info", "json", required=True, parts=("info.th.name", "info.en.name"))
THAI_NAME = Column("info", "json", required=True, parts=("info.th.name",))
ENGLISH_NAME = Column(
    "info", "json", required=True, parts=("info.en.name",), aliases=("en_name", "info_en_name", "name")
)
RANK = Column("rank", "integer", required=True, default=1)
SORT_ORDER = Column("sort_order", "integer", required=True, default=0)

CODE_LIST = (CODE, ACTIVE, NAMES, RANK)
STANDARD = (
    Column("standard_code"),
    Column("standard_display", aliases=("standard_dosplay",)),
    Column("standard_system"),
    Column("standard_version"),
)


def flag(name: str, *, default: bool = False) -> Column:
    """A TRUE/FALSE column that a file may lack."""
    return Column(name, "boolean", required=True, default=default)


def code_reference(entity: str, name: str = "", *, required: bool = False) -> Column:
    """A column that stores another entity's code."""
    return Column(name or f"{entity}_code", required=required, references=Reference(entity, take="code"))


def id_reference(entity: str, name: str = "", *, header: str = "", required: bool = False) -> Column:
    """A column that stores another entity's id, where the file names its code."""
    name = name or f"{entity}_id"
    header = header or f"{name.removesuffix('_id')}_code"
    aliases = (name,) if header != name else ()
    return Column(name, header=header, required=required, references=Reference(entity), aliases=aliases)


def own_id_reference(entity: str, name: str = "", *, required: bool = False) -> Column:
    """A column that stores another entity's id, where the file holds that id itself."""
    name = name or f"{entity}_id"
    return Column(name, required=required, references=Reference(entity, by="id"))
