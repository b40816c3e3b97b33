"""House rules for the wording of docstrings and the names of identifiers, checked in every file."""

from __future__ import annotations

import ast
import inspect
import re
import typing
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest

import hcloud
from docs._ext.source import fields
from tests.api.declarations import alternatives, item_of, records, resolve
from tests.library import RESOURCES

ROOT = Path(__file__).parents[1]
FOLDERS = ("hcloud", "docs/_ext", "examples", "benchmarks", "tests")
FILES = {
    path.relative_to(ROOT).as_posix(): path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))
}

QUESTION = re.compile(
    r"""(?:\A\W* | ^\s*:(?:param\ [^:]+|returns?):\s*)  # the start of a docstring or of the text of a field in it
        (?:what|whether|how|where|who|when|which)\b""",
    re.IGNORECASE | re.MULTILINE | re.VERBOSE,
)
NO_VERB = {
    *("a", "an", "the", "it", "its", "their", "this", "that", "these", "those", "there"),
    *("all", "another", "any", "every", "new", "no", "nothing", "one", "some"),
    *("at", "by", "for", "from", "how", "in", "of", "on", "to", "what", "when", "where", "whether", "which", "who"),
}
"""First words that rule out an imperative."""
LONG = 12
"""Number of values up to which the text of a field names them all."""
VAGUE = {"admit", "each", "found", "given", "learn", "much", "news", "one", "said", "those", "told", "tried"}
"""Identifiers that do not say what they hold."""
OURS = {"benchmarks", "docs", "examples", "hcloud", "tests"}

every_file = pytest.mark.parametrize("name", FILES)


@cache
def tree(name: str) -> ast.Module:
    return ast.parse(FILES[name].read_text(encoding="utf-8"))


def docstrings(module: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield the line and text of all strings that stand alone: docstrings, and descriptions of attributes."""
    for node in ast.walk(module):
        match node:
            case ast.Expr(value=ast.Constant(value=str(text))):
                yield node.lineno, text


@every_file
def test_docstrings_do_not_begin_like_questions(name: str) -> None:
    questions = [(line, match[0].strip()) for line, text in docstrings(tree(name)) for match in QUESTION.finditer(text)]
    assert questions == []


@pytest.mark.parametrize("resource", RESOURCES)
def test_generated_docstrings_do_not_begin_like_questions(resource: str) -> None:
    """Shared texts for parameters become part of docstrings at run time only."""
    client = inspect.get_annotations(hcloud.Client)[resource]
    members = inspect.getmembers(getattr(import_module(f"hcloud.{resource}"), client), inspect.isfunction)
    questions = [(name, match[0]) for name, member in members for match in QUESTION.finditer(member.__doc__ or "")]
    assert questions == []


FIELD = re.compile(
    r"""^[ ]*:(?P<field>param|return|raises)(?:\ [\w*]+)?:[ ]+
        (?P<text>.*(?:\n(?![ ]*:\w|[ ]*$).*)*)  # until the next field or an empty line""",
    re.MULTILINE | re.VERBOSE,
)


def faults_of_fields(docstring: str) -> Iterator[str]:
    """Yield the fields of a docstring that are not in the style of the house."""
    for match in FIELD.finditer(docstring):
        text = " ".join(match["text"].split())
        begins_well = r"if|unless|for|``" if match["field"] == "raises" else r"[A-Z]|``"
        if not re.match(begins_well, text) or (text.endswith(".") and ". " not in text):
            yield match[0].strip()


@pytest.mark.parametrize("name", [name for name in FILES if name.startswith("hcloud/")])
def test_fields_of_docstrings_are_in_one_style(name: str) -> None:
    """A text begins with a capital letter, or "if" for an exception; only several sentences end in a full stop."""
    faults = [(line, fault) for line, text in docstrings(tree(name)) for fault in faults_of_fields(text)]
    assert faults == []


@pytest.mark.parametrize("resource", RESOURCES)
def test_fields_of_generated_docstrings_are_in_one_style(resource: str) -> None:
    client = inspect.get_annotations(hcloud.Client)[resource]
    members = inspect.getmembers(getattr(import_module(f"hcloud.{resource}"), client), inspect.isfunction)
    assert [fault for _, member in members for fault in faults_of_fields(member.__doc__ or "")] == []


def test_faults_of_fields_are_found() -> None:
    right = ":param x: If true, wait\n:param y: One. Or two.\n:return: ``x``\n:raises E: if it fails,\n    late"
    wrong = [":param x: lower", ":param x: Dot.", ":return: lower", ":raises E: It fails", ":raises E: if it fails."]
    assert list(faults_of_fields(right)) == []
    assert list(faults_of_fields("\n".join(wrong))) == wrong


