"""Makes training.json: loss, gradient norms and three AdamW steps that PyTorch and transformers give for tiny models.

As in make_scoring.py the weights come from a formula, so that a test can build the same models: element i of parameter p (Hugging
Face's order, tied head left out) is a * sin(1.3 p + 0.7 i) with a = 0.2, plus 1 for norm weights.

    python tests/oracles/make_training.py > tests/oracles/training.json      (torch, transformers, numpy)
"""
import copy
import json

import numpy
import torch
import transformers
from torch.nn import functional
from transformers import GPT2Config, GPT2LMHeadModel, GPTJConfig, GPTJForCausalLM, LlamaConfig, LlamaForCausalLM

VOCABULARY, POSITIONS, SEQUENCES, LENGTH = 50, 16, 4, 12
LEARNING_RATES = [1e-3, 2e-3, 1e-3]
NO_DROPOUT = {'resid_pdrop': 0.0, 'embd_pdrop': 0.0, 'attn_pdrop': 0.0}

MODELS = {
    'llama': lambda: LlamaForCausalLM(LlamaConfig(
        vocab_size=VOCABULARY, max_position_embeddings=POSITIONS, hidden_size=16, intermediate_size=24, num_hidden_layers=2,
        num_attention_heads=2, rms_norm_eps=1e-6, rope_theta=10000.0, tie_word_embeddings=False, pad_token_id=0)),
    'gpt2': lambda: GPT2LMHeadModel(GPT2Config(
        vocab_size=VOCABULARY, n_positions=POSITIONS, n_embd=16, n_layer=2, n_head=2, layer_norm_epsilon=1e-5, **NO_DROPOUT)),
    'gptj': lambda: GPTJForCausalLM(GPTJConfig(
        vocab_size=VOCABULARY, n_positions=POSITIONS, n_embd=16, n_layer=2, n_head=2, rotary_dim=4, layer_norm_epsilon=1e-5,
        tie_word_embeddings=False, **NO_DROPOUT)),
}


def fill(model, shift=0.0):
    for p, (name, parameter) in enumerate(model.named_parameters()):
        values = 0.2 * numpy.sin(1.3 * p + 0.7 * numpy.arange(parameter.numel(), dtype=numpy.float64) + shift)
        if ('norm' in name or '.ln_' in name) and name.endswith('weight'):
            values = values + 1
        parameter.data = torch.from_numpy(values.astype(numpy.float32)).view(parameter.shape)
    return model.train()


def batch(step):
    return torch.tensor([[3 + ((row * LENGTH + column) * 31 + step * 17 + row) % 47 for column in range(LENGTH)] for row in range(SEQUENCES)])


def language_modelling(model, ids):
    loss = model(input_ids=ids, labels=ids).loss
    return loss, loss, torch.zeros(())


def distillation(teachers, alpha=0.5, temperature=2.0):
    def loss_of(model, ids):
        output = model(input_ids=ids, labels=ids)
        with torch.no_grad():
            mean = torch.stack([teacher(input_ids=ids).logits for teacher in teachers]).mean(dim=0)
        kl = functional.kl_div(functional.log_softmax(output.logits / temperature, dim=-1), functional.softmax(mean / temperature, dim=-1),
                               reduction='batchmean') * temperature ** 2
        return alpha * output.loss + (1 - alpha) * kl, output.loss, kl
    return loss_of


def decayed(model):
    # transformers' Trainer: everything but biases and the weights of norms.
    return [name for name, _ in model.named_parameters() if not name.endswith('bias') and 'norm' not in name and '.ln_' not in name]


def measure(model, loss_of):
    result = {'parameters': [[name, list(value.shape)] for name, value in model.named_parameters()]}
    loss, cross_entropy, kl = loss_of(model, batch(0))
    loss.backward()
    result.update(loss=float(loss), crossEntropy=float(cross_entropy), kl=float(kl), gradientNorms={name: float(value.grad.norm()) for name, value in model.named_parameters()})
    for weight_decay in (0.0, 0.1):
        trained = copy.deepcopy(model)
        names = decayed(trained)
        groups = [{'params': [p for n, p in trained.named_parameters() if (n in names) == wanted], 'weight_decay': weight_decay if wanted else 0.0} for wanted in (True, False)]
        optimiser = torch.optim.AdamW(groups, betas=(0.9, 0.999), eps=1e-8)
        losses, norms = [], []
        for step, rate in enumerate(LEARNING_RATES):
            for group in optimiser.param_groups:
                group['lr'] = rate
            optimiser.zero_grad()
            loss = loss_of(trained, batch(step))[0]
            loss.backward()
            norms.append(float(torch.nn.utils.clip_grad_norm_(trained.parameters(), 1.0)))
            optimiser.step()
            losses.append(float(loss))
        # Two numbers a parameter tell any wrong update: its norm, and its product with a fixed direction.
        after = {name: [float(value.double().norm()), float((value.double().flatten() * torch.sin(torch.arange(value.numel(), dtype=torch.double))).sum())]
                 for name, value in trained.named_parameters()}
        result[f'weightDecay{weight_decay}'] = {'losses': losses, 'gradientNorms': norms, 'after': after}
    return result


result = {
    'madeWith': {'torch': torch.__version__, 'transformers': transformers.__version__},
    'vocabulary': VOCABULARY, 'positions': POSITIONS, 'sequences': SEQUENCES, 'length': LENGTH, 'learningRates': LEARNING_RATES, 'teacherShift': 0.5,
    'models': {name: measure(fill(make()), language_modelling) for name, make in MODELS.items()},
}
teachers = [fill(MODELS[name](), shift=0.5).eval() for name in ('gpt2', 'gptj')]
result['distillation'] = measure(fill(MODELS['llama']()), distillation(teachers))
print(json.dumps(result, indent=1))
