"""store/caches.py: what a container keeps of what it has read."""

import pytest

from seealso.store.caches import Cache


def test_is_bounded_and_the_oldest_leave() -> None:
    cache: Cache[int, str] = Cache(max_seconds=60, max_size=1000)
    for number in range(100_000):
        cache.put(number, str(number))
    assert len(cache) == 1000
    assert (cache.get(98_999), cache.get(99_000), cache.get(99_999)) == (None, "99000", "99999")


def test_a_value_is_forgotten_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("seealso.store.caches.time.monotonic", lambda: now)
    cache: Cache[str, bool] = Cache(max_seconds=60, max_size=2)
    assert cache.put("a", False) is False
    now += 59.9
    assert cache.get("a") is False
    now += 0.2
    assert cache.get("a") is None
    assert cache.get("a", True) is True
