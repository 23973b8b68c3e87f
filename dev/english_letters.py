"""Learn how many syllables an English spelling has: a small network that reads a word letter by letter.

For each letter it sees the seven letters on both sides and says how likely the letter begins a syllable's vowel. It is
never told which letter does: it learns from the number of syllables of whole words, of which any listed one is right.
Every tenth word, chosen by a hash, takes no part, so that tests can measure it on words it never saw.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from hashlib import md5
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Indices = NDArray[np.int64]

SEED = 1
ALPHABET = "abcdefghijklmnopqrstuvwxyz'^"  # the last one stands for both edges of a word and what is beyond
REACH = 7
WINDOW = 2 * REACH + 1
HIDDEN = 512
MOST = 16  # syllables told apart
DROPPED = 0.6  # of the hidden values, while learning
EPOCHS = 18
BATCH = 256
RATE = 4e-3
WARM_UP = 500  # batches
STEP, WEIGHT_STEP = 127, 32_767  # the largest whole numbers of one byte and of two


def learns(word: str) -> bool:
    """Whether the word takes part in learning (nine of ten do)."""
    return md5(word.encode(), usedforsecurity=False).digest()[0] % 10 != 0


class Words:
    """Words as numbers: for each letter, which input of the network each letter around it switches on."""

    def __init__(self, counts: Mapping[str, set[int]]) -> None:
        edge = ALPHABET[-1] * REACH
        padded = [[ALPHABET.index(letter) for letter in edge + word + edge] for word in counts]
        views = [np.lib.stride_tricks.sliding_window_view(np.array(letters), WINDOW) for letters in padded]
        self.lengths: Indices = np.array([len(word) for word in counts])
        self._starts = np.cumsum(self.lengths) - self.lengths
        self._inputs = np.concatenate(views) + np.arange(WINDOW) * len(ALPHABET)
        self.right = np.array([[float(n in listed) for n in range(MOST)] for listed in counts.values()])

    def batch(self, chosen: Indices) -> tuple[Floats, NDArray[np.bool_]]:
        """The switched inputs of all letters of some words, and which cells of a table words x letters they fill."""
        places = np.arange(self.lengths[chosen].max())
        filled = places < self.lengths[chosen, None]
        inputs = self._inputs[(self._starts[chosen, None] + places)[filled]]
        switched = np.zeros((len(inputs), WINDOW * len(ALPHABET)), np.float32)
        switched[np.arange(len(inputs))[:, None], inputs] = 1
        return switched, filled


def blank(random: np.random.Generator) -> dict[str, Floats]:
    """A network that knows no more than which letters are vowels."""
    inputs = WINDOW * len(ALPHABET)
    return {
        "in": (random.standard_normal((inputs, HIDDEN)) * 0.1).astype(np.float32),
        "bias": np.zeros(HIDDEN, np.float32),
        "out": (random.standard_normal(HIDDEN) * 0.1).astype(np.float32),
        "own": np.array([1.0 if letter in "aeiouy" else -4.0 for letter in ALPHABET], np.float32),
    }


def pull(chances: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.float64]:
    """How the logarithm of the chance of a right count changes with each letter's chance of beginning a syllable."""
    width = chances.shape[1]
    before = np.zeros((width + 1, *right.shape))  # chances of each count to the left of a letter
    before[0, :, 0] = 1
    for at in range(width):
        here = chances[:, at, None]
        before[at + 1] = before[at] * (1 - here)
        before[at + 1][:, 1:] += before[at][:, :-1] * here
    total = (before[width] * right).sum(1) + 1e-12
    slope = np.zeros_like(chances)
    ahead = right  # chance of ending right, by the count so far
    for at in reversed(range(width)):
        here = chances[:, at, None]
        raised = np.zeros_like(ahead)
        raised[:, :-1] = ahead[:, 1:]
        slope[:, at] = (before[at] * (raised - ahead)).sum(1)
        ahead = ahead * (1 - here) + raised * here
    result: NDArray[np.float64] = slope / total[:, None]
    return result


