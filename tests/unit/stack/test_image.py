"""The image's recipe, as far as it can be read without Docker: nothing secret gets in, packages have hashes, nobody is root."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
RECIPE = (ROOT / "deployments/Dockerfile").read_text(encoding="utf-8")
SENT = (ROOT / "deployments/Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()


def copied() -> set[str]:
    """What the recipe copies."""
    return {source for line in re.findall(r"^COPY (.+)$", RECIPE, flags=re.MULTILINE) for source in line.split()[:-1]}


def test_only_what_is_copied_reaches_the_builder_and_all_of_it_exists() -> None:
    assert {line[1:] for line in SENT if line.startswith("!")} == copied()
    assert "*" in SENT
    assert all((ROOT / name).exists() for name in copied())
    assert copied().isdisjoint({".", ".env", ".seedbed"})


def test_packages_are_those_of_the_lock_and_nobody_is_root() -> None:
    assert re.findall(r"pip install .*", RECIPE) == re.findall(r"pip install .*--require-hashes .*lock", RECIPE)
    assert RECIPE.rstrip().splitlines()[-1] == "USER 10001"


def test_output_and_packages_are_outside_of_what_prefect_copies_for_each_run() -> None:
    assert "WORKDIR /app" in RECIPE
    for name in ("SEEDBED_OUTPUT_DIR=", "venv "):
        assert not any(found.startswith("/app") for found in re.findall(rf"{name}(\S+)", RECIPE))
