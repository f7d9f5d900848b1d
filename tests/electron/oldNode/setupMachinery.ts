/**
 * Set-up's machinery on the old Electron, whose Node 12 cannot load the real one (tests/unit/setup and the packaging test run that): its
 * steps do what the file in `CRIA_TEST_SETUP` says, line by line as they come: "say TEXT", "progress DONE TOTAL", "done", "fail MESSAGE | FIX".
 * Without the file, all is prepared.
 */
import { existsSync, readFileSync } from 'fs';
import type { SetupMachinery } from '../../../src/main/shell/setupFlow.ts';

const script = process.env.CRIA_TEST_SETUP ?? '';
const names = ['Node 24', 'TensorFlow'];
/** Lines that have been carried out. */
let read = 0;

async function nextLine(signal: AbortSignal): Promise<string> {
  for (;;) {
    if (signal.aborted) throw new Error('stopped');
    const line = readFileSync(script, 'utf8').split('\n')[read];
    if (line) {
      read++;
      return line;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export async function loadMachinery(): Promise<SetupMachinery> {
  const done = new Set<number>();
  return {
    names,
    needs: () => ({ folder: '/a/cache', download: 'about 340 MB', disk: '1.6 GB' }),
    isPrepared: () => !existsSync(script),
    nodePath: () => process.env.CRIA_TEST_NODE!,
    async prepare({ say, onStep, progress, signal }) {
      for (const index of names.keys()) {
        if (done.has(index)) continue;
        onStep(index, 'running');
        while (!done.has(index)) {
          const [, verb, rest = ''] = /^(\w+) ?(.*)$/.exec(await nextLine(signal))!;
          const [first = '', second = ''] = rest.split(verb === 'fail' ? ' | ' : ' ');
          if (verb === 'say') say(rest);
          else if (verb === 'progress') progress(Number(first), Number(second));
          else if (verb === 'fail') throw Object.assign(new Error(first), { fix: second });
          else done.add(index);
        }
        onStep(index, 'done');
      }
    },
  };
}
