/** JSON as Python's json.dump writes it by default: ", " and ": " between, everything beyond ASCII escaped. */

/** @param value plain data without non-finite numbers; whole numbers stay whole */
export function pythonJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    return `{${Object.entries(value).map(([key, inner]) => `${pythonJson(key)}: ${pythonJson(inner)}`).join(', ')}}`;
  }
  const json = JSON.stringify(value);
  return typeof value === 'string' ? json.replace(/[\x7f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`) : json;
}
