# The GoogleTest program, each of its tests counted by itself.
import os

import lit.formats

build = lit_config.params.get("build")
if not build:
    build = os.path.join(os.path.dirname(__file__), "..", "..", "build")

config.name = "heddle-unit"
config.test_format = lit.formats.GoogleTest("", "heddle-unit")
config.suffixes = []
config.test_source_root = os.path.join(build, "test", "unit")
config.test_exec_root = config.test_source_root
if "HEDDLE_ALL_HEADERS" in os.environ:
    config.environment["HEDDLE_ALL_HEADERS"] = os.environ["HEDDLE_ALL_HEADERS"]
