/**
 * Configs in the BabyLlama recipe's YAML format. All problems of a file are gathered and told at once, each with its line, its key and
 * what was expected; the quirks of the recipe's own files are accepted with a warning.
 */
import { isCollection, isMap, isScalar, LineCounter, parseDocument, visit, type Document, type Node, type Pair, type YAMLMap } from 'yaml';
import type { RunConfig } from '../../shared/config.ts';
import { CONFIG_FIELDS, CONFIG_SECTIONS, type ConfigField } from '../../shared/configFields.ts';
import { CriaError } from '../../shared/errors.ts';
import { checkTogether } from './checkTogether.ts';
import { nearest } from './nearest.ts';

export interface ConfigMessage {
  /** Dotted; empty when it is about the whole file. */
  key: string;
  /** 1-based; null for values that did not come from the file. */
  line: number | null;
  message: string;
}

export interface ParsedConfig {
  config: RunConfig;
  warnings: ConfigMessage[];
  /** Keys that the file or the overrides gave; all others have their default. */
  given: Set<string>;
  /** Line of each key that stands in the file. */
  lines: Map<string, number>;
}

/** A config is a page of text; anything near this is a mistake. */
export const MAX_CONFIG_BYTES = 1 << 18;

/** Nobody reads more; a file with more is no config. */
const MAX_PROBLEMS = 100;

const FIELDS = new Map(CONFIG_FIELDS.map((field) => [field.key, field]));

interface Given {
  value: unknown;
  line: number | null;
  /** Where the user wrote it: "file.yaml:12" or "--set training.lr". */
  where: string;
}

/**
 * @param text the YAML
 * @param file its name, for messages
 * @param overrides dotted keys and YAML values that replace the file's
 * @throws CriaError `bad-config` listing every problem
 */
export function parseRunConfig(text: string, options: ParseOptions): ParsedConfig {
  const { problems, parsed } = examineRunConfig(text, options);
  if (problems.length) throw refusal(options.file, problems);
  return parsed!;
}

export interface ParseOptions {
  file: string;
  overrides?: readonly [string, string][];
}

/** The same as a list of problems; `parsed` is null when there are any. */
export function examineRunConfig(text: string, { file, overrides = [] }: ParseOptions): { problems: ConfigMessage[]; warnings: ConfigMessage[]; parsed: ParsedConfig | null } {
  const problems: ConfigMessage[] = [];
  const warnings: ConfigMessage[] = [];
  const given = readDocument(text, file, problems);
  if (!given) return { problems, warnings, parsed: null };
  for (const [key, value] of overrides) given.set(key, { value: parseScalar(value), line: null, where: `--set ${key}` });
  const lines = new Map([...given].flatMap(([key, { line }]) => (line === null ? [] : [[key, line] as const])));

  const misspelt = refuseUnknown(given, problems);
  const values = new Map<string, unknown>();
  const hasDistillation = [...given.keys()].some((key) => key.startsWith('distillation.'));
  const type = given.get('model.type')?.value;
  for (const field of CONFIG_FIELDS) {
    const section = field.key.slice(0, field.key.indexOf('.'));
    // The keys of a misspelt section are not missing; one complaint is enough.
    if ((section === 'distillation' && !hasDistillation) || misspelt.has(section)) continue;
    readField(field, given.get(field.key), type, hasDistillation, values, problems, warnings);
  }
  if (!problems.length) checkTogether(values, lines, problems, warnings);
  const parsed = problems.length ? null : { config: assemble(values, hasDistillation), warnings, given: new Set(given.keys()), lines };
  return { problems, warnings, parsed };
}

function refusal(file: string, problems: readonly ConfigMessage[]): CriaError {
  const list = problems.map(({ line, message }) => (line === null ? message : `${file}:${line}: ${message}`));
  const intro = problems.length === 1 ? '' : `${file} has ${problems.length} problems:\n  `;
  return new CriaError('bad-config', `${intro}${list.join('\n  ')}`, 'The configs in config/ show every key with its meaning.');
}