def gradient(
    net: Mapping[str, Floats], words: Words, chosen: Indices, random: np.random.Generator
) -> dict[str, Floats]:
    """Which way each number of the network has to go to be wrong less often on these words."""
    switched, filled = words.batch(chosen)
    own = switched[:, REACH * len(ALPHABET) : (REACH + 1) * len(ALPHABET)]
    hidden = np.maximum(switched @ net["in"] + net["bias"], 0)
    hidden *= (random.random(hidden.shape, dtype=np.float32) >= DROPPED) / np.float32(1 - DROPPED)
    sums = hidden @ net["out"] + own @ net["own"]
    chance = 1 / (1 + np.exp(-sums.astype(np.float64)))
    table = np.zeros(filled.shape)
    table[filled] = chance
    wrong = (-pull(table, words.right[chosen])[filled] * chance * (1 - chance) / len(chosen)).astype(np.float32)
    back = wrong[:, None] * net["out"] * (hidden > 0) / np.float32(1 - DROPPED)
    return {"in": switched.T @ back, "bias": back.sum(0), "out": hidden.T @ wrong, "own": own.T @ wrong}


def batches(words: Words, learners: Indices, random: np.random.Generator) -> Iterator[Indices]:
    """All learners in a new order, words of like length together."""
    shuffled = random.permutation(learners)
    found = []
    for start in range(0, len(shuffled), 50 * BATCH):
        part = shuffled[start : start + 50 * BATCH]
        part = part[np.argsort(words.lengths[part], kind="stable")]
        found += [part[at : at + BATCH] for at in range(0, len(part), BATCH)]
    return (found[at] for at in random.permutation(len(found)))


def learn(
    counts: Mapping[str, set[int]], takes_part: Callable[[str], bool] = learns, epochs: int = EPOCHS
) -> dict[str, Floats]:
    """The network after some rounds through the words that take part (the Adam method, a rate that fades)."""
    random = np.random.default_rng(SEED)
    words = Words(counts)
    learners = np.flatnonzero([takes_part(word) for word in counts])
    net = blank(random)
    mean, spread = ({name: np.zeros_like(values) for name, values in net.items()} for _ in range(2))
    done, all_batches = 0, epochs * (len(learners) // BATCH + 1)
    for _ in range(epochs):
        for chosen in batches(words, learners, random):
            done += 1
            rate = RATE * min(1, done / WARM_UP) * (1 + np.cos(np.pi * min(done / all_batches, 1))) / 2
            for name, slope in gradient(net, words, chosen, random).items():
                mean[name] = 0.9 * mean[name] + 0.1 * slope
                spread[name] = 0.999 * spread[name] + 0.001 * slope**2
                step = mean[name] / (1 - 0.9**done) / (np.sqrt(spread[name] / (1 - 0.999**done)) + 1e-8)
                net[name] -= (rate * step).astype(np.float32)
    return net


def packed(net: Mapping[str, Floats]) -> bytes:
    """The network in whole numbers: a line of JSON, then a byte per input and hidden value, 128 standing for 0.

    A hidden value may be scaled freely as long as what it weighs is scaled back, so each has a scale of its own.
    """
    rows = np.vstack([net["in"], net["bias"]])
    scales = np.abs(rows).max(0) / STEP
    whole = np.round(rows / scales).astype(np.int16) + STEP + 1
    weights = net["out"] * scales
    unit = float(np.abs(weights).max()) / WEIGHT_STEP
    head: dict[str, Any] = {
        "alphabet": ALPHABET,
        "reach": REACH,
        "unit": unit,
        "weights": np.round(weights / unit).astype(int).tolist(),
        "own": np.round(net["own"] / unit).astype(int).tolist(),
    }
    numbers: bytes = whole.astype(np.uint8).tobytes()
    return json.dumps(head, separators=(",", ":")).encode("ascii") + b"\n" + numbers


def learned(counts: Mapping[str, set[int]]) -> bytes:
    """What `letters.bin.gz` holds before it is compressed."""
    return packed(learn(counts))
