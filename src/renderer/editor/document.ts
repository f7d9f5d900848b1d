/**
 * One config document behind form and text. A value that is there already is replaced where it stands, so that comments, order and quoting
 * of everything else stay as they were; a new key goes to the end of its section.
 */
import { isMap, isScalar, parseDocument, stringify, type Document, type Scalar, type YAMLMap } from 'yaml';

/** Start and end of a key's line and of its value in the text. */
export interface KeyPlace {
  key: string;
  from: number;
  to: number;
}

/** What the text gives a dotted key: undefined when it has none, or cannot be read. */
export function readValue(text: string, key: string): unknown {
  const [section, name] = key.split('.') as [string, string];
  const document = parseDocument(text, { logLevel: 'silent' });
  const map = sectionOf(document, section);
  return map?.has(name) ? (map.toJS(document) as Record<string, unknown>)[name] : undefined;
}

/** All values of a text by dotted key; null when it is not YAML. */
export function readValues(text: string): Map<string, unknown> | null {
  const document = parseDocument(text, { logLevel: 'silent' });
  if (document.errors.length) return null;
  const values = new Map<string, unknown>();
  const root = document.toJS() as unknown;
  if (root === null || typeof root !== 'object') return values;
  for (const [section, content] of Object.entries(root)) {
    if (content === null || typeof content !== 'object') continue;
    for (const [name, value] of Object.entries(content as object)) values.set(`${section}.${name}`, value);
  }
  return values;
}

/** Where each key's entry stands. */
export function keyPlaces(text: string): KeyPlace[] {
  const document = parseDocument(text, { logLevel: 'silent' });
  if (!isMap(document.contents)) return [];
  return document.contents.items.flatMap((section) => {
    const sectionName = isScalar(section.key) ? String(section.key.value) : '';
    if (!isMap(section.value)) return [];
    return section.value.items.flatMap((pair) => {
      const key = pair.key as Scalar;
      const value = pair.value as Scalar | null;
      if (!key.range) return [];
      return [{ key: `${sectionName}.${String(key.value)}`, from: key.range[0], to: value?.range?.[1] ?? key.range[1] }];
    });
  });
}

/**
 * The text with a key's value set; undefined takes the key out, so that its default holds. Text that is not YAML comes back unchanged:
 * the form cannot know what it would destroy.
 */
export function setValue(text: string, key: string, value: unknown): string {
  const [section, name] = key.split('.') as [string, string];
  const document = parseDocument(text, { logLevel: 'silent' });
  if (document.errors.length) return text;
  const map = sectionOf(document, section);
  const node = map?.get(name, true);
  if (value !== undefined && isScalar(node) && node.range && !Array.isArray(value)) {
    return text.slice(0, node.range[0]) + written(value, node) + text.slice(node.range[1]);
  }
  if (value === undefined) {
    if (!map?.has(name)) return text;
    // A line of its own goes whole, its comment included.
    const place = keyPlaces(text).find((candidate) => candidate.key === key);
    if (!place) return text;
    const start = text.lastIndexOf('\n', place.from - 1) + 1;
    const end = text.indexOf('\n', place.to);
    return text.slice(0, start) + (end < 0 ? '' : text.slice(end + 1));
  }
  if (map && !map.has(name) && map.range && !map.flow) {
    // After the section's last entry, with its indentation.
    const last = keyPlaces(text).filter((place) => place.key.startsWith(`${section}.`)).at(-1);
    if (last) {
      const start = text.lastIndexOf('\n', last.from - 1) + 1;
      const end = text.indexOf('\n', last.to);
      const line = `${text.slice(start, last.from)}${name}: ${written(value)}`;
      return end < 0 ? `${text.replace(/\n?$/, '\n')}${line}\n` : `${text.slice(0, end + 1)}${line}\n${text.slice(end + 1)}`;
    }
  }
  document.setIn([section, name], value);
  return document.toString({ lineWidth: 0 });
}

/** Puts a section in or takes it out. */
export function setSection(text: string, section: string, content: Record<string, unknown> | null): string {
  const document = parseDocument(text, { logLevel: 'silent' });
  if (document.errors.length) return text;
  if (content === null) document.delete(section);
  else document.set(section, document.createNode(content));
  return document.toString({ lineWidth: 0 });
}

function sectionOf(document: Document, section: string): YAMLMap | null {
  const node: unknown = isMap(document.contents) ? document.contents.get(section, true) : null;
  return isMap(node) ? node : null;
}

/** A value as YAML on one line; text keeps the quotes that the old value had. */
function written(value: unknown, old?: Scalar): string {
  if (typeof value === 'string' && (old?.type === 'QUOTE_DOUBLE' || /[\\/.]/.test(value))) return JSON.stringify(value);
  return stringify(value, { lineWidth: 0, collectionStyle: 'flow' }).trimEnd();
}
