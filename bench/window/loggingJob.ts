/**
 * Stands in for job.ts in the soak: logs what a training run logs, ten times a second, without training anything. The curves are full
 * before the first view, so that what grows afterwards is a leak.
 */
import { join } from 'node:path';
import { METRIC_FILE, type FromJob, type ToJob } from '../../src/main/queue/jobMessages.ts';
import { MetricFile } from '../../src/main/queue/metricFile.ts';

const FULL_CURVE = 20_000;
const EVERY_MS = 100;

const tell = (message: FromJob) => process.send!(message);

process.on('message', (message: ToJob) => {
  if (message.type === 'stop') process.exit(0);
  const file = new MetricFile(join(message.folder, METRIC_FILE));
  let step = 0;
  const log = () => {
    step++;
    const loss = 2 + 3 * Math.exp(-step / 5000) + Math.sin(step) / 10;
    file.append({
      step, tokens: 2048 * step, epoch: step / 10_000, seconds: step / 10,
      values: { 'train/loss': loss, 'train/gradientNorm': 1 + Math.cos(step) / 4, 'train/learningRate': 1e-3 / (1 + step / 1e4), 'train/tokensPerSecond': 20_480, 'memory/rssBytes': 1e9, 'cpu/utilisation': 90 },
    });
  };
  while (step < FULL_CURVE) log();
  setInterval(() => {
    log();
    tell({ type: 'measured', step });
    tell({ type: 'progress', progress: { label: 'Soaking', done: step, total: 1_000_000, unit: 'steps', detail: `loss ${(2 + Math.sin(step) / 10).toFixed(3)}` } });
  }, EVERY_MS);
});
process.on('disconnect', () => process.exit(0));
tell({ type: 'ready' });
