/** Where BabyLM's corpora are published. Tests put a server of their own in the origins' place. */

/** Words that a track allows, counted at white space. */
export const TRACKS = { 'strict-small': 10_000_000, strict: 100_000_000 } as const;

export interface CorpusOrigins {
  /** The one archive of 2023, as the challenge's site has it. */
  archive2023: string;
  /** First page of the root folder of the challenge's OSF project, which 2024 and 2025 share. */
  osf: string;
}

export const CORPUS_ORIGINS: CorpusOrigins = {
  archive2023: 'https://github.com/babylm/babylm.github.io/raw/main/babylm_data.zip',
  osf: 'https://api.osf.io/v2/nodes/ad7qg/files/osfstorage/?page[size]=100',
};

export const CORPUS_SOURCES = [
  { name: '2024-10M', title: 'BabyLM 2024 and 2025, 10M words', archives: ['train_10M.zip', 'dev.zip'], members: ['train_10M', 'dev'] },
  { name: '2024-100M', title: 'BabyLM 2024 and 2025, 100M words', archives: ['train_100M.zip', 'dev.zip'], members: ['train_100M', 'dev'] },
  { name: '2023-10M', title: 'BabyLM 2023, 10M words', archives: null, members: ['babylm_10M', 'babylm_dev'] },
  { name: '2023-100M', title: 'BabyLM 2023, 100M words', archives: null, members: ['babylm_100M', 'babylm_dev'] },
] as const;
export type CorpusSource = (typeof CORPUS_SOURCES)[number];
