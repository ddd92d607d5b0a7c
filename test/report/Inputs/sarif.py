#!/usr/bin/env python3
"""sarif.py LOG: says what in a SARIF log of heddle contradicts itself or the
sources: rule indices, links of messages, URIs, regions outside the text.
Then one line per result: rule, file, line and the text that the region covers."""
import json
import os
import re
import sys
import urllib.parse

log = json.load(open(sys.argv[1], encoding="utf-8"))
assert log["version"] == "2.1.0" and "sarif-schema-2.1.0" in log["$schema"]
(run,) = log["runs"]
assert run["columnKind"] == "utf16CodeUnits"
rules = run["tool"]["driver"]["rules"]
bases = {k: v["uri"] for k, v in run.get("originalUriBaseIds", {}).items()}
for uri in bases.values():
    assert uri.startswith("file:///") and uri.endswith("/"), uri
for rule in rules:
    assert rule["id"].startswith("heddle-") and rule["help"]["markdown"], rule["id"]


def path(location):
    artifact = location["physicalLocation"]["artifactLocation"]
    uri = artifact["uri"]
    if "uriBaseId" in artifact:
        assert not uri.startswith("/"), uri
        uri = bases[artifact["uriBaseId"]] + uri
    assert uri.startswith("file:///") and re.fullmatch(r"[A-Za-z0-9._~/:%-]+", uri), uri
    return urllib.parse.unquote(uri[len("file://") :])


def text(location):
    """What the region covers, of its first line."""
    region = location["physicalLocation"]["region"]
    lines = open(path(location), encoding="utf-8").read().split("\n")
    line = lines[region["startLine"] - 1].encode("utf-16-le")
    begin = region.get("startColumn", 1) - 1
    end = len(line) // 2
    if region.get("endLine", region["startLine"]) == region["startLine"]:
        end = region.get("endColumn", end + 1) - 1
    assert 0 <= begin <= end <= len(line) // 2, region
    return line[2 * begin : 2 * end].decode("utf-16-le")


for result in run["results"]:
    assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    assert re.fullmatch("[0-9a-f]{32}", result["partialFingerprints"]["heddleFingerprint/v1"])
    related = {r["id"]: r for r in result.get("relatedLocations", [])}
    links = {int(n) for n in re.findall(r"(?<!\\)\]\((\d+)\)", result["message"]["text"])}
    assert links == set(related), (links, set(related))
    for r in related.values():
        text(r)
    for flow in result.get("codeFlows", []):
        for step in flow["threadFlows"][0]["locations"]:
            text(step["location"])
    (place,) = result["locations"]
    name = os.path.basename(path(place))
    print(result["ruleId"], name, place["physicalLocation"]["region"]["startLine"], text(place))

invocation = run["invocations"][0]
print("successful" if invocation["executionSuccessful"] else "not successful")
for notification in invocation.get("toolExecutionNotifications", []):
    print(notification["level"], notification["message"]["text"])
