// What a tidy rule is and what it reports. A finding says file, line, rule and remedy, because the reader wants to mend, not to
// guess. The numbers are those of STYLE.md §3.

import { type Project } from './project.js';

export interface Finding {
  readonly rule: string;
  readonly file: string;
  readonly line: number;
  /** What is wrong and what to do instead. */
  readonly remedy: string;
}

export interface Rule {
  /** Number and name, such as `1 layers`. */
  readonly name: string;
  check(project: Project): Iterable<Omit<Finding, 'rule'>>;
}

export interface Exception {
  readonly rule: string;
  readonly file: string;
  /** When given, only findings whose remedy contains it are excused. */
  readonly about?: string;
  readonly reason: string;
}

export interface Verdict {
  readonly findings: readonly Finding[];
  /** Exceptions that excuse nothing. */
  readonly needless: readonly Exception[];
}

/** Runs the rules and takes out what the exceptions excuse. */
export function judge(
  project: Project,
  rules: readonly Rule[],
  exceptions: readonly Exception[] = [],
): Verdict {
  const used = new Set<Exception>();
  const findings: Finding[] = [];
  for (const rule of rules) {
    for (const found of rule.check(project)) {
      const finding = { rule: rule.name, ...found };
      const excuse = exceptions.find((exception) => excuses(exception, finding));
      if (excuse === undefined) findings.push(finding);
      else used.add(excuse);
    }
  }
  return { findings, needless: exceptions.filter((exception) => !used.has(exception)) };
}

function excuses(exception: Exception, finding: Finding): boolean {
  return (
    exception.rule === finding.rule &&
    exception.file === finding.file &&
    (exception.about === undefined || finding.remedy.includes(exception.about))
  );
}

/** One line per finding: `file:line  rule  remedy`. */
export function printed({ file, line, rule, remedy }: Finding): string {
  return `${file}:${line}  [${rule}]  ${remedy}`;
}
