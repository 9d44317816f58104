// The list of APIs a client is told, derived from the registrations alone. Source: Kafka protocol guide, ApiVersions.

/** One entry of an ApiVersions answer. */
export interface AdvertisedApi {
  readonly apiKey: number;
  readonly minVersion: number;
  readonly maxVersion: number;
}

/** What is known of a handler without knowing handlers. */
export interface ServedApi {
  readonly apiKey: number;
  readonly name: string;
  readonly advertisedMin: number;
  readonly versions: { readonly max: number };
}

export function advertisedApis(served: readonly ServedApi[]): AdvertisedApi[] {
  return served.map(({ apiKey, advertisedMin, versions }) => ({
    apiKey,
    minVersion: advertisedMin,
    maxVersion: versions.max,
  }));
}
