"""Operations as methods of both clients, written once: a method makes a request, and its client runs it.

In `Client` a method returns the result, in `AsyncClient` what is awaited for it.
"""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from functools import wraps
from typing import Any, Final, Generic, ParamSpec, Self, overload

from rempart.client.requests import Pages, Request, Steps, T

P = ParamSpec("P")


class Runner(ABC):
    """Runs requests and waits for the answers."""

    @abstractmethod
    def run(self, asked: Request[T] | Steps[T]) -> T:
        """Send what is asked, and return the result."""

    @abstractmethod
    def run_pages(self, pages: Pages[T]) -> Iterator[T]:
        """Yield the records of every page."""

    @abstractmethod
    def run_stream(self, request: Request[Any]) -> AbstractContextManager[Iterator[bytes]]:
        """Return the answer while it comes."""


class AsyncRunner(ABC):
    """Runs requests on an event loop."""

    @abstractmethod
    async def run(self, asked: Request[T] | Steps[T]) -> T:
        """Send what is asked, and return the result."""

    @abstractmethod
    def run_pages(self, pages: Pages[T]) -> AsyncIterator[T]:
        """Yield the records of every page."""

    @abstractmethod
    def run_stream(
        self, request: Request[Any]
    ) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Return the answer while it comes."""


class Operation(Generic[P, T]):
    """A method of both clients that gives one result."""

    def __init__(self, make: Callable[P, Request[T] | Steps[T]]) -> None:
        """Take what makes the request, or several."""
        self.make: Final = make
        self.__doc__ = make.__doc__

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: Runner, owner: type) -> Callable[P, T]: ...
    @overload
    def __get__(
        self, instance: AsyncRunner, owner: type
    ) -> Callable[P, Coroutine[Any, Any, T]]: ...
    def __get__(self, instance: Any, owner: type) -> Any:  # Any: the overloads say what
        return self if instance is None else _bound(self.make, instance.run)


class PagedOperation(Generic[P, T]):
    """A method of both clients that iterates over all records, page by page."""

    def __init__(self, make: Callable[P, Pages[T]]) -> None:
        """Take what makes the pages."""
        self.make: Final = make
        self.__doc__ = make.__doc__

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: Runner, owner: type) -> Callable[P, Iterator[T]]: ...
    @overload
    def __get__(self, instance: AsyncRunner, owner: type) -> Callable[P, AsyncIterator[T]]: ...
    def __get__(self, instance: Any, owner: type) -> Any:  # Any: the overloads say what
        return self if instance is None else _bound(self.make, instance.run_pages)


class StreamedOperation(Generic[P]):
    """A method of both clients that gives the answer while it comes, within a `with` block."""

    def __init__(self, make: Callable[P, Request[Any]]) -> None:
        """Take what makes the request."""
        self.make: Final = make
        self.__doc__ = make.__doc__

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(
        self, instance: Runner, owner: type
    ) -> Callable[P, AbstractContextManager[Iterator[bytes]]]: ...
    @overload
    def __get__(
        self, instance: AsyncRunner, owner: type
    ) -> Callable[P, AbstractAsyncContextManager[AsyncIterator[bytes]]]: ...
    def __get__(self, instance: Any, owner: type) -> Any:  # Any: the overloads say what
        return self if instance is None else _bound(self.make, instance.run_stream)


def _bound(
    make: Callable[..., Any], run: Callable[[Any], Any]
) -> Callable[..., Any]:  # Any: typed by the descriptors
    @wraps(make)
    def method(*arguments: Any, **named: Any) -> Any:  # Any: as above
        return run(make(*arguments, **named))

    return method
