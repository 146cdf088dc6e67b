"""Adds up JUnit files; the last line is `N passed, N failed`, and how many were left out. Fails when something failed, nothing ran, or tests were
left out since something is missing: NS_ALLOW_LEFT_OUT=1 lets that pass. A test that begins its reason with `NOT ON THIS MACHINE: ` misses nothing."""
import os
import sys
import xml.etree.ElementTree as ET


NOT_HERE = "NOT ON THIS MACHINE: "


def count(path):
    """(passed, names of failed, names of skipped, each with what it said) of one file; a file that is not there holds nothing."""
    passed, failed, skipped = 0, [], []
    if not os.path.exists(path):
        return passed, failed, skipped
    for case in ET.parse(path).getroot().iter("testcase"):
        kinds = {child.tag for child in case}
        if kinds & {"failure", "error"} or case.get("status") == "fail":
            failed.append(f"{case.get('name')}: {first_line(case)}")
        elif "skipped" in kinds or case.get("status") in ("notrun", "disabled"):
            skipped.append((case.get("name"), why(case)))
        else:
            passed += 1
    return passed, failed, skipped


def why(case):
    """Why a test was skipped. pytest has it as a message; of ctest, what the program printed: `LEFT OUT: ...`, or the line after `: Skipped`."""
    printed = [line.strip() for child in case if child.tag == "system-out" for line in (child.text or "").splitlines()]
    for i, line in enumerate(printed):
        for mark in ("LEFT OUT: ", NOT_HERE):
            if mark in line:
                return line[line.index(mark):].removeprefix("LEFT OUT: ")[:300]
        if line.endswith(": Skipped") and i + 1 < len(printed):
            return printed[i + 1].removeprefix("LEFT OUT: ")[:300]
    said = next((child.get("message") for child in case if child.tag == "skipped" and child.get("message")), "no message")
    return said.removeprefix("LEFT OUT: ")[:300]


def first_line(case):
    """What a failed test said first. ctest gives no message, but all that the program printed: of that, the tests in it that failed, else
    its last line."""
    texts = [child.get("message") or child.text or "" for child in case if child.tag in ("failure", "error")]
    said = next((line.strip()[:300] for text in texts for line in text.splitlines() if line.strip()), "")
    if said not in ("", "Failed"):
        return said
    printed = [line.strip() for child in case if child.tag == "system-out" for line in (child.text or "").splitlines() if line.strip()]
    named = [line for line in printed if line.startswith("[  FAILED  ]") and not line.endswith(":")]
    failed = dict.fromkeys(line.split("]", 1)[1].split(" (")[0].strip() for line in named)
    where = [line for line in printed if line.endswith(": Failure")]
    said = "; ".join([*where[:3], *list(failed)[:3]]) or (printed[-1] if printed else said)
    return said[:300] or "no message"


def main(paths):
    passed, failed, skipped = 0, [], []
    for path in paths:
        one = count(path)
        passed, failed, skipped = passed + one[0], failed + one[1], skipped + one[2]
    left_out = [(name, reason) for name, reason in skipped if not reason.startswith(NOT_HERE)]
    for name, reason in skipped:
        print(f"{name}: {reason}" if reason.startswith(NOT_HERE) else f"LEFT OUT {name}: {reason}")
    for one in failed:
        print(f"FAILED {one}")
    if passed + len(failed) == 0:
        print("no test ran")
    allowed = os.environ.get("NS_ALLOW_LEFT_OUT") == "1"
    closing = f"{passed} passed, {len(failed)} failed"
    if left_out:
        closing += f", {len(left_out)} left out" + ("" if allowed else ", which is a failure unless NS_ALLOW_LEFT_OUT=1 is set")
    print(closing)
    return 1 if failed or passed == 0 or (left_out and not allowed) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
