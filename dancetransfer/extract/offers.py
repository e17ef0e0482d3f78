"""Which estimators there are on this machine, and what each would run on: what the doctor tells."""

from dataclasses import dataclass

from dancetransfer import weights
from dancetransfer.errors import UserError

WITH_WEIGHTS = ("dwpose", "rtmw")


@dataclass(frozen=True)
class Offer:
    """An estimator."""

    name: str
    installed: bool
    """Its files are there, and its network can be opened."""
    where: str
    """What it runs on; where it isn't installed, how to get it."""


def offers() -> list[Offer]:
    """Every estimator. The networks of those that are installed are opened, which takes a second each."""
    return [Offer("mediapipe", True, "the processor"), *map(_offer, WITH_WEIGHTS)]


def _offer(name: str) -> Offer:
    missing = weights.missing(name)
    if missing:
        return Offer(name, False, f"not installed ({', '.join(missing)}); get it with: dancetransfer weights {name}")
    try:
        from dancetransfer.extract.runtime import open_network

        network = open_network(weights.place(name))
    except UserError as error:
        return Offer(name, False, f"not usable: {error.message} {error.hint}")
    except ImportError as error:
        return Offer(name, False, f"not usable: {error}")
    if network.provider == "CUDA":
        return Offer(name, True, "the graphics card (never run by the authors)")
    cause = f"; not on CUDA, although ONNX Runtime lists it: {network.cause}" if network.cause else ""
    return Offer(name, True, f"the processor{cause}")
