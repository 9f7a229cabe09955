"""A process's own peak of memory, which Linux tells."""

from pathlib import Path

STATUS = Path("/proc/self/status")
MIB = 1 << 10  # in KiB, in which Linux counts


def peak_kib() -> int:
    """The peak of this process so far."""
    # Not getrusage: its maximum of a child begins with the parent's.
    lines = STATUS.read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
