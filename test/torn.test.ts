// The fast subset of `npm run rel -- torn`: every 16th byte and bit of the enumeration.

import { expect, it } from 'vitest';
import { prove } from '../scripts/rel/torn.ts';

it('no crash state in the memory disk loses, invents or serves damaged batches', async () => {
  const { pass, figure } = await prove(['--random', '200']);
  expect(figure).toMatchObject({ wrong: 0, lost: 0, served: 0 });
  expect(Number(figure.states)).toBeGreaterThan(1000);
  expect(pass).toBe(true);
}, 60_000);
