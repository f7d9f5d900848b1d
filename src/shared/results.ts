/** What jobs bring home and the store keeps. Plain data: everything here crosses wires as JSON. */

/** One text file after cleaning; lengths are Unicode code points, as the recipe publishes them. */
export interface CleanedFile {
  file: string;
  /** The rule set applied, e.g. "qed"; null when the domain is unknown and the text was passed through. */
  domain: string | null;
  codePointsBefore: number;
  codePointsAfter: number;
  words: number;
  /** What each rule changed. */
  rules: { rule: string; changes: number; codePointsRemoved: number; examples: { before: string; after: string }[] }[];
}

export interface CleanResult {
  output: string;
  files: CleanedFile[];
  warnings: string[];
}

export interface TokenizerResult {
  output: string;
  sha256: string;
  vocabSize: number;
  merges: number;
  trainedOn: { file: string; bytes: number; sha256: string }[];
}

export interface EncodeResult {
  output: string;
  tokens: number;
  bytesPerToken: 2 | 4;
}

/** The end of a training or distillation run. */
export interface TrainResult {
  model: string;
  folder: string;
  parameters: number;
  steps: number;
  tokens: number;
  /** Mean cross-entropy on the eval sequences, nats per token, of the checkpoint that was kept. */
  evalLossNats: number;
  perplexity: number;
  bestStep: number;
  seconds: number;
  corpusSha256: string;
  tokenizerSha256: string;
  teachers: string[];
}

/** Accuracy on one paradigm or domain, with its Wilson interval. */
export interface SubtaskScore {
  subtask: string;
  /** BLiMP's linguistics_term, or the suite's own grouping; null when it has none. */
  phenomenon: string | null;
  items: number;
  correct: number;
  accuracy: number;
  /** Bounds of the 95 % Wilson interval. */
  low: number;
  high: number;
}

export interface SuiteScore {
  suite: string;
  /** Version of the suite's data and protocol, part of the score's name. */
  version: string;
  /** How items were scored, e.g. "babylm-2024" (start token, leading space, summed log-probabilities, ties count). */
  protocol: string;
  model: string;
  /** Unweighted mean over subtasks. */
  accuracy: number;
  /** 95 % interval of that mean (normal, from the subtasks' binomial variances). */
  low: number;
  high: number;
  subtasks: SubtaskScore[];
  phenomena: SubtaskScore[];
  seconds: number;
}

export interface EvaluateResult {
  scores: SuiteScore[];
}

/** Summed log-probabilities (nats) of the two sentences of a minimal pair. */
export interface PairScore {
  index: number;
  logprobGood: number;
  logprobBad: number;
}
