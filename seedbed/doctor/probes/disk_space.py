"""Is there room on the disk, and may we write there?"""

import os
import shutil
from pathlib import Path

from seedbed.core.report import Check
from seedbed.doctor.probe import ProbeContext, failed, passed

GIB = 1 << 30
LEAST = 1 * GIB


def examine(probe_context: ProbeContext) -> Check:
    """PASS where each folder that runs write into can be written and has 1 GiB free."""
    folders = {name: _existing(folder) for name, folder in probe_context.inputs.folders.items()}
    closed = [name for name, folder in folders.items() if not os.access(folder, os.W_OK | os.X_OK)]
    if closed:
        return failed(f"may not write into {', '.join(closed)}", "give the folder to the user who runs Seedbed")
    free = {name: shutil.disk_usage(folder).free for name, folder in folders.items()}
    said = ", ".join(f"{name} has {room / GIB:.1f} GiB free" for name, room in free.items())
    if min(free.values()) < LEAST:
        return failed(said, "make room: at least 1 GiB; old runs lie in output/")
    return passed(said)


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that exists."""
    return next(place for place in (folder, *folder.parents) if place.exists())
