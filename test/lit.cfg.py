# How the tests run. `./dev test` gives the build directory with -D build=DIR.
#
#   %heddle         the command line tool
#   %clang_tidy     clang-tidy with the plugin loaded
#   %plugin         the plugin itself
#   %check-fixture  runs a fixture through both and compares with its EXPECT
#                   lines, see expect.py
#   %exits          runs a command that must end with a given code, see exits.py
#   %tsan, %asan, %deadlock
#                   confirm the labels of a fixture by running it, see tsan.py
#   %parallel       shows the labels of a fixture of loops by running it, see
#                   parallel.py
#   %database       writes a compile database for the files of a folder, see
#                   database.py
#   %build, %root   build directory, top of the sources
import os
import pty
import shutil
import sys

import lit.formats

root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
build = lit_config.params.get("build", os.path.join(root, "build"))
llvm = lit_config.params.get("llvm", "/usr/lib/llvm-19")

sys.path.insert(0, os.path.join(root, "test"))
import parallel

config.name = "heddle"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".c", ".cpp", ".test"]
config.excludes = ["Inputs", "templates", "bench", "CMakeLists.txt"]
config.test_source_root = os.path.join(root, "test")
config.test_exec_root = os.path.join(build, "test")

tidy = os.path.join(llvm, "bin", "clang-tidy")
heddle = os.path.join(build, "bin", "heddle")
plugin = os.path.join(build, "lib", "heddle-tidy-19.so")
python = '"%s"' % sys.executable


def script(name, *arguments):
    return " ".join([python, os.path.join(root, "test", name), *arguments])


# A sanitized plugin needs the runtime loaded before the host.
preload = lit_config.params.get("preload", "")
host = "env LD_PRELOAD=%s %s" % (preload, tidy) if preload else tidy

config.substitutions += [
    ("%check-fixture", script("expect.py", "--heddle", heddle, "--plugin", plugin, "--tidy", tidy)
     + (" --preload " + preload if preload else "")),
    ("%exits", script("exits.py")),
    ("%tsan", script("tsan.py")),
    ("%asan", script("tsan.py", "--address")),
    ("%deadlock", script("tsan.py", "--deadlock")),
    ("%parallel", script("parallel.py", "--heddle", heddle)),
    ("%database", script("database.py")),
    ("%clang_tidy", "%s --load=%s" % (host, plugin)),
    ("%heddle", heddle),
    ("%plugin", plugin),
    ("%python", python),
    ("%root", root),
    ("%build", build),
]

# FileCheck, not, count and the compiler, all of the version we build with.
config.environment["PATH"] = os.pathsep.join(
    [os.path.join(llvm, "bin"), os.environ.get("PATH", "/usr/bin:/bin")]
)
config.environment["LC_ALL"] = "C.UTF-8"
for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "HOME", "TMPDIR"):
    if name in os.environ:
        config.environment[name] = os.environ[name]

if preload:
    config.available_features.add("sanitized")
if not parallel.missing():
    config.available_features.add("openmp")
try:  # a root without /dev/pts has no terminals to give
    for end in pty.openpty():
        os.close(end)
    config.available_features.add("pty")
except OSError:
    pass

if os.path.exists("/usr/include/tbb/parallel_for.h"):
    config.available_features.add("tbb")
if shutil.which("clang-tidy-14"):
    config.available_features.add("clang-tidy-14")
    config.substitutions.insert(0, ("%other_tidy", shutil.which("clang-tidy-14")))
