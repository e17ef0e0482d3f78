"""Which of a project's pictures an arrangement of the viewer shows: dance, person, and what was made of them."""

from collections.abc import Collection

DANCE, PERSON, FIRST, RESULT, SKELETON = "dance", "person", "first", "result", "skeleton"
"""FIRST: the person's own frames doing the dance, before anything is learned; RESULT takes its place."""
ORDER = (DANCE, PERSON, FIRST, RESULT)
"""How the player gets them: the times of the first one count."""
CLIPS = (RESULT, FIRST)
"""Those that show a part of the dance."""


def names_of(view: str, there: Collection[str]) -> list[str]:
    """The pictures of an arrangement out of those that are there; none where there are too few.

    "": all videos, the one that matters most first.
    """
    videos = [name for name in (*CLIPS, DANCE, PERSON) if name in there]
    made = [name for name in CLIPS if name in there][:1]
    if view == "":
        return videos
    if view == "single":
        return videos[:1]
    if view == "overlay":
        return [name for name in (DANCE, PERSON) if name in there][:1]
    if view == "quad":
        return [name for name in (DANCE, SKELETON, PERSON, *made) if name in there] if len(videos) > 1 else []
    pair = [DANCE, *(made or [PERSON])]
    if view == "side" and made == [FIRST] and PERSON in there:
        pair = [DANCE, PERSON, FIRST]
    return pair if all(name in there for name in pair) else []
