"""Runs named steps and prints one line for each: `ok NAME`, `failed NAME: why`, or `absent NAME: why` for what is not served yet."""

import sys
import time

LIMIT_S = 30


class Absent(Exception):
    """The broker says that it does not serve this."""


def step(name, body):
    try:
        body()
        print("ok", name, flush=True)
    except Absent as error:
        print("absent %s: %s" % (name, error), flush=True)
    except Exception as error:  # the step's outcome, whatever it is
        text = str(error).replace("\n", " ")
        print("failed %s: %s: %s" % (name, type(error).__name__, text), flush=True)
        step.has_failed = True


step.has_failed = False


def check(is_true, what):
    if not is_true:
        raise AssertionError("unexpected: %r" % (what,))


def until(is_done, what):
    """Calls until it is true; what it did not become is the error."""
    end = time.monotonic() + LIMIT_S
    while not is_done():
        check(time.monotonic() < end, what())


def end():
    sys.exit(1 if step.has_failed else 0)
