"""What a server bears before it refuses."""

import threading
import time
from collections.abc import Callable


class Throttle:
    """Bears `rate` requests a second, and `at_once` more at once; answers others with `status`."""

    def __init__(
        self, rate: float, at_once: float, clock: Callable[[], float] = time.monotonic, *, status: int = 503
    ) -> None:
        """Begin with nothing asked."""
        self._rate, self._most, self._clock = rate, at_once, clock
        self._tokens, self._at = at_once, clock()
        self._lock = threading.Lock()
        self._status = status
        self.refused = 0

    def bears(self) -> bool:
        """Tell whether one more request is borne."""
        with self._lock:
            now = self._clock()
            self._tokens, self._at = min(self._most, self._tokens + (now - self._at) * self._rate), now
            borne = self._tokens >= 1
            self._tokens -= borne
            self.refused += not borne
            return borne

    def __call__(self) -> int | None:
        """Return the status of a refusal, where one more request is not borne."""
        return None if self.bears() else self._status
