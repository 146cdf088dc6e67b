"""Installs the plugin package, builds a plugin outside this tree against it, and looks at what came out.

usage: package_test.py BUILD SOURCE PLAIN
SOURCE: a plugin in C++ for CMake; PLAIN: the folder of tiny.c, a plugin in C that is built by hand with pkg-config.
"""
import ctypes
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

BUILD, SOURCE, PLAIN = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])


def run(*command, **options):
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{done.stdout}")
    return done.stdout


class Handshake(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint32) for name in
                ("struct_size", "host_minor", "host_oldest_minor", "plugin_minor", "plugin_needs_minor")]


def check_library(library, manifest):
    exported = [line.split()[-1] for line in run("nm", "-D", "--defined-only", library).splitlines()]
    assert exported == ["ns_plugin_entry_v1"], exported
    section = library.parent / "section"
    run("objcopy", "--dump-section", f".ns_manifest={section}", library, library.parent / "copy.so")
    assert section.read_bytes() == manifest.read_bytes(), "section .ns_manifest differs from the file"
    entry = ctypes.CDLL(str(library), mode=os.RTLD_NOW | os.RTLD_LOCAL).ns_plugin_entry_v1
    entry.restype = ctypes.c_void_p
    handshake = Handshake(ctypes.sizeof(Handshake), 0, 0, 99, 99)
    assert entry(ctypes.byref(handshake)), "it refused the handshake"
    assert (handshake.plugin_minor, handshake.plugin_needs_minor) == (0, 0)


def build_by_hand(folder, prefix):
    folder.mkdir()
    libdir = next(prefix.rglob("neoshowcase-plugin.pc")).parent
    environment = dict(os.environ, PKG_CONFIG_PATH=str(libdir))
    say = lambda *options: run("pkg-config", *options, "neoshowcase-plugin", env=environment).split()
    manifest = folder / "tiny.nsplugin.json"
    shutil.copy(PLAIN / "tiny.nsplugin.json", manifest)
    source = pathlib.Path(say("--variable=manifest_source")[0]).read_text().replace("@manifest@", str(manifest))
    (folder / "manifest.S").write_text(source)
    run("cc", "-std=c11", "-Wpedantic", "-Werror", PLAIN / "tiny.c", folder / "manifest.S", "-o", folder / "tiny.so",
        *say("--cflags"), *say("--libs"))
    check_library(folder / "tiny.so", manifest)


def main(folder):
    prefix, source, build = folder / "prefix", folder / "source", folder / "build"
    run("cmake", "--install", BUILD, "--component", "plugin-sdk", "--prefix", prefix)
    shutil.copytree(SOURCE, source)
    run("cmake", "-G", "Ninja", "-S", source, "-B", build, f"-DCMAKE_PREFIX_PATH={prefix}", "-DCMAKE_BUILD_TYPE=Debug")
    run("cmake", "--build", build)
    check_library(build / "hello.so", build / "hello.nsplugin.json")
    run("cmake", "--install", build, "--prefix", folder / "root")
    installed = sorted(path.name for path in (folder / "root").rglob("*") if path.is_file())
    assert installed == ["hello.nsplugin.json", "hello.so"], installed
    headers = sorted((prefix / "include/ns/abi").glob("*.h"))
    assert headers, "no headers were installed"
    everything = folder / "all.c"
    everything.write_text("".join(f'#include "ns/abi/{header.name}"\n' for header in headers))
    run("cc", "-std=c11", "-Wpedantic", "-Werror", "-fsyntax-only", "-I", prefix / "include", everything)  # the package alone
    build_by_hand(folder / "plain", prefix)


with tempfile.TemporaryDirectory(prefix="ns-package-") as name:
    main(pathlib.Path(name))
print("the installed package builds plugins outside the tree, with CMake and by hand")