/** Dotted keys with their values and lines; null when the text is no config at all, which `problems` then say. */
function readDocument(text: string, file: string, problems: ConfigMessage[]): Map<string, Given> | null {
  const refuse = (message: string) => {
    problems.push({ key: '', line: null, message });
    return null;
  };
  if (Buffer.byteLength(text) > MAX_CONFIG_BYTES) return refuse(`${file} is larger than ${MAX_CONFIG_BYTES} bytes; that is no config.`);
  const lineCounter = new LineCounter();
  let document: Document;
  try {
    // The library would compare each key with all others; a config's own are compared below.
    document = parseDocument(text, { lineCounter, prettyErrors: false, uniqueKeys: false, logLevel: 'silent' });
  } catch (error) {
    return refuse(`${file} is not a config: ${(error as Error).message}.`); // Nested deeper than the library can follow.
  }
  const lineOf = (node: unknown) => {
    const offset = (node as Node | null)?.range?.[0];
    return offset === undefined ? null : lineCounter.linePos(offset).line;
  };
  for (const error of document.errors) problems.push({ key: '', line: lineCounter.linePos(error.pos[0]).line, message: `not valid YAML: ${error.message}` });
  if (problems.length) return null;
  const root: unknown = document.contents;
  if (root === null || (isScalar(root) && root.value === null)) return refuse(`${file} is empty.`);
  if (!isMap(root)) return refuse(`${file} is not a config: it should have the sections ${CONFIG_SECTIONS.join(', ')}.`);
  // A key that is itself a list or a map is written out as text, and within one another that takes time beyond all measure.
  const oddKey = collectionKey(document);
  if (oddKey) return refuse(`${file}:${lineOf(oddKey) ?? 1}: a key of a config is a word, not a list or a map.`);
  let json: Record<string, unknown>;
  try {
    json = document.toJS({ maxAliasCount: 20 }) as Record<string, unknown>;
  } catch (error) {
    return refuse(`${file}: ${(error as Error).message} Write the values out instead of using YAML aliases.`);
  }
  const given = new Map<string, Given>();
  const sectionLines = new Map<string, number>();
  for (const { key: sectionNode, value: node } of (root as YAMLMap).items as Pair<Node, Node | null>[]) {
    const section = keyText(sectionNode);
    refuseTwice(section, given.get(section)?.line ?? sectionLines.get(section), lineOf(sectionNode), problems);
    sectionLines.set(section, lineOf(sectionNode) ?? 1);
    const content = json[section];
    const isSection = (CONFIG_SECTIONS as readonly string[]).includes(section);
    if (!isSection || content === null || typeof content !== 'object' || Array.isArray(content) || !isMap(node)) {
      given.set(section, { value: content, line: lineOf(sectionNode), where: file });
      continue;
    }
    for (const { key } of node.items as Pair<Node, Node | null>[]) {
      const name = keyText(key);
      refuseTwice(`${section}.${name}`, given.get(`${section}.${name}`)?.line, lineOf(key), problems);
      given.set(`${section}.${name}`, { value: (content as Record<string, unknown>)[name], line: lineOf(key), where: file });
    }
  }
  return given;
}

function collectionKey(document: Document): Node | null {
  let found: Node | null = null;
  visit(document, {
    Pair(_, { key }) {
      if (!isCollection(key)) return undefined;
      found = key;
      return visit.BREAK;
    },
  });
  return found;
}

function refuseTwice(key: string, earlier: number | null | undefined, line: number | null, problems: ConfigMessage[]): void {
  if (earlier != null) problems.push({ key, line, message: `"${key}" is given twice, first in line ${earlier}` });
}

function keyText(key: unknown): string {
  return isScalar(key) ? String(key.value) : String(key);
}

/** The value of an override, as it would be in the file. */
function parseScalar(text: string): unknown {
  const document = parseDocument(text, { prettyErrors: false, logLevel: 'silent' });
  return document.errors.length || collectionKey(document) ? text : (document.toJS({ maxAliasCount: 0 }) as unknown);
}

