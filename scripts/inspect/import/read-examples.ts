import type { FoundFile } from '../inputs/found-object.ts'
import type { Example } from './draft-secrets.ts'

/**
 * What examples of a `.env` say of each name. They are written for people: `//` begins a comment too, a name in a comment is
 * one that may be left out, there may be spaces before `=`, and `a|b` is a choice.
 */
export function readExamples(files: readonly FoundFile[]): ReadonlyMap<string, Example> {
  const examples = new Map<string, Example>()
  for (const line of files.flatMap(({ text }) => linesOf(text))) {
    const given = assignment.exec(line)
    const [, name, value = ''] = given ?? commented.exec(line) ?? []
    if (name === undefined || examples.get(name)?.isOptional === false) continue
    examples.set(name, { value: shown(value), isOptional: given === null })
  }
  return examples
}

// --- internal ---

const assignment = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=(.*)$/

/** With spaces before `=` it would be a sentence. */
const commented = /^\s*(?:#+|\/\/)\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)$/

/** Without what a value in quotes has on the lines below its first. */
function linesOf(text: string): string[] {
  const lines: string[] = []
  let end: RegExp | undefined
  const rest = text.split(/\r?\n/)
  for (const [index, line] of rest.entries()) {
    if (end === undefined) {
      lines.push(line)
      const [, quote, inside = ''] = /=\s*(["'])(.*)$/.exec(assignment.test(line) ? line : '') ?? []
      const closing = quote === '"' ? /(^|[^\\])"/ : /'/
      // A quote that never ends is a part of its line.
      const isOpen = quote !== undefined && !closing.test(inside)
      if (isOpen && rest.slice(index + 1).some((other) => closing.test(other))) end = closing
    } else if (end.test(line)) end = undefined
  }
  return lines
}

/** Without quotes, and without a comment behind it. */
function shown(text: string): string {
  const [, , quoted] = /^(["'])(.*)\1\s*(?:#.*)?$/.exec(text.trim()) ?? []
  return quoted ?? text.replace(/(^|\s)(#|\/\/).*$/, '').trim()
}
