"""The peer of bench/tokenize.ts: Hugging Face's tokenizers on the same files. Arguments: vocabulary size, files.

Prints "ready", then for each line "train" or "encode" does that and prints {"seconds"}. Encoding uses the library's own threads, a
file split at its lines, as its users do it.
"""
import json
import sys
import time

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from tokenizers.normalizers import NFKC

vocabulary, files = int(sys.argv[1]), sys.argv[2:]
trained = None


def train():
    global trained
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=True)
    tokenizer.normalizer = NFKC()
    tokenizer.train(files, trainers.BpeTrainer(vocab_size=vocabulary, min_frequency=2, special_tokens=['<pad>', '<s>', '</s>'], show_progress=False))
    trained = tokenizer


def encode():
    tokens = 0
    for path in files:
        with open(path, encoding='utf-8') as file:
            tokens += sum(len(encoding.ids) for encoding in trained.encode_batch(file.read().splitlines(keepends=True)))
    return tokens


print('ready', flush=True)
for line in sys.stdin:
    start = time.perf_counter()
    {'train': train, 'encode': encode}[line.strip()]()
    print(json.dumps({'seconds': time.perf_counter() - start}), flush=True)
