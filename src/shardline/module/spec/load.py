"""Reading `stream.yaml`: all of it is right, or everything that is wrong is told at once."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from shardline.module.spec.config import StreamConfig
from shardline.module.spec.problems import ConfigErrors, Problem
from shardline.module.spec.rules import broken_rules
from shardline.module.spec.source import Source
from shardline.module.spec.source_json import read_json
from shardline.module.spec.source_yaml import read_yaml
from shardline.module.spec.wording import problem_of

MAX_BYTES = 256 * 1024


def load(path: Path) -> StreamConfig:
    """The configuration in a file: JSON if its name ends so, else YAML. Raises ConfigErrors."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigErrors(
            [Problem((), "is not a text file", "save it as UTF-8", file=str(path))]
        ) from None
    except OSError as error:
        raise ConfigErrors(
            [Problem((), f"cannot be read: {error.strerror}", "", file=str(path))]
        ) from None
    return loads(text, file=str(path), is_json=path.suffix == ".json")


def load_all(paths: Iterable[Path]) -> list[StreamConfig]:
    """The configurations in several files. Raises ConfigErrors with what is wrong in any of them.

    Two files may not be of the same stream.
    """
    configs: list[StreamConfig] = []
    problems: list[Problem] = []
    first: dict[tuple[str, str | None], Path] = {}
    for path in paths:
        try:
            config = load(path)
        except ConfigErrors as errors:
            problems += errors.problems
            continue
        other = first.setdefault((config.name, config.region), path)
        if other is not path:
            wrong = f"{config.name!r} is the stream of {other} too"
            problems.append(Problem(("name",), wrong, "give it another name", file=str(path)))
        configs.append(config)
    if problems:
        raise ConfigErrors(problems)
    return configs


def loads(text: str, *, file: str = "", is_json: bool = False) -> StreamConfig:
    """The configuration in a text. `file` is what the messages call it. Raises ConfigErrors."""
    try:
        source = read_source(text, is_json=is_json)
    except ConfigErrors as errors:
        raise ConfigErrors(problem.in_file(file) for problem in errors.problems) from None
    config, problems = _check(source)
    if config is None or problems:
        raise ConfigErrors(problem.in_file(file) for problem in problems)
    return config


def read_source(text: str, *, is_json: bool = False) -> Source:
    """Read YAML, or JSON. Raises ConfigErrors for what is neither, and for what is too large."""
    if len(text.encode(errors="replace")) > MAX_BYTES:
        wrong = "the file is larger than 256 KiB"
        raise ConfigErrors([Problem((), wrong, "a configuration is a few lines")])
    return read_json(text) if is_json else read_yaml(text)


def problems_of(values: dict[str, Any]) -> list[Problem]:
    """What is wrong with values that are in no file, as they would be written."""
    return _check(Source(values))[1]


def _check(source: Source) -> tuple[StreamConfig | None, list[Problem]]:
    if not isinstance(source.values, dict):
        return None, source.problems or [_no_fields(source.values)]
    told = {problem.path for problem in source.problems}
    found = list(source.problems)
    config = None
    try:
        config = StreamConfig.model_validate(source.values)
    except ValidationError as error:
        found += [problem_of(detail, source) for detail in error.errors() if _is_own(detail)]
    for broken in broken_rules(source.values):
        path = tuple(broken.path.split("."))
        found.append(Problem(path, broken.wrong, broken.right, source.line(path)))
    problems = [
        problem for problem in found if problem in source.problems or problem.path not in told
    ]
    return config, sorted(problems, key=lambda problem: problem.line or 0)


def _is_own(detail: ErrorDetails) -> bool:
    """Whether an error is not the echo of another: a broken rule, or a list of wrong members."""
    return bool(detail["loc"]) and not (detail["type"] == "too_short" and detail["input"])


def _no_fields(values: Any) -> Problem:
    if values is None:
        return Problem((), "there is nothing in it", "write at least name: NAME")
    return Problem((), "this is no list of fields", "write lines such as name: orders", 1)
