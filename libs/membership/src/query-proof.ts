// Whether the address of a processor may be given a token: an instance that has one of our tokens vouched for it. Protects: whoever
// can write to the directory collects no tokens. Leaves out: replay of an address by its former owner.

import { createHmac, timingSafeEqual } from 'node:crypto';
import type { ProcessorRegistration } from './registrations.js';

export interface QueryToken {
  readonly token: string;
}

/** One per token: only who has the token can make it. */
export function queryProofs(url: string, tokens: readonly QueryToken[]): string[] {
  return tokens.map(({ token }) => createHmac('sha256', token).update(url).digest('hex'));
}

/** True without tokens: then there is nothing to collect. */
export function isVouchedFor(
  { queryUrl, queryProof = '' }: Pick<ProcessorRegistration, 'queryUrl' | 'queryProof'>,
  tokens: readonly QueryToken[],
): boolean {
  if (queryUrl === undefined) return false;
  if (tokens.length === 0) return true;
  const given = Buffer.from(queryProof);
  return queryProofs(queryUrl, tokens).some((proof) => {
    const wanted = Buffer.from(proof);
    return wanted.length === given.length && timingSafeEqual(wanted, given);
  });
}
