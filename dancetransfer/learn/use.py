"""How well a graphics card is made use of by a training: how long it waits for pictures, and how busy it is."""

from collections.abc import Iterator

from dancetransfer import device
from dancetransfer.device import Device
from dancetransfer.events import Metric
from dancetransfer.learn.batches import Batches

WAITED, BUSY = "share of time waited for batches", "share of time the card is busy"
"""The metrics; the second one only where the driver can tell."""


class Use:
    """Nothing is told of a processor, which draws its own pictures."""

    def __init__(self, used: Device, batches: Batches) -> None:
        self.used, self.batches = used, batches
        self.seconds = 0.0
        """What the steps since this start took."""
        self.words = ""
        """For people."""

    def told(self, step: int) -> Iterator[Metric]:
        """To be asked just behind a step, since the driver looks back a second."""
        if self.used.name == "cpu" or not self.seconds:
            return
        waited, busy = self.batches.waited / self.seconds, device.busy_share(self.used)
        yield Metric("train", WAITED, round(waited, 3), step)
        self.words = f"Learning the person; {self.used.name} waits for pictures {100 * waited:.0f} % of the time"
        if busy is not None:
            yield Metric("train", BUSY, busy, step)
            self.words += f" and is busy {100 * busy:.0f} %"
