/** The challenge's own scoring of a file of predictions, by which a submission is checked after it has been written. */
import type { Metric, ProtocolName } from '../../../shared/scores.ts';
import { binaryTable, metricOfTable } from '../metrics.ts';
import type { Prediction } from './predictions.ts';

/**
 * A subtask's score as score_predictions.py (2024) or calculate_results_from_pred.py (2025) gives it. Texts are compared without white
 * space around them; in 2024 in lower case, so that answers that differ in case alone count as right whatever was predicted.
 *
 * @param gold right answers or labels in the order of the file; where one list is shorter, the rest of the other is left out
 */
export function rescore(protocol: ProtocolName, metric: Metric, predictions: readonly Prediction[], gold: readonly (string | number)[]): number {
  const pairs = predictions.slice(0, gold.length).map(({ pred }, i): [number, number] => {
    const right = gold[i]!;
    if (typeof pred === 'number') return [pred, Number(right)];
    return [normalise(protocol, pred) === normalise(protocol, String(right)) ? 1 : 0, 1];
  });
  const isText = typeof predictions[0]?.pred === 'string';
  if (isText || metric === 'accuracy') return pairs.filter(([pred, right]) => pred === right).length / pairs.length;
  return metricOfTable(metric, binaryTable(pairs.map(([pred]) => pred), pairs.map(([, right]) => right)));
}

function normalise(protocol: ProtocolName, text: string): string {
  const bare = text.trim();
  return protocol === 'babylm-2024' ? bare.toLowerCase() : bare;
}
