"""What a set-up is asked for, as doors hand it over: text and lists -> a checked request."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from seedbed.actions.setup.select import SetupRequest
from seedbed.core.errors import unknown_name

MODES = ("all", "modules", "entity")
ON_DUPLICATE = ("skip", "update")
ON_MISSING = ("list", "deactivate")


def names(given: str | Sequence[str] | None) -> tuple[str, ...]:
    """Comma text or a list -> names, outer spaces off, empty ones left out."""
    texts = [given] if isinstance(given, str) else list(given or ())
    return tuple(dict.fromkeys(name.strip() for text in texts for name in text.split(",") if name.strip()))


def setup_request(options: Mapping[str, Any], *, root: Path, data_dirs: Sequence[Path]) -> SetupRequest:
    """The request that a door's options make; UserError where a choice is unknown. Relative folders lie below `root`.

    `data_dirs`: the context's own, for a request that names none.
    """
    chosen = {"on_missing": "list", **options}
    for option, known in (("mode", MODES), ("on_duplicate", ON_DUPLICATE), ("on_missing", ON_MISSING)):
        if chosen[option] not in known:
            raise unknown_name(f"value of --{option.replace('_', '-')}", str(chosen[option]), known)
    return SetupRequest(
        mode=options["mode"],
        modules=names(options.get("modules")),
        entities=names(options.get("entities")),
        data_dirs=folders_of(options.get("data_dir"), root=root, data_dirs=data_dirs),
        on_duplicate=options["on_duplicate"],
        strict=bool(options.get("strict")),
        dry_run=bool(options.get("dry_run")),
        on_missing=chosen["on_missing"],
        # Switching rows off for a file that was cut short is what brakes are for.
        brakes=bool(options.get("brakes")) or chosen["on_missing"] == "deactivate",
        let_pass=names(options.get("let_pass")),
    )


def folders_of(given: str | Sequence[str] | None, *, root: Path, data_dirs: Sequence[Path]) -> tuple[Path, ...]:
    """The data directories that are given, absolute: relative ones lie below `root`. Where none is given: `data_dirs`."""
    folders = names(given) if isinstance(given, str) else tuple(given or ())
    return tuple((root / Path(folder).expanduser()).resolve() for folder in folders or data_dirs)
