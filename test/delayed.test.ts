// The fast subset of `npm run rel -- delayed`, with a real process that is killed, and that it sees each mistake it is there for.

import { describe, expect, it } from 'vitest';
import { prove } from '../scripts/rel/delayed.ts';

const timeout = 180_000;

describe('delayed records under kill -9', () => {
  it('come once, and never early', { timeout }, async () => {
    const { pass, figure } = await prove([
      '--records',
      '2000',
      '--cycles',
      '2',
      '--spread',
      '1500',
    ]);
    expect(figure).toMatchObject({ early: 0, lost: 0, twice: 0, notWaiting: 0 });
    expect(pass).toBe(true);
  });

  it.each(['early', 'lost', 'twice'])('are missed when one is %s', { timeout }, async (twin) => {
    const options = ['--records', '200', '--cycles', '0', '--spread', '300', '--twin', twin];
    const { pass, figure } = await prove(options);
    expect(figure[twin]).toBe(1);
    expect(pass).toBe(false);
  });
});
