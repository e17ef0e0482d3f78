"""The live stage: whoever the camera sees, the dancer does it; pose, drawing and showing each at work at once."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from dancetransfer.errors import UserError
from dancetransfer.events import Done, Event, Events, Metric, Notice, Progress, Started
from dancetransfer.extract.estimators import Estimator
from dancetransfer.live.calm import Calm
from dancetransfer.live.fitting import Fitted, Fitting, Seen
from dancetransfer.live.meter import Meter
from dancetransfer.live.sinks import Sink
from dancetransfer.live.slots import Slot
from dancetransfer.live.sources import Captured

STAGE = "live"
TELL_SECONDS = 0.5
TICK_SECONDS = 0.1
"""How long the showing thread waits for a picture before it looks whether to stop."""


@dataclass(frozen=True)
class Posed:
    """A captured picture's pose as the dancer does it; None until enough is known of the live person."""

    fitted: Fitted | None
    time: float
    at: float


@dataclass(frozen=True)
class Painted:
    """The finished picture of a captured one."""

    image: np.ndarray
    time: float
    at: float


class Chain:
    """The threads between the camera and whoever shows: each takes the newest of the one before.

    The camera's pictures are dropped where they come too quickly. The pose of the next one is sought while the last
    one is drawn, and no sooner: what would be thrown away costs nothing.
    """

    def __init__(
        self,
        source: Callable[[threading.Event], Iterator[Captured]],
        estimator: Estimator,
        fitting: Fitting,
        paint: Callable[[Fitted | None], np.ndarray],
        every: bool,
    ) -> None:
        self._source, self._estimator, self._fitting, self._paint = source, estimator, fitting, paint
        self._every = every
        self.stop = threading.Event()
        self._captured: Slot[Captured] = Slot(every)
        self._posed: Slot[Posed] = Slot(every)
        self.painted: Slot[Painted] = Slot(every)
        self.busy = {"pose": 0.0, "drawing": 0.0}
        """Seconds that each has worked."""
        self.done = {"pose": 0, "drawing": 0}
        self._errors: list[BaseException] = []
        works = (self._capture, self._captured), (self._find, self._posed), (self._draw, self.painted)
        self._threads = [threading.Thread(target=self._run, args=work, name=work[0].__name__) for work in works]

    @property
    def dropped(self) -> int:
        """Pictures that were captured and never shown."""
        return self._captured.dropped + self._posed.dropped + self.painted.dropped

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Stop without waiting for what is under way; raises what went wrong in any thread."""
        self.stop.set()
        for slot in (self._captured, self._posed, self.painted):
            slot.close()
        for thread in self._threads:
            thread.join()
        if self._errors:
            raise self._errors[0]

    def _run(self, work: Callable[[], None], gives: "Slot[Captured] | Slot[Posed] | Slot[Painted]") -> None:
        try:
            work()
        except BaseException as error:
            self._errors.append(error)
            self.stop.set()
        finally:
            gives.close()

    def _capture(self) -> None:
        pictures = self._source(self.stop)
        for one in pictures:
            self._captured.put(one)
            if self.stop.is_set():
                break
        pictures.close()  # type: ignore[attr-defined]

    def _find(self) -> None:
        calm = Calm()
        while (one := self._captured.take()) is not None:
            begun = time.monotonic()
            found = self._estimator(one.image, one.time)
            joints = calm(found.xy, found.confidence, found.world, one.time)
            fitted = self._fitting(Seen(*joints, one.time, (one.image.shape[1], one.image.shape[0])))
            self._worked("pose", begun)
            self._posed.put(Posed(fitted, one.time, begun if self._every else one.at))
            self._posed.wait_taken()

    def _draw(self) -> None:
        while (one := self._posed.take()) is not None:
            begun = time.monotonic()
            image = self._paint(one.fitted)
            self._worked("drawing", begun)
            self.painted.put(Painted(image, one.time, one.at))

    def _worked(self, what: str, begun: float) -> None:
        self.busy[what] += time.monotonic() - begun
        self.done[what] += 1


def live(
    chain: Chain,
    fitting: Fitting,
    sinks: list[Sink],
    stopped: Callable[[], bool] = lambda: False,
    seconds: float | None = None,
    watched: bool = True,
) -> Events:
    """Stage: show pictures as they come until the source ends, `stopped` says so, or somebody closes what shows them.

    `seconds`: how long it will take, where that is known. `watched`: there is a person to tell where to stand.
    """
    yield Started(STAGE, seconds, "seconds")
    if watched:
        yield Notice(
            "Stand so that the camera sees you from head to feet, for two seconds: you are measured.",
            "The background alone is shown until then.",
        )
    meter, told, measured = Meter(), time.monotonic(), False
    first: float | None = None
    broke: UserError | None = None
    shown = 0.0
    chain.start()
    try:
        while not chain.painted.over:
            one = chain.painted.take(TICK_SECONDS)
            if one is not None:
                for sink in sinks:
                    sink.show(one.image, one.time)
                meter.shown(one.at)
                first = one.time if first is None else first
                shown = one.time - first
            if fitting.begun and not measured:
                measured = True
                yield _measured(fitting)
            if stopped() or any(sink.closed for sink in sinks):
                chain.stop.set()
            if time.monotonic() - told >= TELL_SECONDS:
                told = time.monotonic()
                yield from _told(chain, meter, sinks, shown, seconds)
    finally:
        try:
            chain.end()
        except UserError as error:  # a camera that is unplugged ends it, and what was shown till then stays
            if not meter.pictures:
                raise
            broke = error
        finally:
            fitting.close()
            for sink in sinks:
                sink.close()
    if broke is not None:
        yield Notice(f"{broke.message} That is where it ends.", broke.hint)
    yield _done(chain, meter)


def _measured(fitting: Fitting) -> Notice:
    if fitting.legs:
        return Notice("You are measured: the dancer follows you.")
    return Notice(
        "You are measured, but your feet were hardly seen: the dancer's steps are guessed.",
        "Step back, or turn the camera, until it sees you from head to feet; then start again.",
    )


def _told(chain: Chain, meter: Meter, sinks: list[Sink], done: float, seconds: float | None) -> Iterator[Event]:
    rate, late, latest = meter.lately()
    words = f"{rate:.1f} frames/s, {1000 * late:.0f} ms late (p95 {1000 * latest:.0f} ms), {chain.dropped} dropped"
    for sink in sinks:
        sink.tell(words)
    values = {"frames_per_second": rate, "latency": late, "latency_p95": latest, "dropped": float(chain.dropped)}
    for name, value in values.items():
        yield Metric(STAGE, name, round(value, 4))
    yield Progress(STAGE, done, seconds, words=words)


def _done(chain: Chain, meter: Meter) -> Done:
    rate, late, latest = meter.whole()
    each = {name: chain.busy[name] / max(chain.done[name], 1) for name in chain.busy}
    words = (
        f"{meter.pictures} pictures, {rate:.1f} frames/s, {1000 * late:.0f} ms late (p95 {1000 * latest:.0f} ms), "
        f"{chain.dropped} dropped; pose {1000 * each['pose']:.0f} ms, drawing {1000 * each['drawing']:.0f} ms."
    )
    totals = {"pictures": meter.pictures, "frames_per_second": rate, "latency": late, "latency_p95": latest}
    times = {f"{name}_seconds": value for name, value in each.items()}
    return Done(STAGE, words, [], {**totals, "dropped": chain.dropped, **times})