def functions(module: ast.Module) -> Iterator[tuple[ast.FunctionDef | ast.AsyncFunctionDef, str]]:
    """Yield documented functions with the first word of their docstring, without properties and fixtures."""
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            decorators = " ".join(map(ast.unparse, node.decorator_list))
            summary = (ast.get_docstring(node) or "").partition("\n")[0]
            if summary and not summary.startswith(":") and not re.search(r"property|fixture|\.setter", decorators):
                yield node, summary.split()[0]


def is_imperative(word: str) -> bool:
    """Return False if a word is certainly not an imperative: an article, a third person, a plural, code."""
    return (
        re.fullmatch(r"[A-Z][a-z]+(?:-[a-z]+)?[.,:;]?", word) is not None
        and word.lower() not in NO_VERB
        and re.search(r"[^s]s\W?$", word) is None
    )


@pytest.mark.parametrize("name", [name for name in FILES if name.startswith("hcloud/")])
def test_docstrings_of_functions_begin_with_a_verb(name: str) -> None:
    assert [(node.lineno, word) for node, word in functions(tree(name)) if not is_imperative(word)] == []


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        *((word, True) for word in ("Return", "Pass", "Wait.", "Reload,", "Re-raise")),
        *((word, False) for word in ("Returns", "Entries", "The", "A", "``name``", "return", "To")),
    ],
)
def test_is_imperative(word: str, expected: bool) -> None:
    assert is_imperative(word) is expected


def identifiers(module: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield the line and name of everything that a module names: functions, classes, parameters, variables, fields."""
    for node in ast.walk(module):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.lineno, node.name
            case ast.arg():
                yield node.lineno, node.arg
            case ast.Name(ctx=ast.Store()):
                yield node.lineno, node.id
            case ast.Attribute(ctx=ast.Store()):
                yield node.lineno, node.attr
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                yield node.lineno, name
            case ast.Import() | ast.ImportFrom():
                yield from ((node.lineno, alias.asname) for alias in node.names if alias.asname)


@every_file
def test_identifiers_are_not_vague(name: str) -> None:
    assert [(line, identifier) for line, identifier in identifiers(tree(name)) if identifier.strip("_") in VAGUE] == []


@every_file
def test_a_broken_module_of_ours_fails_its_tests(name: str) -> None:
    """``importorskip`` is for third-party modules: it would hide an import error in a module of ours."""
    skipped = [
        (node.lineno, ast.unparse(node.args[0]))
        for node in ast.walk(tree(name))
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "importorskip"
    ]
    assert [(line, module) for line, module in skipped if re.split(r"\W", module.strip("'"))[0] in OURS] == []


# Values


def described_values() -> Iterator[tuple[str, str, list[str], bool]]:
    """Yield name, text and literal values of all fields and keys that have such values, and if there may be others."""
    modules = {import_module(record.__module__) for record in records()}
    dicts = [cls for module in modules for cls in vars(module).values() if typing.is_typeddict(cls)]
    for cls in {*records(), *dicts}:
        for name, (annotation, text) in fields(cls).items():
            hints = alternatives(
                resolve(annotation, next(c.__module__ for c in cls.__mro__ if name in c.__annotations__))
            )
            hints = [hint for outer in hints for hint in alternatives(item_of(outer) or outer)]
            values = [
                str(value) for hint in hints if typing.get_origin(hint) is typing.Literal for value in hint.__args__
            ]
            if values:
                yield f"{cls.__module__}.{cls.__qualname__}.{name}", text, values, str in hints


def test_texts_of_fields_name_their_values() -> None:
    """Editors show the text of a field, and the name of an alias of literals without its values.

    A long list, or one that the API may extend, is not repeated: the text names examples.
    """
    problems = {}
    for name, text, values, is_open in described_values():
        named = re.findall("``([^`]+)``", text)
        wrong = {*named} - {*values}
        missing = {*values} - {*named} if len(values) <= LONG and not is_open else {*values[: not named]}
        if wrong or missing:
            problems[name] = (sorted(wrong), sorted(missing))
    assert problems == {}, "correct the texts: the first list is not among the values, the second one is not named"


def test_values_are_found() -> None:
    literals = {name: values for name, _, values, _ in described_values()}
    assert literals["hcloud.actions.domain.Action.status"] == ["running", "success", "error"]
    assert literals["hcloud.digitalocean.droplets.domain.FirewallInboundRule.protocol"] == ["tcp", "udp", "icmp"]
    assert literals["hcloud.images.domain.Image.architecture"] == ["x86", "arm"]
    assert len(literals) > 60
