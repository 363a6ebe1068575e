"""What an adapter's test file inherits: one test for each law, and one for each story.

```python
class TestMine(Conformance):
    @pytest.fixture
    def harness(self, tmp_path: Path) -> Harness:
        return MyHarness(tmp_path)
```

There is no way to skip a law. One that does not apply, since the adapter declares that it cannot, asserts that very
inability: what is not declared is refused offline.
"""

from __future__ import annotations

import pytest

from reconciler.conformance import laws, laws_offline, laws_writing
from reconciler.conformance.harness import Harness
from reconciler.conformance.judge import holds
from reconciler.conformance.states import Transition


class Conformance:
    """Inherit this in a class whose name begins with `Test`, and override the fixture."""

    @pytest.fixture
    def harness(self) -> Harness:
        """A new harness with an empty system."""
        raise NotImplementedError("give a fixture called harness")

    @pytest.mark.parametrize("law", laws.LAWS, ids=lambda law: law.name)
    def test_law(self, harness: Harness, law: laws.Law) -> None:
        """Each law holds."""
        law.check(harness)

    @pytest.mark.parametrize("story", laws_offline.TRANSITIONS, ids=lambda story: story.name)
    def test_transition(self, harness: Harness, story: Transition) -> None:
        """Each story is told whole, twice over, or refused offline."""
        declared = harness.open().kinds
        missing = {kind for kind in story.kinds if kind not in declared}
        why = laws_writing.transition(harness, story)
        holds(
            why or not missing, f"law 13: {story.name!r} needs {sorted(missing)}, undeclared, and was told all the same"
        )
