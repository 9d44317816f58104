// One promise for "please stop": SIGINT, SIGTERM or a key. A second signal ends the process at once.

export interface StopSignal {
  /** Settles once. */
  readonly requested: Promise<void>;
  /** Asks for the stop from inside. */
  request(): void;
}

/** Installs the handlers; call it once per process. */
export function stopSignal(): StopSignal {
  let asked = false;
  let resolve = (): void => {};
  const requested = new Promise<void>((settle) => {
    resolve = settle;
  });
  const onSignal = (signal: NodeJS.Signals): void => {
    if (asked) process.exit(signal === 'SIGINT' ? 130 : 143);
    asked = true;
    resolve();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return {
    requested,
    request: () => {
      asked = true;
      resolve();
    },
  };
}
