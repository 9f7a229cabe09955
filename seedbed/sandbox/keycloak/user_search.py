"""How Keycloak looks users up: parts, whole values, and the mixed `search`."""

from typing import Any

from pydantic import BaseModel, ConfigDict

from seedbed.database.sandbox.documents import Match, Search, escape_like

TEXT_FIELDS = ("username", "email", "firstName", "lastName")
LOWERED = ("username", "email")


class UserQuery(BaseModel):
    """The filters of the user list.

    `search`: the beginning of user name, mail, first or last name; `*` stands for any text, quotes ask for the whole.
    `q`: attributes, `name:value name2:value2`. `first` and `max`: the page; -1 is none.
    """

    model_config = ConfigDict(extra="ignore")

    search: str = ""
    username: str = ""
    email: str = ""
    firstName: str = ""  # noqa: N815 - Keycloak's name
    lastName: str = ""  # noqa: N815 - Keycloak's name
    exact: bool = False
    enabled: bool | None = None
    emailVerified: bool | None = None  # noqa: N815 - Keycloak's name
    q: str = ""
    briefRepresentation: bool = False  # noqa: N815 - Keycloak's name
    first: int = 0
    max: int = 100


def user_search(query: UserQuery) -> Search:
    """The query in the store's words."""
    given = {name: value for name in TEXT_FIELDS if (value := getattr(query, name))}
    matches = [] if query.exact else [Match((name,), f"%{value}%") for name, value in given.items()]
    holds: dict[str, Any] = {}
    if query.exact:
        holds = {name: value.lower() for name, value in given.items() if name in LOWERED}
        matches = [Match((name,), escape_like(value)) for name, value in given.items() if name not in LOWERED]
    flags = {"enabled": query.enabled, "emailVerified": query.emailVerified}
    holds |= {name: flag for name, flag in flags.items() if flag is not None}
    if query.q:
        pairs = (part.partition(":") for part in query.q.split())
        holds["attributes"] = {name: [value] for name, _, value in pairs}
    matches += [Match(TEXT_FIELDS, _search_pattern(word)) for word in query.search.split()]
    limit = None if query.max < 0 else query.max
    return Search(tuple(matches), holds, "username", offset=query.first if query.first > 0 else 0, limit=limit)


def _search_pattern(word: str) -> str:
    if len(word) > 1 and word[0] == word[-1] == '"':
        return escape_like(word[1:-1])
    pattern = escape_like(word).replace("*", "%")
    return pattern if pattern.endswith("%") else f"{pattern}%"
