// What every proof answers, and how its options are read.

export interface Proof {
  /** What was counted, by name. */
  readonly figure: Readonly<Record<string, number | string>>;
  /** What must hold, in words. */
  readonly bar: string;
  readonly pass: boolean;
  readonly seed: number | string;
}

/** The whole number after `--name`, else `otherwise`; a missing or odd one ends the process with a sentence. */
export function numberOption(options: readonly string[], name: string, otherwise: number): number {
  const index = options.indexOf(name);
  if (index < 0) return otherwise;
  const value = Number(options[index + 1]);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  console.error(`${name} takes a whole number`);
  process.exit(2);
}
