"""The native part, which is optional: without a compiler, or where it fails, Python does its work.

Everything else is in ``pyproject.toml``."""

from glob import glob

from setuptools import Extension, setup

setup(
    ext_modules=[
        Extension(
            "sfu.net.native._native",
            sorted(glob("sfu/net/native/*.c")),
            extra_compile_args=[
                "-O2",
                "-std=gnu11",
                "-ffp-contract=off",
                "-Wall",
                "-Wextra",
                "-fvisibility=default",
            ],
            depends=glob("sfu/net/native/*.h"),
            optional=True,
        )
    ]
)
