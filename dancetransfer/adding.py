"""Videos and pose tracks on their way into a project: looked at before anything is made, then added."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from dancetransfer.errors import UserError
from dancetransfer.events import Event, Notice
from dancetransfer.media import has_picture, is_dancer
from dancetransfer.project import Project


def look_at(clips: Iterable[Path], dances: Iterable[Path] = ()) -> None:
    """UserError where a clip is not a video that can be read, or a dance neither that nor a pose track."""
    from dancetransfer.mocap.tracks import load_track
    from dancetransfer.video.read import probe

    for path in dances:
        if has_picture(path):
            probe(path)
        else:
            load_track(path)
    for path in clips:
        if is_dancer(path):
            raise UserError(
                f"{path.name} is a portable dancer, who is a project's only person.",
                "Let them dance in a project of their own: dancetransfer transfer DANCE NAME.dancer -o CLIP.mp4",
            )
        if not has_picture(path):
            raise UserError(
                f"{path.name} holds a motion and no picture, so nobody can be learned from it.",
                "Give a video of the person; a pose track or BVH file can only be the dance, which comes first.",
            )
        probe(path)


def add_media(project: Project, dances: list[Path], clips: list[Path], follow: str = "") -> Iterator[Event]:
    """Put videos, which have been looked at, into the project.

    `follow` says who is followed in the dances, or in the clips where no dance is added; "" leaves
    that as it was. UserError where a clip is added to a portable dancer.
    """
    if clips and project.portable:
        raise UserError(
            "The project's person is a portable dancer, to whom no video can be added.",
            "Learn the person from videos in another --project.",
        )
    known = {clip.fingerprint for clip in project.clips}
    added = [project.add_clip(path) for path in clips]
    if known and any(clip.fingerprint not in known for clip in added):
        yield Notice(
            "More footage of the person was added to what the project has.",
            "If this is somebody else, stop and choose another --project: a project holds one person.",
        )
    added = [project.add_dance(path) for path in dances] or added
    for media in added if follow else []:
        project.set_follow(media, follow)
    project.save()
