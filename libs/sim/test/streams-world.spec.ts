// A stream application in the simulator: exact sums whatever is killed, wiped, stopped or cut.

import { describe, expect, it } from 'vitest';
import { runSimulation, streamsCrashScenario } from '@drave/sim';

describe('a stream application in the simulator', () => {
  it('sums exactly through kills, power cuts, wiped disks, zombies and cut wires', async () => {
    let faultCount = 0;
    for (let seed = 1; seed <= 4; seed += 1) {
      const { facts } = await runSimulation(seed, streamsCrashScenario);
      expect(facts['rows']).toBeGreaterThan(20);
      faultCount += facts['faults'] ?? 0;
    }
    expect(faultCount).toBeGreaterThan(12);
  });

  it('plays one seed the same way each time', async () => {
    const first = await runSimulation(5, streamsCrashScenario);
    expect(await runSimulation(5, streamsCrashScenario)).toEqual(first);
  });
});
