"""Polling with deadlines."""
import time


def until(look, seconds, what, every=0.05):
    """Calls `look` until it returns something true, and returns that; a failing `look` counts as not yet."""
    deadline = time.monotonic() + seconds
    last = None
    while True:
        try:
            found = look()
            if found:
                return found
            last = found
        except Exception as error:  # e.g. refused while something starts
            last = error
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what() if callable(what) else what} (last: {last!r})")
        time.sleep(every)


def stays(look, seconds, what, every=0.1):
    """Asserts that `look` is true all the time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert look(), f"did not stay so for {seconds} s: {what}"
        time.sleep(every)
