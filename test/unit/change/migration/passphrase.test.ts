import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { passphraseOf } from '../../../../scripts/change/migration/passphrase.ts'
import type { CommandInput } from '../../../../scripts/lib/terminal.ts'
import { temporaryFolder } from '../../../helpers/folders.ts'
import { problemOf } from '../../../helpers/problems.ts'

const good = 'four words of a passphrase'

/** Somebody who types these lines, one after the other. */
function terminal(...lines: readonly string[]): CommandInput & { readonly hidden: boolean[] } {
  const left = [...lines]
  const hidden: boolean[] = []
  return {
    isTerminal: true,
    hidden,
    read: async () => {
      throw new Error('nothing is piped in')
    },
    ask: async (_question, options) => {
      hidden.push(options?.hidden === true)
      return left.shift() ?? ''
    },
  }
}

const piped = (text: string): CommandInput => ({
  isTerminal: false,
  read: async () => text,
  ask: async () => {
    throw new Error('nobody is there')
  },
})

describe('at a terminal', () => {
  test('a new one is typed twice, one to open with once, and neither is shown', async () => {
    const twice = terminal(good, good)
    expect(await passphraseOf(undefined, () => twice)('new')).toBe(good)
    expect(twice.hidden).toEqual([true, true])
    const once = terminal(good)
    expect(await passphraseOf(undefined, () => once)('open')).toBe(good)
    expect(once.hidden).toEqual([true])
  })

  test('it is asked for once in a run', async () => {
    const passphrase = passphraseOf(undefined, () => terminal(good))
    expect([await passphrase('open'), await passphrase('open'), await passphrase('new')]).toEqual([good, good, good])
  })

  test('one that is typed in two ways is refused', async () => {
    const passphrase = passphraseOf(undefined, () => terminal(good, `${good}s`))
    expect(await problemOf(passphrase('new'))).toMatchObject({ code: 'PASSPHRASES_DIFFER' })
  })
})

test('piped in, a line end is not a part of it', async () => {
  for (const end of ['', '\n', '\r\n']) expect(await passphraseOf(undefined, () => piped(good + end))('new')).toBe(good)
  expect(await passphraseOf('-', () => piped(` ${good} \n`))('new')).toBe(` ${good} `)
})

test.each([
  ['none', '\n', 'PASSPHRASE_MISSING'],
  ['a new one that is easily guessed', 'short', 'PASSPHRASE_SHORT'],
])('%s is refused, and not shown', async (_, text, code) => {
  const problem = await problemOf(passphraseOf(undefined, () => piped(text))('new'))
  expect(problem.code).toBe(code)
  expect(JSON.stringify(problem.all)).not.toContain('short')
})

test('one that is short opens what was sealed with it', async () => {
  expect(await passphraseOf(undefined, () => piped('short'))('open')).toBe('short')
})

describe('a file', () => {
  test('that only its owner can read is taken', async () => {
    const path = join(await temporaryFolder(), 'passphrase')
    await writeFile(path, `${good}\n`, { mode: 0o600 })
    expect(await passphraseOf(path, () => terminal())('new')).toBe(good)
  })

  test('that others can read is refused', async () => {
    const path = join(await temporaryFolder(), 'passphrase')
    await writeFile(path, good, { mode: 0o640 })
    const problem = await problemOf(passphraseOf(path, () => terminal())('open'))
    expect(problem).toMatchObject({ code: 'PASSPHRASE_FILE_OPEN_TO_OTHERS', where: path })
    expect(problem.fix).toContain('choose another passphrase')
  })

  test('that is not there is reported', async () => {
    const path = join(await temporaryFolder(), 'none')
    expect(await problemOf(passphraseOf(path, () => terminal())('open'))).toMatchObject({
      code: 'PASSPHRASE_FILE_UNREADABLE',
      message: 'there is no such file. Expected a file with a passphrase.',
    })
  })
})
