// The demo's face: a refreshed screen with keys on a terminal, one line a second elsewhere.
// Protects: the terminal is given back as it was, whatever ends the run.

import type { Platform } from '@drave/platform';
import { createLogUpdate } from 'log-update';
import { print } from '../output.js';
import { type DemoStatus, renderLine, renderScreen } from './status-view.js';

export type KeyAction = 'scale' | 'kill' | 'burst' | 'quit';

const keyLine = 's scale 1 → 3 → 1   k kill one without goodbye   b burst   q quit';
const actions: Readonly<Record<string, KeyAction>> = {
  s: 'scale',
  k: 'kill',
  b: 'burst',
  q: 'quit',
  '\u0003': 'quit',
};

export interface TerminalOptions {
  readonly platform: Platform;
  readonly status: () => Promise<DemoStatus>;
  readonly onKey: (action: KeyAction) => void;
}

/** Shows the status until `stop`. */
export class Terminal {
  readonly #options: TerminalOptions;
  readonly #interactive = process.stdout.isTTY && process.stdin.isTTY;
  readonly #screen = createLogUpdate(process.stdout);
  #stopped = false;
  #done: Promise<void> | undefined;

  constructor(options: TerminalOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#interactive) {
      process.stdin.setRawMode(true);
      process.stdin.setEncoding('utf8');
      process.stdin.on('data', this.#onData);
      process.stdin.resume();
    }
    this.#done = this.#show();
  }

  /** A line that stays above the screen. */
  say(text: string): void {
    if (this.#interactive) this.#screen.persist(text);
    else print(text);
  }

  /** Shows the last status once more and gives the terminal back. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#done;
    if (!this.#interactive) return;
    this.#screen.done();
    process.stdin.off('data', this.#onData);
    process.stdin.setRawMode(false);
    process.stdin.pause();
  }

  async #show(): Promise<void> {
    const { scheduler } = this.#options.platform;
    const everyMs = this.#interactive ? 250 : 1_000;
    while (!this.#stopped) {
      const status = await this.#options.status();
      if (this.#interactive) this.#screen(renderScreen(status, keyLine));
      else print(renderLine(status));
      for (let waitedMs = 0; waitedMs < everyMs && !this.#stopped; waitedMs += 50) {
        await scheduler.sleep(50);
      }
    }
  }

  readonly #onData = (text: string): void => {
    for (const character of text) {
      const action = actions[character.toLowerCase()];
      if (action) this.#options.onKey(action);
    }
  };
}
