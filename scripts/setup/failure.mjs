/** A failure that a user can do something about: one message, one way out, no stack. */
export class SetupFailure extends Error {
  /**
   * @param {string} message what is wrong
   * @param {string} fix what to do about it
   */
  constructor(message, fix) {
    super(message);
    this.fix = fix;
  }
}

/**
 * Turns what a step ran into into a failure that says what to do.
 * @param {unknown} error
 * @param {string} step
 */
export function explain(error, step) {
  if (error instanceof SetupFailure) return error;
  const { code, message, path } = /** @type {NodeJS.ErrnoException} */ (error);
  const where = path ? ` (${path})` : '';
  if (code === 'ENOSPC' || code === 'EDQUOT' || /No space left on device|ENOSPC|Disk quota exceeded/.test(message)) return diskFull(step);
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS' || code === 'ENOTDIR') {
    return new SetupFailure(`${step}: ${message}${where}`, 'Make that folder writable, or set CRIA_CACHE to a folder that is.');
  }
  return new SetupFailure(`${step} failed: ${message}`, 'Run it again; what was finished is kept. If it fails again, please report it with this message.');
}

/** @param {string} step */
export function diskFull(step) {
  return new SetupFailure(`${step}: the disk is full.`, 'Free some space (about 2 GB are needed in all), or set CRIA_CACHE to a folder on another disk, and run it again.');
}
