"""The SP 800-90B predictors once more, word by word with dictionaries and lists, for short sequences."""

from __future__ import annotations

from collections import Counter


def most_common_in_window(bits: list[int]) -> tuple[int, int, int]:
    windows, score, winner, marks = (63, 255, 1023, 4095), [0] * 4, 0, []
    for place in range(63, len(bits)):
        guesses = [Counter(bits[place - one : place]).most_common(1)[0][0] if place >= one else None for one in windows]
        marks.append(guesses[winner] == bits[place])
        for one in range(4):
            if guesses[one] == bits[place]:
                score[one] += 1
                if score[one] >= score[winner]:
                    winner = one
    return counted(marks)


def lag(bits: list[int]) -> tuple[int, int, int]:
    score, winner, marks = [0] * 128, 0, []
    for place in range(1, len(bits)):
        guesses = [bits[place - one] if one <= place else None for one in range(1, 129)]
        marks.append(guesses[winner] == bits[place])
        for one in range(128):
            if guesses[one] == bits[place]:
                score[one] += 1
                if score[one] >= score[winner]:
                    winner = one
    return counted(marks)


def markov_with_counting(bits: list[int]) -> tuple[int, int, int]:
    followed: list[dict[tuple[int, ...], Counter[int]]] = [{} for _ in range(16)]
    score, winner, marks = [0] * 16, 0, []
    for place in range(2, len(bits)):
        guesses: list[int | None] = []
        for depth in range(1, 17):
            if depth < place:
                before = tuple(bits[place - depth - 1 : place - 1])
                followed[depth - 1].setdefault(before, Counter())[bits[place - 1]] += 1
            seen = followed[depth - 1].get(tuple(bits[place - depth : place])) if depth <= place else None
            guesses.append(max(seen, key=lambda bit: (seen[bit], bit)) if seen else None)
        marks.append(guesses[winner] == bits[place])
        for one in range(16):
            if guesses[one] == bits[place]:
                score[one] += 1
                if score[one] >= score[winner]:
                    winner = one
    return counted(marks)


def lempel_ziv(bits: list[int], largest: int = 65536) -> tuple[int, int, int]:
    dictionary: dict[tuple[int, ...], Counter[int]] = {}
    marks = []
    for place in range(17, len(bits)):
        for length in range(16, 0, -1):
            before = tuple(bits[place - length - 1 : place - 1])
            if before not in dictionary and len(dictionary) < largest:
                dictionary[before] = Counter()
            if before in dictionary:
                dictionary[before][bits[place - 1]] += 1
        most, guess = 0, None
        for length in range(16, 0, -1):
            seen = dictionary.get(tuple(bits[place - length : place]))
            if seen:
                bit = max(seen, key=lambda one: (seen[one], one))
                if seen[bit] > most:
                    most, guess = seen[bit], bit
        marks.append(guess == bits[place])
    return counted(marks)


def counted(marks: list[bool]) -> tuple[int, int, int]:
    run = longest = 0
    for mark in marks:
        run = run + 1 if mark else 0
        longest = max(longest, run)
    return len(marks), sum(marks), longest


def repeats(bits: list[int]) -> tuple[list[int], list[int]]:
    most, pairs, length = [len(bits)], [len(bits) * (len(bits) - 1) // 2], 1
    while True:
        counts = Counter(tuple(bits[start : start + length]) for start in range(len(bits) - length + 1))
        if max(counts.values()) < 2:
            return most, pairs
        most.append(max(counts.values()))
        pairs.append(sum(one * (one - 1) // 2 for one in counts.values()))
        length += 1
        if length > len(bits):
            return most, pairs
