"""Adds up JUnit files and prints `N passed, N failed`; fails when something failed, was left out, or nothing ran."""
import os
import sys
import xml.etree.ElementTree as ET


def count(path):
    """(passed, names of failed, names of skipped) of one file; a file that is not there holds nothing."""
    passed, failed, skipped = 0, [], []
    if not os.path.exists(path):
        return passed, failed, skipped
    for case in ET.parse(path).getroot().iter("testcase"):
        kinds = {child.tag for child in case}
        if kinds & {"failure", "error"} or case.get("status") == "fail":
            failed.append(f"{case.get('name')}: {first_line(case)}")
        elif "skipped" in kinds or case.get("status") in ("notrun", "disabled"):
            skipped.append(case.get("name"))
        else:
            passed += 1
    return passed, failed, skipped


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
    passed, failed, left_out = 0, [], []
    for path in paths:
        one = count(path)
        passed, failed, left_out = passed + one[0], failed + one[1], left_out + one[2]
    if left_out:
        print(f"LEFT OUT, {len(left_out)} tests: {', '.join(left_out)}")
    for one in failed:
        print(f"FAILED {one}")
    if passed + len(failed) == 0:
        print("no test ran")
    print(f"{passed} passed, {len(failed)} failed")
    return 1 if failed or passed == 0 or (left_out and os.environ.get("CI")) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
