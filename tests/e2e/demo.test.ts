/** The demo at tiny scale, by the command line in processes of its own, as a user runs it. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const CLI = resolve(import.meta.dirname, '../../src/main/cli.ts');

describe('cria demo --tiny', () => {
  const workspace = mkdtempSync(join(tmpdir(), 'cria-demo-'));
  afterAll(() => rmSync(workspace, { recursive: true, force: true }));
  const cria = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', CLI, '--workspace', workspace, ...args], { encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } });
    return { status, stdout, stderr };
  };

  it('goes from a grammar to four scored models, and the other commands find them', () => {
    const demo = cria('demo', '--tiny', '--json');
    expect(demo.stderr).toContain('8 of 8');
    expect(demo.status, demo.stderr).toBe(0);
    const { models } = JSON.parse(demo.stdout) as { models: { role: string; name: string; parameters: number; evalLoss: number; accuracy: number; phenomena: object }[] };
    expect(models.map(({ role }) => role)).toEqual(['teacher-gpt2', 'teacher-llama', 'student', 'student-from-scratch']);
    for (const model of models) {
      expect(model.evalLoss).toBeGreaterThan(1);
      expect(model.evalLoss).toBeLessThan(Math.log(500) + 1);
      expect(model.accuracy).toBeGreaterThan(0.2);
      expect(Object.keys(model.phenomena).length).toBeGreaterThanOrEqual(8);
    }
    expect(models[2]!.parameters).toBe(models[3]!.parameters);

    const runs = JSON.parse(cria('runs', '--json').stdout) as { name: string; state: string; step: number }[];
    expect(runs.map(({ name, state, step }) => ({ name, state, step }))).toEqual(
      ['student-from-scratch', 'student', 'teacher-llama', 'teacher-gpt2'].map((role) => ({ name: `demo-${role}`, state: 'done', step: 6 })),
    );
    const comparison = JSON.parse(cria('compare', 'demo-student-from-scratch', 'demo-student', '--json').stdout) as { config: { key: string }[]; scores: { against: { subtasks: object[] }[] }[] };
    expect(comparison.config.map(({ key }) => key)).toContain('model.name');
    expect(comparison.scores[0]!.against[0]!.subtasks.length).toBeGreaterThan(25);

    const models2 = JSON.parse(cria('models', '--json').stdout) as { name: string }[];
    expect(models2).toHaveLength(4);
    const exported = join(workspace, 'exported');
    expect(cria('export', 'demo-student', '--out', exported).status).toBe(0);
    expect(cria('import', exported, '--name', 'copy').status).toBe(0);
    const pairs = join(workspace, 'corpora', 'demo', 'pairs', 'demo', 'passive.jsonl');
    const [original, copy] = ['demo-student', 'copy'].map((model) => cria('score', model, pairs, '--json').stdout);
    expect(copy).toBe(original);
    expect(original!.trimEnd().split('\n')[0]).toMatch(/^\{"index":0,"logprobGood":-\d+\.\d+,"logprobBad":-\d+\.\d+\}$/);
  });

  it('trains from a config with the command line\'s changes', () => {
    const corpus = join(workspace, 'corpora', 'demo', 'raw_clean');
    const set = { 'data.tokenizer_path': join(workspace, 'tokenizers', 'demo.json'), 'data.train_path': corpus, 'data.eval_path': corpus, 'data.eval_samples': '4', 'training.max_steps': '2' };
    const flags = Object.entries(set).flatMap(([key, value]) => ['--set', `${key}=${value}`]);
    for (const [flag, name] of [['--model-name', 'renamed'], ['--model_name', 'renamed-2']] as const) {
      const trained = cria('train', '--config', resolve('config/demo/student-from-scratch.yaml'), '--lr', '1e-4', flag, name, ...flags, '--json');
      expect(trained.status, trained.stderr).toBe(0);
      expect(JSON.parse(trained.stdout)).toMatchObject({ model: name, steps: 2 });
    }
  });

  it('ends with one clear message and a code when something is wrong', () => {
    const missing = cria('train', '--config', join(workspace, 'none.yaml'));
    expect(missing).toMatchObject({ status: 1, stdout: '' });
    expect(missing.stderr).toMatch(/^error: There is no config .*none\.yaml\.\n/);
    expect(cria('train').status).toBe(2);
    expect(cria('eval', 'nobody', '--suite', 'demo').stderr).toContain('There is no model "nobody"');
  });
});
