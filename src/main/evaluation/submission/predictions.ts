/** A model's predictions in the challenge's forms: one file for all tasks in 2024, one a data set in 2025. */
import { decisions, isCorrect, type ChoiceOutcome, type ClassOutcome } from '../../../shared/outcomes.ts';
import type { ProtocolName } from '../../../shared/scores.ts';
import { fieldOf } from '../breakdown.ts';
import { PROTOCOL } from '../protocols.ts';
import type { ChoiceItem, SubmissionPlace } from '../suites/suite.ts';

export interface Prediction {
  id: string;
  /** The chosen answer, or the predicted class. */
  pred: string | number;
}

/** Subtask -> its predictions, as both years' files have it. */
export type TaskPredictions = Record<string, { predictions: Prediction[] }>;

/** Everything of 2024's file, in its order of keys. */
export type Submission = Record<SubmissionPlace['task'], TaskPredictions>;

export const SUBMISSION_TASKS: readonly SubmissionPlace['task'][] = ['glue', 'blimp', 'blimp_supplement', 'ewok'];

/** GLUE's subtasks in the order of collect_results.py; the others' are alphabetical (BLiMP's there: as the folder lists them). */
const GLUE_ORDER: readonly string[] = ['cola', 'sst2', 'mrpc', 'qqp', 'mnli', 'mnli-mm', 'qnli', 'rte', 'boolq', 'multirc', 'wsc'];

/** What the model chose among a subtask's answers. In 2024's file a backslash and an n are a line's end, as collect_results.py has it. */
export function choicePredictions(protocol: ProtocolName, { subtask, logprobs }: ChoiceOutcome, items: readonly ChoiceItem[]): Prediction[] {
  return items.map((item, i) => {
    const answer = PROTOCOL[protocol].answer(item, isCorrect(logprobs, i) ? item.good : item.bad);
    return { id: `${predictionKey(protocol, subtask, item)}_${i}`, pred: protocol === 'babylm-2024' ? answer.replaceAll('\\n', '\n') : answer };
  });
}

/** 2025 takes a subtask's name from BLiMP's items, 2024 from the file. */
export function predictionKey(protocol: ProtocolName, subtask: string, { doc }: ChoiceItem): string {
  return protocol === 'babylm-2025' && 'field' in doc && typeof doc.UID === 'string' ? doc.UID : subtask;
}

export function classPredictions({ subtask, predicted }: ClassOutcome): Prediction[] {
  return Array.from(predicted, (pred, i) => ({ id: `${subtask}_${i}`, pred }));
}

/** Puts subtasks into their task's order. */
export function inOrder(task: SubmissionPlace['task'], predictions: ReadonlyMap<string, Prediction[]>): TaskPredictions {
  const names = task === 'glue' ? GLUE_ORDER : [...predictions.keys()].sort();
  return Object.fromEntries(names.flatMap((name) => (predictions.has(name) ? [[name, { predictions: predictions.get(name)! }]] : [])));
}

/** A measured data set, for 2025's report. */
export interface ReportedSubtask {
  outcome: ChoiceOutcome;
  items: readonly ChoiceItem[];
}

/** 2025's best_temperature_report.txt: accuracies in percent by every grouping of the items, at the one temperature that was scored. */
export function temperatureReport(subtasks: readonly ReportedSubtask[], isEwok: boolean): string {
  const groupings = new Map<string, Map<string, { correct: number; total: number }>>();
  const count = (grouping: string, group: string, correct: number): void => {
    const groups = groupings.get(grouping) ?? new Map<string, { correct: number; total: number }>();
    const cell = groups.get(group) ?? { correct: 0, total: 0 };
    cell.correct += correct;
    cell.total++;
    groupings.set(grouping, groups.set(group, cell));
  };
  for (const { outcome, items } of subtasks) {
    const right = decisions(outcome);
    items.forEach((item, i) => {
      for (const [grouping, group] of isEwok ? ewokGroups(outcome.subtask, item) : blimpGroups(outcome.subtask, item)) count(grouping, group, right[i]!);
    });
  }
  const percent = ({ correct, total }: { correct: number; total: number }) => (100 * correct) / total;
  const uids = [...groupings.get('UID')!.values()].map(percent);
  const sections = [...groupings].map(([grouping, groups]) => [`### ${grouping.toUpperCase()} ACCURACY`, ...[...groups].map(([group, cell]) => `${group}: ${percent(cell).toFixed(2)}`), ''].join('\n'));
  return ['TEMPERATURE: 1.00', '', ...sections, '### AVERAGE ACCURACY', (uids.reduce((sum, one) => sum + one, 0) / uids.length).toFixed(2), '', ''].join('\n');
}

const text = (value: unknown): string => (typeof value === 'string' ? value : String(value));

function blimpGroups(subtask: string, item: ChoiceItem): [string, string][] {
  const { doc } = item;
  if (!('field' in doc)) return [['field', 'supplement'], ['UID', subtask], ['linguistics_term', 'supplement']];
  return [['field', text(fieldOf(item))], ['UID', predictionKey('babylm-2025', subtask, item)], ['linguistics_term', text(doc.linguistics_term)]];
}

function ewokGroups(subtask: string, { doc }: ChoiceItem): [string, string][] {
  return [['UID', subtask], ['context_type', text(doc.ContextType)], ['context_contrast', text(doc.ContextDiff)], ['target_contrast', text(doc.TargetDiff)]];
}
