"""Runs of gen-mock on a stack: their reports, their tasks, and the requests that they send."""

import json

from tests.support.stack.project import Json, Project

POSTS = {"method": "POST", "path": "/demographic/patients"}
COUNTED = {**POSTS, "rate": 0.0}  # strikes none of them, and knows how many they were


def report_of(project: Project, run: str) -> Json:
    (path,) = (project.root / "output").glob(f"*-{run[:8]}/report.json")
    return dict(json.loads(path.read_text(encoding="utf-8")))


def of_patients(states: dict[str, str], state: str) -> list[str]:
    return sorted(name for name, found in states.items() if name.startswith("patients ") and found == state)
