"""``help()`` and ``inspect`` show fields with type and meaning."""

from __future__ import annotations

import inspect
import pydoc
import subprocess
import sys
from typing import Any, get_args

import pytest

from hcloud.core import BaseDomain, Link, record
from hcloud.core.documentation import field_texts
from hcloud.core.fields import Field
from hcloud.firewalls import FirewallRule
from hcloud.images import BoundImage, Image
from hcloud.servers import BoundServer, Server, ServerStatus
from tests.api.declarations import records


def shown(cls: type) -> str:
    return pydoc.render_doc(cls, renderer=pydoc.plaintext)


@pytest.mark.parametrize(
    ("cls", "record_class"), [(BoundServer, Server), (BoundImage, Image), (FirewallRule, FirewallRule)]
)
def test_help_on_a_class(cls: type, record_class: type[BaseDomain]) -> None:
    lines = shown(cls).splitlines()
    assert [line for line in lines if " object at 0x" in line] == []
    for name, field in record_class._fields.items():
        if field.is_property:
            (number,) = (number for number, line in enumerate(lines) if line.startswith(f" |  {name} = <field: "))
            _, meaning = field_texts(field.owner)[name]
            assert lines[number + 1].removeprefix(" |      ") == meaning.partition("\n")[0]


def test_field_shows_type_meaning_and_values() -> None:
    status: Any = inspect.getattr_static(Server, "status")
    assert [value for value in get_args(ServerStatus) if f"``{value}``" not in inspect.getdoc(status)] == []
    assert inspect.getdoc(status).startswith("Status: ")
    assert inspect.getdoc(inspect.getattr_static(Server, "image")).startswith("Image that the disk was created from")


def test_every_field_has_a_text() -> None:
    lacking = {
        f"{cls.__qualname__}.{name}": (repr(field), field.__doc__)
        for cls in records()
        for name, field in vars(cls)["_fields"].items()
        if field.is_property and field.owner is cls and not (field.__doc__ and repr(field) != "<field: Any>")
    }
    assert lacking == {}


def test_field_classes_keep_their_docstrings() -> None:
    assert (Field.__doc__ or "").startswith("Base of all fields")
    assert (Link.__doc__ or "").startswith("Resource of another")


def test_record_without_its_source() -> None:
    @record
    class Local(BaseDomain):
        name: str | None = None
        """Not found, since the class is not at the top of its module."""

    assert repr(inspect.getattr_static(Local, "name")) == "<field: Any>"
    assert inspect.getdoc(inspect.getattr_static(Local, "name")) is None


def test_texts_are_read_when_somebody_asks() -> None:
    # Blocked, since coverage, which starts with each process of a test, imports the module itself.
    program = "import sys; sys.modules['inspect'] = None; import hcloud.servers; print('imported')"
    completed = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert completed.stdout == "imported\n"
