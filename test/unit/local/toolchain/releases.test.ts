import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { command } from '../../../../scripts/commands/pins.ts'
import type { CommandIo } from '../../../../scripts/lib/command.ts'
import { oneFolder } from '../../../../scripts/lib/folders.ts'
import { type Pin, readPins } from '../../../../scripts/local/toolchain/pins.ts'
import { recipes } from '../../../../scripts/local/toolchain/recipes.ts'
import { findNews } from '../../../../scripts/local/toolchain/releases.ts'
import { executable, temporaryFolder } from '../../../helpers/folders.ts'
import { productFolder as root } from '../../../helpers/generating.ts'
import { problemOf } from '../../../helpers/problems.ts'

/** What the clients of a test answer: versions by name; a text is an error instead. `*` is every other name. */
type Answers = Readonly<Record<string, readonly string[] | string>>

interface World {
  readonly io: CommandIo
  readonly out: () => string
  readonly logged: string[]
}

const clients = ['go', 'npm', 'python3'] as const

/** A machine with clients that answer so, and nothing else. */
async function world(answers: Answers, installed: readonly (typeof clients)[number][] = clients): Promise<World> {
  const folder = await temporaryFolder()
  /** A branch of `case` for each answer. */
  const cases = (told: (versions: readonly string[]) => string, failed: (error: string) => string) =>
    Object.entries(answers)
      .map(([name, answer]) => `${name}) ${typeof answer === 'string' ? failed(answer) : told(answer)};;`)
      .join('\n')
  const fails = (error: string) => `echo '${error}' >&2; exit 1`
  const module = (rest: object) => `echo '{"Path": "'"$name"'", ${JSON.stringify(rest).slice(1)}'`
  const scripts = {
    go: `if [ "$1" = env ]; then echo '{"GOVERSION":"go1.26.8"}'; exit 0; fi
      shift 5
      for name; do case "$name" in ${cases(
        (versions) => module({ Versions: versions.map((version) => `v${version}`) }),
        (error) => module({ Error: { Err: error } }),
      )} esac; done`,
    npm: `case "$2" in ${cases(
      (versions) => `echo '${JSON.stringify({ versions, 'dist-tags': { latest: versions.at(-1) } })}'`,
      fails,
    )} esac`,
    python3: `if [ "$4" = --version ]; then exit 0; fi
      case "$6" in ${cases((versions) => `echo "Available versions: ${[...versions].reverse().join(', ')}"`, fails)} esac`,
  }
  for (const name of installed) await executable(join(folder, 'bin', name), scripts[name])
  const logged: string[] = []
  let printed = ''
  const io = {
    ...oneFolder(root),
    env: { PATH: join(folder, 'bin'), HOME: folder, TIERED_SECRETS_CACHE: join(folder, 'cache') },
    signal: new AbortController().signal,
    log: (line: string) => void logged.push(line),
    out: (text: string) => {
      printed += text
    },
    tell: () => {},
    isTerminal: false,
  } as unknown as CommandIo
  return { io, out: () => printed, logged }
}

const pin = (kind: Pin['kind'], name: string, version: string): Pin => ({ kind, name, version, file: `${kind}.txt` })
const three = [pin('go', 'example.org/a', '1.2.3'), pin('npm', 'a', '1.2.3'), pin('python', 'a', '1.2.3')]
const both = (answer: Answers[string]): Answers => ({ 'example.org/a': answer, a: answer })

/** What is newer of each of three pins at 1.2.3, one for each client. */
async function newsOf(answer: Answers[string]) {
  const news = await findNews(three, (await world(both(answer))).io)
  return news.map(({ sameMinor, newest, problem }) => [sameMinor, newest, problem?.code])
}

test('each client tells the newest release, and the newest of the same minor version', async () => {
  const answer = ['1.1.9', '1.2.3', '1.2.4', '1.2.10', '1.10.0', '2.0.1']
  expect(await newsOf(answer)).toEqual(three.map(() => ['1.2.10', '2.0.1', undefined]))
})

test('nothing newer is not news', async () => {
  expect(await newsOf(['1.2.2', '1.2.3'])).toEqual(three.map(() => [undefined, undefined, undefined]))
})

test('what is not a release yet is not news', async () => {
  const answer = [
    '1.2.3',
    '2.0.0-rc.1',
    '2.0.0rc1',
    '2.0.0-0.20260101000000-abcdef',
    '3.0.0.dev1',
    '4.0.0+incompatible',
  ]
  expect(await newsOf(answer)).toEqual(three.map(() => [undefined, undefined, undefined]))
})

test('a version above what npm calls the latest is for somebody else', async () => {
  const { io } = await world({ a: ['9.0.0', '1.3.0'] })
  const [news] = await findNews([pin('npm', 'a', '1.2.3')], io)
  expect(news).toMatchObject({ newest: '1.3.0' })
})

