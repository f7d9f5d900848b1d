/** What is wrong, or odd, about values that are each fine by themselves. */
import type { DataConfig, ModelConfigSection } from '../../shared/config.ts';
import { isSafeName } from '../disk/atomic.ts';
import { modelConfigFromRun } from '../models/configJson.ts';
import { countParameters } from '../models/parameterShapes.ts';
import type { ConfigMessage } from './parseConfig.ts';

/** Sizes that vocabularies have; the run's own is known only when its tokenizer is read. */
const SMALL_VOCABULARY = 1000;
const LARGE_VOCABULARY = 64_000;
/** How far a name such as "Llama-360M" may be from the model's size before it is odd. */
const NAME_TOLERANCE = 0.15;

export function checkTogether(values: ReadonlyMap<string, unknown>, lines: ReadonlyMap<string, number>, problems: ConfigMessage[], warnings: ConfigMessage[]): void {
  const get = <T>(key: string) => values.get(key) as T;
  const problem = (key: string, message: string) => problems.push({ key, line: lines.get(key) ?? null, message });
  const warn = (key: string, message: string) => warnings.push({ key, line: lines.get(key) ?? null, message: `${key}: ${message}` });

  const name = get<string>('model.name');
  if (!isSafeName(name)) problem('model.name', `"model.name" should be one plain folder name, not ${JSON.stringify(name)}`);

  const [hidden, heads] = [get<number>('model.hidden_size'), get<number>('model.n_head')];
  if (hidden % heads) problem('model.n_head', `"model.hidden_size" (${hidden}) cannot be divided among ${heads} heads`);
  else if (get<string>('model.type') !== 'GPT2' && (hidden / heads) % 2) problem('model.n_head', `heads of ${hidden / heads} dimensions cannot be rotated in pairs; choose another "model.n_head"`);

  const [batch, parts] = [get<number>('training.batch_size'), get<number>('training.gradient_accumulation_steps')];
  if (batch % parts) problem('training.gradient_accumulation_steps', `"training.batch_size" (${batch}) cannot be divided into ${parts} accumulation steps`);

  const type = get<ModelConfigSection['type']>('model.type');
  const width = get<number | null>('model.intermediate_size');
  if (type === 'Llama') {
    if (width === null) problem('model.intermediate_size', '"model.intermediate_size" is missing; a Llama needs its feed-forward width');
    for (const key of ['model.resid_pdrop', 'model.embd_pdrop', 'model.attn_pdrop']) {
      if (lines.has(key) && get<number>(key) > 0) warn(key, 'Llama has no dropout; this is ignored');
    }
  } else {
    if (width !== null && width !== 4 * hidden) warn('model.intermediate_size', `${type} always uses 4 x hidden_size = ${4 * hidden}; ${width} is ignored, as in the original`);
    if (type === 'GPT2' && !lines.has('model.resid_pdrop')) warn('model.resid_pdrop', 'no dropout is named; Hugging Face\'s default of 0.1 is used');
  }
  const weights = get<number[] | null | undefined>('distillation.teacher_weights');
  const teachers = get<string[] | undefined>('distillation.teachers');
  if (weights && teachers && weights.length !== teachers.length) problem('distillation.teacher_weights', `"distillation.teacher_weights" has ${weights.length} numbers for ${teachers.length} teachers`);
  if (weights && weights.every((weight) => weight === 0)) problem('distillation.teacher_weights', '"distillation.teacher_weights" are all 0');

  if (get<boolean>('logging.wandb')) warn('logging.wandb', 'Cria keeps its own records and sends nothing anywhere');
  if (get<boolean>('training.torch_compile')) warn('training.torch_compile', 'has no meaning here and is ignored');
  if (!problems.length) checkName(name, values, warn);
}

/** The recipe has a llama-95M that calls itself Llama-360M and would overwrite the teacher. */
function checkName(name: string, values: ReadonlyMap<string, unknown>, warn: (key: string, message: string) => void): void {
  const claimed = /(?:^|[^\d.])(\d+(?:\.\d+)?)M(?![a-z])/i.exec(name)?.[1];
  if (!claimed) return;
  const section = (prefix: string) => Object.fromEntries([...values].filter(([key]) => key.startsWith(prefix)).map(([key, value]) => [key.slice(prefix.length), value]));
  const run = { model: section('model.') as unknown as ModelConfigSection, data: section('data.') as unknown as DataConfig };
  const [least, most] = [SMALL_VOCABULARY, LARGE_VOCABULARY].map((size) => countParameters(modelConfigFromRun(run, size)) / 1e6) as [number, number];
  if (Number(claimed) < least * (1 - NAME_TOLERANCE) || Number(claimed) > most * (1 + NAME_TOLERANCE)) {
    warn('model.name', `the name says ${claimed}M, but such a model has ${least.toFixed(0)}M to ${most.toFixed(0)}M parameters, depending on the vocabulary`);
  }
}
