"""Makes finetuning.json: what transformers, peft, scikit-learn and tokenizers give for fine-tuning tiny classifiers.

Weights come from make_training.py's formula (parameter p, element i: 0.2 * sin(1.3 p + 0.7 i), plus 1 for norm weights), the classifier's
included; adapter parameter q, element i: 0.2 * sin(1.3 q + 0.7 i + 0.3). No third-party text is used.

    python tests/oracles/make_finetuning.py > tests/oracles/finetuning.json      (torch, transformers, peft, scikit-learn)
"""
import base64
import contextlib
import json
import pathlib
import sys
import tempfile
import warnings

import numpy
import peft
import sklearn
import torch
import transformers
from peft import LoraConfig, get_peft_model
from sklearn.metrics import accuracy_score, f1_score, matthews_corrcoef
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import (EarlyStoppingCallback, GPT2Config, GPT2ForSequenceClassification, GPTJConfig, GPTJForSequenceClassification,
                          LlamaConfig, LlamaForSequenceClassification, TrainerControl, TrainerState, get_linear_schedule_with_warmup)

warnings.filterwarnings('ignore')
VOCABULARY, POSITIONS, CLASSES, LENGTHS, LENGTH = 50, 16, 3, [12, 5, 9, 1, 12, 7], 12
LABELS = [2, 0, 1, 1, 0, 2]
LEARNING_RATES = [1e-3, 2e-3]
NO_DROPOUT = {'resid_pdrop': 0.0, 'embd_pdrop': 0.0, 'attn_pdrop': 0.0}
SIZES = {'num_labels': CLASSES, 'pad_token_id': 0, 'vocab_size': VOCABULARY}
MODELS = {
    'llama': lambda: LlamaForSequenceClassification(LlamaConfig(
        **SIZES, max_position_embeddings=POSITIONS, hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=2,
        rms_norm_eps=1e-6, rope_theta=10000.0)),
    'gpt2': lambda: GPT2ForSequenceClassification(GPT2Config(
        **SIZES, n_positions=POSITIONS, n_embd=16, n_layer=2, n_head=2, layer_norm_epsilon=1e-5, **NO_DROPOUT)),
    'gptj': lambda: GPTJForSequenceClassification(GPTJConfig(
        **SIZES, n_positions=POSITIONS, n_embd=16, n_layer=2, n_head=2, rotary_dim=4, layer_norm_epsilon=1e-5, **NO_DROPOUT)),
}
RANK, ALPHA = 3, 6


def formula(parameter, p, shift=0.0, offset=0.0):
    values = 0.2 * numpy.sin(1.3 * p + 0.7 * numpy.arange(parameter.numel(), dtype=numpy.float64) + shift) + offset
    parameter.data = torch.from_numpy(values.astype(numpy.float32)).view(parameter.shape)


def fill(model):
    for p, (name, parameter) in enumerate(model.named_parameters()):
        formula(parameter, p, offset=1.0 if ('norm' in name or '.ln_' in name) and name.endswith('weight') else 0.0)
    return model.train()


def batch():
    ids = torch.zeros((len(LENGTHS), LENGTH), dtype=torch.long)
    for row, length in enumerate(LENGTHS):
        for column in range(length):
            ids[row, column] = 3 + ((row * LENGTH + column) * 31 + row) % 47
    return ids, (ids != 0).long(), torch.tensor(LABELS)


def two_numbers(value):
    return [float(value.double().norm()), float((value.double().flatten() * torch.sin(torch.arange(value.numel(), dtype=torch.double))).sum())]


def measure(model, plain_name):
    ids, mask, labels = batch()
    trained = [(plain_name(name), value) for name, value in model.named_parameters() if value.requires_grad]
    output = model(input_ids=ids, attention_mask=mask, labels=labels)
    output.loss.backward()
    result = {'trained': [[name, list(value.shape)] for name, value in trained], 'logits': output.logits.flatten().tolist(), 'loss': float(output.loss.detach()),
              'gradientNorms': {name: float(value.grad.norm()) for name, value in trained}}
    optimiser = torch.optim.AdamW([value for _, value in trained], lr=1.0, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0)
    losses, norms = [], []
    for rate in LEARNING_RATES:
        optimiser.param_groups[0]['lr'] = rate
        optimiser.zero_grad()
        loss = model(input_ids=ids, attention_mask=mask, labels=labels).loss
        loss.backward()
        norms.append(float(torch.nn.utils.clip_grad_norm_([value for _, value in trained], 1.0)))
        optimiser.step()
        losses.append(float(loss.detach()))
    result.update(losses=losses, clippedNorms=norms, after={name: two_numbers(value.detach()) for name, value in trained})
    return result


def saved(adapted):
    """An adapter's folder as peft writes it: its config, and its weights' file in base64."""
    with tempfile.TemporaryDirectory() as folder:
        adapted.save_pretrained(folder)
        config, weights = pathlib.Path(folder, 'adapter_config.json'), pathlib.Path(folder, 'adapter_model.safetensors')
        return {'config': json.loads(config.read_text()), 'weights': base64.b64encode(weights.read_bytes()).decode()}


