// Work begun as its input comes, results handed on in the order of the input, each as soon as it is there. Protects: a caller that
// waits for one result before it sends more gets it; what is under way is bounded in number and weight, then reading stops.

export interface OrderLimits<Input> {
  readonly pendingMax: number;
  readonly weightOf: (input: Input) => number;
  /** Below it reading goes on. */
  readonly weightMax: number;
}

/** Results of `begin` for each input. An error of the input comes after the results before it. */
export async function* inOrder<Input, Result>(
  inputs: AsyncIterable<Input>,
  begin: (input: Input) => Promise<Result>,
  { pendingMax, weightOf, weightMax }: OrderLimits<Input>,
): AsyncGenerator<Result> {
  const pending: { readonly result: Promise<Result>; readonly weight: number }[] = [];
  let weightSum = 0;
  let wakeReader: () => void = () => undefined;
  let wakeWriter: () => void = () => undefined;
  let isOver = false;
  let failure: { readonly error: unknown } | undefined;
  const read = async (): Promise<void> => {
    try {
      for await (const input of inputs) {
        if (isOver) return;
        const result = begin(input);
        result.catch(() => undefined); // It is awaited below, perhaps later than it fails.
        const weight = weightOf(input);
        weightSum += weight;
        pending.push({ result, weight });
        wakeWriter();
        while ((pending.length >= pendingMax || weightSum >= weightMax) && !isOver) {
          await new Promise<void>((resolve) => (wakeReader = resolve));
        }
      }
    } catch (error) {
      failure = { error };
    } finally {
      isOver = true;
      wakeWriter();
    }
  };
  const reading = read();
  try {
    for (;;) {
      const next = pending[0];
      if (next) {
        const result = await next.result;
        void pending.shift();
        weightSum -= next.weight;
        wakeReader();
        yield result;
      } else if (isOver) {
        break;
      } else {
        await new Promise<void>((resolve) => (wakeWriter = resolve));
      }
    }
  } finally {
    isOver = true;
    wakeReader();
  }
  await reading;
  if (failure) throw failure.error;
}
