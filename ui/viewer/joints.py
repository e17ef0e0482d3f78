"""What the window calls joints and limbs, and which limb a joint belongs to."""

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication

_WORDS = {
    "nose": QT_TRANSLATE_NOOP("Joints", "nose"),
    "left_eye": QT_TRANSLATE_NOOP("Joints", "left eye"),
    "right_eye": QT_TRANSLATE_NOOP("Joints", "right eye"),
    "left_ear": QT_TRANSLATE_NOOP("Joints", "left ear"),
    "right_ear": QT_TRANSLATE_NOOP("Joints", "right ear"),
    "left_shoulder": QT_TRANSLATE_NOOP("Joints", "left shoulder"),
    "right_shoulder": QT_TRANSLATE_NOOP("Joints", "right shoulder"),
    "left_elbow": QT_TRANSLATE_NOOP("Joints", "left elbow"),
    "right_elbow": QT_TRANSLATE_NOOP("Joints", "right elbow"),
    "left_wrist": QT_TRANSLATE_NOOP("Joints", "left wrist"),
    "right_wrist": QT_TRANSLATE_NOOP("Joints", "right wrist"),
    "left_hip": QT_TRANSLATE_NOOP("Joints", "left hip"),
    "right_hip": QT_TRANSLATE_NOOP("Joints", "right hip"),
    "left_knee": QT_TRANSLATE_NOOP("Joints", "left knee"),
    "right_knee": QT_TRANSLATE_NOOP("Joints", "right knee"),
    "left_ankle": QT_TRANSLATE_NOOP("Joints", "left ankle"),
    "right_ankle": QT_TRANSLATE_NOOP("Joints", "right ankle"),
    "left_big_toe": QT_TRANSLATE_NOOP("Joints", "left big toe"),
    "right_big_toe": QT_TRANSLATE_NOOP("Joints", "right big toe"),
    "left_small_toe": QT_TRANSLATE_NOOP("Joints", "left small toe"),
    "right_small_toe": QT_TRANSLATE_NOOP("Joints", "right small toe"),
    "left_heel": QT_TRANSLATE_NOOP("Joints", "left heel"),
    "right_heel": QT_TRANSLATE_NOOP("Joints", "right heel"),
    "head": QT_TRANSLATE_NOOP("Joints", "head"),
    "left_arm": QT_TRANSLATE_NOOP("Joints", "left arm"),
    "right_arm": QT_TRANSLATE_NOOP("Joints", "right arm"),
    "left_leg": QT_TRANSLATE_NOOP("Joints", "left leg"),
    "right_leg": QT_TRANSLATE_NOOP("Joints", "right leg"),
    "left_foot": QT_TRANSLATE_NOOP("Joints", "left foot"),
    "right_foot": QT_TRANSLATE_NOOP("Joints", "right foot"),
}
_LIMBS = {
    **dict.fromkeys(("elbow", "wrist"), "arm"),
    **dict.fromkeys(("knee", "ankle"), "leg"),
    **dict.fromkeys(("big_toe", "small_toe", "heel"), "foot"),
}


def words(name: str) -> str:
    """A joint or group of `pose.names` in the window's language."""
    return QCoreApplication.translate("Joints", str(_WORDS[name])) if name in _WORDS else name.replace("_", " ")


def limb_of(joint: str) -> str:
    """The group that is hidden with a joint; shoulders and hips, which no limb begins with, are their own."""
    side, _, part = joint.partition("_")
    if joint == "nose" or part in ("eye", "ear"):
        return "head"
    return f"{side}_{_LIMBS[part]}" if part in _LIMBS else joint
