import { execFile } from 'node:child_process'
import { chmod, open, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import {
  ignoredNames,
  readPiped,
  readSources,
  readValuesFile,
  secretRef,
} from '../../../../scripts/change/fill/fill-input.ts'
import { isStandardInput } from '../../../../scripts/lib/private-file.ts'
import { commandInput } from '../../../../scripts/lib/terminal.ts'
import { temporaryFolder } from '../../../helpers/folders.ts'
import { problemOf } from '../../../helpers/problems.ts'

/** Standard input into which these chunks are piped. */
const piped = (...chunks: readonly (string | Buffer)[]) =>
  commandInput(Readable.from(chunks, { objectMode: false }), process.stderr, {
    signal: new AbortController().signal,
    interrupt: () => undefined,
  })

test('what is piped in is read whole, far beyond 64 KiB', async () => {
  const long = 'x'.repeat(200_000)
  const { values } = await readPiped(piped(`A=${long}\n`, 'B=é'))
  expect(values.map(({ name, value }) => [name, value.length])).toEqual([
    ['A', 200_000],
    ['B', 1],
  ])
})

test('what is longer than that, or no UTF-8, is refused and not cut off', async () => {
  const mebibyte = Buffer.alloc(1024 * 1024, 'x')
  const long = Array.from({ length: 17 }, () => mebibyte)
  expect(await problemOf(readPiped(piped('A=', ...long)))).toMatchObject({ code: 'FILL_INPUT_UNREADABLE' })
  expect(await problemOf(readPiped(piped('A=', Buffer.from([0xff]))))).toMatchObject({
    code: 'FILL_INPUT_UNREADABLE',
    message: expect.stringContaining('is not valid UTF-8'),
  })
  const path = join(await temporaryFolder(), 'x.env')
  await writeFile(path, Buffer.from([0x41, 0x3d, 0xff]), { mode: 0o600 })
  expect(await problemOf(readValuesFile(path))).toMatchObject({ code: 'FILL_INPUT_UNREADABLE', where: path })
  await truncate(path, 17 * 1024 * 1024)
  expect(await problemOf(readValuesFile(path))).toMatchObject({ code: 'FILL_INPUT_UNREADABLE', where: path })
})

test('a file without a value is reported, and one with a value is not', async () => {
  const path = join(await temporaryFolder(), 'x.env')
  for (const text of ['', '# nothing\n', '{}']) {
    await writeFile(path, text, { mode: 0o600 })
    expect((await readValuesFile(path)).problems).toMatchObject([
      {
        code: 'FILL_INPUT_EMPTY',
        where: path,
        severity: 'warning',
        message: expect.stringMatching(/^contains no value\./),
      },
    ])
  }
  await writeFile(path, 'A=x', { mode: 0o600 })
  expect((await readValuesFile(path)).problems).toEqual([])
})

test.each([0o640, 0o604, 0o660, 0o644])('a file of mode %o, which others may read, is refused', async (mode) => {
  const path = join(await temporaryFolder(), 'x.env')
  await writeFile(path, 'A=x')
  await chmod(path, mode)
  expect(await problemOf(readValuesFile(path))).toMatchObject({
    code: 'FILL_INPUT_OPEN_TO_OTHERS',
    where: path,
    fix: `Run \`chmod 600 ${path}\`, and delete the file when everything is filled.`,
    exitCode: 3,
  })
  await chmod(path, 0o600)
  expect((await readValuesFile(path)).values).toMatchObject([{ name: 'A', value: 'x' }])
})

test('what the shell has opened is taken as standard input is, and a pipe with a name is judged as a file', async () => {
  const folder = await temporaryFolder()
  const path = join(folder, 'x.env')
  await writeFile(path, 'A=x', { mode: 0o644 })
  await using file = await open(path, 'r')
  expect((await readValuesFile(`/dev/fd/${file.fd}`)).values).toMatchObject([{ name: 'A', value: 'x' }])
  const pipe = join(folder, 'pipe')
  await promisify(execFile)('mkfifo', ['-m', '644', pipe])
  await using writing = await open(pipe, 'r+')
  await writing.write('A=y')
  expect(await problemOf(readValuesFile(pipe))).toMatchObject({ code: 'FILL_INPUT_OPEN_TO_OTHERS' })
  expect(['-', '/dev/stdin', '/dev/fd/3', './-', 'x.env'].map(isStandardInput)).toEqual([
    true,
    true,
    false,
    false,
    false,
  ])
})

test('several sources are read together, a file for one name among them, with what is wrong with each', async () => {
  const folder = await temporaryFolder()
  const [env, key, open] = ['x.env', 'tls.key', 'open.txt'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ]
  await writeFile(env, 'A=x\n// y\n', { mode: 0o600 })
  await writeFile(key, 'one\ntwo\n', { mode: 0o600 })
  await writeFile(open, 'x', { mode: 0o644 })
  await chmod(open, 0o644)
  const nowhere = join(folder, 'nowhere')
  const { values, problems } = await readSources(
    [env, `KEY=@${key}`, '-', `OPEN=@${open}`, `web.GONE=@${nowhere}`],
    piped('B=y'),
  )
  expect(values).toEqual([
    { name: 'A', value: 'x', where: `${env} line 1` },
    { name: 'KEY', value: 'one\ntwo\n', where: key, isFile: true },
    { name: 'B', value: 'y', where: 'standard input line 1' },
  ])
  expect(problems.map(({ code, where }) => [code, where])).toEqual([
    ['DOTENV_INVALID', `${env} line 2`],
    ['FILL_INPUT_OPEN_TO_OTHERS', open],
    ['FILL_INPUT_UNREADABLE', nowhere],
  ])
})

test('one value is piped in whole, and standard input has one meaning', async () => {
  expect((await readSources(['KEY=@-'], piped('A=x\n'))).values).toEqual([
    { name: 'KEY', value: 'A=x\n', where: 'standard input', isFile: true },
  ])
  for (const sources of [
    ['-', 'KEY=@-'],
    ['-', '/dev/stdin'],
    ['A=@-', 'B=@-'],
  ])
    expect(await problemOf(readSources(sources, piped('x')))).toMatchObject({ code: 'WRONG_USAGE', exitCode: 2 })
})

test('a file that is not text is a value that can not be used', async () => {
  const path = join(await temporaryFolder(), 'key.p12')
  await writeFile(path, Buffer.from([0x30, 0x82, 0xff]), { mode: 0o600 })
  expect((await readSources([`KEY=@${path}`], piped())).values).toMatchObject([{ value: '', wrong: 'is not UTF-8' }])
})

test('names that were left out are reported as a count', () => {
  expect([1, 75].map(ignoredNames)).toEqual([
    '1 name is not a variable of this environment, and is left out',
    '75 names are not variables of this environment, and are left out',
  ])
})

test('a Secret is named by its namespace and its name', () => {
  expect(secretRef('shop/shop.secrets-1')).toEqual({ namespace: 'shop', name: 'shop.secrets-1' })
  for (const text of ['shop', 'shop/', '/x', 'a/b/c', 'a/../b', 'A/b']) expect(() => secretRef(text)).toThrow(text)
})
