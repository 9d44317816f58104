// docs/reference/protocol-support.md as text: which API keys and versions the broker serves, what is left out of each, which unmodified
// client asks for which version of it, and which test over raw sockets names it. Protects: the page says what the handlers and the
// clients' recording say; a test compares it with what is checked in. Sources: the headers and registrations of
// libs/broker/src/handlers, test/clients/recorded-requests.json.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readRecording, type Recording } from '../test/clients/recording.ts';

interface Api {
  readonly key: number;
  readonly name: string;
  readonly codecName: string;
  readonly served: string;
  readonly advertised: string;
  readonly notImplemented: string;
}

/** Throws when a handler's text does not have the form that all have. */
export function protocolSupport(root: string): string {
  const handlers = join(root, 'libs', 'broker', 'src', 'handlers');
  const apis = readdirSync(handlers)
    .filter((file) => /^\d\d-/.test(file))
    .sort()
    .map((file) => readApi(file, readFileSync(join(handlers, file), 'utf8')));
  const tests = readTests(join(root, 'libs', 'broker', 'test'));
  const recording = readRecording();
  const rows = apis.map(({ key, name, codecName, served, advertised, notImplemented }) => {
    const named = tests.filter(({ text }) => new RegExp(`ApiKey\\.${codecName}\\b`).test(text));
    const files = named.map(({ file }) => file.replace('.spec.ts', '')).join(', ');
    return `| ${key} | ${name} | ${served} | ${advertised} | ${notImplemented} | ${clientsOf(key, recording)} | ${files || '-'} |`;
  });
  return `# Kafka APIs that Drave serves

Written by \`npm run gen\` from the broker's handlers; do not edit. Anything not listed is not advertised and closes the connection.
"Clients" are the unmodified ones of \`test/clients\` with the versions that the broker saw them ask for ([what each is tested
for](clients.md)); "Tests" are those of \`libs/broker/test\` that send the API over a raw socket.

| Key | API | Versions served | Advertised | Not implemented | Clients | Tests |
| --- | --- | --- | --- | --- | --- | --- |
${rows.join('\n')}

${apis.length} API keys.
`;
}

function clientsOf(key: number, recording: Recording): string {
  const asking = Object.entries(recording).flatMap(([client, keys]) => {
    const versions = keys[key];
    return versions ? [`${client} ${versions.join('/')}`] : [];
  });
  return asking.join(', ') || '-';
}

function readApi(file: string, text: string): Api {
  const [, min, max] = part(file, text, /versions: \{ min: (\d+), max: (\d+) \}/);
  const [, name] = part(file, text, /name: '(\w+)'/);
  const [, codecName] = part(file, text, /apiKey: ApiKey\.(\w+)/);
  const advertisedMin = /advertisedMin: (\d+)/.exec(text)?.[1] ?? min;
  const header = text
    .split('\n')
    .filter((line) => line.startsWith('//'))
    .map((line) => line.slice(2).trim())
    .join(' ');
  const [, left] = part(file, header, /Not implemented: (.*?) Sources:/);
  return {
    key: Number(file.slice(0, 2)),
    name: name ?? '',
    codecName: codecName ?? '',
    served: range(min, max),
    advertised: range(advertisedMin, max),
    notImplemented: (left ?? '').replace(/^nothing.*/, '-').replaceAll('|', '\\|'),
  };
}

function range(min = '', max = ''): string {
  return min === max ? min : `${min}-${max}`;
}

function part(file: string, text: string, form: RegExp): RegExpExecArray {
  const found = form.exec(text);
  if (!found) throw new Error(`${file} does not say ${form.source}`);
  return found;
}

function readTests(directory: string): { readonly file: string; readonly text: string }[] {
  return readdirSync(directory)
    .filter((file) => file.endsWith('.spec.ts'))
    .sort()
    .map((file) => ({ file, text: readFileSync(join(directory, file), 'utf8') }));
}
