#!/usr/bin/env python3
"""exits.py CODE[,CODE] COMMAND...: the command must end with one of the codes."""
import subprocess
import sys

code = subprocess.run(sys.argv[2:], stdin=subprocess.DEVNULL).returncode
if str(code) not in sys.argv[1].split(","):
    sys.exit(f"ended with {code}, not {sys.argv[1]}: {' '.join(sys.argv[2:])}")
