// The list of APIs a client is told, derived from the registrations alone. Source: Kafka protocol guide, ApiVersions.

import type { Handler } from './define-handler.js';

export interface AdvertisedApi {
  readonly apiKey: number;
  readonly minVersion: number;
  readonly maxVersion: number;
}

export function advertisedApis(handlers: readonly Handler[]): AdvertisedApi[] {
  return handlers.map(({ apiKey, advertisedMin, versions }) => ({
    apiKey,
    minVersion: advertisedMin,
    maxVersion: versions.max,
  }));
}
