"""Checks that what fine-tuning leaves loads in transformers or peft and predicts what Cria predicted.

Usage, in a Python with torch, transformers and peft; FOLDER is the folder of a task in a run, as runs/ID/finetuning/MODEL/glue-lora/cola, which
holds predictions.txt and adapter/ or (kept with --keep-models) classifier/:
    python scripts/check-finetuned.py FOLDER MODEL_FOLDER ITEMS.valid.jsonl FIELD [FIELD]

FIELDs are the texts of an item in their order (tasks whose texts are put into words first are not covered). Prints how many predictions
differ and exits with 1 when any does.
"""
import json
import pathlib
import sys

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

folder, base, items, *fields = sys.argv[1:]
folder = pathlib.Path(folder)
predicted = [int(line.split('\t')[1]) for line in (folder / 'predictions.txt').read_text().splitlines()[1:]]
tokenizer = AutoTokenizer.from_pretrained(base)
if (folder / 'adapter').exists():
    from peft import PeftModel
    from safetensors import safe_open
    with safe_open(folder / 'adapter' / 'adapter_model.safetensors', 'pt') as weights:
        classes = weights.get_slice('base_model.model.score.weight').get_shape()[0]
    model = AutoModelForSequenceClassification.from_pretrained(base, num_labels=classes, pad_token_id=tokenizer.pad_token_id)
    model = PeftModel.from_pretrained(model, folder / 'adapter')
else:
    model = AutoModelForSequenceClassification.from_pretrained(folder / 'classifier')
model.eval()

different, closest = 0, float('inf')
rows = [json.loads(line) for line in open(items)]
for start in range(0, len(rows), 64):
    chosen = rows[start:start + 64]
    texts = [[row[field] for row in chosen] for field in fields]
    inputs = tokenizer(*texts, truncation=True, max_length=128, padding='longest', return_tensors='pt')
    with torch.no_grad():
        logits = model(input_ids=inputs['input_ids'], attention_mask=inputs['attention_mask']).logits
    best = logits.topk(2).values
    closest = min(closest, float((best[:, 0] - best[:, 1]).min()))
    different += sum(int(one) != predicted[start + index] for index, one in enumerate(logits.argmax(-1)))
print(f'{len(predicted)} predictions, {different} differ; the closest decision is {closest:.1e} wide')
sys.exit(different > 0)
