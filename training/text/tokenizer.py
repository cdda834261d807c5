"""Builds the byte-level vocabulary of pocket-text as a stock CLIPTokenizer.

English pieces are learned (BPE). Han characters, kana, CJK signs and emoji are one token each,
made from explicit merges, so a Chinese word is always the same characters wherever it stands.
Every byte is in the vocabulary: nothing is ever unknown. Knows nothing about training.
"""

import json
from collections.abc import Iterable

from tokenizers import Regex, Tokenizer, normalizers, pre_tokenizers
from tokenizers.models import BPE
from tokenizers.trainers import BpeTrainer
from transformers import CLIPTokenizer

START, END = "<|startoftext|>", "<|endoftext|>"
WORD_END = "</w>"
ENGLISH_PIECES = 6000
MAX_POSITIONS = 77
_ALPHABET = sorted(pre_tokenizers.ByteLevel.alphabet())


def _byte_letters() -> dict[int, str]:
    """The printable letter that byte-level BPE writes for each byte."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    letters = {byte: chr(byte) for byte in plain}
    rest = (byte for byte in range(256) if byte not in letters)
    letters |= {byte: chr(256 + i) for i, byte in enumerate(rest)}
    assert sorted(letters.values()) == _ALPHABET
    return letters


_LETTERS = _byte_letters()


def spelled(text: str) -> list[str]:
    return [_LETTERS[byte] for byte in text.encode()]


def _learn_english(corpus: Iterable[str]) -> list[tuple[str, str]]:
    tokenizer = Tokenizer(BPE(end_of_word_suffix=WORD_END, continuing_subword_prefix=""))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"[a-z]+"), "removed", invert=True)
    trainer = BpeTrainer(
        vocab_size=ENGLISH_PIECES, end_of_word_suffix=WORD_END, show_progress=False, min_frequency=4
    )
    tokenizer.train_from_iterator(corpus, trainer)
    merges = json.loads(tokenizer.to_str())["model"]["merges"]
    return [(left, right) for left, right in merges]


def _character_merges(characters: Iterable[str]) -> list[tuple[str, str]]:
    """Merges that build each character from its bytes, both inside a run and at its end."""
    merges: dict[tuple[str, str], None] = {}
    for character in characters:
        letters = spelled(character)
        prefix = letters[0]
        for letter in letters[1:-1]:
            merges[(prefix, letter)] = None
            prefix += letter
        merges[(prefix, letters[-1])] = None
        merges[(prefix, letters[-1] + WORD_END)] = None
    # Shorter results first: a character's prefix has to exist before the character.
    return sorted(merges, key=lambda pair: len(pair[0]))


def build(english: Iterable[str], characters: Iterable[str]) -> CLIPTokenizer:
    merges = _character_merges(characters) + _learn_english(english)
    pieces = [*_ALPHABET, *(letter + WORD_END for letter in _ALPHABET)]
    for left, right in merges:
        pieces.append(left + right)
    names = [START, END, *dict.fromkeys(pieces)]
    # The end token must not be number 2: CLIP reads that as a mark of its oldest checkpoints.
    vocab = {name: number for number, name in enumerate(names)}
    return CLIPTokenizer(vocab=vocab, merges=merges, model_max_length=MAX_POSITIONS)


def twins(tokenizer: CLIPTokenizer) -> list[tuple[int, int]]:
    """(inside, at the end) numbers of each non-ASCII piece: the same character, so one vector."""
    vocab = tokenizer.get_vocab()
    found = []
    for name, number in vocab.items():
        if name.endswith(WORD_END) and not name.isascii():
            inside = vocab.get(name.removesuffix(WORD_END))
            if inside is not None:
                found.append((inside, number))
    return found
