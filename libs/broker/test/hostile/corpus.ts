// Every named case against a broker that advertises `ranges`. The topics `hostile` and `hostile-compacted` must exist.

import { batchCases, bombCases } from './batch-cases.ts';
import { frameCases, keyCases, primitiveCases } from './frame-cases.ts';
import type { HostileCase } from './hostile-case.ts';
import { nameCases } from './name-cases.ts';
import { validRequests, type AdvertisedRange } from './valid-requests.ts';

export function* namedCases(ranges: readonly AdvertisedRange[]): Generator<HostileCase> {
  yield* frameCases();
  yield* keyCases(ranges);
  yield* primitiveCases(validRequests(ranges));
  yield* batchCases();
  yield* bombCases();
  yield* nameCases();
}
