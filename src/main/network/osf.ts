/** Files of a project on OSF, found by name through its public API, which gives a SHA-256 for each. */
import { failure, get, unreachable, type FetchOptions } from './origin.ts';

/** The entries of OSF's file API that matter here. */
interface OsfPage {
  data: {
    attributes: { name: string; kind: string; extra?: { hashes?: { sha256?: string } } };
    relationships?: { files?: { links: { related: { href: string } } } };
    links: { download?: string };
  }[];
  links: { next?: string | null };
}

export interface OsfFile {
  name: string;
  url: string;
  sha256: string | null;
}

/**
 * @param root first page of the project's root folder
 * @param path folders from there on
 * @param names the files wanted, in the order in which they are returned
 * @throws CriaError `not-found` when a folder or file is not there or OSF does not answer; `cancelled`
 */
export async function findOsfFiles(root: string, path: readonly string[], names: readonly string[], options: FetchOptions): Promise<OsfFile[]> {
  let url = root;
  for (const segment of path) {
    const entry = (await listFolder(url, options)).find(({ attributes }) => attributes.kind === 'folder' && attributes.name === segment);
    const href = entry?.relationships?.files?.links.related.href;
    if (!href) throw unreachable(url, `has no folder "${segment}"`);
    url = withPageSize(href);
  }
  const entries = await listFolder(url, options);
  return names.map((name) => {
    const file = entries.find(({ attributes }) => attributes.kind === 'file' && attributes.name === name);
    if (!file?.links.download) throw unreachable(url, `has no file "${name}"`);
    return { name, url: file.links.download, sha256: file.attributes.extra?.hashes?.sha256 ?? null };
  });
}

function withPageSize(href: string): string {
  const url = new URL(href);
  url.searchParams.set('page[size]', '100');
  return url.href;
}

async function listFolder(first: string, options: FetchOptions): Promise<OsfPage['data']> {
  const entries: OsfPage['data'] = [];
  for (let url: string | null | undefined = first; url; ) {
    const response = await get(url, options);
    if (!response.ok) throw unreachable(url, `answered ${response.status}`);
    const page = (await response.json().catch((error: unknown) => {
      throw failure(url!, error, options);
    })) as OsfPage;
    if (!Array.isArray(page.data)) throw unreachable(url, 'did not answer as OSF does');
    entries.push(...page.data);
    url = page.links?.next;
  }
  return entries;
}
