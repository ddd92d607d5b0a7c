#!/usr/bin/env python3
"""Shows the labels of a fixture of loops by running it.

    parallel.py --heddle H [--labels-only] FILE -- FLAGS

FILE is a program whose main calls every function below the left margin that ends
in _bad or _ok and prints one line for each, or calls only the one that is named as
its argument; see test/loops/Inputs/show.h. It must print the same

 * as it is, and
 * with the loops of its EXPECT lines run in parallel, by 1, 2 and 4 threads: with
   the edits of `heddle fix`, and where that leaves a loop alone with the clauses
   that the EXPECT line names. ThreadSanitizer must find no race in it.

A loop marked `// CARRIED` must stay serial, and does show why: when its iterations
are dealt out to 3 or 4 threads there is a race in its function, or it prints something
else. Every function has a loop of either kind, or says

    // NOT-SHOWN: why

or shows itself in another way, by a loop of its own that stands under

    #ifdef _OPENMP

NOT-SHOWN keeps the clauses of an EXPECT line, but not an edit of the tool, from being
tried. With --labels-only the tool is not asked. OpenMP's own ordering is made known to
ThreadSanitizer by libarcher.
"""
import argparse
import collections
import difflib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

import database
import expect

LLVM = "/usr/lib/llvm-19"
ARCHER = os.path.join(LLVM, "lib", "libarcher.so")
CHECK = "heddle-parallelizable-loop"
THREADS = (1, 2, 4)
TRIES = 5
RACE = "WARNING: ThreadSanitizer: data race"
CLAUSE = re.compile(r"\b(?:private|firstprivate|lastprivate|linear|reduction)\([^()]*")
LOOP = re.compile(r"^(\s*)(?:for|while|do|std::|return std::)\b")

Case = collections.namedtuple("Case", "name first last expects carried excuse by_hand")


def missing():
    """What this machine lacks, or nothing."""
    for program in ("clang-19", "clang++-19", "setarch"):
        if not shutil.which(program):
            return f"{program} is not installed"
    if not os.path.exists(ARCHER):
        return f"{ARCHER} is not there; it comes with libomp-19-dev"
    return ""


def cases(file):
    """The labelled functions, each with what its lines say."""
    fixture = expect.Fixture(file)
    lines = open(file, encoding="utf-8").read().split("\n")
    for name, first, last in fixture.cases:
        inside = range(first, last + 1)
        yield Case(
            name,
            first,
            last,
            [(line, text) for line, text in fixture.expects if line in inside],
            [n for n in inside if re.search(r"//\s*CARRIED\b", lines[n - 1])],
            next((m[1] for n in inside if (m := re.search(r"//\s*NOT-SHOWN: (.+)", lines[n - 1]))), ""),
            any(re.match(r"#\s*if.*\b_OPENMP\b", lines[n - 1]) for n in inside),
        )


class Uncompilable(Exception):
    pass


