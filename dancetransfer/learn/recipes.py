"""The recipes as data: which parts a training is made of, and how large they are."""

from dataclasses import dataclass

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
    width: int  # channels of G's first layer
    downs: int  # halvings
    blocks: int  # residual blocks
    limit: int  # most channels of a layer
    fold: int  # pixels folded into channels before G, see models.generator
    skips: bool
    enhancer_above: int  # heights above this add G2
    # the discriminator
    judge_width: int
    judge_scales: int  # one more with G2
    adversarial_from: float  # share from which D takes part
    # the losses
    adversarial: float  # weight of fooling D, summed over its scales
    matching: float  # weight of feature matching
    perceptual: float  # weight of the perceptual term (x2 with G2) or of its stand-in
    pixel: float  # weight of L1 on the person
    # the training
    rate: float  # Adam's learning rate, before the linear decay over the second half
    batch: int
    averaged: float  # decay of the EMA of the weights; 0: none
    fed_back: float  # chance that the first frame of a pair is given a real picture as the one before
    enhancer_from: float  # share from which G2 is trained; G1 alone before
    face_from: float  # share from which only the face refiner is trained
    face_width: int

    @property
    def outputs(self) -> int:
        return 4 if self.mask else 3

    @property
    def multiple(self) -> int:
        """Sizes are padded to this many pixels."""
        return 2 ** (self.fold + self.downs) * (1 if self.follow else 2)


RECIPES = {
    "edn": Recipe(
        name="edn",
        follow=False, aspect=2.0, mask=False,
        width=64, downs=4, blocks=9, limit=1024, fold=0, skips=False, enhancer_above=256,
        judge_width=64, judge_scales=2, adversarial_from=0.0,
        adversarial=1.0, matching=10.0, perceptual=5.0, pixel=0.0,
        rate=2e-4, batch=1, averaged=0.0, fed_back=0.0,
        enhancer_from=0.45, face_from=0.85, face_width=32,
    ),
    "fast": Recipe(
        name="fast",
        follow=True, aspect=None, mask=True,
        width=48, downs=3, blocks=6, limit=256, fold=1, skips=True, enhancer_above=100_000,
        judge_width=32, judge_scales=2, adversarial_from=0.5,
        adversarial=0.5, matching=2.0, perceptual=5.0, pixel=10.0,
        rate=8e-4, batch=2, averaged=0.995, fed_back=0.6,
        enhancer_from=1.0, face_from=0.88, face_width=16,
    ),
}  # fmt: skip


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
    step = recipe.multiple
    height = max(step, round(settings.size / step) * step)
    width = max(step, -(-round(height * (recipe.aspect or aspect)) // step) * step)
    channels = settings.width or recipe.width
    if height > recipe.enhancer_above:
        channels += channels % 2  # G2 has half of G1's
    return Plan(recipe, (width, height), channels, settings.blocks or recipe.blocks)
