/** The time, once a second, for what is shown relative to it. */
import { onBeforeUnmount, ref, type Ref } from 'vue';

const now = ref(Date.now());
let users = 0;
let timer = 0;

export function useNow(): Ref<number> {
  if (users++ === 0) timer = window.setInterval(() => (now.value = Date.now()), 1000);
  now.value = Date.now();
  onBeforeUnmount(() => {
    if (--users === 0) window.clearInterval(timer);
  });
  return now;
}
