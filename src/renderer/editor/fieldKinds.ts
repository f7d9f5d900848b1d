/** How each config key is edited in the form, from the same table that the reader of files goes by. */
import { CONFIG_FIELDS, type ConfigField } from '../../shared/configFields.ts';

export type FieldKind = 'number' | 'text' | 'choice' | 'switch' | 'list';

/** Accepted for files of other tools and without any effect here. */
const HIDDEN = new Set(['logging.wandb', 'logging.output_dir', 'training.torch_compile']);

export interface FormField {
  key: string;
  name: string;
  kind: FieldKind;
  choices: string[];
  help: string;
  expected: string;
}

interface SchemaLike {
  type?: string;
  options?: string[];
  def?: { innerType?: SchemaLike };
}

function kindOf(field: ConfigField): { kind: FieldKind; choices: string[] } {
  let schema = field.schema as unknown as SchemaLike;
  while (schema.type === 'nullable' || schema.type === 'optional') schema = schema.def!.innerType!;
  if (schema.type === 'enum') return { kind: 'choice', choices: schema.options ?? [] };
  if (schema.type === 'boolean') return { kind: 'switch', choices: [] };
  if (schema.type === 'array') return { kind: 'list', choices: [] };
  return { kind: schema.type === 'number' ? 'number' : 'text', choices: [] };
}

export const FORM_FIELDS: readonly FormField[] = CONFIG_FIELDS.filter(({ key }) => !HIDDEN.has(key)).map((field) => ({
  key: field.key,
  name: field.key.slice(field.key.indexOf('.') + 1),
  help: field.help,
  expected: field.expected,
  ...kindOf(field),
}));

export const SECTION_TITLES: Record<string, string> = { data: 'Data', model: 'Model', training: 'Training', distillation: 'Distillation', logging: 'Logging' };

/** What was typed as the value that the file gets; undefined for nothing: the default holds then. */
export function parseInput(kind: FieldKind, typed: string): unknown {
  const text = typed.trim();
  if (text === '') return undefined;
  if (kind === 'number') return Number.isNaN(Number(text)) ? text : Number(text);
  if (kind === 'switch') return text === 'true';
  if (kind === 'list') return text.split(',').map((part) => part.trim()).filter(Boolean).map((part) => (Number.isNaN(Number(part)) ? part : Number(part)));
  return typed;
}

/** A value as the field shows it. */
export function showInput(value: unknown): string {
  if (value === undefined || value === null) return '';
  return Array.isArray(value) ? value.join(', ') : typeof value === 'string' ? value : JSON.stringify(value);
}
