// Invariants that stay on in production. A failed one is a bug of ours: the owning shard, machine or actor dies and is
// rebuilt from the log. Leaves out: input validation (that answers with an error instead).

export class AssertionFailed extends Error {
  readonly code = 'ERR_DRAVE_ASSERTION';
  readonly facts: Readonly<Record<string, unknown>>;

  constructor(name: string, facts: Readonly<Record<string, unknown>>) {
    super(`assertion failed: ${name} ${inspect(facts)}`);
    this.name = 'AssertionFailed';
    this.facts = facts;
  }
}

/** Throws AssertionFailed unless `condition` holds. `name` is short and kebab-case; `facts` go into the message. */
export function assert(
  condition: boolean,
  name: string,
  facts: Readonly<Record<string, unknown>> = {},
): asserts condition {
  if (!condition) throw new AssertionFailed(name, facts);
}

/** The `default` of a switch over a union: a compile-time error when a case is missing. */
export function unreachable(value: never): never {
  throw new AssertionFailed('unreachable', { value });
}

function inspect(facts: Readonly<Record<string, unknown>>): string {
  try {
    return JSON.stringify(facts, (_key, value: unknown) =>
      typeof value === 'bigint' ? `${value}n` : value,
    );
  } catch {
    return '(facts not printable)';
  }
}