class Programs:
    """The fixture in a scratch folder, built in several ways."""

    def __init__(self, file, flags, heddle, scratch):
        self.name = os.path.basename(file)
        # What it includes stays where it is.
        self.flags = [*flags, "-iquote", os.path.dirname(os.path.abspath(file))]
        self.heddle, self.scratch = heddle, scratch
        self.compiler = database.COMPILER[os.path.splitext(file)[1]]
        self.text = open(file, encoding="utf-8").read()

    def write(self, text):
        path = os.path.join(self.scratch, self.name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path

    def build(self, text, out, *flags):
        program = os.path.join(self.scratch, out)
        done = subprocess.run(
            [self.compiler, *self.flags, "-O1", "-g", "-w", "-pthread", *flags]
            + [self.write(text), "-lm", "-o", program],
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise Uncompilable(f"the {out} program does not compile\n{done.stderr[:4000]}")
        return program

    def fixed(self):
        """The text after `heddle fix`."""
        path = self.write(self.text)
        if not self.heddle:
            return self.text
        database.write(self.scratch, database.rows([path], self.flags))
        options = ["-p", self.scratch, "--checks=-*," + CHECK]
        options.append("--option=" + CHECK.removeprefix("heddle-") + ".MinWork=0")
        if expect.run([self.heddle, "fix", "--help"])[0]:
            return self.edited(options)
        code, out, err = expect.run([self.heddle, "fix", "--conditional", *options])
        if code not in (0, 1):
            sys.exit(f"heddle fix ended with {code}\n{out}{err}")
        return open(path, encoding="utf-8").read()

    def edited(self, options):
        """The text with the edits that `heddle check` offers, which only insert."""
        code, out, err = expect.run([self.heddle, "check", "--format=json", *options])
        if code not in (0, 1):
            sys.exit(f"heddle check ended with {code}\n{out}{err}")
        lines = self.text.split("\n")
        edits = [e for f in json.loads(out)["findings"] for e in f.get("edits", [])]
        for e in sorted(edits, key=lambda e: (e["line"], e["column"]), reverse=True):
            line, at = lines[e["line"] - 1], e["column"] - 1
            lines[e["line"] - 1] = line[:at] + e["text"] + line[at:]
        return "\n".join(lines)


def run(program, *arguments, threads=1, sanitizer=""):
    """Code, output and the sanitizer's report; sanitizer has its options."""
    environment = dict(
        os.environ,
        OMP_NUM_THREADS=str(threads),
        OMP_DYNAMIC="false",
        OMP_WAIT_POLICY="passive",
        OMP_TOOL_LIBRARIES=ARCHER,
        TSAN_OPTIONS="ignore_noninstrumented_modules=1 history_size=4 " + sanitizer,
    )
    # Without randomised addresses: the kernel's default does not fit the shadow memory.
    done = subprocess.run(
        [*(["setarch", "-R"] if sanitizer else []), program, *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=120,
    )
    return done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")


def sanitizes(program):
    """ThreadSanitizer can start here: a run of no case ends well."""
    code, _, err = run(program, "none", sanitizer="exitcode=0")
    if code:
        print("ThreadSanitizer cannot run here: " + err.strip()[:200])
    return not code


def labelled(original, fixed, cases):
    """The fixed text with the pragmas of the labels that the tool left alone.
    Also which loops have an edit, and which a pragma of their label."""
    old, new = original.split("\n"), fixed.split("\n")
    now = {}
    for a, b, size in difflib.SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks():
        now.update((a + k, b + k) for k in range(size))
    edited, named = [], {}
    for case in cases:
        for line, text in case.expects:
            at = now.get(line - 1)
            if at is None or at and new[at - 1].lstrip().startswith("#pragma omp"):
                edited.append((case.name, line))
            elif not case.excuse and not case.by_hand:
                named[at] = (case.name, line, " ".join(c + ")" for c in CLAUSE.findall(text)))
    for at in sorted(named, reverse=True):
        indent = LOOP.match(new[at])
        if not indent:
            sys.exit(f"{named[at][0]}: no loop begins at line {named[at][1]}")
        new.insert(at, f"{indent[1]}#pragma omp parallel for {named[at][2]}".rstrip())
    return "\n".join(new), edited, sorted(n[:2] for n in named.values())


def difference(serial, parallel):
    lines = difflib.unified_diff(serial.split("\n"), parallel.split("\n"), "serial", "parallel", n=0, lineterm="")
    return "\n".join(lines) + "\n"


def parallel_loops(programs, cases, serial):
    """Runs what can run in parallel; says what is wrong."""
    text, edited, named = labelled(programs.text, programs.fixed(), cases)
    program = programs.build(text, "parallel", "-fopenmp")
    for threads in THREADS:
        code, out, err = run(program, threads=threads)
        if code or out != serial:
            yield f"by {threads} threads it prints something else (code {code})"
            yield difference(serial, out) + err[:500]
    # Dealt out one by one, neighbours meet as well.
    text = re.sub(r"(?m)^(\s*#pragma omp parallel for\b(?!.*\bschedule\b).*)$", r"\1 schedule(static, 1)", text)
    program = programs.build(text, "checked", "-fopenmp", "-fsanitize=thread")
    for threads in (3, 4) if sanitizes(program) else ():
        code, out, report = run(program, threads=threads, sanitizer="exitcode=0")
        if RACE in report or code:
            where = ", ".join(c.name for c in cases if re.search(rf"\b{c.name}\b", report))
            yield f"a race where none may be, in {where} (code {code})\n{report[:3000]}"
            break
        if out != serial:
            yield f"it prints something else under ThreadSanitizer\n{difference(serial, out)}"
    hand = [c.name for c in cases if c.by_hand and c.expects and c.name not in (name for name, _ in edited)]
    print(
        f"{len(edited) + len(named) + len(hand)} loops in parallel: {len(edited)} by an edit of the tool,"
        f" {len(named)} by label, {len(hand)} by hand"
    )
    print("by label: " + ", ".join(f"{name}:{line}" for name, line in named))


def races_in(report, name, case):
    """The report has a race in the lines of the case."""
    for race in report.split(RACE)[1:]:
        for line in re.findall(re.escape(name) + r":(\d+)", race):
            if case.first <= int(line) <= case.last:
                return True
    return False


def carried_loops(programs, cases, plain):
    """Runs in parallel what must not be; says where that does no harm."""
    lines = programs.text.split("\n")
    for case in cases:
        for line in case.carried:
            indent = LOOP.match(lines[line - 1])
            if not indent or not lines[line - 1].lstrip().startswith("for"):
                sys.exit(f"{case.name}: line {line} is marked CARRIED and no `for` begins there")
            # On the same line, for the numbers of the lines to stay.
            lines[line - 1] = '_Pragma("omp parallel for schedule(static, 1)") ' + lines[line - 1]
    program = programs.build("\n".join(lines), "carried", "-fopenmp", "-fsanitize=thread")
    if not sanitizes(program):
        return
    by_race, by_output = [], []
    for case in cases:
        if not case.carried:
            continue
        _, serial, _ = run(plain, case.name)
        if case.name not in serial:
            sys.exit(f"main does not run {case.name}")
        for attempt in range(TRIES):
            # By 3 as well, for what meets again after a multiple of 4 iterations.
            # After a race anything may happen, so it ends the program.
            code, out, report = run(program, case.name, threads=4 - attempt % 2, sanitizer="halt_on_error=1")
            if races_in(report, programs.name, case):
                by_race.append(case.name)
                break
            if RACE not in report and (code or out != serial):
                by_output.append(case.name)
                break
        else:
            yield f"{case.name}: neither a race nor another output when the loop runs in parallel"
            yield report[:1500]
    print(
        f"{len(by_race) + len(by_output)} loops must stay serial: {len(by_race)} by a race,"
        f" {len(by_output)} by output"
    )
    print("by output: " + ", ".join(by_output))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--heddle", required=True)
    parser.add_argument("--labels-only", action="store_true")
    parser.add_argument("file")
    arguments, flags = sys.argv[1:], []
    if "--" in arguments:
        split = arguments.index("--")
        arguments, flags = arguments[:split], arguments[split + 1 :]
    a = parser.parse_args(arguments)
    if lack := missing():
        sys.exit(lack)

    known = list(cases(a.file))
    wrong = [
        f"{case.name}: neither EXPECT nor CARRIED nor NOT-SHOWN in it"
        for case in known
        if not (case.expects or case.carried or case.excuse or case.by_hand)
    ]
    with tempfile.TemporaryDirectory() as scratch:
        programs = Programs(a.file, flags, None if a.labels_only else a.heddle, scratch)
        plain = programs.build(programs.text, "serial")
        code, serial, err = run(plain)
        if code:
            sys.exit(f"the program ended with {code}\n{err}")
        wrong += [
            f"main does not run {case.name}"
            for case in known
            if not re.search(rf"^{case.name}\b", serial, re.M)
        ]
        for part in (parallel_loops(programs, known, serial), carried_loops(programs, known, plain)):
            try:
                wrong += part
            except Uncompilable as error:
                wrong.append(str(error))
    for case in known:
        if case.excuse:
            print(f"{case.name} is not shown: {case.excuse}")
    if wrong:
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main()
