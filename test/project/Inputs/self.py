#!/usr/bin/env python3
"""self.py HEDDLE BUILD ROOT: heddle over a part of its own sources."""
import os
import subprocess
import sys

FOLDERS = ("checks", "tool/base", "tool/program", "tool/advice", "tool/report")
SECONDS = 240


def main():
    heddle, build, root = sys.argv[1:]
    command = [heddle, "check", "-p", build, "-j2"]
    command += [os.path.join(root, folder) for folder in FOLDERS]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS
    )
    sys.stdout.write(done.stdout[-4000:])
    sys.stderr.write(done.stderr[-4000:])
    if done.returncode not in (0, 1):
        sys.exit(f"{' '.join(command)} ended with {done.returncode}")


if __name__ == "__main__":
    main()