test('a pin that stays is reported nothing that it may not become', async () => {
  const operator = 'github.com/external-secrets/external-secrets'
  const { io } = await world({ [operator]: ['0.20.4', '1.3.2'], '@types/node': ['20.99.0', '26.0.0'] })
  const pins = [pin('go', operator, '0.20.1'), pin('npm', '@types/node', '20.19.43')]
  const [held, below] = await findNews(pins, io)
  expect([held?.newest, held?.sameMinor]).toEqual([undefined, undefined])
  expect(below?.newest).toBe('20.99.0')
})

test('a registry that can not be reached is a problem of each pin, and the others are reported all the same', async () => {
  const answers = { 'example.org/a': 'dial tcp: no such host', a: ['1.3.0'] }
  const [go, npm, python] = await findNews(three, (await world(answers)).io)
  expect([npm?.newest, python?.newest]).toEqual(['1.3.0', '1.3.0'])
  expect(go?.problem).toMatchObject({
    code: 'RELEASES_UNKNOWN',
    where: 'go.txt example.org/a',
    message: 'its releases are not known: asking failed. Expected what `go list -m -versions` lists. The last lines:',
    lastLines: ['dial tcp: no such host'],
  })
  expect(await newsOf('network is unreachable')).toEqual(three.map(() => [undefined, undefined, 'RELEASES_UNKNOWN']))
})

test('an answer without any release is a problem too', async () => {
  const news = await newsOf([])
  expect(news.map(([, , code]) => code)).toEqual(three.map(() => 'RELEASES_UNKNOWN'))
})

test('every tool and every package is pinned to one version and listed', async () => {
  const pins = await readPins(root)
  for (const { pin: name, folder } of Object.values(recipes)) {
    expect(pins.filter((one) => one.name === name && one.file.includes(`/${folder}/`))).toHaveLength(1)
  }
  const goFolders = readdirSync('scripts/local/toolchain/go')
  for (const folder of goFolders) expect(pins.some(({ file }) => file.endsWith(`/go/${folder}/go.mod`))).toBe(true)
  for (const { version, name } of pins)
    expect([name, version]).toEqual([name, expect.stringMatching(/^\d+\.\d+(\.\d+(\.post\d+)?)?$/)])
  expect(pins.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['commander', 'vitest', 'yamllint', 'scaleway-core']),
  )
})

test('the table fits 80 columns, whatever is newer; newer is not a failure unless it is asked for', async () => {
  const { io, out, logged } = await world({ '*': ['100.100.100', '999.99.99'] })
  expect(await command.run({ output: 'table' }, io)).toBe(0)
  for (const line of out().split('\n')) expect([line, line.length < 80]).toEqual([line, true])
  expect(out()).toMatch(/^helm\.sh\/helm\/v4 +\d+\.\d+\.\d+ +- +999\.99\.99$/m)
  expect(logged.at(-1)).toMatch(
    /^\d+ of \d+ pins have newer releases; docs\/development\.md explains how to move one\.$/,
  )
  expect(await command.run({ output: 'table', check: true }, io)).toBe(3)
})

test('with nothing newer, --check is fine', async () => {
  const { io } = await world({ '*': ['0.0.1'] })
  expect(await command.run({ output: 'table', check: true }, io)).toBe(0)
})

test('as JSON each pin has its file, and why it stays', async () => {
  const { io, out } = await world({ '*': ['999.99.99'] })
  await command.run({ output: 'json' }, io)
  const { pins } = JSON.parse(out()) as { pins: readonly Readonly<Record<string, unknown>>[] }
  expect(pins.find(({ name }) => name === 'k8s.io/kubernetes')).toMatchObject({
    kind: 'go',
    file: 'scripts/local/toolchain/go/kubernetes/go.mod',
    newest: '999.99.99',
  })
  expect(pins.find(({ name }) => name === '@types/node')).toMatchObject({ stays: { below: '21.0.0' } })
})

test('the command ends with 4 when a registry can not be asked, after it told the rest', async () => {
  const { io, out } = await world({ commander: 'network is unreachable', '*': ['999.99.99'] })
  const problem = await problemOf(command.run({ output: 'table', check: true }, io))
  expect(problem).toMatchObject({ where: 'package.json commander', exitCode: 4 })
  expect(out()).toMatch(/^commander +\S+ +\? +\?$/m)
  expect(out()).toMatch(/^vitest .*999\.99\.99$/m)
})

test('a client that is missing is reported once', async () => {
  const { io } = await world({ '*': ['999.99.99'] }, [])
  const { all } = await problemOf(command.run({ output: 'table' }, io))
  expect(all.map(({ code }) => code).sort()).toEqual(['CLIENT_MISSING', 'CLIENT_MISSING', 'GO_MISSING'])
})
