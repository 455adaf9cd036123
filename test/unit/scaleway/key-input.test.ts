import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { CommandInput } from '../../../scripts/lib/terminal.ts'
import { readApiKey } from '../../../scripts/scaleway/key-input.ts'
import { temporaryFolder } from '../../helpers/folders.ts'
import { problemOf } from '../../helpers/problems.ts'

const accessKey = 'SCWZ7H3Q9T2B5M8K4X1W'
const secretKey = '5d1f6c1e-8a52-4c3b-9d77-0f6f5b1f2a01'
const key = { accessKey, secretKey }
const text = `${accessKey}\n${secretKey}\n`

const said: string[] = []
const log = (line: string) => said.push(line)

const piped = (content: string): CommandInput => ({
  isTerminal: false,
  read: async () => content,
  ask: () => Promise.reject(new Error('nobody to ask')),
})

test('comes from standard input', async () => {
  expect(await readApiKey(undefined, { env: {}, input: piped(text), log })).toEqual(key)
  expect(await problemOf(readApiKey(undefined, { env: {}, input: piped(''), log }))).toMatchObject({
    code: 'KEY_MISSING',
    where: 'standard input',
  })
})

test('comes from the two variables before standard input, and both are needed', async () => {
  const env = { TIERED_SECRETS_ACCESS_KEY: `${accessKey}\n`, TIERED_SECRETS_SECRET_KEY: secretKey }
  expect(await readApiKey(undefined, { env, input: piped(''), log })).toEqual(key)
  expect(said).toEqual(['the key is read from TIERED_SECRETS_ACCESS_KEY and TIERED_SECRETS_SECRET_KEY'])
  const half = { TIERED_SECRETS_ACCESS_KEY: accessKey }
  expect(await problemOf(readApiKey(undefined, { env: half, input: piped(text), log }))).toMatchObject({
    code: 'KEY_HALF_MISSING',
    where: 'TIERED_SECRETS_ACCESS_KEY and TIERED_SECRETS_SECRET_KEY',
  })
})

test('is asked for at a terminal, and the secret key is not shown there', async () => {
  const asked: [string, boolean][] = []
  const input: CommandInput = {
    isTerminal: true,
    read: () => Promise.reject(new Error('nothing is piped in')),
    async ask(question, { hidden = false } = {}) {
      asked.push([question, hidden])
      return hidden ? secretKey : ` ${accessKey} `
    },
  }
  expect(await readApiKey(undefined, { env: {}, input, log })).toEqual(key)
  expect(asked.map(([, hidden]) => hidden)).toEqual([false, true])
})

test('is not asked for any further after an empty answer', async () => {
  let asked = 0
  const input: CommandInput = { ...piped(''), isTerminal: true, ask: async () => ' '.repeat(asked++) }
  expect(await problemOf(readApiKey(undefined, { env: {}, input, log }))).toMatchObject({ code: 'KEY_MISSING' })
  expect(asked).toBe(1)
})

describe('a file', () => {
  const fileWith = async (mode: number) => {
    const path = join(await temporaryFolder(), 'key')
    await writeFile(path, text)
    await chmod(path, mode)
    return path
  }
  const from = (path: string) => readApiKey(path, { env: {}, input: piped(''), log })

  test.each([0o600, 0o400, 0o700])('of mode %o is read', async (mode) => {
    expect(await from(await fileWith(mode))).toEqual(key)
  })

  test.each([0o640, 0o604, 0o644, 0o660, 0o620, 0o601, 0o666])('of mode %o is refused', async (mode) => {
    const path = await fileWith(mode)
    expect(await problemOf(from(path))).toMatchObject({
      code: 'KEY_FILE_OPEN_TO_OTHERS',
      where: path,
      message: `has mode 0${mode.toString(8)}: other users of this machine may read the key. Expected 0600.`,
      fix: expect.stringContaining(`chmod 600 ${path}`),
    })
  })

  test('that is not there, or is a folder, is reported as such', async () => {
    const folder = await temporaryFolder()
    await mkdir(join(folder, 'inside'), { mode: 0o700 })
    expect((await problemOf(from(join(folder, 'nothing')))).message).toMatch(/^there is no such file\. /)
    expect((await problemOf(from(join(folder, 'inside')))).message).toMatch(/^it is not a file\. /)
  })
})
