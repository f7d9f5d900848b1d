import packageJson from '../../package.json' with { type: 'json' };

/** Cria's own version. */
export const VERSION: string = packageJson.version;
