/** Keyboard shortcuts: pages register theirs while they are shown; `?` lists all that hold. */
import { onBeforeUnmount, onMounted, shallowReactive } from 'vue';

export interface Shortcut {
  /** As on the key caps: "Ctrl+K", "?", "g r" (one after the other), "ArrowDown". */
  keys: string;
  what: string;
  run: (event: KeyboardEvent) => void;
  /** Holds while the caret is in a field, too. */
  inFields?: boolean;
}

export const shortcuts = shallowReactive(new Set<Shortcut>());

let pending = '';
let pendingUntil = 0;
const SEQUENCE_MS = 900;

function isField(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName));
}

function nameOf(event: KeyboardEvent): string {
  const parts = [event.ctrlKey || event.metaKey ? 'Ctrl' : '', event.altKey ? 'Alt' : '', event.shiftKey && event.key.length > 1 ? 'Shift' : ''].filter(Boolean);
  return [...parts, event.key.length === 1 ? (parts.length ? event.key.toUpperCase() : event.key) : event.key].join('+');
}

window.addEventListener('keydown', (event) => {
  if (event.defaultPrevented || ['Control', 'Shift', 'Alt', 'Meta'].includes(event.key)) return;
  // A dialog's keys are its own.
  const inDialog = document.querySelector('[role="dialog"][data-state="open"], [role="menu"][data-state="open"]') !== null;
  const name = nameOf(event);
  const sequence = performance.now() < pendingUntil ? `${pending} ${name}` : name;
  const found = [...shortcuts].reverse().find((shortcut) => (shortcut.keys === sequence || shortcut.keys === name) && (shortcut.inFields || (!isField(event.target) && !inDialog)));
  if (found) {
    pending = '';
    event.preventDefault();
    found.run(event);
    return;
  }
  const starts = !isField(event.target) && [...shortcuts].some((shortcut) => shortcut.keys.startsWith(`${name} `));
  pending = starts ? name : '';
  pendingUntil = starts ? performance.now() + SEQUENCE_MS : 0;
});

/** Registers shortcuts for as long as the component is shown. */
export function useShortcuts(list: Shortcut[]): void {
  onMounted(() => list.forEach((shortcut) => shortcuts.add(shortcut)));
  onBeforeUnmount(() => list.forEach((shortcut) => shortcuts.delete(shortcut)));
}
