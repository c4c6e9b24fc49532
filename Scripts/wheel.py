#!/usr/bin/env python3
"""Build the Python wheel: Python/dist/toklab_swift-VERSION-py3-none-manylinux_…whl.

The shared library carries the Swift runtime, ICU, zlib, zstd and the C++ runtime; what is left is glibc, and the
platform tag names the glibc that it needs. Usage: Scripts/wheel.py [--output Python/dist]
"""

import argparse
import base64
import hashlib
import os
import pathlib
import platform
import re
import subprocess
import sys
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
SCRATCH = ROOT / "Python" / ".build"
ARCHIVES = ("icui18n", "icuuc", "icudata", "z", "zstd", "stdc++")
MODULES = {"icu-i18n": ("icui18n", "icuuc", "icudata", "stdc++"), "zlib": ("z",), "libzstd": ("zstd",)}
# Of glibc; everything else must be inside.
ALLOWED = {"libc.so.6", "libm.so.6", "libgcc_s.so.1", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"}


def run(*command: str) -> str:
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def archives() -> pathlib.Path:
    """A folder with the static archives alone, so that the linker finds no shared library beside them."""
    folder = SCRATCH / "archives"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ARCHIVES:
        found = pathlib.Path(run("gcc", f"-print-file-name=lib{name}.a").strip())
        if not found.is_absolute():
            sys.exit(f"lib{name}.a is missing; expected the archives of libicu-dev, zlib1g-dev, libzstd-dev, libstdc++")
        link = folder / f"lib{name}.a"
        link.unlink(missing_ok=True)
        link.symlink_to(found)
    # The build tool asks pkg-config, whose own answers name the system's folder first.
    for module, names in MODULES.items():
        libraries = " ".join(f"-l{name}" for name in names)
        (folder / f"{module}.pc").write_text(
            f"Name: {module}\nDescription: static\nVersion: 1\nLibs: -L{folder} {libraries}\nCflags:\n"
        )
    return folder


def build() -> pathlib.Path:
    folder = archives()
    subprocess.run(
        [
            "swift", "build", "-c", "release", "--package-path", str(ROOT / "Python"), "--scratch-path", str(SCRATCH),
            "--static-swift-stdlib", "-Xswiftc", "-static-stdlib",
            # Not -Xlinker: that would put the folder behind the system's.
            "-Xswiftc", f"-L{folder}",
            "-Xlinker", f"--version-script={ROOT / 'Python' / 'exports.map'}", "-Xlinker", "--gc-sections",
            "-Xlinker", "--strip-all", "-Xlinker", "-z", "-Xlinker", "defs",
        ],
        check=True, stdout=sys.stderr, env={**os.environ, "PKG_CONFIG_PATH": str(folder)},
    )  # fmt: skip
    return SCRATCH / "release" / "libtoklab-c.so"


def platform_tag(library: pathlib.Path) -> str:
    """The tag of the newest glibc version among the symbols; an error for a library that users may not have."""
    needed = set(re.findall(r"NEEDED\s+(\S+)", run("objdump", "-p", str(library))))
    if needed - ALLOWED:
        sys.exit(f"{library.name} needs {', '.join(sorted(needed - ALLOWED))}; expected nothing but glibc")
    versions = re.findall(r"GLIBC_(\d+)\.(\d+)", run("objdump", "-T", str(library)))
    major, minor = max((int(a), int(b)) for a, b in versions)
    return f"manylinux_{major}_{minor}_{platform.machine()}"


def wheel(library: pathlib.Path, output: pathlib.Path) -> pathlib.Path:
    source = (ROOT / "Sources/Tokenizers/Version.swift").read_text()
    version = re.search(r'current = "([^"]+)"', source)[1]
    tag = f"py3-none-{platform_tag(library)}"
    package = ROOT / "Python" / "toklab_swift"
    info = f"toklab_swift-{version}.dist-info"
    files = {f"toklab_swift/{path.name}": path.read_bytes() for path in sorted(package.iterdir()) if path.is_file()}
    files["toklab_swift/libtoklab-c.so"] = library.read_bytes()
    files["toklab_swift/toklab.h"] = (ROOT / "Python/include/toklab.h").read_bytes()
    files[f"{info}/licenses/LICENSE"] = (ROOT / "LICENSE").read_bytes()
    files[f"{info}/METADATA"] = (
        f"Metadata-Version: 2.4\nName: toklab-swift\nVersion: {version}\n"
        "Summary: Tokenizers of toklab: encode, count, decode, train\n"
        "Requires-Python: >=3.10\nRequires-Dist: numpy>=1.24\nLicense-File: LICENSE\n"
    ).encode()
    files[f"{info}/WHEEL"] = (
        f"Wheel-Version: 1.0\nGenerator: toklab\nRoot-Is-Purelib: false\nTag: {tag}\n".encode()
    )
    record = ""
    for name, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        record += f"{name},sha256={digest},{len(content)}\n"
    files[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n".encode()
    output.mkdir(parents=True, exist_ok=True)
    path = output / f"toklab_swift-{version}-{tag}.whl"
    unfinished = path.with_suffix(".part")
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            # A fixed date: the same library gives the same wheel.
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
    unfinished.replace(path)
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "Python" / "dist")
    path = wheel(build(), parser.parse_args().output)
    print(f"{path} ({path.stat().st_size / 1e6:.1f} MB)")


if __name__ == "__main__":
    main()
