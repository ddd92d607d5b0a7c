#!/usr/bin/env python3
"""terminal.py progress COMMAND...      runs it with standard error on a terminal
terminal.py interrupt FOLDER HEDDLE  stops a run that does not end, as Ctrl-C does
"""
import glob
import os
import pty
import signal
import subprocess
import sys
import time


def progress(command):
    master, slave = pty.openpty()
    child = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=slave,
        env=dict(os.environ, TERM="xterm"),
    )
    os.close(slave)
    text = b""
    try:
        while chunk := os.read(master, 4096):
            text += chunk
    except OSError:
        pass  # the other side is closed
    child.wait()
    lines = text.decode().replace("\033[K", "").split("\r")
    print("\n".join(line for line in lines if line.strip()))
    if text.rfind(b"\r\033[K") > text.rfind(b"[1/1]") >= 0:
        print("erased at the end")


def living(group):
    """Processes of the group that have not ended, from /proc/*/stat."""
    found = []
    for name in glob.glob("/proc/[0-9]*/stat"):
        try:
            with open(name, encoding="utf-8", errors="replace") as f:
                state, _, its_group = f.read().rpartition(")")[2].split()[:3]
        except OSError:
            continue  # it has just ended
        if int(its_group) == group and state != "Z":
            found.append(name)
    return found


def interrupt(folder, heddle):
    # Nobody writes to the pipe, so reading the header takes for ever.
    os.mkfifo(os.path.join(folder, "never.h"))
    source = os.path.join(folder, "waits.cpp")
    with open(source, "w", encoding="utf-8") as f:
        f.write('#include "never.h"\n')
    before = sorted(os.listdir(folder))
    command = [heddle, "check", "-j2", "--output=" + os.path.join(folder, "out"), source, "--"]
    child = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        start_new_session=True, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    deadline = time.monotonic() + 60
    while len(living(child.pid)) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)  # until the worker is there
    os.killpg(child.pid, signal.SIGINT)
    out, err = child.communicate(timeout=60)
    print("exit code", child.returncode)
    print(out + err or "printed nothing")
    print("no output" if sorted(os.listdir(folder)) == before else os.listdir(folder))
    print(living(child.pid) or "no process left")


if sys.argv[1] == "progress":
    progress(sys.argv[2:])
else:
    interrupt(*sys.argv[2:])
