import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { createClient } from '../../scripts/kubernetes/client.ts'
import { kinds, type SecretObject } from '../../scripts/kubernetes/kinds.ts'
import { connectionOf, loadKubeconfig } from '../../scripts/kubernetes/kubeconfig.ts'
import { tryRun } from '../../scripts/lib/exec.ts'
import catalogue from '../fixtures/trackdechets/catalogue.ts'
import { cliOfPackage, compiledCli } from '../helpers/cli.ts'
import { eventually } from '../helpers/eventually.ts'
import { temporaryFolder } from '../helpers/folders.ts'
import { processesIn } from '../helpers/processes.ts'
import { repositoryCopy, userFolder } from '../helpers/repository.ts'

/** The product itself; a user's folder is where it is not the subject. */
const product = await repositoryCopy()
const { folder: root } = product
const { folder: user } = await userFolder()

const cli = [...product.program, 'start']

interface Result {
  readonly environment: string
  readonly kubeconfig: string
  readonly requests: number
  readonly secrets: readonly { readonly variable: string; readonly tier: string; readonly state: string }[]
}

describe('npm start', () => {
  test('with --once ends when every secret is synced, and leaves nothing behind', async () => {
    const args = [...cliOfPackage, 'start', '--environment', 'production', '--once', '--output', 'json']
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root })
    const result = JSON.parse(stdout) as Result
    expect(result.environment).toBe('production')
    const names = (list: readonly { tier: string; variable: string }[]) =>
      list.map(({ tier, variable }) => `${tier} ${variable}`).sort()
    expect(names(result.secrets)).toEqual(names(catalogue.secrets))
    expect(result.secrets.map(({ state }) => state)).toEqual(Array(34).fill('synced'))
    expect(result.requests).toBeGreaterThanOrEqual(48)
    expect(existsSync(dirname(result.kubeconfig))).toBe(false)
    expect(processesIn(dirname(result.kubeconfig))).toEqual([])
  })

  test.each([
    ['SIGINT', 'prints commands for looking around, which work as they stand', expectCommandsWork],
    ['SIGTERM', 'waits', async () => undefined],
  ] as const)(
    'stays up until %s, %s, shows no value anywhere, and leaves nothing behind',
    async (signal, _does, lookAround) => {
      const child = spawn(process.execPath, cli, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
      let output = ''
      child.stdout.on('data', (chunk) => (output += chunk))
      child.stderr.on('data', (chunk) => (output += chunk))
      const exited = once(child, 'exit')
      try {
        await eventually(
          () => output,
          (text) => /Ctrl-C stops everything/.test(text),
          { timeoutMs: 120_000 },
        )
        await lookAround(output)
        const kubeconfig = /export KUBECONFIG=(\S+)/.exec(output)?.[1] ?? ''
        const folder = dirname(kubeconfig)
        const secrets = await delivered(kubeconfig)
        expect(secrets.length).toBeGreaterThan(30)

        const places = new Map([['output', output]])
        for (const file of await readdir(folder)) {
          if (file.endsWith('.log')) places.set(file, await readFile(join(folder, file), 'utf8'))
        }
        const pids = [...processesIn(folder), child.pid ?? 0]
        expect(pids.length).toBeGreaterThan(4)
        for (const pid of pids) places.set(`arguments of ${pid}`, await readFile(`/proc/${pid}/cmdline`, 'utf8'))
        places.set('events', await events(kubeconfig))
        places.set('Helm release', await releases(kubeconfig))
        const leaks = secrets.flatMap(({ variable, value }) =>
          [...places].filter(([, text]) => text.includes(value)).map(([place]) => `${variable} in ${place}`),
        )
        expect(leaks).toEqual([])

        child.kill(signal)
        const [code] = await exited
        expect(code).toBe(0)
        expect(existsSync(folder)).toBe(false)
        expect(processesIn(folder)).toEqual([])
      } finally {
        child.kill('SIGKILL')
      }
    },
  )

  test('runs what was imported and generated, without an edit', async () => {
    const run = (...args: string[]) => tryRun(process.execPath, [compiledCli, ...args], { cwd: user })
    const manifests = join(import.meta.dirname, '../fixtures/takeover/two-namespaces')
    expect(await run('import', '--from', manifests, '--out', 'atelier')).toMatchObject({ exitCode: 0 })
    expect(await run('gen-values', '--root', 'atelier')).toMatchObject({ exitCode: 0 })
    const { stdout, stderr } = await run('start', '--root', 'atelier', '--once', '--output', 'json')
    expect(stderr).toContain('everything synced')
    const { secrets } = JSON.parse(stdout) as Result
    expect(secrets.map(({ state }) => state)).toEqual(Array(6).fill('synced'))
  })

  test('with --once exits with 3 when a secret is missing, and names the entry of the catalogue', async () => {
    const args = [compiledCli, 'start', '--once', '--without', 'redis-url']
    const failure = await promisify(execFile)(process.execPath, args, { cwd: user }).then(
      () => undefined,
      (error: { code: number; stdout: string; stderr: string }) => error,
    )
    expect(failure?.code).toBe(3)
    expect(failure?.stderr).toContain('ExternalSecret/trackdechets-backend/backend-secrets')
    expect(failure?.stderr).toContain('catalogue "REDIS_URL" (backend)')
    expect(failure?.stdout).toMatch(/API_ENDPOINT +frontend-secrets +\S+ +synced/)
  })

  test('interrupted while it starts exits with 130 and leaves nothing behind', async () => {
    const parent = await temporaryFolder()
    const child = spawn(process.execPath, cli, { cwd: root, stdio: 'ignore', env: { ...process.env, TMPDIR: parent } })
    const exited = once(child, 'exit')
    const seen = await eventually(
      () => ({ running: processesIn(parent).length, ended: child.exitCode }),
      ({ running, ended }) => running > 1 || ended !== null,
      { timeoutMs: 60_000 },
    )
    expect(seen.ended).toBe(null)
    child.kill('SIGTERM')
    expect(await exited).toEqual([130, null])
    expect(await readdir(parent)).toEqual([])
    expect(processesIn(parent)).toEqual([])
  })
})

