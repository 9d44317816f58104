// One setting declared once: name, type, unit, default, range, reload policy, sentence, Kafka's name and broker-side synonyms.
// Documentation, environment, CLI, DescribeConfigs and REST derive from the declaration; one name has one unit.
// Protects: a value that left `parseSetting` is of its type and in its range. Leaves out: where texts come from.

export type SettingType = 'boolean' | 'string' | 'int' | 'short' | 'long' | 'double' | 'list';
export type SettingUnit = 'ms' | 'minutes' | 'bytes' | 'count' | 'ratio' | 'none';
/** `live`: a change takes effect at once; `restart`: at the next start; `creation`: for topics created later. */
export type ReloadPolicy = 'live' | 'restart' | 'creation';
export type SettingValue = boolean | string | number | readonly string[];

interface Declaration<Value extends SettingValue> {
  readonly type: SettingType;
  readonly unit: SettingUnit;
  readonly default: Value;
  /** Inclusive bounds of a number. */
  readonly range?: readonly [min: number, max: number];
  /** Legal texts of a string, or of each element of a list. */
  readonly oneOf?: readonly string[];
  readonly reload: ReloadPolicy;
  /** One sentence for the user; says so when the value is kept but not acted on yet. */
  readonly sentence: string;
  readonly kafkaName: string;
  /** Names of the broker settings this topic setting falls back to, most specific first. */
  readonly brokerSynonyms?: readonly string[];
}

/** A declared setting; `Value` is what code sees, text is what users write. */
export type Setting<Value extends SettingValue = SettingValue> = Declaration<Value>;

type Widen<Value> = Value extends boolean ? boolean : Value extends number ? number : Value;

/** Declares a setting. Throws when the default breaks its own range: a mistake in the table itself. */
export function setting<const Value extends SettingValue>(
  declaration: Declaration<Value>,
): Setting<Widen<Value> & SettingValue> {
  checkSetting(declaration, declaration.default);
  return Object.freeze(declaration) as Setting<Widen<Value> & SettingValue>;
}

/** A table of declarations, keyed by Drave's own camelCase name. */
export type SettingTable = Readonly<Record<string, Setting>>;

/** The values of a table. */
export type SettingValues<Table extends SettingTable> = {
  readonly [Name in keyof Table]: Table[Name]['default'];
};

/** A text or value that a setting does not accept; the message is one sentence for the user. */
export class SettingError extends Error {
  readonly code = 'ERR_SETTING';
  readonly kafkaName: string;

  constructor(kafkaName: string, sentence: string) {
    super(sentence);
    this.name = 'SettingError';
    this.kafkaName = kafkaName;
  }
}

/** The value of `text`, as Kafka reads configuration texts (surrounding blanks are dropped). Throws SettingError. */
export function parseSetting<Value extends SettingValue>(
  declared: Setting<Value>,
  text: string,
): Value {
  const value = parseText(declared, text.trim());
  checkSetting(declared, value);
  return value as Value;
}

function parseText(declared: Setting, text: string): SettingValue {
  switch (declared.type) {
    case 'boolean':
      if (/^(true|false)$/i.test(text)) return text.toLowerCase() === 'true';
      return fail(declared, text, 'true or false');
    case 'int':
    case 'short':
    case 'long':
      if (/^[+-]?\d{1,19}$/.test(text)) return clampLong(Number(text));
      return fail(declared, text, 'a whole number');
    case 'double':
      if (/^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text)) return Number(text);
      return fail(declared, text, 'a number');
    case 'list':
      return text === '' ? [] : text.split(',').map((part) => part.trim());
    case 'string':
      return text;
  }
}

// Kafka's Long.MAX_VALUE stands for "no bound"; beyond 2^53 a number is no longer exact, and no bound is meant.
function clampLong(value: number): number {
  return Math.max(-Number.MAX_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, value));
}

/** Throws SettingError unless `value` has the declared type and lies in the declared range. */
export function checkSetting(declared: Setting, value: SettingValue): void {
  const { range, oneOf } = declared;
  switch (declared.type) {
    case 'boolean':
      if (typeof value !== 'boolean') fail(declared, value, 'true or false');
      return;
    case 'string':
      if (typeof value !== 'string') fail(declared, value, 'a text');
      if (oneOf && !oneOf.includes(value as string)) fail(declared, value, oneOfText(oneOf));
      return;
    case 'list': {
      if (!Array.isArray(value)) fail(declared, value, 'a list');
      const bad = (value as readonly string[]).find((part) => oneOf && !oneOf.includes(part));
      if (bad !== undefined) fail(declared, bad, oneOfText(oneOf ?? []));
      return;
    }
    default:
      checkNumber(declared, value, range);
  }
}

function checkNumber(
  declared: Setting,
  value: SettingValue,
  range: readonly [number, number] | undefined,
): void {
  const fits =
    typeof value === 'number' &&
    (declared.type === 'double' ? Number.isFinite(value) : Number.isSafeInteger(value));
  if (!fits) fail(declared, value, declared.type === 'double' ? 'a number' : 'a whole number');
  const number = value as number;
  if (range && (number < range[0] || number > range[1])) {
    fail(declared, value, `between ${range[0]} and ${range[1]}`);
  }
}

function oneOfText(texts: readonly string[]): string {
  return `one of ${texts.join(', ')}`;
}

function fail(declared: Setting, value: unknown, expected: string): never {
  throw new SettingError(
    declared.kafkaName,
    `Invalid value ${String(value)} for configuration ${declared.kafkaName}: it must be ${expected}.`,
  );
}

/** The text Kafka tools show for `value`. */
export function formatSetting(value: SettingValue): string {
  return Array.isArray(value) ? value.join(',') : String(value);
}

/** A frozen, complete set of values: `overrides` (checked) on top of the defaults. Throws SettingError. */
export function resolveSettings<Table extends SettingTable>(
  table: Table,
  overrides: Partial<SettingValues<Table>> = {},
): SettingValues<Table> {
  const values: Record<string, SettingValue> = {};
  for (const [name, declared] of Object.entries(table)) {
    const override = (overrides as Record<string, SettingValue | undefined>)[name];
    if (override !== undefined) checkSetting(declared, override);
    values[name] = override ?? declared.default;
  }
  const unknown = Object.keys(overrides).find((name) => !(name in table));
  if (unknown !== undefined) {
    throw new SettingError(unknown, `There is no setting ${unknown}; check the spelling.`);
  }
  return Object.freeze(values) as SettingValues<Table>;
}

/** The entry of `table` that Kafka calls `kafkaName`. */
export function settingByKafkaName(
  table: SettingTable,
  kafkaName: string,
): { readonly name: string; readonly setting: Setting } | undefined {
  for (const [name, declared] of Object.entries(table)) {
    if (declared.kafkaName === kafkaName) return { name, setting: declared };
  }
  return undefined;
}
