import type { Problem } from '../../lib/problems.ts'

/** Something of the input that was not read. It fails nothing: the rest is judged. */
export function refusal(code: string, where: string, fact: string, expected: string, fix: string): Problem {
  return { code, where, message: `${fact}. Expected ${expected}.`, fix, severity: 'warning' }
}

export function unreadable(path: string, fact: string, expected = 'a file this user may read'): Problem {
  return refusal('INPUT_UNREADABLE', path, fact, expected, 'Correct it, or leave it out.')
}
