"""What Prefect costs gen-mock: 10,000 patients through the worker, against the same delivery without it."""

import json
from statistics import median

from benchmarks.machine import check_equal, progress, say
from benchmarks.refresh_runs import Project, completed_run, own_project, work_and_pick_up

COUNT, ROUNDS, WARM_UP = 10_000, 3, 500
DEPLOYMENT = "gen-mock/adhoc"
AGAINST = "the same delivery with --direct, to the end of its report; median of the rounds' ratios"


def measure() -> None:
    """One line: both ways in turn, each time with other patients."""
    with own_project("patient orchestration") as project:
        direct(project, 0, WARM_UP)
        rounds = []
        for number in range(1, ROUNDS + 1):
            progress(f"patient orchestration: {COUNT} patients each way, round {number} of {ROUNDS}")
            run = completed_run(project, DEPLOYMENT, count=COUNT, seed=2 * number)
            rounds.append((*work_and_pick_up(run), direct(project, 2 * number + 1, COUNT)))
    work, pick_up, without = (median(one) for one in zip(*rounds, strict=True))
    ratios = [orchestrated / alone for orchestrated, _, alone in rounds]
    say(
        "patients_orchestrated",
        patients=COUNT,
        seconds=work,
        pick_up_seconds=pick_up,
        direct_seconds=without,
        ratio=median(ratios),
        against=AGAINST,
        all_ratios=ratios,
    )


def direct(project: Project, seed: int, count: int) -> float:
    """The seconds of a run without Prefect, as its report says."""
    report = json.loads(project.seedbed("gen-mock", "--direct", "-c", str(count), "--seed", str(seed), "--json"))
    check_equal("patients created without Prefect", report["entities"][0]["inserted"], count)
    return float(report["seconds"])
