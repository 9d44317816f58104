// The file of seeds that failed once: `<scenario> <seed>  # what it showed`, one a line; empty lines and comments are fine.

export interface KnownSeed {
  readonly scenario: string;
  readonly seed: number;
}

/** Throws with the line number when a line is malformed. */
export function parseSeeds(text: string): KnownSeed[] {
  const result: KnownSeed[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const content = line.replace(/#.*/, '').trim();
    if (content === '') continue;
    const [, scenario, seed] = /^([a-z0-9-]+)\s+(\d+)$/.exec(content) ?? [];
    if (scenario === undefined || seed === undefined) {
      throw new Error(`seeds line ${index + 1}: "${content}" is not "<scenario> <seed>"`);
    }
    result.push({ scenario, seed: Number(seed) });
  }
  return result;
}
