// The fast subset of `npm run rel -- torn`, and that it sees each mistake it is there for.

import { describe, expect, it } from 'vitest';
import { twins } from '../scripts/rel/crash/twins.ts';
import { crashStates, prove } from '../scripts/rel/torn.ts';

it('no crash state in the memory disk loses, invents or serves damaged batches', async () => {
  const { pass, figure } = await prove(['--quick', '--random', '200']);
  expect(figure).toMatchObject({ wrong: 0, lost: 0, served: 0 });
  expect(Number(figure.states)).toBeGreaterThan(3000);
  expect(pass).toBe(true);
}, 120_000);

describe('the crash states see a log that', () => {
  it.each(twins.filter(({ seenBy }) => seenBy.includes('torn')))(
    '$mistake',
    async (twin) => {
      const { misses } = await crashStates({ seed: 1, twin, isQuick: true, randoms: 400 });
      expect(misses).toBeGreaterThan(0);
    },
    60_000,
  );
});
