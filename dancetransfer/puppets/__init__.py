"""Built-in dancers with known joints: frames, masks, sound and true poses, all made by seed."""

from .body import Body, Cloth, make_body
from .choreography import Choreography, make_choreography
from .performance import Performance, dance, drawn, person, truth
from .scene import Camera, Room, make_camera, make_room

__all__ = [
    "Body",
    "Camera",
    "Choreography",
    "Cloth",
    "Performance",
    "Room",
    "dance",
    "drawn",
    "make_body",
    "make_camera",
    "make_choreography",
    "make_room",
    "person",
    "truth",
]
