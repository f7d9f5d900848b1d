"""Words as NLTK cuts them, for tests/unit/evaluation/words.test.ts: PunktSentenceTokenizer with the abbreviations of sentences.ts, then
NLTKWordTokenizer, which is what word_tokenize does with a model of its own. Needs nltk 3.10; writes words.json beside itself.

    python make_words.py ABBREVIATIONS...
"""
import json
import pathlib
import random
import sys

import nltk
from nltk.tokenize.destructive import NLTKWordTokenizer
from nltk.tokenize.punkt import PunktParameters, PunktSentenceTokenizer

SENTENCES = [
    "Ali poured the milk. The cup is full.",
    "the cup is full. ali drinks it.",
    "She said, \"I can't find it.\" Then she left.",
    "she said, \"i can't find it.\" then she left.",
    "'It's raining,' he said; 'we'd better stay.'",
    "they've got 3,500 marbles, i've got 12.5 kg of sand.",
    "mr. brown met dr. grey at 5 p.m. and they left.",
    "the boat (the red one) sank... nobody saw it!",
    "is it there? no! it isn't. well...",
    "he cannot come, and she's gonna wait. wanna bet?",
    "gimme the ball; lemme see it. d'ye hear?",
    "'tis late, 'twas early.",
    "the price is $5.00 & the tax is 7%. write to me@home #1.",
    "a well-known half-open door -- or was it a window?",
    "the cats' bowls and the cat's bowl. the children's toys.",
    "“where are you?” asked mira. ‘here,’ said tom.",
    "«no», said ana…",
    "lee has more than 5. he counts them. lee has 5. 6 are lost.",
    "j. r. knows a. they met in no. 7.",
    "the list: one, two, three; four.",
    "wait.stop.go. now",
    "tom sat. the dog sat. it was the u.s. team, e.g. the old one.",
    "an end without a period",
    "   spaces  all   around .  ",
    "first line.\nsecond line.\n\nthird line",
    "the sum is 2+2=4. x*y. [a] {b} <c>.",
    "ok?! really?! (yes.) \"no.\" 'maybe.' end",
    "the e-mail's subject: \"re: 'hello'\".",
    "is ½ of it 50%? the temperature is −3.5°.",
    "``quoted'' like this. or `this'.",
    "she'll've gone. who's? it's'nt",
    "más café, señor? ça va! 日本。",
    "a.\tb.\u00a0c.\u2003d. e",
    "the 1980's. the '90s. rock 'n' roll. more'n that.",
    "co. and inc. are short. so is etc. but not this.",
    "dr.", ".", "...", "?", "!", "\"", "'", "", " ",
]
PIECES = ["the dog", "he", "said", "\"", "'", ".", "...", "?", "!", " ", "\n", ",", ";", ":", "5", "3.14", "1,000", "p.m.", "mr.", "u.s.", "j.", "Ann", "n't", "'s",
          "'ll", "cannot", "wanna", "--", "-", "(", ")", "[", "]", "“", "”", "‘", "’", "…", "é", "*", "$", "%", "@", "``", "''", "end", "sat.", "–", "it", "'tis", "\t", "x", "I", ".5"]


def main() -> None:
    abbreviations = sys.argv[1:]
    rng = random.Random(3)
    made = ["".join(rng.choice(PIECES) + rng.choice(["", " "]) for _ in range(rng.randrange(2, 12))) for _ in range(400)]
    sentences = PunktSentenceTokenizer()
    sentences._params = PunktParameters()
    sentences._params.abbrev_types = set(abbreviations)
    words = NLTKWordTokenizer()
    lines = []
    for text in SENTENCES + made:
        cut = sentences.tokenize(text)
        lines.append({"text": text, "sentences": cut, "words": [word for one in cut for word in words.tokenize(one)]})
    out = {"nltk": nltk.__version__, "abbreviations": abbreviations, "lines": lines}
    pathlib.Path(__file__).with_name("words.json").write_text(json.dumps(out, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
