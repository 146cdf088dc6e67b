"""What the steps of a life have in common."""
import time

from harness.api import ApiError

PLATFORM = "neoshowcase.platform.v1.PlatformService"
STEP_SECONDS = 120  # against hanging only
LOOK_SECONDS = 0.2  # between looks that start a client of the database
FINAL = ("unimplemented", "permission_denied", "unauthenticated")  # no second try changes these


def insist(step, what, site, seconds=STEP_SECONDS):
    """Repeats an operation whose failure leaves open whether it took effect; it ends once it comes back with something true."""
    deadline, last = time.monotonic() + seconds, None
    while time.monotonic() < deadline:
        try:
            last = step()
            if last:
                return last
        except ApiError as error:
            assert error.code not in FINAL, f"{what}: {error}"
            last = error
        except Exception as error:  # the host is down, or was while it answered
            last = error
        time.sleep(0.1)
    raise AssertionError(f"not within {seconds} s: {what} (last: {last!r})\n{site.logs_tail()}")
