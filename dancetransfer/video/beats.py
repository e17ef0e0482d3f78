"""Where the beats of music fall, from the onset strength of its sound."""

import numpy as np
from numpy.typing import NDArray

USUAL_BPM, OCTAVES = 120.0, 0.9
"""Which tempos are likely: the middle and the width (octaves) of a bell curve, as Ellis fits it to people's tapping."""
SLOWEST, FASTEST = 50.0, 220.0
"""Beats per minute that are looked for."""
DUPLE = 0.2
"""How much it counts for a beat that something sounds halfway to the next. Ellis's terms alone take three half beats
of quick music with even hats for one beat: 7 of 60 synthesized tracks of 80 to 165 beats per minute, none with this."""
LOUDNESS, ATTACK_SECONDS = 0.5, 0.04
"""What a rise of the loudness over this long counts beside the spectrum's. Without it the beats lay between the kicks
in 2 of 36 synthesized tracks, and in one came twice as fast; with it in none."""
UNCLEAR, BY_CHANCE = 0.1, 6.0
"""No score of a tempo below the first is one, nor below the second over the root of the steps: the highest score of 20
noises of 4 to 60 s was 0.7 of that; synthesized music of 4 s had 1.1 and more."""
TIGHTNESS = 100.0
"""How much an even beat counts against a strong onset: Ellis's alpha for an onset strength of deviation 1."""
STRETCH_SECONDS = 12.0
"""A tempo is measured in stretches of this length, so that one slow minute doesn't blur the others."""
LEAD_SECONDS = 0.0127
"""How far the top of `sound.analyze_audio`'s strength lies before the sound, whose window reaches ahead; measured."""
FAINT = 0.3
"""Beats before the first and after the last onset of this part of the strong ones' strength are no music."""

Curve = NDArray[np.float32]
Seconds = NDArray[np.float64]


def find_beats(onsets: Curve, per_second: float, peaks: Curve | None = None) -> Seconds:
    """float64 [B] seconds of the beats in an onset strength [N] of `per_second` steps; [] where there are none.

    With the waveform's `peaks` [N,2] what gets loud counts besides: a drum on the beat is louder than the
    hat between two beats, which changes more of the spectrum.

    Tempo from the autocorrelation, then the series of times that lies on strong onsets and is
    even, by dynamic programming: Ellis, "Beat Tracking by Dynamic Programming", Journal of New
    Music Research 36(1), 2007, eqs. 1 to 5. One tempo for the whole: a change of it is followed as
    far as the evenness lets it.
    """
    strength = _heard(onsets, per_second, peaks)
    period = _period(strength, per_second)
    if not period:
        return np.zeros(0)
    steps = _chain(_smooth(strength, period / 32), period)
    found = _without_silence(steps, _lifted(onsets, per_second), period)
    return np.maximum(_refined(found, strength) / per_second + LEAD_SECONDS, 0)


def tempo(onsets: Curve, per_second: float, peaks: Curve | None = None) -> float:
    """Beats per minute of an onset strength [N]; 0 where it has no beat."""
    period = _period(_heard(onsets, per_second, peaks), per_second)
    return 60 * per_second / period if period else 0.0


def _heard(onsets: Curve, per_second: float, peaks: Curve | None) -> Seconds:
    """The strength [N] that beats are looked for in, of deviation 1; [] where nothing is heard."""
    strength = _evened(onsets, per_second)
    if peaks is None or len(peaks) != len(strength):
        return strength
    both = strength + LOUDNESS * _evened(_attacks(peaks, per_second), per_second)
    return both / max(both.std(), 1e-9)


def _attacks(peaks: Curve, per_second: float) -> Curve:
    """How much louder the waveform [N,2] is just after a step than just before, [N]."""
    loud = np.abs(np.nan_to_num(peaks)).max(1)
    reach = max(1, round(ATTACK_SECONDS * per_second))
    around = np.lib.stride_tricks.sliding_window_view(np.pad(loud, (reach, reach - 1), mode="edge"), reach).max(1)
    return np.maximum(around[reach:] - around[:-reach], 0).astype(np.float32)


def _evened(onsets: Curve, per_second: float) -> Seconds:
    """The strength above what is usual around, of deviation 1: loud and quiet passages count alike."""
    if len(onsets) < 2 * per_second:
        return np.zeros(0)
    lifted = _lifted(onsets, per_second)
    if lifted.max() <= 0:
        return np.zeros(0)
    loudness = np.sqrt(_mean_around(lifted**2, 8 * per_second))
    lifted /= np.maximum(loudness, 0.1 * np.sqrt((lifted**2).mean()))
    return lifted / max(lifted.std(), 1e-9)


def _lifted(onsets: Curve, per_second: float) -> Seconds:
    """The strength above what is usual around."""
    known = np.nan_to_num(np.asarray(onsets, np.float64))
    return np.maximum(known - _mean_around(known, 0.8 * per_second), 0)


