/** Text that a model in training writes at each evaluation, kept in the run's folder. */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunConfig } from '../../shared/config.ts';
import type { TextSample } from '../../shared/records.ts';
import type { Tokenizer } from '../corpus/tokenizer.ts';
import { generateTokens, NextToken } from '../generation/generate.ts';
import type { LanguageModel } from '../models/languageModel.ts';
import type { JobContext } from '../queue/jobContext.ts';
import { Random } from '../random.ts';
import { SAMPLE_FILE } from './runFiles.ts';

const TOKENS = 40;
/** Cool enough to show what the model has learnt, warm enough not to go in circles. */
const SAMPLING = { temperature: 0.8, topK: 0, topP: 0.95 };

/** A function that writes, keeps and tells a sample; undefined when the config wants none. */
export function makeSampler(model: LanguageModel, tokenizer: Tokenizer, { logging, training }: RunConfig, context: JobContext): ((step: number) => void) | undefined {
  const prompt = logging.sample_prompt;
  if (!prompt) return undefined;
  const ids = [tokenizer.bos!, ...tokenizer.encode(prompt)];
  const next = new NextToken(model);
  next.prepare(ids.length + TOKENS);
  return (step) => {
    const drawn = [...generateTokens(next, ids, TOKENS, SAMPLING, new Random(training.seed, `sample ${step}`))].map(({ id }) => id);
    const sample: TextSample = { step, prompt, text: tokenizer.decode(drawn) };
    // A newline first: a kill may have cut the line before.
    appendFileSync(join(context.folder, SAMPLE_FILE), `\n${JSON.stringify(sample)}\n`, { mode: 0o600 });
    context.report({ type: 'sample', sample });
  };
}
