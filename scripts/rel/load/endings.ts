// What a proof made outside of its process (brokers, mounts, loop devices) and must not leave behind: undone in the opposite order when
// the process ends, by itself, by an error or by a signal. Leaves out: SIGKILL.

const undone: (() => void)[] = [];
let isListening = false;

/** Runs the synchronous, repeatable `undo` at the latest when the process ends. */
export function onEnd(undo: () => void): void {
  undone.push(undo);
  if (isListening) return;
  isListening = true;
  process.once('exit', () => {
    for (const one of undone.reverse()) one();
  });
  const signals = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
  for (const [signal, code] of Object.entries(signals)) {
    process.once(signal, () => process.exit(code));
  }
}
