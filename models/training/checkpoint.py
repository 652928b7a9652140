"""Files of weights: plain tensors, numbers and strings, written whole or not at all, read without running anything."""

from __future__ import annotations

import io
import json
import os
import pickle
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import torch
from torch import nn

from ...simulator import InputError
from ...simulator.files.disk import check_readable, replacing
from ...simulator.files.document import first_line, to_json

FORMAT, VERSION = "ictal weights", 1
Kind = Literal["model", "checkpoint"]
_DAMAGE = (OSError, RuntimeError, LookupError, ValueError, TypeError, AttributeError, EOFError, MemoryError)


def write(
    path: str | os.PathLike[str],
    kind: Kind,
    about: Mapping[str, object],
    state: Mapping[str, Any],
    *,
    force: bool,
    within: Path | None = None,
) -> Path:
    """Write weights, and what else is in `state`, under a temporary name and rename it.

    Args:
        path: the file.
        kind: ``"model"``: weights; ``"checkpoint"``: all that training needs to go on.
        about: provenance of the state, as JSON.
        state: nested mappings and lists of tensors, numbers and strings; ``"model"`` is a `state_dict`.
        force: replace a file that exists.
        within: folder of the temporary file that becomes it, on the same disk; the file's own if None.

    Raises:
        InputError: the file exists (and not force) or cannot be written.
    """
    document = {"format": FORMAT, "version": VERSION, "kind": kind, "about": to_json(about), **state}
    with replacing(path, force, within) as temporary:
        try:
            stored = io.BytesIO()  # of a path, torch would store the random name of the temporary file
            torch.save(document, stored)
            temporary.write_bytes(stored.getbuffer())
        except (OSError, RuntimeError) as error:
            raise InputError(f"{path}: could not be written: {first_line(error)}") from error
    return Path(path)


def read(path: str | os.PathLike[str], kind: Kind | None = None) -> dict[str, Any]:
    """Return the content that `write` wrote, on the CPU, after a check of all bytes (CRC-32); ``"about"`` is a mapping.

    Raises:
        InputError: one line: missing, empty, damaged, foreign, of a newer version or of another kind; or it holds
            more than tensors, numbers and strings, which is never loaded.
    """
    source = Path(path)
    check_readable(source, "a file of weights")
    try:
        with zipfile.ZipFile(source) as archive:
            if (torn := archive.testzip()) is not None:
                raise InputError(f"{source}: is damaged: {torn} has been changed")
        document = torch.load(source, map_location="cpu", weights_only=True)
    except zipfile.BadZipFile:
        beside = source.with_suffix(".pt")
        hint = f"; the weights are in {beside}" if beside != source and beside.is_file() else ""
        raise InputError(f"{source}: is not a file of weights, or is cut off{hint}") from None
    except pickle.UnpicklingError:
        raise InputError(
            f"{source}: holds more than tensors, numbers and strings; that is never loaded; give a model of "
            "your own to ictal.attack, ictal.evaluate_model or ictal.Monitor, in Python"
        ) from None
    except _DAMAGE as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{source}: is damaged: {first_line(error)}") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise InputError(f"{source}: was not written by ictal; of a model of your own load the weights yourself")
    if not isinstance(document.get("version"), int) or document["version"] > VERSION:
        raise InputError(f"{source}: has version {document.get('version')}; this ictal reads up to {VERSION}")
    if kind is not None and document.get("kind") != kind:
        raise InputError(f"{source}: holds a {document.get('kind')}; want a {kind}")
    try:
        return {**document, "about": dict(json.loads(document["about"]))}
    except (LookupError, ValueError, TypeError, RecursionError) as error:
        raise InputError(f"{source}: is damaged: {first_line(error)}") from error


def model_in_words(model: nn.Module, about: Mapping[str, Any]) -> str:
    """Return a model in words: its architecture with its parameters where `about` names them, else its class, and size.

    >>> model_in_words(nn.Linear(2, 3), {})
    'Linear of 9 parameters'
    """
    n = sum(p.numel() for p in model.parameters())
    return f"{architecture_in_words(about.get('architecture')) or type(model).__name__} of {n:,} parameters"


def architecture_in_words(architecture: Any) -> str:
    """Return an architecture in words, "" where it is not known.

    >>> architecture_in_words({"name": "mlp", "parameters": {"hidden": [64, 32]}})
    'mlp(hidden=[64, 32])'
    """
    if not isinstance(architecture, Mapping):
        return ""
    fields = ", ".join(f"{key}={value}" for key, value in dict(architecture["parameters"]).items())
    return f"{architecture['name']}({fields})"


def load_weights(model: nn.Module, weights: Mapping[str, Any], where: str, there: str, here: str) -> None:
    """Put weights into a model.

    Raises:
        InputError: they are those of another; the error names both, and the first difference.
    """
    wanted = model.state_dict()
    names = dict.fromkeys([*wanted, *weights])
    unlike = next((n for n in names if _shape(wanted.get(n)) != _shape(weights.get(n))), None)
    if unlike is not None:
        raise InputError(
            f"{where}: holds the weights of {there}; this model is {here} ({unlike} is {_shape(weights.get(unlike))} "
            f"there and {_shape(wanted.get(unlike))} here)"
        )
    model.load_state_dict(weights)


def _shape(weight: Any) -> str:
    if weight is None:
        return "missing"
    shape = getattr(weight, "shape", None)  # a module's extra state has none
    return "present" if shape is None else " x ".join(map(str, shape)) or "one number"
