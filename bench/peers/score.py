"""The peer of bench/score.ts: transformers scoring the same token sequences on the same machine.

Reads one JSON line {"config", "sequences", "batch"} (a Llama config.json and ids with their start token), answers "ready", then for each
line "batch1" or "batched" scores everything that way and prints {"seconds", "checksum"}.
"""
import json
import sys
import time

import torch
from transformers import LlamaConfig, LlamaForCausalLM

setup = json.loads(sys.stdin.readline())
torch.manual_seed(0)
model = LlamaForCausalLM(LlamaConfig(**setup['config'])).eval()
sequences = setup['sequences']


def score(rows):
    width = max(map(len, rows))
    ids = torch.zeros(len(rows), width, dtype=torch.long)
    for i, row in enumerate(rows):
        ids[i, :len(row)] = torch.tensor(row)
    log_softmax = torch.log_softmax(model(ids[:, :-1]).logits, dim=-1)
    picked = log_softmax.gather(2, ids[:, 1:, None])[..., 0]
    return [float(picked[i, :len(row) - 1].sum()) for i, row in enumerate(rows)]


def batches(kind):
    if kind == 'batch1':
        return [[row] for row in sequences]
    rows = sorted(sequences, key=len, reverse=True)  # As lm_eval orders its requests: longest first.
    return [rows[i:i + setup['batch']] for i in range(0, len(rows), setup['batch'])]


@torch.inference_mode()
def run(kind):
    return sum(sum(score(batch)) for batch in batches(kind))


with torch.inference_mode():
    score(sequences[:2])
print(json.dumps({'ready': True, 'torch': torch.__version__}), flush=True)
for line in sys.stdin:
    start = time.perf_counter()
    checksum = run(line.strip())
    print(json.dumps({'seconds': time.perf_counter() - start, 'checksum': checksum}), flush=True)
