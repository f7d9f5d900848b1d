"""The fine-tuning bench's peer: a llama-5M classifier in transformers, trained as the Trainer does (AdamW without decay, clipping at 1, linear
schedule), inputs padded to 128 as the challenge's script pads them. Arguments: "all" or "lora", and the tokens of an input.

Prints "ready", then for each line read (a number of steps) a JSON list of milliseconds, one per step.
"""
import json
import sys
import time

import torch
from transformers import LlamaConfig, LlamaForSequenceClassification, get_linear_schedule_with_warmup

method, length = sys.argv[1], int(sys.argv[2])
torch.manual_seed(1)
model = LlamaForSequenceClassification(LlamaConfig(
    vocab_size=8000, max_position_embeddings=256, hidden_size=192, intermediate_size=512, num_hidden_layers=4, num_attention_heads=6,
    tie_word_embeddings=False, pad_token_id=0, num_labels=2))
if method == 'lora':
    from peft import LoraConfig, get_peft_model
    model = get_peft_model(model, LoraConfig(task_type='SEQ_CLS', r=8, lora_alpha=16, lora_dropout=0.1))
model.train()
trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
optimiser = torch.optim.AdamW(trained, lr=5e-5, weight_decay=0.0)
schedule = get_linear_schedule_with_warmup(optimiser, 0, 100_000)
ids = torch.zeros((64, 128), dtype=torch.long)
ids[:, :length] = torch.tensor([[3 + ((row * length + column) * 7919) % 7997 for column in range(length)] for row in range(64)])
mask = (ids != 0).long()
labels = torch.arange(64) % 2


def step():
    started = time.perf_counter()
    model(input_ids=ids, attention_mask=mask, labels=labels).loss.backward()
    torch.nn.utils.clip_grad_norm_(trained, 1.0)
    optimiser.step()
    schedule.step()
    optimiser.zero_grad()
    return (time.perf_counter() - started) * 1000


step()
step()
print('ready', flush=True)
for line in sys.stdin:
    print(json.dumps([step() for _ in range(int(line))]), flush=True)
