#!/usr/bin/env python3
"""Confirms the labels of a fixture with ThreadSanitizer, or AddressSanitizer.

    tsan.py [--address | --deadlock] FILE FLAGS...

Builds FILE with -DDRIVER -fsanitize=thread and runs each CASE of its main alone:
one whose name ends in _bad must be reported as a race in one of many runs, one
that ends in _ok in none; those are run together first. With --address what counts is
the use of a local that has died, with --deadlock an inversion of the order of locks
or the deadlock itself. A case in _untold is a race
too, one that the tool does not find yet, and one in _alarm is none, but the tool
says it is. `CASE(run) // Name_bad` names the case that `run` is for;
`CASE(name_bad::run)` has its name from the namespace. `// NOT-SHOWN: why` after it
says why the sanitizer cannot tell. Where the sanitizer cannot start, for example
for want of address space, the script says so and ends well.
"""
import os
import re
import subprocess
import sys
import tempfile

RUNS = 100
PATIENCE = 60  # seconds
RACE = 66
CASE = re.compile(r"^  CASE\(((\w+)[\w:]*)\)(?:\s*// (?:(NOT-SHOWN): .+|(\w+_(?:bad|ok))))?", re.M)
RACY = ("_bad", "_untold")
RACES = re.compile(r"ThreadSanitizer: (?:data race|heap-use-after-free)")
# mode: sanitizer, what it reports, its name
MODES = {
    "": ("thread", RACES, "race"),
    "--address": ("address", re.compile("ERROR: AddressSanitizer"), "use of a dead local"),
    "--deadlock": ("thread", re.compile("ThreadSanitizer: lock-order-inversion"), "deadlock"),
}


def main():
    mode = sys.argv[1] if sys.argv[1] in MODES else ""
    file, *flags = sys.argv[2 if mode else 1 :]
    sanitizer, report, fault = MODES[mode]
    cases = CASE.findall(open(file, encoding="utf-8").read())
    if not cases:
        sys.exit("no CASE in " + file)
    cases = [(function, label or name) for function, name, excuse, label in cases if not excuse]
    compiler = ["clang", "-std=gnu11"] if file.endswith(".c") else ["clang++"]
    with tempfile.TemporaryDirectory() as scratch:
        program = os.path.join(scratch, "cases")
        subprocess.run(
            [*compiler, "-DDRIVER", "-fsanitize=" + sanitizer, "-O1" if sanitizer == "address" else "-O0"]
            + ["-g", "-w", "-pthread", *flags]
            + [file, "-o", program],
            check=True,
        )
        environment = dict(
            os.environ,
            TSAN_OPTIONS=f"exitcode={RACE}:halt_on_error=1",
            ASAN_OPTIONS=f"exitcode={RACE}:detect_stack_use_after_return=1:detect_leaks=0"
            ":symbolize=0",
        )

        def run(names, patience=PATIENCE):
            # Without randomised addresses: the kernel's default does not fit the shadow memory.
            return subprocess.run(
                ["setarch", "-R", program, *names],
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=patience,
            )

        if run([]).returncode != 0:
            print(f"The {sanitizer} sanitizer cannot run here: " + run([]).stderr.strip()[:200])
            return
        quiet = [function for function, label in cases if not label.endswith(RACY)]
        together = all(run(quiet).returncode == 0 for _ in range(3))
        wrong = []
        for function, label in cases:
            racy = label.endswith(RACY)
            if not racy and together:
                continue
            raced = False
            for _ in range(RUNS if racy else 5):
                try:
                    done = run([function], 5 if mode == "--deadlock" and racy else PATIENCE)
                except subprocess.TimeoutExpired:
                    if mode != "--deadlock" or not racy:
                        raise
                    raced = True
                    break
                # The program may end while another thread still prints its report, and
                # a use of a dead local may end it in another way.
                raced |= bool(report.search(done.stderr)) if racy else done.returncode == RACE
                if done.returncode not in (0, RACE) or raced:
                    break
            if not raced and done.returncode not in (0, RACE):
                wrong.append(f"{label} ended with {done.returncode}: {done.stderr[:200]}")
            elif raced != racy:
                wrong.append(f"{label}: {'a' if raced else 'no'} {fault}\n{done.stderr[:1500]}")
        if not together and not wrong:
            wrong.append(f"the cases without a {fault} have one when they run after each other")
    if wrong:
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main()
