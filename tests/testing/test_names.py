"""Public names of ``hcloud.testing``."""

from __future__ import annotations

import pytest

from hcloud import testing


@pytest.mark.parametrize(("name", "present"), [("Answer", "Response"), ("Refusal", "ErrorResponse")])
def test_names_of_version_3_0_work_and_warn(name: str, present: str) -> None:
    with pytest.warns(
        DeprecationWarning, match=f"'hcloud.testing.{name}' is .*use 'hcloud.testing.{present}'"
    ) as caught:
        cls = getattr(testing, name)
    assert cls is getattr(testing, present)
    assert [warning.filename for warning in caught] == [__file__]
    assert name not in testing.__all__
    assert name not in vars(testing), "a second use must warn, too"


def test_unknown_names() -> None:
    with pytest.raises(AttributeError, match=r"module 'hcloud\.testing' has no attribute 'Wire'"):
        _ = testing.Wire
