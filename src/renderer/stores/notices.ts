/** What went wrong, and what was just done and can be undone: the line at the window's foot. */
import { defineStore } from 'pinia';
import { ref } from 'vue';
import { describeError } from '../engine/connection.ts';

export interface Notice {
  id: number;
  kind: 'error' | 'done';
  message: string;
  hint: string;
  undo: (() => Promise<unknown>) | null;
}

const DONE_SECONDS = 8;

export const useNotices = defineStore('notices', () => {
  const notices = ref<Notice[]>([]);
  let next = 1;

  function add(notice: Omit<Notice, 'id'>): number {
    const id = next++;
    notices.value = [...notices.value.filter((other) => other.message !== notice.message), { ...notice, id }].slice(-3);
    return id;
  }

  function dismiss(id: number): void {
    notices.value = notices.value.filter((notice) => notice.id !== id);
  }

  /** An error stays until it is dismissed. */
  function fail(thrown: unknown): void {
    add({ kind: 'error', ...describeError(thrown), undo: null });
  }

  /** Something was done; it can be undone for a while. */
  function done(message: string, undo: (() => Promise<unknown>) | null = null): void {
    const id = add({ kind: 'done', message, hint: '', undo });
    setTimeout(() => dismiss(id), DONE_SECONDS * 1000);
  }

  /** Runs an action; what it throws is shown. */
  async function attempt<T>(action: () => Promise<T>): Promise<T | undefined> {
    try {
      return await action();
    } catch (error) {
      fail(error);
      return undefined;
    }
  }

  return { notices, dismiss, fail, done, attempt };
});
