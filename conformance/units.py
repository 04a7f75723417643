"""Finds units in a given bucket, so that cases can test both sides of every bound."""

from reference_values import BUCKETS, murmur3

ALPHABET = frozenset(b'0123456789abcdefghijklmnopqrstuvwxyz')
MASK = 0xFFFFFFFF


def unit_at(salt, bucket, last=False):
    """Returns a text of four characters in the bucket: the first by its hash, or the last."""
    hashes = range(-(-bucket * 2**32 // BUCKETS), -(-(bucket + 1) * 2**32 // BUCKETS))
    seed = murmur3(salt, 0)
    texts = (text_hashing_to(wanted, seed) for wanted in (reversed(hashes) if last else hashes))
    return next(text for text in texts if text is not None)


def text_hashing_to(wanted, seed):
    """Returns the text of four letters and digits with this hash, if one exists.

    Every step of MurmurHash3 over a single block is a bijection, so it can be reversed.
    """
    h = unshift(wanted, 16)
    h = unshift(h * pow(0xC2B2AE35, -1, 2**32) & MASK, 13)
    h = unshift(h * pow(0x85EBCA6B, -1, 2**32) & MASK, 16)
    h = (h ^ 4) - 0xE6546B64 & MASK
    h = rotate_right(h * pow(5, -1, 2**32) & MASK, 13) ^ seed
    block = rotate_right(h * pow(0x1B873593, -1, 2**32) & MASK, 15) * pow(0xCC9E2D51, -1, 2**32) & MASK
    data = block.to_bytes(4, 'little')
    return data.decode() if ALPHABET.issuperset(data) else None


def unshift(value, bits):
    """Reverses `value ^ value >> bits`."""
    result = value
    for _ in range(32 // bits):
        result = value ^ result >> bits
    return result


def rotate_right(value, bits):
    return (value >> bits | value << 32 - bits) & MASK
