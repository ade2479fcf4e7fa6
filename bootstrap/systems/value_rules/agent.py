"""The agent's file as a module, so that the console and the agent judge by the same code.

`bin/opsconsole-agent` is one self-contained file, because people copy it to machines that have nothing else of the
console. Therefore the console imports from the agent, and not the other way round.
"""

from __future__ import annotations

from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

FILE = Path(__file__).resolve().parents[3] / "bin" / "opsconsole-agent"


def load(file: Path = FILE) -> ModuleType:
    """The agent as a new module. Raises ImportError where its file is missing."""
    loader = SourceFileLoader("opsconsole_agent", str(file))
    spec = spec_from_loader(loader.name, loader)
    if spec is None or not file.is_file():
        raise ImportError(f"the agent's file {file.name} is not beside the console, in bin/")
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


agent = load()
