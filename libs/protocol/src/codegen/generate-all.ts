// Entry for the repository's script and the freshness test (`@drave/protocol/codegen`). Leaves out: anything needed at run time.

import { apiDescriptors } from '../messages/catalogue.js';
import { type GeneratedFile, generate } from './generate.js';

/** The files of libs/protocol/src/generated, unformatted. */
export function generateAll(): GeneratedFile[] {
  return generate(apiDescriptors);
}
