/** The job that fetches a BabyLM corpus from where it is published. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CriaError } from '../../shared/errors.ts';
import type { JobParams, JobResults } from '../../shared/jobs.ts';
import { writeJsonAtomic } from '../disk/atomic.ts';
import { sha256File } from '../disk/hash.ts';
import { findOsfFiles } from '../network/osf.ts';
import { fetchResumable } from '../network/resume.ts';
import type { JobContext } from '../queue/jobContext.ts';
import { extractFolders } from './archive.ts';
import { CORPUS_ORIGINS, CORPUS_SOURCES, type CorpusOrigins, type CorpusSource } from './sources.ts';

const RECORD = 'SOURCE.json';

interface Archive {
  url: string;
  /** null where the origin gives none; the archive's own checksums must do then. */
  sha256: string | null;
}

/**
 * Downloads and unpacks a corpus into `output`. Broken off at any point, it goes on there: archives are resumed, and kept until all is
 * unpacked.
 * @throws CriaError `bad-input` for a damaged archive, `not-found` when the origin cannot be reached, `no-space`, `cancelled`
 */
export async function downloadCorpus({ source: name, output }: JobParams<'download-corpus'>, context: JobContext, origins: CorpusOrigins = CORPUS_ORIGINS): Promise<JobResults['download-corpus']> {
  const source = CORPUS_SOURCES.find((candidate) => candidate.name === name)!;
  const known = finished(output, source);
  if (known) return { output, files: known };
  mkdirSync(output, { recursive: true });
  const archives = await archivesOf(source, origins, context);
  const files: string[] = [];
  const record: { url: string; sha256: string }[] = [];
  const pathOf = (i: number) => join(output, `archive-${i}.zip`);
  for (const [i, archive] of archives.entries()) {
    const path = pathOf(i);
    const sha256 = await fetchArchive(archive, path, source, context);
    record.push({ url: archive.url, sha256 });
    files.push(...(await unpack(path, source, output, context)));
  }
  writeJsonAtomic(join(output, RECORD), { source: source.name, archives: record, files });
  archives.forEach((_, i) => rmSync(pathOf(i), { force: true }));
  return { output, files };
}

async function unpack(path: string, { title, members }: CorpusSource, output: string, context: JobContext): Promise<string[]> {
  try {
    return await extractFolders(path, members, output, { signal: context.signal, onBytes: (done) => context.progress({ label: `Unpacking ${title}`, done, total: done, unit: 'bytes' }) });
  } catch (error) {
    // A damaged archive would be damaged the next time as well.
    if (error instanceof CriaError && error.code === 'bad-input') rmSync(path, { force: true });
    throw error;
  }
}

/** What an earlier download finished; null when there is none. */
function finished(output: string, source: CorpusSource): string[] | null {
  const path = join(output, RECORD);
  if (!existsSync(path)) return null;
  const record = JSON.parse(readFileSync(path, 'utf8')) as { source: string; files: string[] };
  if (record.source !== source.name) throw new CriaError('exists', `${output} holds another corpus, ${record.source}.`, 'Choose another folder.');
  return record.files.every((file) => existsSync(join(output, file))) ? record.files : null;
}

async function archivesOf(source: CorpusSource, origins: CorpusOrigins, { signal }: JobContext): Promise<Archive[]> {
  if (source.archives === null) return [{ url: origins.archive2023, sha256: null }];
  return findOsfFiles(origins.osf, ['text_data'], source.archives, { signal });
}

async function fetchArchive({ url, sha256: expected }: Archive, path: string, { title }: CorpusSource, context: JobContext): Promise<string> {
  // One that is here has been checked when it came.
  if (existsSync(path)) return sha256File(path);
  const partial = `${path}.part`;
  const sha256 = await fetchResumable(url, partial, {
    signal: context.signal,
    onBytes: (done, total) => context.progress({ label: `Downloading ${title}`, done, total: total ?? done, unit: 'bytes' }),
  });
  if (expected !== null && sha256 !== expected) {
    rmSync(partial, { force: true });
    throw new CriaError('bad-input', `${url} came with checksum ${sha256} instead of ${expected}.`, 'The download was damaged. Run it again.');
  }
  renameSync(partial, path);
  return sha256;
}
