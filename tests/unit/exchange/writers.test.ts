/** Cria's runs for other tools, and what comes back from them. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { exportRuns } from '../../../src/main/exchange/exportRuns.ts';
import { findRuns } from '../../../src/main/exchange/findRuns.ts';
import { importRun } from '../../../src/main/exchange/importRun.ts';
import { CARD_MARK, modelCard, type CardFacts } from '../../../src/main/exchange/modelCard.ts';
import { comparisonReport } from '../../../src/main/exchange/report.ts';
import { METRIC_FILE } from '../../../src/main/queue/jobMessages.ts';
import type { ResultOf } from '../../../src/shared/contract.ts';
import type { MetricSeries, RunSummary } from '../../../src/shared/records.ts';
import { RecordingContext, temporaryFolder } from '../../support/jobContext.ts';

/** A run that was killed after step 30 and resumed from step 20. */
function runFolder(root: string, id: string) {
  const folder = join(root, id);
  mkdirSync(folder, { recursive: true });
  const record = (step: number, loss: number | string) => ({ step, tokens: 100 * step, epoch: step / 40, seconds: step, values: { 'train/loss': loss, 'odd, name': 1 } });
  const lines = [record(10, 5), record(20, 4), { step: 20, seconds: 20, values: { 'eval/loss': 4.5 } }, record(30, 99), record(30, 3), record(40, 'NaN')];
  writeFileSync(join(folder, METRIC_FILE), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return { id, name: 'my run', folder, startedAt: 1_700_000_000_000, config: { lr: 0.001, model: { layers: 2 } } };
}

describe('curves', () => {
  it('go to event files and come back equal, each step once', async () => {
    const root = temporaryFolder();
    const output = join(root, 'board');
    const { files } = await exportRuns({ runs: [runFolder(root, 'a')], format: 'tensorboard', output }, new RecordingContext());
    expect(files).toHaveLength(1);
    const context = new RecordingContext();
    const result = await importRun({ source: findRuns(output)[0]! }, context);
    expect(context.metrics.map(({ step, values }) => [step, values['train/loss'], values['eval/loss']])).toEqual([[10, 5, undefined], [20, 4, 4.5], [30, 3, undefined], [40, NaN, undefined]]);
    expect(result).toMatchObject({ name: 'my-run', config: { lr: 0.001, model: { layers: 2 } }, startedAt: 1_700_000_010_000 });
  });

  it('go to tables and come back equal, with tokens and epochs', async () => {
    const root = temporaryFolder();
    const output = join(root, 'tables');
    await exportRuns({ runs: [runFolder(root, 'a'), runFolder(root, 'b')], format: 'csv', output }, new RecordingContext());
    // Runs of one name are told apart.
    const path = join(output, 'my-run-b.csv');
    expect(readFileSync(path, 'utf8').split('\r\n').slice(0, 3)).toEqual(['step,tokens,epoch,seconds,eval/loss,"odd, name",train/loss', '10,1000,0.25,10,,1,5', '20,2000,0.5,20,,1,4']);
    const context = new RecordingContext();
    await importRun({ source: findRuns(path)[0]! }, context);
    expect(context.metrics[1]).toEqual({ step: 20, tokens: 2000, epoch: 0.5, seconds: 20, values: { 'train/loss': 4, 'odd, name': 1, 'eval/loss': 4.5 } });
  });

  it('leave nothing behind when they cannot be written', async () => {
    const root = temporaryFolder();
    const run = runFolder(root, 'a');
    await expect(exportRuns({ runs: [run], format: 'csv', output: root }, new RecordingContext())).rejects.toMatchObject({ code: 'exists' });
    await expect(exportRuns({ runs: [{ ...run, folder: join(root, 'none') }], format: 'csv', output: join(root, 'o') }, new RecordingContext())).rejects.toMatchObject({ code: 'not-found' });
    const stopped = new RecordingContext();
    stopped.stop.abort();
    await expect(exportRuns({ runs: [run], format: 'csv', output: join(root, 'o') }, stopped)).rejects.toMatchObject({ code: 'cancelled' });
    expect(existsSync(join(root, 'o'))).toBe(false);
  });
});

const summary = (id: string, name: string): RunSummary => ({
  id, name, kind: 'train', state: 'done', project: '', tags: [], starred: false, archived: false, createdAt: 0, startedAt: 0, finishedAt: 60_000, modelName: name, step: 100, trainLoss: 3, evalLoss: 3, bestEvalLoss: 3, progress: null, error: null,
});

describe('a report', () => {
  const pairs = (p: number) => [{ subtask: 'subject_verb', phenomenon: 'agreement', items: 100, metric: 'accuracy' as const, scores: [0.5, 0.75], onlyFirst: 5, onlySecond: 30, p, pAdjusted: p }];
  const comparison: ResultOf<'run.compare'> = {
    runs: [summary('a', 'first <b>'), summary('b', 'second')],
    config: [{ key: 'training.lr', values: ['0.001', '0.002'], differs: true }, { key: 'model.name', values: ['"x"', '"x"'], differs: false }],
    metrics: [{ metric: 'train/loss', last: [3, 2.5], best: [2.9, 2.5] }],
    scores: [{ suite: 'blimp', version: 'v', protocol: 'p', startToken: '<s>', prefixSpace: false, evaluationIds: [1, 2], scores: [0.5, 0.75], low: [0.4, 0.7], high: [0.6, 0.8], against: [{ runId: 'b', difference: 0.25, low: 0.1, high: 0.4, subtasks: pairs(0.001) }] }],
  };
  const curve: MetricSeries = { metric: 'train/loss', count: 3, steps: [0, 50, 100], values: [5, NaN, 3], smoothed: [], tokens: [null, null, null], epochs: [null, null, null], seconds: [null, null, null] };
  const series = new Map(['a', 'b'].map((id) => [id, new Map([['train/loss', curve]])]));
  const html = comparisonReport(comparison, { series, metrics: ['train/crossEntropy', 'eval/loss'], version: '1', madeAt: 0 });

  it('has the same tables and curves, and marks what is significant', () => {
    expect(html).toContain('<td class="number">75.0 <small>+25.0 *</small></td>');
    expect(html).toContain('<td class="mono">0.002</td>');
    expect(html).toContain('1 more keys are equal');
    // The training loss stands for the cross-entropy; a metric that nobody has gets no chart.
    expect(html.match(/<svg/g)).toHaveLength(1);
    expect(html).toContain('Training cross-entropy');
    expect(html).toContain('first &#60;b&#62;: best 3.000 at step 100');
  });

  it('needs nothing from anywhere and runs nothing', () => {
    expect(html).not.toMatch(/<script|<link|<img|@import|url\(http|(src|href)="(?!#)/);
    expect(html).not.toContain('<b>');
    expect(html).toContain("default-src 'none'");
  });
});

describe('a model card', () => {
  const facts: CardFacts = {
    model: { name: 'Student', folder: '/w/models/Student', type: 'llama', parameters: 4_840_000, runId: 'r', tokenizerSha256: 't', evalLoss: 3, createdAt: 0 },
    run: {
      config: {
        data: { train_path: '/home/someone/corpora/clean', seq_length: 128 }, model: { n_layer: 2, hidden_size: 64, n_head: 2 }, training: { lr: 0.001, batch_size: 8, num_epochs: 2, seed: 7 },
        distillation: { teachers: ['/home/someone/models/Teacher', 'Other'], alpha: 0.5, temperature: 2 },
      } as unknown as NonNullable<CardFacts['run']>['config'],
      result: { model: 'Student', folder: '/w/models/Student', parameters: 4_840_000, steps: 100, tokens: 12_800, evalLossNats: 3, perplexity: 20.09, bestStep: 80, seconds: 65, corpusSha256: 'c', tokenizerSha256: 't', teachers: [] },
      versions: { cria: '1' }, device: 'a processor', finishedAt: 0,
    },
    scores: [{
      evaluation: { id: 1, runId: 'e', model: 'Student', step: null, suite: 'blimp', version: 'filtered', protocol: 'babylm-2024', startToken: '<s>', prefixSpace: false, score: 0.71234, low: 0.7, high: 0.72, items: 200, createdAt: 0, seconds: 1 },
      subtasks: [0.6, 0.8].map((score, i) => ({ subtask: `s${i}`, phenomenon: 'binding', items: 100, correct: 100 * score, metric: 'accuracy' as const, score, low: 0, high: 1 })),
    }],
  };
  const card = modelCard(facts);

  it('has a header that the hub reads', () => {
    const header = parse(/^---\n([\s\S]+?)\n---/.exec(card)![1]!) as Record<string, unknown>;
    expect(header).toMatchObject({
      language: 'en', library_name: 'transformers', pipeline_tag: 'text-generation', tags: ['babylm', 'llama', 'knowledge-distillation', 'cria'],
      'model-index': [{ name: 'Student', results: [{ dataset: { type: 'blimp' }, metrics: [{ type: 'accuracy', value: 71.23 }] }] }],
    });
    expect(header).not.toHaveProperty('license');
  });

  it('tells lineage and scores, and no path of the machine', () => {
    expect(card).toContain('distilled from `Teacher` and `Other`');
    expect(card).toContain('| binding | 2 | 200 | 70.0 |');
    expect(card).toContain('71.2 ± 1.2');
    expect(card).toContain('12,800 tokens of `clean`');
    expect(card).not.toContain('/home');
    expect(card).toContain(CARD_MARK);
  });

  it('claims nothing of an imported model that was not scored', () => {
    const bare = modelCard({ ...facts, run: null, scores: [] });
    expect(bare).toContain('made elsewhere');
    expect(bare).not.toMatch(/model-index|## Scores|## How/);
  });
});
