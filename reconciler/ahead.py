"""Do two things at once: what the database or a remote side does needs nothing of this process."""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from queue import Full, Queue
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from concurrent.futures import Future
    from types import TracebackType
    from typing import Self

T = TypeVar("T")

_LOOK_EVERY_S = 0.1


class Behind:
    """Does things in threads of its own; a context, which ends when all is done.

    What an act raises is raised where a later one is handed over, or at the end.
    """

    def __init__(self, at_once: int = 1) -> None:
        """Do so many things at once; where that is one, in the order in which they come."""
        self._pool = ThreadPoolExecutor(at_once, thread_name_prefix="behind")
        self._at_once = at_once
        self._acts: deque[Future[object]] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self.wait()
        finally:
            self._pool.shutdown()

    def do(self, act: Callable[[], object]) -> None:
        """Let something be done; wait before that as long as enough is being done."""
        while len(self._acts) >= self._at_once:
            self._acts.popleft().result()
        self._acts.append(self._pool.submit(act))

    def wait(self) -> None:
        """Wait until nothing is left to do."""
        while self._acts:
            self._acts.popleft().result()


def ahead(items: Iterator[T], most: int) -> Generator[T]:
    """Yield items that a thread of its own takes from where they come, up to so many ahead.

    Whoever stops before the last one closes this iterator; the thread ends with it.
    """
    made: Queue[T | _End] = Queue(maxsize=most)
    is_over = threading.Event()
    thread = threading.Thread(target=_fill, args=(made, items, is_over), name="ahead", daemon=True)
    thread.start()
    try:
        while not isinstance(item := made.get(), _End):
            yield item
        if item.error is not None:
            raise item.error
    finally:
        is_over.set()
        thread.join()


class _End:
    """Nothing comes any more.

    Attributes:
        error: Why, where it is not simply the end.
    """

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


def _fill(made: Queue[T | _End], items: Iterator[T], is_over: threading.Event) -> None:
    error: BaseException | None = None
    try:
        for item in items:
            _put(made, item, is_over)
            if is_over.is_set():
                break
    except BaseException as met:  # noqa: BLE001 -- it is raised where the items are taken
        error = met
    finally:
        close = getattr(items, "close", None)
        if close is not None:
            close()
    _put(made, _End(error), is_over)


def _put(made: Queue[T | _End], item: T | _End, is_over: threading.Event) -> None:
    while not is_over.is_set():
        try:
            made.put(item, timeout=_LOOK_EVERY_S)
        except Full:
            continue
        return
