// What the client library refuses (RangeError) is the caller's mistake: 40001 with its sentence.

import { restErrorCodes } from '@drave/contracts/rest';
import { RestError } from '@drave/nest/http';

export function toRestError(error: unknown): unknown {
  if (!(error instanceof RangeError)) return error;
  return new RestError(restErrorCodes.invalidRequest, error.message, { cause: error });
}

/** `read`'s result; its RangeError as 40001. */
export async function orInvalid<T>(read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw toRestError(error);
  }
}
