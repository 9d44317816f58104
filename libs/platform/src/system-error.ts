// Errors in the shape of Node's (`code`, `path`, `syscall`) for what the adapters themselves find out.

export interface SystemError extends Error {
  code: string;
  path?: string;
  syscall?: string;
}

/** An Error with Node's `code`; the message starts with it. */
export function systemError(
  code: string,
  what: string,
  details: { readonly path?: string; readonly syscall?: string; readonly cause?: unknown } = {},
): SystemError {
  const { cause, ...fields } = details;
  const error = new Error(`${code}: ${what}`, cause === undefined ? {} : { cause });
  return Object.assign(error, { code, ...fields });
}

/** The `code` of an error of Node or of ours; undefined for anything else. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
