"""The recipes as data: which parts a training is made of, and how large they are."""

import json
from dataclasses import dataclass, replace

from dancetransfer.settings import TrainSettings


@dataclass(frozen=True)
class Recipe:
    """A table of parts. Shares are parts of the whole training, 0..1."""

    name: str
    # the picture
    follow: bool  # True: a crop that follows the person; False: the whole frame, letterboxed
    aspect: float | None  # width / height; None: what the person's poses need
    mask: bool  # predict a mask and stand over the plate
    # the generator
    width: int  # channels of G's first layer; 0: no G at all, the person's own frames are moved (sprites)
    downs: int  # halvings
    blocks: int  # residual blocks
    limit: int  # most channels of a layer
    fold: int  # pixels folded into channels before G, see models.generator
    skips: bool
    enhancer_above: int  # heights above this add G2
    moved: bool  # G is given the person's own frame, too, moved to the pose limb by limb (sprites), and mixes it in
    flow: bool  # warp the last picture by a flow that G predicts too (models.sequential); whole frames only
    spade: bool  # normalize by the label map, where there is flow
    # time
    history: int  # last pictures that G is given; 0: frame by frame
    fed_back: float  # chance that the first frame of a stretch is given real pictures as those before
    unroll: tuple[tuple[float, int], ...]  # (share from which, frames drawn in one go with the gradient through all)
    # the discriminators
    judge_width: int
    judge_scales: int  # one more with G2
    judge_frames: int  # neighboring frames that are judged together
    clip: tuple[int, ...]  # strides in time at which three frames are judged as a small clip; (): no such judge
    augmented: bool  # change real and made pictures alike before they are judged
    adversarial_from: float  # share from which the judges take part
    # the losses
    adversarial: float  # weight of fooling a judge, summed over its scales
    matching: float  # weight of feature matching
    perceptual: float  # weight of the perceptual term (x2 with G2) or of its stand-in
    pixel: float  # weight of L1 on the person
    outlined: bool  # the mask counts near the person most, so that a figure that begins from nothing is soon opaque
    # the training
    rate: float  # Adam's learning rate, before the linear decay over the second half
    frames: int  # frames of a batch, over all its stretches
    averaged: float  # decay of the EMA of the weights; 0: none
    enhancer_from: float  # share from which G2 is trained; G1 alone before
    # the refiners of face and hands
    parts: tuple[str, ...]  # which of pose.crop.PARTS are gone over
    parts_from: float  # share from which only they are trained
    part_width: int

    @property
    def learned(self) -> bool:
        """There are networks to train."""
        return self.width > 0

    @property
    def own_frames(self) -> bool:
        """The person's own frames are needed to draw a dance."""
        return self.moved or not self.learned

    @property
    def outputs(self) -> int:
        return 4 if self.mask else 3

    @property
    def drawn(self) -> int:
        """Channels that G draws: those of a layer, and how much of the moved frame is taken."""
        return self.outputs + self.moved

    @property
    def multiple(self) -> int:
        """Sizes are padded to this many pixels."""
        return 2 ** (self.fold + self.downs) * (1 if self.follow else 2)

    def unrolled(self, share: float) -> int:
        """Frames drawn in one go at a share of the training."""
        return next(frames for start, frames in reversed(self.unroll) if share >= start)


_EDN = Recipe(
    name="edn",
    follow=False, aspect=2.0, mask=False,
    width=64, downs=4, blocks=9, limit=1024, fold=0, skips=False, enhancer_above=256, moved=False,
    flow=False, spade=False,
    history=1, fed_back=0.0, unroll=((0.0, 2),),
    judge_width=64, judge_scales=2, judge_frames=2, clip=(), augmented=False, adversarial_from=0.0,
    adversarial=1.0, matching=10.0, perceptual=5.0, pixel=0.0, outlined=False,
    rate=2e-4, frames=2, averaged=0.0, enhancer_from=0.45,
    parts=("face",), parts_from=0.85, part_width=32,
)  # fmt: skip
_FAST = Recipe(
    name="fast",
    follow=True, aspect=None, mask=True,
    width=48, downs=3, blocks=3, limit=240, fold=1, skips=True, enhancer_above=100_000, moved=False,
    flow=False, spade=False,
    history=1, fed_back=0.6, unroll=((0.0, 2),),
    judge_width=32, judge_scales=2, judge_frames=2, clip=(), augmented=False, adversarial_from=0.7,
    adversarial=0.5, matching=2.0, perceptual=5.0, pixel=10.0, outlined=True,
    rate=8e-4, frames=4, averaged=0.995, enhancer_from=1.0,
    parts=("face",), parts_from=0.9, part_width=16,
)  # fmt: skip

RECIPES = {
    recipe.name: recipe
    for recipe in (
        _EDN,
        # Wang et al., CVPR 2018: every frame on its own
        replace(
            _EDN, name="pix2pixhd", history=0, unroll=((0.0, 1),), frames=1, judge_frames=1, parts=(), parts_from=1.0,
        ),
        # Wang et al., NeurIPS 2018: two last pictures, the last one warped; clips judged at growing strides
        replace(
            _EDN, name="vid2vid", enhancer_above=100_000, flow=True, history=2, fed_back=0.0,
            unroll=((0.0, 2), (0.3, 4), (0.6, 8)), judge_frames=1, clip=(1, 3), perceptual=10.0,
            parts=(), parts_from=1.0,
        ),
        _FAST,
        replace(
            _FAST, name="best", moved=True, enhancer_above=384, enhancer_from=0.35, outlined=False,
            adversarial=0.2, matching=4.0, parts=("face", "left hand", "right hand"),
        ),
        # Schoedl and Essa, SCA 2002: no network; crops like those of fast, so that either can go before the other
        replace(
            _FAST, name="sprites", width=0, blocks=0, limit=0, history=0, unroll=(), judge_width=0, judge_scales=0,
            judge_frames=0, adversarial=0.0, matching=0.0, perceptual=0.0, pixel=0.0, frames=0, parts=(), part_width=0,
        ),
    )
}  # fmt: skip


def recipe_of(text: str) -> Recipe:
    """The recipe that was written as JSON; TypeError or ValueError where it isn't one of this version."""
    values = {"moved": False, "outlined": False, **json.loads(text)}  # dancers are kept that know nothing of these
    for name in ("unroll", "clip", "parts"):
        values[name] = tuple(tuple(one) if isinstance(one, list) else one for one in values[name])
    return Recipe(**values)


@dataclass(frozen=True)
class Plan:
    """A recipe at the sizes of one training: everything that shapes the networks."""

    recipe: Recipe
    size: tuple[int, int]
    """(width, height) of the generator's output in pixels."""
    width: int
    blocks: int

    @property
    def enhanced(self) -> bool:
        return self.size[1] > self.recipe.enhancer_above


def plan(settings: TrainSettings, aspect: float) -> Plan:
    """The sizes of a training. `aspect`: width / height that the person's poses need."""
    recipe = RECIPES[settings.recipe]
    recipe = replace(recipe, frames=settings.batch or recipe.frames)
    step = recipe.multiple * (2 if recipe.follow and settings.size > recipe.enhancer_above else 1)
    height = max(step, round(settings.size / step) * step)
    width = max(step, -(-round(height * (recipe.aspect or aspect)) // step) * step)
    channels = settings.width or recipe.width
    if height > recipe.enhancer_above:
        channels += channels % 2  # G2 has half of G1's
    return Plan(recipe, (width, height), channels, settings.blocks or recipe.blocks)
