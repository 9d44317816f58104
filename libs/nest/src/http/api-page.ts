// The OpenAPI document as one page of HTML, for people. Protects: no script, nothing from outside, every text escaped; the style is
// allowed by its hash alone. Leaves out: trying requests. A bundled viewer was decided against: Scalar's is megabytes of script that
// wants inline styles and fonts from outside, to show what a page without script shows; /openapi.json feeds any viewer.

import { createHash } from 'node:crypto';

type Json = Readonly<Record<string, unknown>>;

const style = `:root{color-scheme:light dark;font:15px/1.5 system-ui,sans-serif}body{max-width:60rem;margin:0 auto;padding:1rem}
code,pre{font:13px/1.45 ui-monospace,monospace}pre{overflow:auto;padding:.6rem;border:1px solid #8886;border-radius:4px}
summary{cursor:pointer;padding:.2rem 0}summary b{display:inline-block;min-width:4.5rem}details{border-bottom:1px solid #8883}
table{border-collapse:collapse}td{padding:.1rem 1rem .1rem 0;vertical-align:top}nav a{margin-right:1rem}`;

/** Of the page alone; the rest of the server allows nothing. */
export const apiPagePolicy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

interface Operation {
  readonly tags: readonly string[];
  readonly summary: string;
  readonly parameters?: readonly Json[];
  readonly requestBody?: Json;
  readonly responses: Readonly<Record<string, Json>>;
}
interface ApiDocument {
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Json>> };
}

/** The page of an OpenAPI document as OpenApi makes them. */
export function apiPageOf(document: unknown): string {
  const { info, paths, components } = document as ApiDocument;
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  const tags = [...new Set(operations.flatMap(({ operation }) => operation.tags))];
  const sections = tags.map((tag) => {
    const ofTag = operations.filter(({ operation }) => operation.tags.includes(tag));
    const parts = ofTag.map(({ path, method, operation }) =>
      operationHtml(path, method, operation),
    );
    return `<h2 id="${anchor(tag)}">${escaped(tag)}</h2>${parts.join('')}`;
  });
  const links = [...tags, 'Schemas'].map((tag) => `<a href="#${anchor(tag)}">${escaped(tag)}</a>`);
  const schemas = Object.entries(components.schemas).map(
    ([name, schema]) =>
      `<details id="schema-${anchor(name)}"><summary><code>${escaped(name)}</code></summary>${jsonHtml(schema)}</details>`,
  );
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escaped(info.title)}</title><style>${style}</style>
<h1>${escaped(info.title)} ${escaped(info.version)}</h1><p>${escaped(info.description)} The document: <a href="openapi.json">openapi.json</a></p>
<nav>${links.join(' ')}</nav>${sections.join('')}<h2 id="schemas">Schemas</h2>${schemas.join('')}</html>`;
}

function operationHtml(path: string, method: string, operation: Operation): string {
  const { summary, parameters = [], requestBody, responses } = operation;
  const rows = parameters.map(
    (one) =>
      `<tr><td><code>${escaped(one['name'])}</code><td>${escaped(one['in'])}<td>${jsonHtml(one['schema'], 'code')}`,
  );
  const answers = Object.entries(responses).map(
    ([status, answer]) => `<tr><td>${escaped(status)}<td>${contentHtml(answer)}`,
  );
  const body = requestBody ? `<p>Body: ${contentHtml(requestBody)}</p>` : '';
  return `<details><summary><b>${escaped(method.toUpperCase())}</b> <code>${escaped(path)}</code> ${escaped(summary)}</summary><table>${rows.join('')}</table>${body}<table>${answers.join('')}</table></details>`;
}

/** Content types with links to their schemas. */
function contentHtml({ content }: Json): string {
  return Object.entries((content as Readonly<Record<string, Json>> | undefined) ?? {})
    .map(([type, { schema }]) => `${escaped(type)} ${jsonHtml(schema, 'code')}`)
    .join(', ');
}

function jsonHtml(value: unknown, element: 'pre' | 'code' = 'pre'): string {
  const text = escaped(JSON.stringify(value, null, element === 'pre' ? 2 : undefined));
  const linked = text.replace(
    /#\/components\/schemas\/(\w+)/g,
    (all, name: string) => `<a href="#schema-${anchor(name)}">${all}</a>`,
  );
  return `<${element}>${linked}</${element}>`;
}

function anchor(text: string): string {
  return text.toLowerCase().replace(/[^a-z0-9]+/g, '-');
}

function escaped(value: unknown): string {
  const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
  return String(value)
    .replace(/[&<>]/g, (character) => entities[character] ?? character)
    .replaceAll('"', '&quot;');
}
