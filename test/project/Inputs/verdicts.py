"""Checks that what `heddle advise` says of the examples is what they show.

    verdicts.py [--book] ADVICE.json
"""
import json
import os
import sys

# By file: an opportunity is one of the lines that hold the text.
EXPECTED = {
    "hits.cpp": ("Workers.emplace_back", "threads", "threads"),
    "mandelbrot.cpp": ("for (int Row", "parallel", "processes"),
    "fetch.cpp": ("for (int I = 1; I < Count; ++I)", "async", "threads"),
    "compress.cpp": ("for (int I = 1; I < Count; ++I)", "processes", "processes"),
    "filter.cpp": ("for (std::size_t I = 1", "serial", "serial"),
}


def main():
    book = "--book" in sys.argv
    advice = json.load(open(sys.argv[-1], encoding="utf-8"))
    wrong = []
    for name, (text, cpp, by_the_book) in EXPECTED.items():
        want = by_the_book if book else cpp
        here = [o for o in advice["opportunities"] if os.path.basename(o["file"]) == name]
        got = []
        for o in here:
            line = open(o["file"], encoding="utf-8").read().split("\n")[o["line"] - 1]
            if text in line:
                got.append(o["verdict"])
        if not got or got[0] != want:
            wrong.append(f"{name}: expected {want} at `{text}`, got {got or 'nothing'}; all: "
                         + ", ".join(f"{o['line']}:{o['verdict']}" for o in here))
    if wrong:
        sys.exit("\n".join(wrong))


main()