// --- internal ---

/** Runs what is printed for looking around, as it stands; npm starts the compiled command line. */
async function expectCommandsWork(shown: string): Promise<void> {
  const { scripts } = JSON.parse(await product.read('package.json')) as { scripts: Record<string, string> }
  const compiled = Object.entries(scripts).map(([name, script]) => {
    return [name, script.replace(`node ${cliOfPackage.join(' ')}`, `node ${product.program}`)]
  })
  await product.write('package.json', JSON.stringify({ type: 'module', scripts: Object.fromEntries(compiled) }))
  const lines = [...shown.matchAll(/^ {2}(.+)$/gm)].map(([, line = '']) => line)
  const setting = lines.filter((line) => /^(export|set) /.test(line)).join('\n')
  const commands = lines.filter((line) => line.startsWith('npm run'))
  expect(commands.map((line) => line.split(' ')[2])).toEqual(['status', 'doctor', 'plan', 'iam'])
  for (const command of commands) {
    const { exitCode, stderr } = await tryRun('sh', ['-c', `${setting}\n${command}`], { cwd: root })
    expect([command, stderr, exitCode]).toEqual([command, expect.not.stringContaining('bug'), 0])
  }
}

async function clientOf(kubeconfig: string) {
  return createClient(await connectionOf(await loadKubeconfig({ KUBECONFIG: kubeconfig })))
}

/** Values of every Secret in the cluster that are long enough to be looked for, the Scaleway keys among them. */
async function delivered(kubeconfig: string): Promise<{ variable: string; value: string }[]> {
  using client = await clientOf(kubeconfig)
  const { items } = await client.list<SecretObject>(kinds.secret)
  return items
    .filter(({ type }) => type === 'Opaque')
    .flatMap(({ data }) => Object.entries(data ?? {}))
    .map(([variable, data]) => ({ variable, value: Buffer.from(data, 'base64').toString() }))
    .filter(({ value }) => value.length >= 12)
}

async function events(kubeconfig: string): Promise<string> {
  using client = await clientOf(kubeconfig)
  return JSON.stringify((await client.list(kinds.event)).items)
}

/** A release is base64 in base64, compressed. */
async function releases(kubeconfig: string): Promise<string> {
  using client = await clientOf(kubeconfig)
  const { items } = await client.list<SecretObject>(kinds.secret)
  const packed = items.filter(({ type }) => type === 'helm.sh/release.v1').map(({ data }) => data?.release ?? '')
  const { gunzipSync } = await import('node:zlib')
  expect(packed.length).toBeGreaterThan(0)
  return packed
    .map((release) => gunzipSync(Buffer.from(Buffer.from(release, 'base64').toString(), 'base64')).toString())
    .join('\n')
}
