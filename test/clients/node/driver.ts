// Reads commands from standard input, one JSON object a line, and answers each with one line of JSON. A client script passes an object
// whose methods are the commands; an exception becomes {"error": text}. The process ends with its input, without leaving groups.

import { createInterface } from 'node:readline';

export type Commands = Readonly<Record<string, (options: never) => unknown>>;

/** Serves the commands until the input ends. */
export async function serve(commands: Commands): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    const { do: name, ...options } = JSON.parse(line) as { do: string };
    let answer: unknown;
    try {
      const command = commands[name];
      if (!command) throw new Error(`no command '${name}'`);
      answer = { ok: (await command(options as never)) ?? null };
    } catch (error) {
      answer = { error: String(error) };
    }
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
  process.exit(0);
}

export interface Produce {
  readonly topic: string;
  readonly codec?: string;
  readonly acks?: number;
  readonly idempotent?: boolean;
  readonly messages: readonly {
    readonly key?: string;
    readonly value: string;
    readonly headers?: Record<string, string>;
  }[];
}

export interface Read {
  readonly topic: string;
  readonly partition: number;
  readonly count: number;
  readonly offset?: number | 'end';
  readonly time_ms?: number;
}

export interface Alter {
  readonly topic: string;
  readonly configs: Record<string, string>;
  readonly partitions: number;
}

/** Records that arrived and were not asked for yet. */
export class Inbox<Message> {
  readonly #messages: Message[] = [];
  #wake: (() => void) | undefined;

  push(message: Message): void {
    this.#messages.push(message);
    this.#wake?.();
  }

  /** The next `count`, when they are there. */
  async take(count: number): Promise<Message[]> {
    while (this.#messages.length < count) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#messages.splice(0, count);
  }
}

/** Gives whoever polls in a loop the time that the client needs. */
export const breathe = (): Promise<void> => new Promise((resolve) => void setTimeout(resolve, 20));
