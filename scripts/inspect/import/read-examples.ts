import type { FoundFile } from '../inputs/found-object.ts'
import type { Example } from './draft-secrets.ts'

/**
 * What examples of a `.env` say of each name. They are written for people: `//` begins a comment too, a name in a comment is
 * one that may be left out, and `a|b` is a choice.
 */
export function readExamples(files: readonly FoundFile[]): ReadonlyMap<string, Example> {
  const examples = new Map<string, Example>()
  for (const line of files.flatMap(({ text }) => text.split(/\r?\n/))) {
    const [, comment, name, value = ''] =
      /^\s*(#+|\/\/)?\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)$/.exec(line) ?? []
    if (name === undefined || examples.get(name)?.isOptional === false) continue
    examples.set(name, { value: shown(value), isOptional: comment !== undefined })
  }
  return examples
}

// --- internal ---

/** Without quotes, and without a comment behind it. */
function shown(text: string): string {
  const [, , quoted] = /^(["'])(.*)\1\s*(?:#.*)?$/.exec(text.trim()) ?? []
  return quoted ?? text.replace(/(^|\s)(#|\/\/).*$/, '').trim()
}
