/** The generation job: continues a prompt and tells each token with what else it might have been. */
import { setImmediate } from 'node:timers/promises';
import { CriaError } from '../../shared/errors.ts';
import type { JobParams, JobResults } from '../../shared/jobs.ts';
import { loadScoringModel } from '../evaluation/scoringModel.ts';
import type { JobContext } from '../queue/jobContext.ts';
import { Random } from '../random.ts';
import { generateTokens, NextToken } from './generate.ts';

const ALTERNATIVES = 8;

/** @throws CriaError `bad-model`; `cancelled` */
export async function generate(params: JobParams<'generate'>, context: JobContext): Promise<JobResults['generate']> {
  const { model, tokenizer, startToken } = await loadScoringModel(params.model.folder);
  const started = performance.now();
  try {
    const prompt = [startToken, ...tokenizer.encode(params.prompt)];
    const drawn: number[] = [];
    const textOf = (ids: number[]) => tokenizer.decode(ids);
    for (const { id, logProbabilities } of generateTokens(new NextToken(model), prompt, params.maxTokens, params, new Random(params.seed, 'generate'))) {
      if (context.signal.aborted) throw new CriaError('cancelled', `Stopped after ${drawn.length} tokens.`);
      drawn.push(id);
      const likely = Array.from(logProbabilities.keys()).sort((a, b) => logProbabilities[b]! - logProbabilities[a]!).slice(0, ALTERNATIVES);
      const describe = (token: number) => ({ id: token, text: textOf([token]), probability: Math.exp(logProbabilities[token]!) });
      context.report({ type: 'token', token: { ...describe(id), alternatives: likely.map(describe) } });
      context.progress({ label: `Writing with ${params.model.name}`, done: drawn.length, total: params.maxTokens, unit: 'tokens' });
      await setImmediate(); // Lets a request to stop arrive.
    }
    return { text: textOf(drawn), tokens: drawn.length, seconds: (performance.now() - started) / 1000 };
  } finally {
    model.dispose();
  }
}