/** Complains of what no config has. Returns the sections that misspelt ones were probably meant to be. */
function refuseUnknown(given: ReadonlyMap<string, Given>, problems: ConfigMessage[]): Set<string> {
  const known = [...FIELDS.keys()];
  const sections: readonly string[] = CONFIG_SECTIONS;
  const misspelt = new Set<string>();
  for (const [key, { line, where, value }] of given) {
    if (FIELDS.has(key)) continue;
    if (problems.length >= MAX_PROBLEMS) break;
    const complain = (message: string) => problems.push({ key, line, message: line === null ? `${where}: ${message}` : message });
    if (key.includes('.')) {
      const same = known.filter((other) => other.startsWith(key.slice(0, key.indexOf('.') + 1)));
      complain(`unknown key "${key}"${suggestion(key, same.length ? same : known)}`);
    } else if (!sections.includes(key)) {
      complain(`unknown section "${key}"${suggestion(key, sections)}`);
      misspelt.add(nearest(key, sections) ?? '');
    } else if (value !== null) {
      // A section without keys is fine: "distillation:" with everything below it commented out.
      complain(`"${key}" should hold keys, not ${JSON.stringify(value)}`);
    }
  }
  return misspelt;
}

function suggestion(word: string, choices: readonly string[]): string {
  const found = nearest(word, choices);
  return found ? `; did you mean "${found}"?` : '';
}

function readField(
  field: ConfigField, found: Given | undefined, type: unknown, hasDistillation: boolean, values: Map<string, unknown>, problems: ConfigMessage[], warnings: ConfigMessage[],
): void {
  const { key, schema, expected } = field;
  if (!found) {
    if (!('fallback' in field)) problems.push({ key, line: null, message: `"${key}" is missing; it should be ${expected}` });
    // Distillation decays weights as the recipe's student did, plain training does not.
    else values.set(key, key === 'training.weight_decay' && hasDistillation ? 0.1 : typeof field.fallback === 'function' ? (field.fallback as (type: unknown) => unknown)(type) : field.fallback);
    return;
  }
  const { line } = found;
  const at = line === null ? `${found.where}: ` : '';
  const value = acceptQuirks(field, found.value, (message) => warnings.push({ key, line, message: `${key}: ${message}` }));
  const parsed = schema.safeParse(value);
  if (parsed.success) values.set(key, parsed.data);
  else {
    const near = typeof value === 'string' && field.key === 'model.type' ? suggestion(value, ['GPT2', 'Llama', 'GPTJ']) : '';
    problems.push({ key, line, message: `${at}"${key}" should be ${expected}, not ${JSON.stringify(found.value)}${near}` });
  }
}

/** What PyYAML and the original make of some values, and this format's own slips. */
function acceptQuirks({ key, schema }: ConfigField, value: unknown, warn: (message: string) => void): unknown {
  if (value === 'None' && schema.safeParse(null).success) {
    warn('"None" is text in YAML; it is read as null');
    return null;
  }
  if (typeof value === 'string' && !schema.safeParse(value).success) {
    if (/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(value.trim()) && schema.safeParse(Number(value)).success) {
      warn(`${JSON.stringify(value)} is text; it is read as the number ${Number(value)}`);
      return Number(value);
    }
    if (/^(yes|on)$/i.test(value) && schema.safeParse(true).success) return true;
    if (/^(no|off)$/i.test(value) && schema.safeParse(false).success) return false;
  }
  if (key === 'distillation.teachers' && typeof value === 'string') return [value];
  return value;
}

function assemble(values: ReadonlyMap<string, unknown>, hasDistillation: boolean): RunConfig {
  const sections: Record<string, Record<string, unknown> | null> = { data: {}, model: {}, training: {}, distillation: hasDistillation ? {} : null, logging: {} };
  for (const [key, value] of values) {
    const [section, name] = key.split('.') as [string, string];
    if (key !== 'training.torch_compile') sections[section]![name] = value;
  }
  return sections as unknown as RunConfig;
}
