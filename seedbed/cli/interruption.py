"""An interrupted command ends soon, whatever its run waits for."""

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from rich.console import Console

GRACE_S = 5.0  # most runs end by themselves in less: they note their state, and give their lease back
RETRY = "Retry in Prefect's UI goes on where the run stopped"
ENDING = (signal.SIGINT, signal.SIGTERM)
# Whoever read what we say may have gone with the same Ctrl-C: `seedbed refresh 2>&1 | tee log`. Rich exits where its reader is gone.
UNHEARD = (OSError, ValueError, SystemExit)


@contextmanager
def exit_within_grace(end: Callable[[str], None], *, then: str = RETRY) -> Iterator[None]:
    """Within it Ctrl-C or SIGTERM ends the process after the grace at the latest, with exit code 130 or 143.

    Prefect's tasks sleep through their retry delays in threads that nothing wakes, and their flow waits for these. `end` is told which
    signal it was, where the run has not ended by itself. `then`: what the user can do afterwards.
    """
    hearing, told = socket.socketpair()
    told.setblocking(False)
    # Whoever handles the signal, it is heard here too.
    before = signal.set_wakeup_fd(told.fileno(), warn_on_full_buffer=False)
    is_over = threading.Event()
    threading.Thread(target=_listen, args=(hearing, is_over, end, then), name="interruption", daemon=True).start()
    try:
        yield
    finally:
        is_over.set()
        signal.set_wakeup_fd(before)
        told.close()


def _listen(hearing: socket.socket, is_over: threading.Event, end: Callable[[str], None], then: str) -> None:
    with hearing:
        while received := hearing.recv(1):
            if received[0] in ENDING:
                _end(signal.Signals(received[0]), is_over, end, then)


def _end(received: signal.Signals, is_over: threading.Event, end: Callable[[str], None], then: str) -> None:
    try:
        with suppress(*UNHEARD):
            Console(stderr=True).show_cursor()  # a bar has hidden it
        _say(f"{received.name}: ending; {then}")
        if is_over.wait(GRACE_S):
            time.sleep(GRACE_S)  # this thread is gone before, unless another one holds the process
        else:
            _tell(end, received.name)
        for stream in (sys.stdout, sys.stderr):
            with suppress(*UNHEARD):
                stream.flush()
    finally:
        os._exit(128 + received)  # a usual end waits for all threads


def _tell(end: Callable[[str], None], received: str) -> None:
    try:
        end(received)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is said, and the process ends
        _say(f"error: {error}")


def _say(words: str) -> None:
    with suppress(*UNHEARD):
        print(words, file=sys.stderr, flush=True)
