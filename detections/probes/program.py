"""The probe's file as a module, so that the console and the command judge by the same code.

`bin/opsconsole-probe` is one self-contained file, because people copy it into pipelines that have nothing else of the
console. Therefore the console imports from the probe, and not the other way round.
"""

from __future__ import annotations

import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import Final

# No run of a target that is switched on ended within three of its intervals: no check of a run, but of their absence.
NO_RUN: Final = "no_run"
FILE = Path(__file__).resolve().parents[2] / "bin" / "opsconsole-probe"


def load(file: Path = FILE) -> ModuleType:
    """The probe as a new module. Raises ImportError where its file is missing."""
    loader = SourceFileLoader("opsconsole_probe", str(file))
    spec = spec_from_loader(loader.name, loader)
    if spec is None or not file.is_file():
        raise ImportError(f"the probe's file {file.name} is not beside the console, in bin/")
    module = module_from_spec(spec)
    sys.modules[loader.name] = module  # its named tuples look their module up
    loader.exec_module(module)
    return module


probe = load()
