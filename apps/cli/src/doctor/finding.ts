// What one check of `drave doctor` found. Protects: whatever is not fine names what to do about it.

export type Verdict = 'ok' | 'warn' | 'fail' | 'skipped';

export interface Finding {
  readonly check: string;
  readonly verdict: Verdict;
  readonly message: string;
  /** What to do; absent when there is nothing to do. */
  readonly remedy?: string;
}

export function fine(check: string, message: string): Finding {
  return { check, verdict: 'ok', message };
}

export function skipped(check: string, message: string): Finding {
  return { check, verdict: 'skipped', message };
}

export function trouble(
  verdict: 'warn' | 'fail',
  check: string,
  message: string,
  remedy: string,
): Finding {
  return { check, verdict, message, remedy };
}

/** Runs checks one after another, so that one does not disturb what another measures; a check that throws has failed. */
export async function runChecks(
  checks: Readonly<Record<string, () => Promise<Finding | readonly Finding[]>>>,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const [check, run] of Object.entries(checks)) {
    try {
      findings.push(...[await run()].flat());
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      findings.push(trouble('fail', check, message, 'See what the message says.'));
    }
  }
  return findings;
}