def _mean_around(curve: Seconds, steps: float) -> Seconds:
    half = max(1, round(steps / 2))
    total = np.concatenate([[0], np.cumsum(curve)])
    at = np.arange(len(curve))
    low, high = np.maximum(at - half, 0), np.minimum(at + half + 1, len(curve))
    return (total[high] - total[low]) / (high - low)


def _smooth(curve: Seconds, deviation: float) -> Seconds:
    reach = int(4 * deviation) + 1
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / deviation) ** 2)
    return np.convolve(curve, kernel, "same")


def _period(strength: Seconds, per_second: float) -> float:
    """Steps between beats; 0 where nothing repeats. Eqs. 6 to 8: the double and triple period vote too."""
    if not len(strength):
        return 0.0
    longest = int(60 * per_second / SLOWEST)
    voted = _repeats(strength, 3 * longest + 2, int(STRETCH_SECONDS * per_second))
    lags = np.arange(int(60 * per_second / FASTEST), longest + 1)
    likely = np.exp(-0.5 * (np.log2(lags / (60 * per_second / USUAL_BPM)) / OCTAVES) ** 2)
    twice = voted[2 * lags] + 0.5 * (voted[2 * lags - 1] + voted[2 * lags + 1])
    thrice = (voted[3 * lags - 1] + voted[3 * lags] + voted[3 * lags + 1]) / 1.5
    halfway = np.maximum(voted[lags // 2], voted[(lags + 1) // 2])
    score = likely * (voted[lags] + 0.5 * np.maximum(twice, thrice) + DUPLE * halfway)
    best = int(np.argmax(score))
    if score[best] <= max(UNCLEAR, BY_CHANCE / np.sqrt(len(strength))):
        return 0.0
    return _between(voted, int(lags[best]))


def _repeats(strength: Seconds, longest: int, stretch: int) -> Seconds:
    """Autocorrelation at lags 0 to `longest`, the mean over stretches; 1 at lag 0."""
    total = np.zeros(longest + 1)
    stretch = max(stretch, longest + 1)
    for start in range(0, len(strength), stretch):
        part = strength[start : start + 2 * stretch]
        part = part - part.mean()
        size = 1 << int(np.ceil(np.log2(len(part) + longest + 2)))
        total += np.fft.irfft(np.abs(np.fft.rfft(part, size)) ** 2, size)[: longest + 1]
    return total / max(total[0], 1e-9)


def _between(curve: Seconds, lag: int) -> float:
    """The lag between steps at which the peaks of 1 to 8 periods agree: far ones tell it finely."""
    found = float(lag)
    for count in (1, 2, 3):
        middle, reach = round(found * count), max(1, lag // 8)
        window = curve[middle - reach : middle + reach + 1]
        if len(window) < 2 * reach + 1:
            break
        at = int(np.argmax(window))
        if 0 < at < 2 * reach:
            before, here, after = window[at - 1 : at + 2]
            bend = before - 2 * here + after
            found = (middle - reach + at + (0.5 * (before - after) / bend if bend else 0)) / count
    return found


def _chain(strength: Seconds, period: float) -> NDArray[np.int64]:
    """Steps of the best series of beats; eq. 5, worked in blocks that no beat can reach across."""
    nearest, farthest = max(1, round(period / 2)), round(2 * period)
    back = np.arange(farthest, nearest - 1, -1)
    cost = -TIGHTNESS * np.log(back / period) ** 2
    count = len(strength)
    best = np.zeros(count + farthest)  # with a silent run-up, so that every step has predecessors
    before = np.full(count, -1)
    for start in range(0, count, nearest):
        steps = np.arange(start, min(start + nearest, count))
        reached = best[steps[:, None] + farthest - back] + cost
        choice = reached.argmax(1)
        origin = steps - back[choice]
        best[steps + farthest] = strength[steps] + reached[np.arange(len(steps)), choice]
        before[steps] = np.where(origin >= 0, origin, -1)
    at = max(0, count - farthest) + int(np.argmax(best[farthest:][-farthest:]))
    found = [at]
    while before[found[-1]] >= 0:
        found.append(int(before[found[-1]]))
    return np.array(found[::-1])


def _without_silence(steps: NDArray[np.int64], strength: Seconds, period: float) -> NDArray[np.int64]:
    """Without what was counted before the music begins and after it ends."""
    reach = max(1, round(period / 8))
    heard = np.array([strength[max(0, step - reach) : step + reach + 1].max() for step in steps])
    loud = np.flatnonzero(heard > FAINT * np.quantile(heard, 0.9))
    return steps[loud[0] : loud[-1] + 1] if len(loud) else steps[:0]


def _refined(steps: NDArray[np.int64], strength: Seconds) -> Seconds:
    """Times between the steps, at the top of the parabola through each onset and its neighbors."""
    inner = np.clip(steps, 1, len(strength) - 2)
    before, here, after = strength[inner - 1], strength[inner], strength[inner + 1]
    bend = before - 2 * here + after
    top = (here >= before) & (here >= after) & (bend < 0)
    shift = np.where(top, 0.5 * (before - after) / np.where(top, bend, 1), 0)
    return np.where(inner == steps, steps + shift, steps).astype(np.float64)
