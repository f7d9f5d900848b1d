/** Corpora and tokenizers. */
import { z } from 'zod';
import { rawCorpus } from '../results.ts';
import { absolutePath, nothing, request, started } from './common.ts';

export const CORPUS_REQUESTS = {
  'corpus.clean': request(z.object({ input: absolutePath, output: absolutePath }), started),
  /** Cleans a folder of text into the workspace's corpora, under a name. */
  'corpus.import': request(
    z.object({
      source: absolutePath,
      name: z.string().min(1),
      /** Which files, and what they are called in the corpus; absent: the folder's own .train and .dev files. */
      files: z.array(z.object({ path: absolutePath, name: z.string().min(1) })).min(1).optional(),
    }),
    started,
  ),
  /** BabyLM corpora of any year below a folder (null: what was downloaded into the workspace), and texts of one's own laid out alike. */
  'corpus.recognise': request(z.object({ folder: absolutePath.nullable() }), z.array(rawCorpus)),
  /** The corpora that can be downloaded, and where those lie that were. */
  'corpus.sources': request(nothing, z.array(z.object({ name: z.string(), title: z.string(), folder: z.string().nullable() }))),
  /** Fetches one into the workspace's data, raw; `corpus.import` cleans it. */
  'corpus.download': request(z.object({ source: z.enum(['2023-10M', '2023-100M', '2024-10M', '2024-100M']) }), started),
  /** Draws a training corpus from several texts by shares, never more words than the track allows. */
  'corpus.mix': request(
    z.object({
      name: z.string().min(1),
      parts: z.array(z.object({ path: absolutePath, name: z.string().min(1), share: z.number().positive() })).min(1).max(200),
      track: z.enum(['strict-small', 'strict', 'none']),
      /** Words wanted; the track's budget when absent. */
      words: z.int().min(1).optional(),
      seed: z.int().min(0).default(1),
    }),
    started,
  ),
  'corpus.list': request(
    nothing,
    z.array(
      z.object({
        name: z.string(),
        folder: z.string(),
        files: z.array(z.object({ file: z.string(), bytes: z.number() })),
        /** The run that cleaned it; null for a folder that was put there. */
        runId: z.string().nullable(),
        cleanedFrom: z.string().nullable(),
        words: z.int().nullable(),
      }),
    ),
  ),
  'corpus.encode': request(
    z.object({ input: absolutePath, tokenizer: absolutePath, addPrefixSpace: z.boolean().nullable(), output: absolutePath }),
    started,
  ),
  'demo.makeCorpus': request(z.object({ output: absolutePath, seed: z.int(), words: z.int().min(2000) }), started),
  /** The whole demo, run by the engine: the runs it starts are told of as it goes. */
  'demo.start': request(z.object({ tiny: z.boolean().default(false) }), z.object({ prefix: z.string() })),

  'tokenizer.train': request(
    z.object({
      inputs: z.array(absolutePath).min(1),
      output: absolutePath,
      vocabSize: z.int().min(260).max(1_000_000).default(16_000),
      minFrequency: z.int().min(1).default(2),
    }),
    started,
  ),
  'tokenizer.list': request(
    nothing,
    z.array(z.object({ name: z.string(), path: z.string(), sha256: z.string(), vocabSize: z.int(), runId: z.string().nullable(), createdAt: z.number() })),
  ),
  'tokenizer.try': request(
    z.object({ tokenizer: absolutePath, text: z.string().max(10_000) }),
    z.object({ tokens: z.array(z.object({ id: z.int(), text: z.string() })) }),
  ),
} as const;
