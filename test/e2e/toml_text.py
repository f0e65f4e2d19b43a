"""Writes what tomllib reads: enough of TOML for scep-ra.toml."""
import json
import re


def written(table: dict) -> str:
    lines: list[str] = []
    _write_table(table, (), lines)
    return "\n".join(lines) + "\n"


def _write_table(table: dict, path: tuple, lines: list[str]) -> None:
    plain = {key: value for key, value in table.items() if not _is_section(path, value)}
    if path:
        lines.append(f"[{'.'.join(map(_key, path))}]")
    lines += [f"{_key(key)} = {_value(value)}" for key, value in plain.items()]
    for key, value in table.items():
        if _is_section(path, value):
            _write_table(value, (*path, key), lines)


def _is_section(path: tuple, value) -> bool:
    # From the third level on, tables stand in one line, as `pattern` and `{ file = }` do.
    return isinstance(value, dict) and len(path) < 2 and "file" not in value


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else json.dumps(key)


def _value(value) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(key)} = {_value(inner)}" for key, inner in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    return json.dumps(value)


def changed(table: dict, changes: dict) -> dict:
    """`changes`: by dotted path of a table what is set in it; None takes a key away."""
    for path, values in changes.items():
        place = table
        for key in path.split("."):
            place = place.setdefault(key, {})
        place.update(values)
        for key in [key for key, value in place.items() if value is None]:
            del place[key]
    return table