def measure_both(make):
    model = fill(make())
    parameters = [[name, list(value.shape)] for name, value in model.named_parameters()]
    result = {'parameters': parameters, 'all': measure(model, lambda name: name)}
    with contextlib.redirect_stdout(sys.stderr):
        adapted = get_peft_model(fill(make()), LoraConfig(task_type='SEQ_CLS', r=RANK, lora_alpha=ALPHA, lora_dropout=0.0))
    q = 0
    for name, value in adapted.named_parameters():
        if 'lora_' in name:
            formula(value, q, shift=0.3)
            q += 1
    result['adapterFolder'] = saved(adapted)
    plain = lambda name: name.replace('base_model.model.', '').replace('.default', '').replace('.modules_to_save', '')
    result['lora'] = measure(adapted.train(), plain)
    return result


def metrics():
    cases = [([0, 1, 1, 0, 1, 1, 0], [0, 1, 0, 0, 1, 1, 1]), ([1, 1, 1, 0], [1, 1, 1, 1]), ([0, 0, 0], [0, 0, 0]), ([0, 1, 0, 1], [1, 0, 1, 0]), ([0, 0, 1], [0, 0, 0])]
    pseudo = lambda count, a, b, classes: [(i * i * a + i * b) // 7 % classes for i in range(count)]
    cases += [(pseudo(200, 3, 5, 2), pseudo(200, 5, 1, 2))]
    out = []
    for truth, predicted in cases:
        out.append({'truth': truth, 'predicted': predicted, 'accuracy': float(accuracy_score(truth, predicted)),
                    'f1': float(f1_score(truth, predicted, average='binary', zero_division=0)),
                    'matthews': float(matthews_corrcoef(truth, predicted))})
    return out


class Arguments:
    metric_for_best_model = 'eval_metric'
    load_best_model_at_end = True

    def __init__(self, larger):
        self.greater_is_better = larger


def early_stopping():
    """For each series: the epoch whose checkpoint is kept, and the epoch after which training stops (None: it does not)."""
    series = [
        ([0.5, 0.6, 0.6005, 0.6008, 0.6009, 0.9], True, 3), ([0.5, 0.4, 0.3, 0.2, 0.1], True, 3), ([0.5, 0.5015, 0.501, 0.5012, 0.6, 0.1, 0.1, 0.1], True, 3),
        ([0.0, 0.0, 0.0, 0.7], True, 3), ([0.7, 0.69, 0.6895, 0.689, 0.6885, 0.5], False, 3), ([0.3, 0.2, 0.31, 0.1], True, 1), ([0.1, 0.2, 0.3, 0.4], True, 2),
    ]
    out = []
    for values, larger, patience in series:
        callback, state, control = EarlyStoppingCallback(patience, 0.001), TrainerState(), TrainerControl()
        arguments, stopped, best = Arguments(larger), None, None
        for epoch, value in enumerate(values, start=1):
            callback.on_evaluate(arguments, state, control, {'eval_metric': value})  # The Trainer calls it before it takes the new best in.
            if state.best_metric is None or (value > state.best_metric if larger else value < state.best_metric):
                state.best_metric, best = value, epoch
            if control.should_training_stop:
                stopped = epoch
                break
        out.append({'values': values, 'larger': larger, 'patience': patience, 'best': best, 'stopped': stopped})
    return out


def truncation():
    tokenizer = Tokenizer(models.WordLevel({'a': 0}, unk_token='a'))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    out = []
    for limit in (7, 8):
        tokenizer.enable_truncation(limit, strategy='longest_first')
        for first in range(0, 13):
            for second in range(0, 13):
                kinds = tokenizer.encode(' '.join('a' * first), ' '.join('a' * second)).type_ids
                out.append([first, second, limit, kinds.count(0), kinds.count(1)])
    return out


def schedule():
    out = []
    for warmup, total in ((0, 7), (3, 11)):
        optimiser = torch.optim.AdamW([torch.nn.Parameter(torch.zeros(1))], lr=5e-5)
        scheduler = get_linear_schedule_with_warmup(optimiser, warmup, total)
        rates = []
        for _ in range(total):
            rates.append(optimiser.param_groups[0]['lr'])
            optimiser.step()
            scheduler.step()
        out.append({'warmup': warmup, 'total': total, 'rates': rates})
    return out


result = {
    'madeWith': {'torch': torch.__version__, 'transformers': transformers.__version__, 'peft': peft.__version__, 'scikit-learn': sklearn.__version__},
    'vocabulary': VOCABULARY, 'positions': POSITIONS, 'classes': CLASSES, 'lengths': LENGTHS, 'length': LENGTH, 'labels': LABELS,
    'learningRates': LEARNING_RATES, 'rank': RANK, 'alpha': ALPHA,
    'models': {name: measure_both(make) for name, make in MODELS.items()},
    'metrics': metrics(), 'earlyStopping': early_stopping(), 'truncation': truncation(), 'schedule': schedule(),
}
print(json.dumps(result))
