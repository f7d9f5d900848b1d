/**
 * The one error that crosses process borders. A user sees `message` and `hint`, never a stack:
 * the message says what is wrong and where, the hint says what to do about it.
 */

/** What kind of thing went wrong; stable, so that scripts and the window can act on it. */
export type ErrorCode =
  | 'bad-config'
  | 'bad-input'
  | 'bad-model'
  | 'bad-request'
  | 'busy'
  | 'cancelled'
  | 'exists'
  | 'internal'
  | 'no-library'
  | 'no-space'
  | 'non-finite'
  | 'not-allowed'
  | 'not-found'
  | 'not-writable'
  | 'out-of-memory'
  | 'too-new';

/** The form in which an error crosses a wire. */
export interface WireError {
  code: ErrorCode;
  message: string;
  hint: string;
}

export class CriaError extends Error {
  readonly code: ErrorCode;
  readonly hint: string;

  /**
   * @param code stable kind of failure
   * @param message what is wrong and where (file, line, key), in one or two sentences
   * @param hint what the user can do; empty when there is nothing to do
   */
  constructor(code: ErrorCode, message: string, hint = '', options?: ErrorOptions) {
    super(message, options);
    this.name = 'CriaError';
    this.code = code;
    this.hint = hint;
  }
}

/** System errors that mean the same to a user wherever they happen. */
const SYSTEM_ERRORS: Record<string, [ErrorCode, string]> = {
  ENOSPC: ['no-space', 'Free some disk space, then run the command again; nothing finished is lost.'],
  SQLITE_FULL: ['no-space', 'Free some disk space; nothing that was stored is lost.'],
  SQLITE_IOERR: ['not-writable', 'The disk reports an error under the database. Check the disk; what was stored before is kept.'],
  SQLITE_READONLY: ['not-writable', 'Check the permissions of the workspace.'],
  EDQUOT: ['no-space', 'Your disk quota is used up. Free some space, then run the command again.'],
  EACCES: ['not-writable', 'Check the permissions of that path, or choose another with --workspace.'],
  EPERM: ['not-writable', 'Check the permissions of that path, or choose another with --workspace.'],
  EROFS: ['not-writable', 'That file system is read-only. Choose another place with --workspace.'],
  ENOENT: ['not-found', 'Check the path.'],
  ENOTDIR: ['not-found', 'Check the path: a part of it is a file.'],
  EISDIR: ['bad-input', 'That is a folder; give the path of a file.'],
  ELOOP: ['bad-input', 'The links of that path lead in a circle.'],
  ENAMETOOLONG: ['bad-input', 'Give a shorter path.'],
  EIO: ['not-writable', 'The disk reports an error. Check the disk; what was saved before is kept, and a run can be resumed from it.'],
};

/** Turns whatever was thrown into the form that crosses a wire. Unknown errors become `internal`. */
export function toWireError(thrown: unknown): WireError {
  if (thrown instanceof CriaError) {
    return { code: thrown.code, message: thrown.message, hint: thrown.hint };
  }
  const error = thrown as { code?: unknown; message: string } | null;
  // SQLite's extended codes say more after the kind: SQLITE_IOERR_WRITE.
  const kind = typeof error?.code === 'string' ? (/^SQLITE_[A-Z]+/.exec(error.code)?.[0] ?? error.code) : '';
  const known = Object.hasOwn(SYSTEM_ERRORS, kind) ? SYSTEM_ERRORS[kind] : undefined;
  if (known) return { code: known[0], message: error!.message, hint: known[1] };
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return { code: 'internal', message, hint: 'This is a defect in Cria. The log has the details.' };
}

/** The inverse of {@link toWireError}, for the side that receives. */
export function fromWireError(error: WireError): CriaError {
  return new CriaError(error.code, error.message, error.hint);
}
