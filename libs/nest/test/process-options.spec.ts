import { describe, expect, it } from 'vitest';
import * as option from '../src/process.js';

const table = {
  listen: { env: 'L', default: '127.0.0.1:9092', sentence: 'where', parse: option.parseAddress },
  http: { env: 'H', sentence: 'rest', parse: option.parseAddressOrOff },
  nodeId: { env: 'N', default: '1', sentence: 'id', parse: option.parseNumber },
  flush: { env: 'F', default: 'group', sentence: 'how', parse: option.parseOneOf('group', 'os') },
  allowHosts: { env: 'A', default: '', sentence: 'names', parse: option.parseList },
} as const;

describe('process options', () => {
  it('come from arguments, then from the environment, then from defaults', () => {
    const args = ['--node-id', '3', '--listen=[::1]:0'];
    const values = option.readProcessOptions(table, args, { N: '2', F: 'os', A: 'a, b,' });
    expect(values).toEqual({
      listen: { host: '::1', port: 0 },
      http: undefined,
      nodeId: 3,
      flush: 'os',
      allowHosts: ['a', 'b'],
    });
    expect(option.readProcessOptions(table, ['--http', 'off'], {}).http).toBe('off');
  });

  it.each([
    [['--port', '1'], 'unknown option --port; there are --listen, --http'],
    [['serve'], 'unknown option serve'],
    [['--listen'], '--listen needs a value'],
    [['--listen', '9092'], '--listen 9092: give it as HOST:PORT'],
    [['--listen', 'h:65536'], 'give it as HOST:PORT'],
    [['--node-id', '1e3'], '--node-id 1e3: give a whole number'],
    [['--flush', 'never'], '--flush never: give one of group, os'],
  ])('refuse %j in one sentence', (args, sentence) => {
    const read = () => option.readProcessOptions(table, args, {});
    expect(read).toThrow(option.ProcessOptionError);
    expect(read).toThrow(sentence);
  });

  it('are described with variable and default', () => {
    expect(option.describeOptions(table)).toContain('--node-id');
    expect(option.describeOptions(table)).toContain('(L, default 127.0.0.1:9092)');
  });

  it('check lists of brokers and switches', () => {
    expect(option.parseBrokers('a:1, [::1]:2')).toEqual(['a:1', '[::1]:2']);
    for (const wrong of ['', 'a', 'a:1,b'])
      expect(() => option.parseBrokers(wrong)).toThrow(/HOST/);
    expect(option.parseSwitch('true')).toBe(true);
    expect(() => option.parseSwitch('yes')).toThrow(/true or false/);
  });
});
