#!/usr/bin/env python3
"""options.py HEDDLE: prints every option as `heddle-CHECK.NAME`, one a line.
options.py --in CONFIG LIST: every line of LIST is a key of the CheckOptions of
CONFIG, which is what clang-tidy --dump-config printed."""
import json
import re
import subprocess
import sys


def main():
    if sys.argv[1] == "--in":
        config = open(sys.argv[2], encoding="utf-8").read()
        options = open(sys.argv[3], encoding="utf-8").read().split()
        missing = [o for o in options if not re.search(r"^\s+" + re.escape(o) + ":", config, re.M)]
        if missing or not options:
            sys.exit("not in --dump-config: " + ", ".join(missing or ["no option at all"]))
        return
    checks = json.loads(subprocess.check_output([sys.argv[1], "checks", "--format=json"]))
    for check in checks:
        for option in check.get("options", []):
            print(f"heddle-{check['name']}.{option['name']}")


if __name__ == "__main__":
    main()
