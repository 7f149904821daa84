"""What a container keeps of what it has read: for a short time, and never more than so many."""

import time
from collections import OrderedDict


class Cache[K, V]:
    """Values that were read less than `max_seconds` ago; the oldest leave when it is full.

    The bound matters because clients choose some keys, such as `?domain=`.
    """

    def __init__(self, max_seconds: float, max_size: int) -> None:
        self._max_seconds = max_seconds
        self._max_size = max_size
        self._values: OrderedDict[K, tuple[float, V]] = OrderedDict()

    def get(self, key: K, default: V | None = None) -> V | None:
        """The value of a key if it is recent enough, else the default."""
        read_at, value = self._values.get(key, (-self._max_seconds, default))
        return value if time.monotonic() - read_at < self._max_seconds else default

    def put(self, key: K, value: V) -> V:
        """Keep a value that was read just now."""
        self._values.pop(key, None)
        self._values[key] = time.monotonic(), value
        if len(self._values) > self._max_size:
            self._values.popitem(last=False)
        return value

    def __len__(self) -> int:
        return len(self._values)

    def clear(self) -> None:
        self._values.clear()
