/** Cria keeps no secrets, and takes none along. */
import { afterEach, expect, it, vi } from 'vitest';
import { downloadSuite } from '../../../src/main/evaluation/download.ts';
import { temporaryFolder } from '../../support/jobContext.ts';

afterEach(() => vi.unstubAllEnvs());

it('sends no token of the environment with a download', async () => {
  vi.stubEnv('HF_TOKEN', 'hf_secret');
  vi.stubEnv('HUGGING_FACE_HUB_TOKEN', 'hf_secret');
  vi.stubEnv('GITHUB_TOKEN', 'ghp_secret');
  const sent: string[] = [];
  const fetchStub = ((url: string, options: RequestInit) => {
    sent.push(`${url} ${JSON.stringify(options)}`);
    return Promise.resolve(new Response('gone', { status: 404 }));
  }) as typeof fetch;
  for (const suite of ['blimp', 'blimp-full']) await expect(downloadSuite(suite, temporaryFolder(), { fetch: fetchStub })).rejects.toMatchObject({ code: 'not-found' });
  expect(sent).toHaveLength(2);
  expect(sent.join()).not.toMatch(/secret|authorization/i);
  expect(sent.every((request) => request.startsWith('https://'))).toBe(true);
});
