/** A model's card: README.md with the metadata header of Hugging Face's hub, made of the model's lineage and scores. */
import { basename } from 'node:path';
import { stringify } from 'yaml';
import type { RunConfig } from '../../shared/config.ts';
import { formatAccuracy, formatDuration, formatInteger, formatLoss, formatParameters } from '../../shared/format.ts';
import type { EvaluationRecord, ModelRecord } from '../../shared/records.ts';
import type { SubtaskScore, TrainResult } from '../../shared/results.ts';
import { describeConditions } from '../../shared/scores.ts';

export interface CardFacts {
  model: ModelRecord;
  /** Of the run that made it; null for imported models. */
  run: { config: RunConfig; result: TrainResult; versions: Record<string, string>; device: string | null; finishedAt: number | null } | null;
  /** Newest of each suite, version and protocol. */
  scores: { evaluation: EvaluationRecord; subtasks: SubtaskScore[] }[];
}

/** First line after the header: a README without it was written by a person and is left alone. */
export const CARD_MARK = '<!-- Written by Cria; a README without this line is left alone. -->';

export function modelCard(facts: CardFacts): string {
  const sections = [header(facts), CARD_MARK, `# ${facts.model.name}`, summary(facts), making(facts), scores(facts), use(facts)];
  return `${sections.filter(Boolean).join('\n\n')}\n`;
}

/** https://huggingface.co/docs/hub/model-cards: language, tags and `model-index` with the results. */
function header({ model, run, scores: scored }: CardFacts): string {
  const metadata = {
    language: 'en',
    library_name: 'transformers',
    pipeline_tag: 'text-generation',
    tags: ['babylm', model.type, ...(run?.config.distillation ? ['knowledge-distillation'] : []), 'cria'],
    ...(scored.length && {
      'model-index': [{
        name: model.name,
        results: scored.map(({ evaluation, subtasks }) => ({
          task: { type: 'text-generation', name: 'Language understanding' },
          dataset: { name: `${evaluation.suite} (${evaluation.version})`, type: evaluation.suite },
          metrics: [{ type: metricOf(subtasks), name: `mean over ${subtasks.length} tasks, ${describeConditions(evaluation)}`, value: Number((100 * evaluation.score).toFixed(2)) }],
        })),
      }],
    }),
  };
  return `---\n${stringify(metadata)}---`;
}

/** The hub's word for what all tasks of a suite are measured in; GLUE's are measured in several things. */
function metricOf(subtasks: readonly SubtaskScore[]): string {
  const metrics = new Set(subtasks.map(({ metric }) => metric));
  const [only] = metrics;
  return metrics.size !== 1 ? 'score' : only === 'matthews' ? 'matthews_correlation' : only!;
}

function summary({ model, run }: CardFacts): string {
  const kind = `a ${formatParameters(model.parameters)} parameter ${{ gpt2: 'GPT-2', llama: 'Llama', gptj: 'GPT-J' }[model.type] ?? model.type} language model`;
  if (!run) return `${model.name} is ${kind}. It was made elsewhere; Cria has scored it and nothing more.`;
  const { distillation } = run.config;
  const how = distillation
    ? `distilled from ${distillation.teachers.map((teacher) => `\`${basename(teacher)}\``).join(' and ')} by the [BabyLlama](https://arxiv.org/abs/2308.02019) recipe`
    : 'trained from scratch';
  return `${model.name} is ${kind}, ${how} on ${formatInteger(run.result.tokens)} tokens of \`${basename(run.config.data.train_path)}\`. Its loss on held-out text is ${formatLoss(run.result.evalLossNats)} nats per token (perplexity ${formatLoss(run.result.perplexity)}).`;
}

function making({ model, run }: CardFacts): string {
  if (!run) return '';
  const { config, result, versions, device, finishedAt } = run;
  const rows: [string, string][] = [
    ['parameters', formatInteger(model.parameters)],
    ['architecture', `${config.model.n_layer} layers, hidden size ${config.model.hidden_size}, ${config.model.n_head} heads`],
    ['sequence length', String(config.data.seq_length)],
    ['steps, tokens', `${formatInteger(result.steps)}, ${formatInteger(result.tokens)}; the best checkpoint (step ${formatInteger(result.bestStep)}) was kept`],
    ['peak learning rate, batch size', `${config.training.lr}, ${config.training.batch_size}`],
    ['epochs, seed', `${config.training.num_epochs}, ${config.training.seed}`],
    ...(config.distillation ? [['distillation', `alpha ${config.distillation.alpha}, temperature ${config.distillation.temperature}`] as [string, string]] : []),
    ['training text (SHA-256)', `\`${result.corpusSha256}\``],
    ['tokenizer (SHA-256)', `\`${result.tokenizerSha256}\``],
    ['time', `${formatDuration(result.seconds)}${device ? ` on ${device}` : ''}`],
    ['made with', Object.entries(versions).map(([name, version]) => `${name} ${version}`).join(', ')],
    ...(finishedAt === null ? [] : [['finished', new Date(finishedAt).toISOString().slice(0, 10)] as [string, string]]),
  ];
  return `## How it was made\n\n| | |\n|---|---|\n${rows.map(([name, value]) => `| ${name} | ${cell(value)} |`).join('\n')}`;
}

function scores({ scores: scored }: CardFacts): string {
  if (!scored.length) return '';
  const overall = scored.map(({ evaluation }) => `| ${evaluation.suite} | ${cell(describeConditions(evaluation))} | ${formatInteger(evaluation.items)} | ${formatAccuracy(evaluation.score, evaluation.low, evaluation.high)} |`);
  const details = scored.map(({ evaluation, subtasks }) => {
    const rows = groups(subtasks).map(({ name, count, items, score }) => `| ${cell(name.replaceAll('_', ' '))} | ${count} | ${formatInteger(items)} | ${(100 * score).toFixed(1)} |`);
    return `### ${evaluation.suite}\n\n| group | tasks | items | score |\n|---|---:|---:|---:|\n${rows.join('\n')}`;
  });
  return [
    '## Scores',
    'In percent, with the wider half of the 95 % interval: accuracy where nothing else is said, of which chance on pairs is 50. Unweighted means over tasks.',
    `| suite | how it was scored | items | score |\n|---|---|---:|---:|\n${overall.join('\n')}`,
    ...details,
  ].join('\n\n');
}

/** Unweighted means of paradigms, as BLiMP's own tables have them; paradigms without a phenomenon stand for themselves. */
function groups(subtasks: readonly SubtaskScore[]): { name: string; count: number; items: number; score: number }[] {
  const members = Map.groupBy(subtasks, ({ subtask, phenomenon, metric }) => (phenomenon ?? subtask) + (metric === 'accuracy' ? '' : metric === 'f1' ? ' (F1)' : ' (Matthews correlation)'));
  return [...members].map(([name, group]) => ({
    name,
    count: group.length,
    items: group.reduce((sum, { items }) => sum + items, 0),
    score: group.reduce((sum, { score }) => sum + score, 0) / group.length,
  }));
}

function use({ model }: CardFacts): string {
  return `## Use

\`\`\`python
from transformers import AutoModelForCausalLM, AutoTokenizer

model = AutoModelForCausalLM.from_pretrained("${model.name}")  # this folder, or its name on the hub
tokenizer = AutoTokenizer.from_pretrained("${model.name}")
\`\`\`

It is small, it has read little, and its text can be wrong or unpleasant. No licence is stated here: add \`license:\` to the header when you publish it, one that the training text allows.`;
}

/** Names are people's; one must not break a table. */
const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
