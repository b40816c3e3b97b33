"""Collections of the fakes: what type checkers see is what there is, and other names say what there is."""

from __future__ import annotations

from inspect import get_annotations
from typing import Any

import pytest

from hcloud.testing import FakeAPI, FakeCloud, FakeDigitalOcean


def declared(cloud: type[FakeAPI]) -> dict[str, str]:
    """Return the annotations that only type checkers read."""
    import ast
    from inspect import getsource

    (base,) = (base for base in cloud.__bases__ if base.__name__.endswith("Collections"))
    assert get_annotations(base) == {}
    tree = ast.parse(getsource(base))
    fields = [node for node in ast.walk(tree) if isinstance(node, ast.AnnAssign)]
    return {ast.unparse(field.target): ast.unparse(field.annotation) for field in fields}


@pytest.mark.parametrize("cloud", [FakeCloud, FakeDigitalOcean])
def test_type_checkers_see_the_collections(cloud: type[FakeAPI]) -> None:
    assert declared(cloud) == {cls.collection: cls.__name__ for cls in cloud.resource_classes()}


@pytest.mark.parametrize("cloud", [FakeCloud(), FakeDigitalOcean()], ids=repr)
def test_other_names(cloud: Any) -> None:
    for name in ("imagez", "image"):
        with pytest.raises(AttributeError, match=rf"has no {name!r}; did you mean 'images'.* Its collections: a\w+, "):
            getattr(cloud, name)
    with pytest.raises(AttributeError, match="did you mean 'fail_next'"):
        cloud.fail_nxt()
    with pytest.raises(AttributeError, match=r"has no 'xyzzy'\. Its collections"):
        _ = cloud.xyzzy
    assert not hasattr(cloud, "_private")
    assert cloud.images is cloud.project.resources["images"]
    assert {"images", "fail_next", "project"} <= set(dir(cloud))
