"""Checks that a folder written by `cria export` loads in transformers and scores sentences as Cria does.

Usage, in a Python with torch and transformers:
    cria export MODEL --out FOLDER
    cria score MODEL PAIRS.jsonl --json > scores.jsonl
    python scripts/check-export.py FOLDER PAIRS.jsonl scores.jsonl

Prints the largest difference of a sentence's log-probability and exits with 1 when it is above 1e-3.
"""
import json
import sys

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

folder, pairs, scores = sys.argv[1:]
model = AutoModelForCausalLM.from_pretrained(folder).eval()
tokenizer = AutoTokenizer.from_pretrained(folder)


def logprob(sentence):
    ids = torch.tensor([[tokenizer.bos_token_id] + tokenizer.encode(' ' + sentence, add_special_tokens=False)])
    with torch.no_grad():
        logs = torch.log_softmax(model(ids).logits[0, :-1].float(), -1)
    return logs.gather(1, ids[0, 1:, None]).sum().item()


largest = 0.0
with open(pairs) as pair_file, open(scores) as score_file:
    for pair, score in zip(map(json.loads, pair_file), map(json.loads, score_file)):
        for key, side in (('logprobGood', 'sentence_good'), ('logprobBad', 'sentence_bad')):
            largest = max(largest, abs(score[key] - logprob(pair[side])))
print(f'{sum(p.numel() for p in model.parameters())} parameters; largest difference {largest:.2e}')
sys.exit(largest > 1e-3)
