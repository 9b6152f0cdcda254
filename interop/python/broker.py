"""The broker under test: its address, fresh names, waiting for what becomes true, and members that can be killed."""

import contextlib
import itertools
import os
import subprocess
import sys
import time

BOOTSTRAP = os.environ.get("BOOTSTRAP") or sys.exit("BOOTSTRAP must name the broker, for example 127.0.0.1:9092")
PATIENCE = 30.0
SESSION_TIMEOUT_MS = 6_000
HEARTBEAT_MS = 500

_run = format(time.time_ns() // 1_000_000, "x")
_serial = itertools.count(1)


def fresh(what):
    """A name that no other test and no other run uses."""
    return f"python-{what}-{_run}-{next(_serial)}"


def eventually(what, ask, fits):
    """Asks again and again until the answer fits and returns it; fails with the last answer."""
    deadline = time.monotonic() + PATIENCE
    while True:
        answer = ask()
        if fits(answer):
            return answer
        assert time.monotonic() < deadline, f"never true: {what}; last answer: {answer!r}"
        time.sleep(0.02)


@contextlib.contextmanager
def doomed_member(client, topic, group):
    """A group member in a process of its own. It is killed at the end of the block: its sockets close and nobody says goodbye."""
    program = os.path.join(os.path.dirname(os.path.abspath(__file__)), "member.py")
    process = subprocess.Popen([sys.executable, program, client, topic, group], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
