/** Token files are made once for a text and a tokenizer, and found again by what they were made of. */
import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { CriaError } from '../../shared/errors.ts';
import { sha256File } from '../disk/hash.ts';
import type { JobContext } from '../queue/jobContext.ts';
import { corpusFiles, type Split } from './corpusFolder.ts';
import { throwIfCancelled } from './textFile.ts';
import { TOKEN_FILE_VERSION, TokenFile, buildTokenFile, readSources } from './tokenFile.ts';
import type { Tokenizer } from './tokenizer.ts';

export interface TokenFileRequest {
  /** A folder, of which the files with the suffix are taken in the order of their names, or one text file of any name. */
  folder: string;
  suffix: Split;
  tokenizer: Tokenizer;
  /** Where token files are kept; made when missing. */
  cacheFolder: string;
}

/**
 * The token file of a data set, made when there is none for just this text and tokenizer, or when the one there is damaged.
 *
 * @throws CriaError `not-found` or `bad-input` when there is no text or it cannot be read; `cancelled`
 */
export async function ensureTokenFile({ folder, suffix, tokenizer, cacheFolder }: TokenFileRequest, context: JobContext): Promise<TokenFile> {
  const files = statSync(folder, { throwIfNoEntry: false })?.isFile() ? [folder] : corpusFiles(folder, [suffix]);
  const key = createHash('sha256').update(`${TOKEN_FILE_VERSION} ${tokenizer.sha256} ${tokenizer.addPrefixSpace}`);
  for (const file of files) {
    throwIfCancelled(context.signal);
    key.update(`\n${await sha256File(file)}`);
  }
  const path = join(cacheFolder, `${key.digest('hex').slice(0, 32)}.tokens`);
  if (existsSync(path)) {
    const found = openIntact(path, context);
    if (found) return found;
  }
  await buildTokenFile({ files, tokenizer, output: path }, context);
  return new TokenFile(path);
}

function openIntact(path: string, context: JobContext): TokenFile | null {
  let file: TokenFile | null = null;
  try {
    file = new TokenFile(path);
    file.verify();
    if (readSources(path)?.sha256 === file.sha256) return file;
    context.log('warning', `${basename(path)}.json is missing or does not fit; the token file is made again.`);
  } catch (error) {
    if (!(error instanceof CriaError)) throw error;
    context.log('warning', `${error.message} It is made again.`);
  }
  file?.close();
  return null;
}
