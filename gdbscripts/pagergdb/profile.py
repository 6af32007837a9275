# SPDX-License-Identifier: BSD-2-Clause
"""Profiles: the viewer's own JSON files, which say which symbols, lists and members of a kernel
play which role in its pager. This finds and reads them; layout.py works them out against the ELF.

A profile is bytes from others: its size is bounded, and its values are asked for through the
functions here, which complain about a wrong form in one line.
"""
import json
import os

from .errors import LayoutError

MAX_BYTES = 1 << 20
_HERE = os.path.dirname(os.path.abspath(__file__))
# In the source tree, and installed beside the viewer's profiles.
FOLDERS = [os.path.normpath(os.path.join(_HERE, path)) for path in
           ("../../pagerview/profile", "../../profiles")]


class Profile:
    def __init__(self, path, name, root):
        self.path, self.name, self.root = path, name, root


def load(path):
    """The profile in the file PATH."""
    try:
        with open(path, "rb") as file:
            text = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise LayoutError(f"profile {path}: {error.strerror}") from None
    if len(text) > MAX_BYTES:
        raise LayoutError(f"profile {path}: more than {MAX_BYTES} bytes")
    try:
        root = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise LayoutError(f"profile {path}: no JSON: {error}") from None
    if not isinstance(root, dict) or not isinstance(root.get("profile"), str):
        raise LayoutError(f'profile {path}: no name ("profile": "NAME")')
    return Profile(path, root["profile"], root)


def find(name_or_file):
    """The file of profile NAME_OR_FILE: itself, or NAME.json in one of the folders."""
    if "/" in name_or_file or name_or_file.endswith(".json"):
        return os.path.expanduser(name_or_file)
    for folder in FOLDERS:
        path = os.path.join(folder, name_or_file + ".json")
        if os.path.isfile(path):
            return path
    raise LayoutError(f"no profile '{name_or_file}' in {' or '.join(FOLDERS)}")


def installed():
    """Every profile's file of the first folder that has any, in the order of their names."""
    for folder in FOLDERS:
        try:
            names = sorted(os.listdir(folder))
        except OSError:
            continue
        paths = [os.path.join(folder, name) for name in names
                 if name.endswith(".json") and not name.startswith(".")]
        paths = [path for path in paths if _is_profile(path)]
        if paths:
            return paths
    return []


def _is_profile(path):
    """Other JSON may lie beside the profiles; a damaged profile still counts as one."""
    try:
        with open(path, "rb") as file:
            return b'"profile"' in file.read(MAX_BYTES)
    except OSError:
        return False
