// Validates one part of a request with a zod schema. Protects: a handler sees only what its schema says. The sentence names the
// field. Leaves out: Nest's own validation pipe, which knows no error codes.

import { restErrorCodes } from '@drave/contracts/rest';
import type { PipeTransform } from '@nestjs/common';
import type { z } from 'zod';
import { RestError } from './rest-error.js';

export class SchemaPipe<Output> implements PipeTransform<unknown, Output> {
  readonly #schema: z.ZodType<Output>;
  readonly #what: string;

  /** `what` names the part in the error: `body`, `query`. */
  constructor(schema: z.ZodType<Output>, what: string) {
    this.#schema = schema;
    this.#what = what;
  }

  transform(value: unknown): Output {
    const parsed = this.#schema.safeParse(value);
    if (parsed.success) return parsed.data;
    const sentences = parsed.error.issues
      .slice(0, 5)
      // A text that should be a number was NaN on the way: nobody sent that.
      .map(({ path, message }) => {
        const where = [this.#what, ...path].join('.');
        return `${where}: ${message.replace(', received NaN', '')}`;
      });
    throw new RestError(restErrorCodes.invalidRequest, sentences.join('; '));
  }
}
