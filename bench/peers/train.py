"""The training bench's peer: llama-16M in transformers, AdamW and clipping as the recipe has them. Argument: "torch eager" or "torch.compile".

Prints "ready", then for each line read (a number of steps) a JSON list of milliseconds, one per step.
"""
import json
import sys
import time

import torch
from transformers import LlamaConfig, LlamaForCausalLM

torch.manual_seed(1)
config = LlamaConfig(vocab_size=16000, max_position_embeddings=256, hidden_size=256, intermediate_size=1024, num_hidden_layers=8,
                     num_attention_heads=8, tie_word_embeddings=False, pad_token_id=0)
model = LlamaForCausalLM(config)
model.train()
forward = torch.compile(model) if sys.argv[1] == 'torch.compile' else model
optimiser = torch.optim.AdamW(model.parameters(), lr=1e-4, weight_decay=0.1)
ids = torch.tensor([[3 + ((row * 128 + column) * 7919) % 15997 for column in range(128)] for row in range(16)])


def step():
    started = time.perf_counter()
    optimiser.zero_grad()
    loss = forward(input_ids=ids, labels=ids).loss
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimiser.step()
    return (time.perf_counter() - started) * 1000


step()
step()
print('ready', flush=True)
for line in sys.stdin:
    print(json.dumps([step() for _ in range(int(line))]), flush=True)
