/** Where a config in the editor comes from: the address names a run or a file, else a preset. */
import { ref, shallowRef, type Ref } from 'vue';
import { useRoute, useRouter } from 'vue-router';
import type { ResultOf } from '../../shared/contract.ts';
import { engine } from '../engine/connection.ts';
import { useNotices } from '../stores/notices.ts';
import { setValue } from './document.ts';

export type ConfigEntry = ResultOf<'config.list'>[number];

export function useConfigSource(method: 'train' | 'distil', preferred: string) {
  const route = useRoute();
  const router = useRouter();
  const notices = useNotices();
  const text = ref('');
  const saved: Ref<{ path: string; text: string } | null> = ref(null);
  const entries = shallowRef<ConfigEntry[]>([]);
  const loaded = ref(false);

  async function open(path: string): Promise<void> {
    await notices.attempt(async () => {
      const { text: content } = await engine.request('config.read', { path });
      text.value = content;
      saved.value = { path, text: content };
      await router.replace({ query: { ...route.query, run: undefined, config: path } });
    });
  }

  async function load(): Promise<void> {
    entries.value = (await engine.request('config.list', {})).filter((entry) => entry.method === method);
    const { run, config } = route.query;
    if (typeof run === 'string') {
      await notices.attempt(async () => {
        const { text: content } = await engine.request('config.ofRun', { runId: run });
        const name = /^\s+name:\s*"?([^"\n]+)/m.exec(content)?.[1]?.trim() ?? 'model';
        text.value = setValue(content, 'model.name', `${name}-2`);
        saved.value = null;
      });
    } else {
      const entry = entries.value.find(({ path }) => path === config) ?? entries.value.find(({ name }) => name === preferred) ?? entries.value[0];
      if (entry) await open(entry.path);
    }
    loaded.value = true;
  }
  void load();

  return { text, saved, entries, loaded, open, reload: load };
}
