"""Makes scoring.json: log-probabilities that PyTorch and transformers give for token sequences, by lm_eval's rules.

The models are tiny and their weights come from a formula, so that a test can build the same ones:
element i of parameter p (Hugging Face's order, tied head left out) is a * sin(1.3 p + 0.7 i) with a = 0.5, plus 1 for norm weights.

    python tests/oracles/make_scoring.py > tests/oracles/scoring.json      (torch, transformers, numpy)
"""
import json

import numpy
import torch
import transformers
from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

VOCABULARY, POSITIONS = 48, 12

MODELS = {
    'llama': LlamaForCausalLM(LlamaConfig(
        vocab_size=VOCABULARY, max_position_embeddings=POSITIONS, hidden_size=16, intermediate_size=24, num_hidden_layers=2,
        num_attention_heads=2, rms_norm_eps=1e-6, rope_theta=10000.0, tie_word_embeddings=False)),
    'gpt2': GPT2LMHeadModel(GPT2Config(
        vocab_size=VOCABULARY, n_positions=POSITIONS, n_embd=16, n_layer=2, n_head=2, layer_norm_epsilon=1e-5)),
}

# Ids and the index of the first scored token: sentences after a start token, contexts with continuations, and sequences that are
# longer than the model's positions, which lose tokens from the left.
SEQUENCES = [
    ([1, 5, 6, 7], 1), ([1, 5, 8, 7], 1), ([1, 9, 10, 11, 12, 13, 14], 1), ([1, 9, 10, 11, 12, 40, 14], 1),
    ([1, 47], 1), ([20, 21, 22, 23, 24], 3), ([20, 21, 22, 30, 31, 32], 3), ([1, *range(20, 32)], 1),
    ([*range(2, 20)], 12), ([*range(2, 22)], 8), ([3, 3, 3, 3, 3, 3, 3, 3], 1), ([1, 5, 6, 7], 1),
]


def fill(model):
    for p, (name, parameter) in enumerate(model.named_parameters()):
        values = 0.5 * numpy.sin(1.3 * p + 0.7 * numpy.arange(parameter.numel(), dtype=numpy.float64))
        if 'norm' in name and name.endswith('weight') or '.ln_' in name and name.endswith('weight'):
            values = values + 1
        parameter.data = torch.from_numpy(values.astype(numpy.float32)).view(parameter.shape)
    return model.eval()


@torch.no_grad()
def score(model, ids, scored_from):
    window = ids[-(POSITIONS + 1):][:-1]
    targets = ids[scored_from:]
    log_softmax = torch.log_softmax(model(torch.tensor([window])).logits[0], dim=-1)[len(window) - len(targets):]
    return float(log_softmax.double().gather(1, torch.tensor(targets)[:, None]).sum()), bool((log_softmax.argmax(-1) == torch.tensor(targets)).all())


@torch.no_grad()
def continue_greedily(model, ids, count=4):
    for _ in range(count):
        ids = [*ids, int(model(torch.tensor([ids])).logits[0, -1].argmax())]
    return ids


result = {
    'madeWith': {'torch': torch.__version__, 'transformers': transformers.__version__},
    'vocabulary': VOCABULARY, 'positions': POSITIONS,
    'sequences': [{'ids': ids, 'scoredFrom': scored_from} for ids, scored_from in SEQUENCES],
    'models': {},
}
for name, model in MODELS.items():
    scores = [score(fill(model), ids, scored_from) for ids, scored_from in SEQUENCES]
    result['models'][name] = {
        'parameters': [[key, list(value.shape)] for key, value in model.named_parameters()],
        'logprobs': [value for value, _ in scores], 'greedy': [greedy for _, greedy in scores],
        'greedyContinuation': continue_greedily(model, [1, 5]),
    }
print(json.dumps(result, indent=1))
