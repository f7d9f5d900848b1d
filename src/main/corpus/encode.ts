/** Encoding text files into ids. */
import { statSync } from 'node:fs';
import { CriaError } from '../../shared/errors.ts';
import type { JobParams } from '../../shared/jobs.ts';
import type { EncodeResult } from '../../shared/results.ts';
import { streamFileAtomic } from '../disk/atomic.ts';
import type { JobContext } from '../queue/jobContext.ts';
import { lastSafeCut } from './byteLevel.ts';
import { LONGEST_LINE } from './rules/lines.ts';
import { readLfText, type ReadOptions } from './textFile.ts';
import { loadTokenizer, type Tokenizer } from './tokenizer.ts';

/** Longest text, in UTF-16 units, that is held when it cannot be cut. */
const LONGEST_PIECE = 4 * LONGEST_LINE;

/**
 * The ids of a whole file, as one call on its whole text gives them, in pieces. Newlines are read as Python reads them.
 *
 * @throws CriaError `bad-input` when the file is not text; `cancelled`
 */
export async function* encodeTextFile(path: string, tokenizer: Tokenizer, options: ReadOptions = {}): AsyncGenerator<number[]> {
  let held = '';
  for await (const piece of readLfText(path, options)) {
    held += piece;
    const cut = tokenizer.canEncodePieces ? lastSafeCut(held) : -1;
    if (cut > 0) {
      yield tokenizer.encode(held.slice(0, cut));
      held = held.slice(cut);
    } else if (held.length > LONGEST_PIECE) {
      throw new CriaError('bad-input', `${path} cannot be cut for encoding within ${LONGEST_PIECE} characters.`,
        'Break its text into lines with spaces between words, or use a tokenizer made by `cria tokenizer`.');
    }
  }
  yield tokenizer.encode(held);
}

/** Bytes that an id takes: 2 unless one above 65,535 can occur. */
export function bytesPerToken(tokenizer: Tokenizer): 2 | 4 {
  return tokenizer.vocabSize > 0x10000 ? 4 : 2;
}

/** Ids as little-endian integers: the order of every processor that Node runs on. */
export function idBytes(ids: readonly number[], width: 2 | 4): Uint8Array {
  return new Uint8Array((width === 2 ? Uint16Array : Uint32Array).from(ids).buffer);
}

/**
 * Encodes one file as if in one call into bare little-endian ids: uint16, or uint32 when the vocabulary has ids above 65,535.
 *
 * @throws CriaError `bad-input` for a text or tokenizer that cannot be read; `cancelled`
 */
export async function encodeFile(params: JobParams<'encode'>, context: JobContext): Promise<EncodeResult> {
  const tokenizer = await loadTokenizer(params.tokenizer, { addPrefixSpace: params.addPrefixSpace });
  const width = bytesPerToken(tokenizer);
  const total = statSync(params.input, { throwIfNoEntry: false })?.size ?? 0;
  let tokens = 0;
  await streamFileAtomic(params.output, async (append) => {
    const onBytes = (done: number): void => context.progress({ label: 'Encoding', done, total, unit: 'bytes' });
    for await (const ids of encodeTextFile(params.input, tokenizer, { signal: context.signal, onBytes })) {
      tokens += ids.length;
      await append(idBytes(ids, width));
    }
  });
  return { output: params.output, tokens, bytesPerToken: width };
}
