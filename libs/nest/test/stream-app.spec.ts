import { startTestBroker } from '@drave/broker/testing';
import { LocalStore, StreamBuilder, text, StreamsApp as RunningApp } from '@drave/streams';
import { Inject, Injectable, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { describe, expect, it } from 'vitest';
import { Flow, InjectStore, InjectStreamApp, StreamApp, StreamsModule } from '../src/index.js';

@Injectable()
class Spelling {
  normal(word: string): string {
    return word.toLowerCase();
  }
}

class SpellingModule {}
Module({ providers: [Spelling], exports: [Spelling] })(SpellingModule);

@StreamApp({ id: 'words', commitIntervalMs: 50 })
class Lines {
  readonly #spelling: Spelling;

  constructor(@Inject(Spelling) spelling: Spelling) {
    this.#spelling = spelling;
  }

  @Flow()
  join(builder: StreamBuilder): void {
    builder
      .from('words', { key: text(), value: text() })
      .mapValues((word) => this.#spelling.normal(word), { value: text() })
      .groupByKey()
      .aggregate<string>(
        () => '',
        (line, word) => `${line} ${word}`.trim(),
        { store: 'lines', value: text() },
      )
      .toStream()
      .to('lines');
  }
}

@Injectable()
class Report {
  constructor(
    @InjectStore(Lines, 'lines') readonly lines: LocalStore<string, string>,
    @InjectStreamApp(Lines) readonly app: RunningApp,
  ) {}
}

const quiet = { logger: false, abortOnError: false } as const;

describe('a class with @StreamApp', () => {
  it('runs its flows with what is injected, and its stores are injected elsewhere', async () => {
    await using broker = await startTestBroker({ topics: { words: 1, lines: 1 } });
    const { platform, bootstrap } = broker;
    class App {}
    Module({
      imports: [
        StreamsModule.forRoot({ platform, brokers: [bootstrap] }),
        StreamsModule.forFeature([Lines], { imports: [SpellingModule] }),
      ],
      providers: [Report],
    })(App);
    const nest = await NestFactory.createApplicationContext(App, quiet);
    await broker.produce('words', [
      { key: 'a', value: 'Come' },
      { key: 'a', value: 'HERE' },
    ]);
    await broker.waitFor('lines', 2);
    const { lines, app } = nest.get(Report);
    expect(lines.get('a')).toBe('come here');
    expect(app.state).toBe('running');
    await nest.close();
    expect(app.state).toBe('closed');
  });

  it('fails the start with a sentence when it says nothing or a store does not exist', async () => {
    await using broker = await startTestBroker();
    const { platform, bootstrap } = broker;
    const start = (app: Type): Promise<unknown> => {
      class App {}
      const root = StreamsModule.forRoot({ platform, brokers: [bootstrap] });
      const feature = StreamsModule.forFeature([app], { imports: [SpellingModule] });
      Module({ imports: [root, feature] })(App);
      return NestFactory.createApplicationContext(App, quiet);
    };
    class Plain {}
    await expect(start(Plain)).rejects.toThrow('Plain is not decorated with @StreamApp');
    @StreamApp({ id: 'idle' })
    class Idle {}
    await expect(start(Idle)).rejects.toThrow('Idle has no method decorated with @Flow()');
    @StreamApp({ id: 'other' })
    class Other extends Lines {}
    InjectStore(Other, 'sums');
    await expect(start(Other)).rejects.toThrow(/no store 'sums'; it has: lines/);
  });
});
