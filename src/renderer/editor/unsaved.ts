/** Changes that would be lost: asked about before the page, its text, or the window is left. */
import { onBeforeUnmount, ref, watch, type Ref } from 'vue';
import { onBeforeRouteLeave, onBeforeRouteUpdate } from 'vue-router';
import { shell } from '../engine/channel.ts';
import { isOwnView } from '../viewAddress.ts';

export interface UnsavedGuard {
  /** Whether the question stands; the editor shows it. */
  asking: Ref<boolean>;
  answer(leave: boolean): void;
  /** Whether the changes may go: true at once where there are none, else what the user answers. */
  mayDiscard(): Promise<boolean>;
}

/** Guards a page for as long as it is shown. In the setup of a page. */
export function useUnsaved(unsaved: Ref<boolean>): UnsavedGuard {
  const asking = ref(false);
  let settle: ((leave: boolean) => void) | null = null;

  function answer(leave: boolean): void {
    asking.value = false;
    settle?.(leave);
    settle = null;
  }

  function mayDiscard(): Promise<boolean> {
    if (!unsaved.value) return Promise.resolve(true);
    answer(false); // An earlier question is overtaken.
    asking.value = true;
    return new Promise((resolve) => (settle = resolve));
  }

  onBeforeRouteLeave(() => mayDiscard());
  // The page's own notes in the address lose nothing; another preset or run from elsewhere does.
  onBeforeRouteUpdate(() => isOwnView() || mayDiscard());

  // The browser asks itself, in its own words; the shell asks for its windows (src/main/shell/unsaved.ts), and must know when it quits.
  const hold = (event: BeforeUnloadEvent) => {
    if (unsaved.value) event.preventDefault();
  };
  window.addEventListener('beforeunload', hold);
  watch(unsaved, (now) => shell?.setUnsaved(now));
  onBeforeUnmount(() => {
    window.removeEventListener('beforeunload', hold);
    if (unsaved.value) shell?.setUnsaved(false);
  });

  return { asking, answer, mayDiscard };
}
