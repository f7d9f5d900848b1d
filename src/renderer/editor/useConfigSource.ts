/** Where a config in the editor comes from: the address names a run or a file, else a preset. */
import { computed, ref, shallowRef, type Ref } from 'vue';
import { useRoute, useRouter } from 'vue-router';
import type { ResultOf } from '../../shared/contract.ts';
import { engine } from '../engine/connection.ts';
import { useNotices } from '../stores/notices.ts';
import { keepView } from '../viewAddress.ts';
import { readValue, setValue } from './document.ts';
import { useUnsaved } from './unsaved.ts';

export type ConfigEntry = ResultOf<'config.list'>[number];

/** A preset's paths that do not exist, replaced by the workspace's newest corpus and tokenizer; and a name that no model has yet. */
async function fitted(text: string): Promise<string> {
  const [{ problems }, corpora, tokenizers, models] = await Promise.all([
    engine.request('config.check', { text, path: null }),
    engine.request('corpus.list', {}),
    engine.request('tokenizer.list', {}),
    engine.request('model.list', {}),
  ]);
  const corpus = corpora.findLast(({ runId }) => runId !== null) ?? corpora.at(-1);
  const replacements: Record<string, string | undefined> = { 'data.tokenizer_path': tokenizers[0]?.path, 'data.train_path': corpus?.folder, 'data.eval_path': corpus?.folder };
  let fit = text;
  for (const { key } of problems) if (replacements[key]) fit = setValue(fit, key, replacements[key]);
  const name = readValue(fit, 'model.name');
  if (typeof name !== 'string' || !models.some((model) => model.name === name)) return fit;
  let number = 2;
  while (models.some((model) => model.name === `${name}-${number}`)) number++;
  return setValue(fit, 'model.name', `${name}-${number}`);
}

export function useConfigSource(method: 'train' | 'distil', preferred: string) {
  const route = useRoute();
  const router = useRouter();
  const notices = useNotices();
  const text = ref('');
  const saved: Ref<{ path: string; text: string } | null> = ref(null);
  const entries = shallowRef<ConfigEntry[]>([]);
  const loaded = ref(false);
  /** The text as it was offered, saved or started: what differs from it would be lost. */
  const kept = ref('');
  const guard = useUnsaved(computed(() => text.value !== kept.value));

  function offer(content: string): void {
    text.value = content;
    kept.value = content;
  }

  async function open(path: string): Promise<void> {
    if (!(await guard.mayDiscard())) return;
    await notices.attempt(async () => {
      const { text: content } = await engine.request('config.read', { path });
      offer(await fitted(content));
      saved.value = { path, text: content };
      await keepView(router, { ...route.query, run: undefined, config: path });
    });
  }

  async function load(): Promise<void> {
    entries.value = (await engine.request('config.list', {})).filter((entry) => entry.method === method);
    const { run, config } = route.query;
    if (typeof run === 'string') {
      await notices.attempt(async () => {
        const { text: content } = await engine.request('config.ofRun', { runId: run });
        const name = /^\s+name:\s*"?([^"\n]+)/m.exec(content)?.[1]?.trim() ?? 'model';
        offer(setValue(content, 'model.name', `${name}-2`));
        saved.value = null;
      });
    } else {
      const entry = entries.value.find(({ path }) => path === config) ?? entries.value.find(({ name }) => name === preferred) ?? entries.value[0];
      if (entry) await open(entry.path);
    }
    loaded.value = true;
  }
  void load();

  /** The text is safe now: in a file, or in the run that was started with it. */
  function keep(file?: { path: string; text: string }): void {
    if (file) saved.value = file;
    kept.value = text.value;
  }

  return { text, saved, entries, loaded, open, guard, keep };
}
