// Every `scenarios/*.scenario.txt` happens as written.

import { readFileSync, readdirSync, writeFileSync } from 'node:fs';

import { expect, test } from 'vitest';

import { replayScenario } from './group-scenario.js';

const directory = new URL('./scenarios/', import.meta.url);

for (const file of readdirSync(directory).sort()) {
  test(`scenario ${file.replace('.scenario.txt', '').replaceAll('-', ' ')}`, async () => {
    const path = new URL(file, directory);
    const written = readFileSync(path, 'utf8');
    const observed = await replayScenario(written);
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(path, observed);
    else expect(observed).toBe(written);
  });
}
