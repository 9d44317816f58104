// The life of an application's process: start, wait for SIGTERM or SIGINT, stop, exit code. Protects: a signal that comes while
// starting stops what was started, or ends the process when the start hangs; a second one ends it at once; a failure is one
// sentence on standard error and code 1. Leaves out: options (process-options.ts).

import { nodePlatform } from '@drave/platform';

/** How long a start may go on after a signal, before the process ends as if killed. */
const startGraceMs = 1_000;

/** What runs in the process. */
export interface Service {
  /** Settles with the reason when it cannot go on by itself. */
  readonly failed?: Promise<Error>;
  stop(): Promise<void>;
}

/** Runs until a signal or a failure and ends the process: code 0 after a clean stop, 1 otherwise. */
export async function runProcess(name: string, start: () => Promise<Service>): Promise<void> {
  const signalled = nextSignal();
  try {
    const starting = start();
    // Until it has started there is nothing to lose: everything that runs here survives a kill.
    const isEarly = signalled.then(() => nodePlatform().scheduler.sleep(startGraceMs));
    const service = await Promise.race([starting, isEarly]);
    if (!service) process.exit(0);
    const end = await Promise.race([signalled, ...(service.failed ? [service.failed] : [])]);
    await service.stop();
    if (end instanceof Error) throw end;
    process.exit(0);
  } catch (error) {
    process.stderr.write(`${name}: ${sentenceOf(error)}\n`);
    process.exit(1);
  }
}

function nextSignal(): Promise<NodeJS.Signals> {
  let isAsked = false;
  return new Promise((resolve) => {
    const onSignal = (signal: NodeJS.Signals): void => {
      if (isAsked) process.exit(signal === 'SIGINT' ? 130 : 143);
      isAsked = true;
      resolve(signal);
    };
    process.on('SIGTERM', onSignal);
    process.on('SIGINT', onSignal);
  });
}

/** An error with a code speaks to the user; another one is a bug and shows where. */
function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error ? error.message : (error.stack ?? error.message);
}
