/** The inspection job: several models read one text, one after the other. */
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { CriaError } from '../../shared/errors.ts';
import type { JobParams, JobResults } from '../../shared/jobs.ts';
import type { InspectedModel } from '../../shared/results.ts';
import { loadScoringModel } from '../evaluation/scoringModel.ts';
import type { JobContext } from '../queue/jobContext.ts';
import { attentionFile, writeAttention } from './attentionFile.ts';
import { inspectIds } from './inspect.ts';
import { tokenOffsets } from './offsets.ts';

const CHOICES = 10;
/** Logits of so many positions are held at once. */
const MAX_TOKENS = 512;
/** Attention grows with the square: 128 tokens of 12 layers of 12 heads are 9.5 MB. */
const MAX_ATTENTION_TOKENS = 128;

/** @throws CriaError `bad-input` for a text that is too long for a model; `bad-model`; `non-finite`; `cancelled` */
export async function inspect({ models, text }: JobParams<'inspect'>, context: JobContext): Promise<JobResults['inspect']> {
  const inspected: InspectedModel[] = [];
  for (const [i, { name, folder }] of models.entries()) {
    context.progress({ label: `Reading with ${name}`, done: i, total: models.length, unit: 'models' });
    await setImmediate(); // Lets a request to stop arrive.
    if (context.signal.aborted) throw new CriaError('cancelled', 'Stopped reading.');
    inspected.push(await inspectWith(name, folder, text, join(context.folder, attentionFile(i))));
  }
  context.progress({ label: 'Reading', done: models.length, total: models.length, unit: 'models' });
  return { text, models: inspected };
}

async function inspectWith(name: string, folder: string, text: string, attentionPath: string): Promise<InspectedModel> {
  const { model, tokenizer, startToken } = await loadScoringModel(folder);
  try {
    const ids = tokenizer.encode(text);
    refuse(name, ids, Math.min(MAX_TOKENS, model.config.max_positions), model.config.vocab_size);
    const hasAttention = ids.length < MAX_ATTENTION_TOKENS;
    const { logprobs, ranks, expected, attention } = inspectIds(model, [startToken, ...ids], { choices: CHOICES, attention: hasAttention });
    if (!logprobs.every(Number.isFinite)) throw new CriaError('non-finite', `${name} gives log-probabilities that are not finite.`, 'Its weights are damaged or its training diverged.');
    if (hasAttention) writeAttention(attentionPath, attention);
    const textOf = (id: number) => tokenizer.decode([id]);
    const offsets = tokenOffsets(tokenizer, ids, text);
    const named = (choices: (typeof expected)[number]) => choices.map(({ id, probability }) => ({ id, text: textOf(id), probability }));
    return {
      name,
      layers: model.config.n_layer,
      heads: model.config.n_head,
      startToken: tokenizer.idToToken(startToken) ?? String(startToken),
      tokens: ids.map((id, t) => ({ id, text: textOf(id), ...offsets[t]!, logprob: logprobs[t]!, rank: ranks[t]!, expected: named(expected[t]!) })),
      next: named(expected.at(-1)!),
      hasAttention,
    };
  } finally {
    model.dispose();
  }
}

function refuse(name: string, ids: readonly number[], most: number, vocabulary: number): void {
  if (!ids.length) throw new CriaError('bad-input', `The text has no tokens for ${name}: its tokenizer knows none of its characters.`, 'Try another text.');
  if (ids.length + 1 > most) throw new CriaError('bad-input', `The text has ${ids.length} tokens, and ${name} reads at most ${most - 1}.`, 'Shorten it.');
  const stray = ids.find((id) => id >= vocabulary);
  if (stray !== undefined) throw new CriaError('bad-model', `Token id ${stray} is outside ${name}'s vocabulary of ${vocabulary}.`, 'The tokenizer does not belong to this model; put the right tokenizer.json into its folder.');
}
