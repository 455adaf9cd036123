import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openQuestions } from '../../scripts/local/emulator/open-questions.ts'
import { compiledCli } from '../helpers/cli.ts'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
let folder: string
let running: ChildProcess[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'emulate-'))
})
afterEach(async () => {
  for (const child of running) child.kill('SIGKILL')
  running = []
  await rm(folder, { recursive: true, force: true })
})

/** `npm run emulate -- …`, as a process of its own. Temporary files go to a folder of this test. */
function emulate(args: readonly string[], env: Record<string, string> = {}) {
  const all = [compiledCli, 'emulate', '--port', '0', '--admin-port', '0', ...args]
  const child = spawn(process.execPath, all, { cwd: root, env: { ...process.env, TMPDIR: folder, ...env } })
  running.push(child)
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString()
    })
  const exit = new Promise<number | null>((resolve) => child.on('exit', (code) => resolve(code)))
  return {
    child,
    exit,
    output: () => output,
    async ready() {
      await expect.poll(() => output, { timeout: 20_000 }).toContain('Ctrl-C stops it.')
      return /Scaleway API +(\S+)/.exec(output)?.[1] ?? ''
    },
  }
}

const envOf = async (path: string) =>
  Object.fromEntries((await readFile(path, 'utf8')).split('\n').map((line) => line.split('=') as [string, string]))

describe('npm run emulate', () => {
  test('serves until it is interrupted, and leaves neither key nor folder behind', async () => {
    const run = emulate(['--log-requests'])
    const url = await run.ready()
    const envFile = /Owner's key +(\S+)/.exec(run.output())?.[1] ?? ''
    expect((await stat(envFile)).mode & 0o777).toBe(0o600)
    const env = await envOf(envFile)
    expect(env.SCW_API_URL).toBe(url)
    const headers = { 'x-auth-token': env.SCW_SECRET_KEY ?? '' }
    const list = `${url}/secret-manager/v1beta1/regions/fr-par/secrets?project_id=${env.SCW_DEFAULT_PROJECT_ID}`
    expect((await fetch(list, { headers })).status).toBe(200)
    await expect.poll(run.output).toContain('200 GET secrets.list owner')
    run.child.kill('SIGINT')
    expect(await run.exit).toBe(0)
    expect((await readdir(folder)).filter((name) => name.startsWith('scaleway-emulator-'))).toEqual([])
    expect(run.output()).not.toContain(env.SCW_SECRET_KEY)
  })

  test('keeps its state and its key over a restart', async () => {
    const state = join(folder, 'state.json')
    const first = emulate(['--state', state])
    const firstUrl = await first.ready()
    const env = await envOf(`${state}.env`)
    const headers = { 'x-auth-token': env.SCW_SECRET_KEY ?? '' }
    const secrets = '/secret-manager/v1beta1/regions/fr-par/secrets'
    const body = JSON.stringify({ name: 'kept', project_id: env.SCW_DEFAULT_PROJECT_ID })
    expect((await fetch(`${firstUrl}${secrets}`, { method: 'POST', headers, body })).status).toBe(200)
    first.child.kill('SIGTERM')
    expect(await first.exit).toBe(0)

    const second = emulate(['--state', state])
    const url = await second.ready()
    const list = await fetch(`${url}${secrets}?project_id=${env.SCW_DEFAULT_PROJECT_ID}`, { headers })
    expect(await list.json()).toMatchObject({ secrets: [{ name: 'kept' }], total_count: 1 })
  })

  test("takes the owner's key from the environment, under names no real key has", async () => {
    const EMULATOR_ACCESS_KEY = 'SCWABCDEFGHIJ0123456'
    const EMULATOR_SECRET_KEY = '0b8cc93b-dfd2-4427-b674-8d27affb0334'
    const envFile = join(folder, 'owner.env')
    const run = emulate(['--key-file', envFile], { EMULATOR_ACCESS_KEY, EMULATOR_SECRET_KEY })
    await run.ready()
    expect(await envOf(envFile)).toMatchObject({
      SCW_ACCESS_KEY: EMULATOR_ACCESS_KEY,
      SCW_SECRET_KEY: EMULATOR_SECRET_KEY,
    })
    expect(run.output()).not.toContain(EMULATOR_SECRET_KEY)
  })

  test.each([
    [['--port', 'http'], 'WRONG_USAGE', 2],
    [['--duplicate-name', 'maybe'], 'WRONG_USAGE', 2],
    [['--organization-id', 'mine'], 'ORGANIZATION_ID_MALFORMED', 2],
  ])('%j is refused', async (args, code, exitCode) => {
    const run = emulate(args)
    expect(await run.exit).toBe(exitCode)
    expect(run.output()).toContain(`(${code})`)
  })

  test('half a key, a foreign env file and a broken state are refused, and nothing is overwritten', async () => {
    const half = emulate([], { EMULATOR_ACCESS_KEY: 'SCWABCDEFGHIJ0123456' })
    expect([await half.exit, half.output()]).toEqual([2, expect.stringContaining('(OWNER_KEY_INCOMPLETE)')])
    const mine = join(folder, 'mine.env')
    await writeFile(mine, 'SCW_SECRET_KEY=of a real account\n')
    const foreign = emulate(['--key-file', mine])
    expect([await foreign.exit, foreign.output()]).toEqual([2, expect.stringContaining('(ENV_FILE_FOREIGN)')])
    expect(await readFile(mine, 'utf8')).toBe('SCW_SECRET_KEY=of a real account\n')
    const broken = join(folder, 'broken.json')
    await writeFile(broken, '{')
    const state = emulate(['--state', broken])
    expect([await state.exit, state.output()]).toEqual([3, expect.stringContaining('(STATE_UNREADABLE)')])
    expect(await readFile(broken, 'utf8')).toBe('{')
  })
})

describe('the emulator knows nothing of this project', () => {
  test('it imports its own files, lib and packages only', async () => {
    const names = await readdir(join(root, 'scripts/local/emulator'), { recursive: true })
    for (const name of names.filter((one) => one.endsWith('.ts'))) {
      const text = await readFile(join(root, 'scripts/local/emulator', name), 'utf8')
      for (const [, from = ''] of text.matchAll(/from '(\.[^']+)'/g)) {
        const target = join('scripts/local/emulator', dirname(name), from)
        expect(target, `${name} imports ${from}`).toMatch(/^scripts\/(local\/emulator|lib)\//)
      }
    }
  })
})

describe('open questions', () => {
  test('have an id of their own, a question, a reading and a reason, each a sentence', () => {
    expect(new Set(openQuestions.map(({ id }) => id)).size).toBe(openQuestions.length)
    for (const { id, question, reading, why } of openQuestions) {
      expect(id).toMatch(/^[a-z-]+$/)
      expect(question).toMatch(/^[A-Z].*\?$/)
      for (const text of [reading, why]) expect(text).toMatch(/^[A-Z0-9].*[.)]$/)
    }
  })
})
