#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""schema.py SCHEMA FILE...: check JSON files against a schema, as far as ours uses the language.
schema.py --lines SCHEMA SNAPSHOT_SCHEMA FILE...: each line of the files against SCHEMA, and those
that are snapshots against theirs.

Knows $ref into definitions, type, enum, const, pattern, minimum, required, properties, items,
additionalProperties and anyOf; any other key that restricts is an error, so that nothing is passed
over in silence. Prints the place of the first breach of each file; exits 1 if there was any.
"""
import json
import re
import sys

KNOWN = {"$schema", "title", "description", "definitions", "$ref", "type", "enum", "const", "pattern",
         "minimum", "required", "properties", "items", "additionalProperties", "anyOf"}
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}


class Breach(Exception):
    pass


def has_type(value, name):
    if name == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if name == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, TYPES[name])


def check(value, schema, root, where):
    if set(schema) - KNOWN:
        raise Breach(f"schema: unknown key {set(schema) - KNOWN} for {where}")
    if "$ref" in schema:
        return check(value, root["definitions"][schema["$ref"].rsplit("/", 1)[1]], root, where)
    if "anyOf" in schema:
        for option in schema["anyOf"]:
            try:
                return check(value, option, root, where)
            except Breach:
                pass
        raise Breach(f"{where}: {value!r} is none of what it may be")
    if "type" in schema and not has_type(value, schema["type"]):
        raise Breach(f"{where}: {value!r} is no {schema['type']}")
    if "enum" in schema and value not in schema["enum"]:
        raise Breach(f"{where}: {value!r} is not one of {schema['enum']}")
    if "const" in schema and value != schema["const"]:
        raise Breach(f"{where}: {value!r} is not {schema['const']!r}")
    if "pattern" in schema and isinstance(value, str) and not re.search(schema["pattern"], value):
        raise Breach(f"{where}: {value!r} is not of the form {schema['pattern']}")
    if "minimum" in schema and value < schema["minimum"]:
        raise Breach(f"{where}: {value!r} is too small")
    if isinstance(value, dict):
        for name in schema.get("required", []):
            if name not in value:
                raise Breach(f"{where}: no {name}")
        for name, item in value.items():
            rule = schema.get("properties", {}).get(name, schema.get("additionalProperties", {}))
            check(item, rule, root, f"{where}.{name}")
    if isinstance(value, list) and "items" in schema:
        for index, item in enumerate(value):
            check(item, schema["items"], root, f"{where}[{index}]")
    return None


def read_schema(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def check_lines(path, schema, snapshot):
    moments = 0
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            value = json.loads(line)
            check(value, schema, schema, f"line {number}")
            if "schema" in value and "recording" not in value:
                check(value, snapshot, snapshot, f"line {number}")
                moments += 1
    if not moments:
        raise Breach("no moment in it")


def main_lines():
    schema, snapshot = read_schema(sys.argv[2]), read_schema(sys.argv[3])
    breaches = 0
    for path in sys.argv[4:]:
        try:
            check_lines(path, schema, snapshot)
        except (Breach, ValueError) as breach:
            print(f"{path}: {breach}")
            breaches += 1
    return 1 if breaches or len(sys.argv) < 5 else 0


def main():
    if sys.argv[1] == "--lines":
        return main_lines()
    with open(sys.argv[1], encoding="utf-8") as file:
        schema = json.load(file)
    breaches = 0
    for path in sys.argv[2:]:
        try:
            with open(path, encoding="utf-8") as file:
                check(json.load(file), schema, schema, "snapshot")
        except (Breach, ValueError) as breach:
            print(f"{path}: {breach}")
            breaches += 1
    return 1 if breaches else 0


sys.exit(main())
