// Entry for the repository's scripts and tests (`@drave/protocol/codegen`): the generated files and the descriptors as a model.
// Leaves out: anything needed at run time.

import { apiDescriptors } from '../messages/catalogue.js';
import { type GeneratedFile, generate } from './generate.js';
import { type ApiModel, resolveApi } from './model.js';

export type { ApiModel, FieldModel, StructModel } from './model.js';

/** The files of libs/protocol/src/generated, unformatted. */
export function generateAll(): GeneratedFile[] {
  return generate(apiDescriptors);
}

/** Every API with its fields, to derive sample messages and documents from. */
export function apiModels(): ApiModel[] {
  return apiDescriptors.map(resolveApi);
}
