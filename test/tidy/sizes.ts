// Rules 4 and 14: what fits in a head. Source file 600 lines, test file 900, handler 250, function 70; blobs 256 KiB. Generated
// code and message descriptors have no function cap, generated code no file cap. A suite of tests is no function.

import ts from 'typescript';
import { type SourceFile, walk } from './project.js';
import { type Rule } from './rule.js';

const sourceLinesMax = 600;
const testLinesMax = 900;
const handlerLinesMax = 250;
const functionLinesMax = 70;
const blobBytesMax = 256 * 1024;

export const sizeRule: Rule = {
  name: '4 size',
  *check(project) {
    for (const file of project.sources.values()) {
      if (file.isGenerated) continue;
      const lines = file.text.trimEnd().split('\n').length;
      const max = linesMax(file);
      if (lines > max) {
        yield {
          file: file.path,
          line: max,
          remedy: `${lines} lines, at most ${max}: split by noun`,
        };
      }
      if (file.area === 'test' || isDescriptor(file)) continue;
      for (const [node, count] of longFunctions(file)) {
        const remedy = `a function of ${count} lines, at most ${functionLinesMax}: take leaves out`;
        yield { file: file.path, line: file.lineOf(node), remedy };
      }
    }
  },
};

export const blobRule: Rule = {
  name: '14 files',
  *check(project) {
    for (const [file, bytes] of project.sizes) {
      if (bytes <= blobBytesMax || file === 'package-lock.json') continue;
      yield {
        file,
        line: 1,
        remedy: `${bytes} bytes, at most ${blobBytesMax}: do not check it in`,
      };
    }
  },
};

function linesMax(file: SourceFile): number {
  if (file.area === 'test') return testLinesMax;
  return file.path.startsWith('libs/broker/src/handlers/') ? handlerLinesMax : sourceLinesMax;
}

function isDescriptor({ path }: SourceFile): boolean {
  return path.startsWith('libs/protocol/src/messages/');
}

function longFunctions(file: SourceFile): [ts.Node, number][] {
  const long: [ts.Node, number][] = [];
  walk(file.tree, (node) => {
    if (!ts.isFunctionLike(node) || !('body' in node) || node.body === undefined) return;
    const count = file.lineAt(node.getEnd()) - file.lineOf(node) + 1;
    if (count > functionLinesMax) long.push([node, count]);
  });
  return long;
}
