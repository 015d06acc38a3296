"""Puts the page together: everything is inside of it, and nothing else may be loaded or run.

The Content-Security-Policy names the one script and the one style by their hashes.
"""

import base64
import hashlib
import json
from importlib.resources import files

from shardline.module.schema import schema

RULES = ("pointers.js", "checks.js", "configuration.js", "price.js")
"""What needs no page: faults, the file and the price."""
SCRIPTS = (*RULES, "controls.js", "lists.js", "form.js")


def page() -> str:
    """The HTML of the form."""
    style = part("form.css")
    inner = "\n".join(part(name) for name in SCRIPTS)
    script = f'\n"use strict";\n(() => {{\n{inner}\n}})();\n'
    policy = f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}"
    # `</script>` in a text would end the element; JSON may write the sign otherwise.
    data = json.dumps(schema(), ensure_ascii=False).replace("<", "\\u003c")
    return (
        part("form.html")
        .replace("%POLICY%", policy)
        .replace("%STYLE%", style)
        .replace("%SCHEMA%", data)
        .replace("%SCRIPT%", script)
    )


def part(name: str) -> str:
    """The text of one of the files that the page is made of."""
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
