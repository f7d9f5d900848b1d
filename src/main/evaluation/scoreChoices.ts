/** Measuring a suite of kind `choice`: the log-probabilities of both answers to every item. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CriaError } from '../../shared/errors.ts';
import type { ChoiceOutcome } from '../../shared/outcomes.ts';
import type { LanguageModel } from '../models/languageModel.ts';
import type { JobContext } from '../queue/jobContext.ts';
import type { SubtaskFile } from './data.ts';
import type { LoadedChoiceSuite } from './loadSuite.ts';
import { readOutcome, writeOutcome, type OutcomePlace } from './outcomeFiles.ts';
import type { Protocol } from './protocols.ts';
import { writeSamples } from './samples.ts';
import { scoreSequences } from './score.ts';
import type { ScoringModel } from './scoringModel.ts';
import type { ChoiceItem } from './suites/suite.ts';

export interface ChoiceMeasurement {
  scoring: ScoringModel;
  protocol: Protocol;
  place: OutcomePlace;
  /** Names model and suite in progress. */
  label: string;
  /** What was measured is done already only where this and the items are the same. */
  mark: string;
  /** Folder for sample files; null: none. */
  out: string | null;
}

/** @throws CriaError `bad-input` for items that the model cannot take, `bad-model`, `cancelled` */
export async function measureChoices(loaded: LoadedChoiceSuite, { scoring, protocol, place, label, mark, out }: ChoiceMeasurement, context: JobContext): Promise<ChoiceOutcome[]> {
  const total = loaded.files.reduce((sum, file) => sum + loaded.items.get(file.name)!.length, 0);
  const measured: ChoiceOutcome[] = [];
  let finished = 0;
  for (const file of loaded.files) {
    const items = loaded.items.get(file.name)!;
    const report = (done: number): void => context.progress({ label, done: finished + done, total, unit: 'pairs', detail: file.name });
    const digest = createHash('sha256').update(`${mark}\0${loaded.digests.get(file.name)!}`).digest('hex');
    const samples = out === null ? null : join(out, loaded.suite.method.sampleFile(file.name));
    const head = { subtask: file.name, phenomenon: phenomenonOf(file, items), metric: 'accuracy' } as const;
    let outcome = readOutcome(place, 'choice', head, digest) as ChoiceOutcome | null;
    if (outcome === null || (samples !== null && !existsSync(samples))) {
      const { logprobs, greedy } = await scorePairs(scoring, protocol, file.path, items, context, report, samples !== null);
      outcome = { kind: 'choice', subtask: head.subtask, phenomenon: head.phenomenon, logprobs };
      if (samples !== null) writeSamples(samples, protocol, items, logprobs, greedy!);
      writeOutcome(place, digest, outcome);
    }
    measured.push(outcome);
    finished += items.length;
    report(0);
  }
  return measured;
}

/**
 * Log-probabilities of pairs, interleaved good and bad; and whether each token was the model's first choice, if asked for.
 * @param path where the items came from, for messages
 */
export async function scorePairs(
  scoring: ScoringModel, protocol: Protocol, path: string, items: readonly ChoiceItem[], context: JobContext,
  report: (pairs: number) => void, wantGreedy = false,
): Promise<{ logprobs: Float64Array; greedy: Uint8Array | undefined }> {
  const sequences = items.flatMap((item) => [item.good, item.bad].map((text) => {
    const sequence = protocol.encode(scoring, item, text);
    // A context may be cut from the left, as the pipeline does; what is scored may not.
    refuseTooLong(item.context === '' ? sequence.ids.length - 1 : sequence.ids.length - sequence.scoredFrom, scoring.model, `${path}, line ${item.line}`);
    return sequence;
  }));
  const greedy = wantGreedy ? new Uint8Array(2 * items.length) : undefined;
  const logprobs = await scoreSequences(scoring.model, sequences, {
    signal: context.signal,
    onProgress: (done) => report(Math.floor(done / 2)),
    ...(greedy ? { greedy } : {}),
  });
  return { logprobs, greedy };
}

function refuseTooLong(tokens: number, model: LanguageModel, where: string): void {
  const { max_positions: positions } = model.config;
  if (tokens <= positions) return;
  throw new CriaError('bad-input', `${where}: a text of ${tokens} tokens; this model takes ${positions}.`, 'Shorten it, or use a model with more positions.');
}

/** The suite's own table, else BLiMP's field when all items agree on it. */
function phenomenonOf(file: SubtaskFile, items: readonly ChoiceItem[]): string | null {
  if (file.phenomenon !== null) return file.phenomenon;
  const terms = new Set(items.map(({ doc }) => doc.linguistics_term));
  const [term] = terms;
  return terms.size === 1 && typeof term === 'string' && term !== '' ? term : null;
}
