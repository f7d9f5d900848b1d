"""The training bench's peer: the same step in PyTorch and transformers, with AdamW, clipping and, given teachers, the recipe's distillation.

Arguments: "torch eager", "torch.compile" or "torch.compile, autocast"; JSON {"model", "teachers", "sequences", "length"} of Cria's model configs.
Prints "ready", then for each line read (a number of steps) a JSON list of milliseconds, one per step.
"""
import json
import sys
import time

import torch
from torch.nn.functional import kl_div, log_softmax, softmax
from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

way, setup = sys.argv[1], json.loads(sys.argv[2])
autocast = way.endswith('autocast')
ALPHA, TEMPERATURE = 0.5, 2.0


def build(config):
    if config['model_type'] == 'gpt2':
        return GPT2LMHeadModel(GPT2Config(vocab_size=config['vocab_size'], n_positions=config['max_positions'], n_embd=config['hidden_size'], n_layer=config['n_layer'],
                                          n_head=config['n_head'], resid_pdrop=0, embd_pdrop=0, attn_pdrop=0, bos_token_id=1, eos_token_id=2))
    return LlamaForCausalLM(LlamaConfig(vocab_size=config['vocab_size'], max_position_embeddings=config['max_positions'], hidden_size=config['hidden_size'],
                                        intermediate_size=config['intermediate_size'], num_hidden_layers=config['n_layer'], num_attention_heads=config['n_head'],
                                        tie_word_embeddings=config['tie_word_embeddings'], pad_token_id=0))


def ready(model):
    return torch.compile(model) if way.startswith('torch.compile') else model


torch.manual_seed(1)
model = build(setup['model']).train()
forward = ready(model)
teachers = [ready(build(config).eval()) for config in setup['teachers']]
optimiser = torch.optim.AdamW(model.parameters(), lr=1e-4, weight_decay=0.1)
length = setup['length']
ids = torch.tensor([[3 + ((row * length + column) * 7919) % 15997 for column in range(length)] for row in range(setup['sequences'])])


def loss_of():
    output = forward(input_ids=ids, labels=ids)
    if not teachers:
        return output.loss
    with torch.no_grad():
        mean = torch.stack([teacher(input_ids=ids).logits for teacher in teachers]).mean(0)
    kl = kl_div(log_softmax(output.logits / TEMPERATURE, -1), softmax(mean / TEMPERATURE, -1), reduction='batchmean')
    return ALPHA * output.loss + (1 - ALPHA) * TEMPERATURE ** 2 * kl


def step():
    started = time.perf_counter()
    optimiser.zero_grad()
    with torch.autocast('cpu', torch.bfloat16, enabled=autocast):
        loss = loss_of()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimiser.step()
    return (time.perf_counter() - started) * 1000


step()
step()
print('ready', flush=True)
for line in sys.stdin:
    print(json.dumps([step() for _ in range(int(line))]), flush=True)
