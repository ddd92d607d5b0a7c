#!/usr/bin/env python3
"""Runs a fixture through the command line tool and through the clang-tidy
plugin, and compares what both find with what the fixture says.

    expect.py --heddle H --plugin P --tidy T [--cli-only] [--option CHECK.NAME=VALUE]...
              FILE... CHECKS [-- FLAGS]

In the fixture,

    hits++;  // EXPECT: `hits` is written here
             // EXPECT@-1: [heddle-other-check]
    m.lock();  // NOTE: taken here

an EXPECT is one finding on that line (or so many lines further) whose text, with
the name of its check after it, contains what is said. Every finding must be
expected and every expectation met. A NOTE must be among the notes there; other
notes are free. A function, struct or namespace at the left margin whose name
ends in _ok must have no finding in it, and one whose name ends in _bad at least
one; it extends to the next closing brace at the left margin.

With several files, all are one program, which only the command line tool can
see: say --cli-only.
"""
import argparse
import collections
import json
import os
import re
import subprocess
import sys
import tempfile

import database

FINDING = re.compile(r"^(?P<file>[^\s:][^:]*):(?P<line>\d+):(?P<column>\d+): "
                     r"(?P<level>warning|error|remark|note): (?P<text>.*)$")
EXPECT = re.compile(r"//\s*(?P<kind>EXPECT|NOTE)(?:@(?P<by>[+-]\d+))?:\s*(?P<text>.*?)\s*(?=// (?:EXPECT|NOTE)|$)")
CASE = re.compile(r"^[A-Za-z].*?\b(?P<name>\w+_(?:ok|bad))\b")

Finding = collections.namedtuple("Finding", "file line column text")


class Fixture:
    """The expectations and cases of one source file."""

    def __init__(self, path):
        self.path = os.path.realpath(path)
        self.expects, self.notes, self.cases = [], [], []
        lines = open(path, encoding="utf-8").read().split("\n")
        for number, line in enumerate(lines, 1):
            for m in EXPECT.finditer(line):
                at = number + int(m["by"] or 0)
                (self.expects if m["kind"] == "EXPECT" else self.notes).append((at, m["text"]))
            m = CASE.match(line)
            if m and not line.rstrip().endswith(";"):
                self.cases.append((m["name"], number, self.end(lines, number)))

    @staticmethod
    def end(lines, first):
        if lines[first - 1].rstrip().endswith("}"):
            return first
        for number in range(first, len(lines)):
            if lines[number].startswith("}"):
                return number + 1
        return len(lines)


def parse(output):
    findings, notes = [], []
    for line in output.splitlines():
        m = FINDING.match(line)
        if not m:
            continue
        found = Finding(os.path.realpath(m["file"]), int(m["line"]), int(m["column"]), m["text"])
        (notes if m["level"] == "note" and "[heddle-" not in m["text"] else findings).append(found)
    return findings, notes


def run(command, **variables):
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        env=dict(os.environ, **variables),
    )
    return done.returncode, done.stdout, done.stderr


def run_cli(a, scratch):
    database.write(scratch, database.rows(a.files, a.flags))
    code, out, err = run(
        [a.heddle, "check", "-p", scratch, "--checks=" + a.checks]
        + ["--option=" + option for option in a.option]
    )
    if code not in (0, 1):
        sys.exit(f"heddle check ended with {code}\n{out}{err}")
    findings, notes = parse(out)
    if (code == 1) != bool(findings):
        sys.exit(f"heddle check ended with {code} and printed {len(findings)} findings\n{out}{err}")
    return findings, notes, out


def run_plugin(a):
    flags = database.flags_of(a.files[0], a.flags)
    options = {"heddle-" + name: value for name, value in (o.split("=", 1) for o in a.option)}
    code, out, err = run(
        [a.tidy, "--load=" + a.plugin, "--quiet", "--checks=" + a.checks]
        + (["--config=" + json.dumps({"CheckOptions": options})] if options else [])
        + [a.files[0], "--", *flags],
        **({"LD_PRELOAD": a.preload} if a.preload else {}),
    )
    if code != 0:
        sys.exit(f"clang-tidy ended with {code}\n{out}{err}")
    return (*parse(out), out)


def compare(door, fixtures, findings, notes):
    """Says what is wrong, one line each."""
    known = {f.path: f for f in fixtures}
    for file in sorted({f.file for f in findings} - set(known)):
        yield f"{door}: a finding in {file}"
    for fixture in fixtures:
        name = os.path.basename(fixture.path)
        here = [f for f in findings if f.file == fixture.path]
        unmet = list(fixture.expects)
        for f in here:
            hit = next((e for e in unmet if e[0] == f.line and e[1] in f.text), None)
            if hit:
                unmet.remove(hit)
            else:
                yield f"{door}: {name}:{f.line}:{f.column}: unexpected: {f.text}"
        for line, text in unmet:
            yield f"{door}: {name}:{line}: missing: {text}"
        for line, text in fixture.notes:
            if not any(n.file == fixture.path and n.line == line and text in n.text for n in notes):
                yield f"{door}: {name}:{line}: missing note: {text}"
        for case, first, last in fixture.cases:
            found = any(first <= f.line <= last for f in here)
            if case.endswith("_ok") and found:
                yield f"{door}: {name}:{first}: a finding in {case}"
            if case.endswith("_bad") and not found:
                yield f"{door}: {name}:{first}: no finding in {case}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    for name in ("heddle", "plugin", "tidy"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--preload", help="a sanitizer's runtime, for the host of the plugin")
    parser.add_argument("--cli-only", action="store_true")
    parser.add_argument("--option", action="append", default=[], metavar="CHECK.NAME=VALUE")
    parser.add_argument("files", nargs="+")
    arguments, flags = sys.argv[1:], None
    if "--" in arguments:
        split = arguments.index("--")
        arguments, flags = arguments[:split], arguments[split + 1 :]
    a = parser.parse_args(arguments)
    a.flags, a.checks = flags, a.files.pop()
    if not a.checks.startswith("-*"):
        a.checks = "-*," + a.checks

    fixtures = [Fixture(f) for f in a.files]
    wrong = []
    with tempfile.TemporaryDirectory() as scratch:
        findings, notes, printed = run_cli(a, scratch)
    wrong += compare("heddle check", fixtures, findings, notes)
    if not a.cli_only:
        in_plugin, notes, in_plugin_printed = run_plugin(a)
        wrong += compare("clang-tidy", fixtures, in_plugin, notes)
        for f in sorted(set(findings) ^ set(in_plugin)):
            door = "heddle check" if f in set(findings) else "clang-tidy"
            wrong.append(f"only {door} prints {f.line}:{f.column}: {f.text}")
        printed += in_plugin_printed
    if wrong:
        sys.exit("\n".join(wrong) + "\n\n" + printed)


if __name__ == "__main__":
    main()
