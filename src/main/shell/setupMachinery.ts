/** Set-up's own code, which is no part of the build: it has to run before anything is built, and from the unpacked folder of a package. */
import { pathToFileURL } from 'node:url';
import type { SetupMachinery } from './setupFlow.ts';

/** @param path of scripts/setup/app.mjs */
export async function loadMachinery(path: string): Promise<SetupMachinery> {
  return (await import(/* @vite-ignore */ pathToFileURL(path).href)) as SetupMachinery;
}
