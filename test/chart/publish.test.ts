import { createHash } from 'node:crypto'
import { chmod, cp, mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { run } from '../../scripts/lib/exec.ts'
import { helms } from '../helpers/chart.ts'
import { type HelmOfUser, helmOfUser, type Registry, startRegistry } from '../helpers/registry.ts'
import { type Repository, userFolder } from '../helpers/repository.ts'
import { sharedFolder } from '../helpers/shared-folder.ts'

let repository: Repository
let registry: Registry
let archive: string
beforeAll(async () => {
  ;[repository, registry] = await Promise.all([userFolder(), startRegistry()])
  await repository.write('CHANGELOG.md', '# Changes\n\n## 1.2.3\n\n### Security\n\n- Keys expire\n')
  archive = (await packed('1.2.3')).file
})
afterAll(() => registry?.[Symbol.asyncDispose]())

interface Packed {
  readonly file: string
  readonly digest: string
}

async function packed(version: string, out = 'dist', env: Readonly<Record<string, string>> = {}): Promise<Packed> {
  const args = ['package', '--version', version, '--out', out, '--output', 'json']
  const { stdout, stderr, exitCode } = await repository.cli(args, env)
  expect([exitCode, stderr]).toEqual([0, expect.stringContaining(`helm push `)])
  return JSON.parse(stdout) as Packed
}

const digestOf = async (file: string) =>
  createHash('sha256')
    .update(await readFile(file))
    .digest('hex')

test('the same chart is the same archive, whatever the time, the modes, the folder and the language', async () => {
  const { file, digest } = await packed('1.2.3', 'again')
  expect(digest).toBe(`sha256:${await digestOf(file)}`)
  const other = { ...repository, folder: join(await sharedFolder(), 'une autre') }
  await cp(repository.folder, other.folder, { recursive: true })
  for (const name of await readdir(join(other.folder, 'charts/tiered-secrets/templates'))) {
    const path = join(other.folder, 'charts/tiered-secrets/templates', name)
    await utimes(path, 1, 1)
    await chmod(path, 0o600)
  }
  const script = 'umask 077; exec "$0" "$@" package --version 1.2.3 --out dist'
  const env = { TZ: 'Asia/Tokyo', LC_ALL: 'tr_TR.UTF-8', NODE_OPTIONS: '--no-warnings' }
  await rm(join(other.folder, 'dist'), { recursive: true })
  await run('sh', ['-c', script, process.execPath, ...repository.program], { cwd: other.folder, env })
  const [name = '', ...more] = await readdir(join(other.folder, 'dist'))
  expect([name, more]).toEqual(['tiered-secrets-1.2.3.tgz', []])
  const twin = join(other.folder, 'dist', name)
  expect(`sha256:${await digestOf(twin)}`).toBe(digest)
  const { mode, mtime } = await stat(twin)
  expect([mode & 0o777, mtime.toISOString()]).toEqual([0o644, '1980-01-01T00:00:00.000Z'])
})

describe.each(helms)('plain %s', (_, program) => {
  let helm: HelmOfUser
  let folder: string
  beforeAll(async () => {
    folder = await sharedFolder()
    helm = await helmOfUser(program, folder)
  })
  const values = () => ['--kube-version', '1.37.0', '--values', join(repository.folder, 'values/recette.yaml')]
  const rendered = async (chart: string) => {
    const { stdout, stderr, exitCode } = await helm([
      'template',
      'x',
      chart,
      '--namespace',
      'x',
      '--plain-http',
      ...values(),
    ])
    expect([exitCode, stderr.replace(/^(Pulled|Digest): .*$/gm, '').trim()]).toEqual([0, ''])
    return stdout
  }

  test('packs the same files', async () => {
    await helm([
      'package',
      join(repository.folder, 'charts/tiered-secrets'),
      '--version',
      '1.2.3',
      '--destination',
      'own',
    ])
    const contents = async (name: string, file: string) => {
      const into = join(folder, name)
      await mkdir(into)
      await run('tar', ['-xzf', file, '-C', into])
      await rm(join(into, 'tiered-secrets/Chart.yaml'))
      return run('sh', ['-c', 'cd "$0" && find . -type f | sort | xargs sha256sum', into])
    }
    expect(await contents('ours', archive)).toBe(await contents('theirs', join(folder, 'own/tiered-secrets-1.2.3.tgz')))
    expect((await run('tar', ['-tzf', archive])).split('\n')[0]).toBe('tiered-secrets/Chart.yaml')
  })

  test('lints and renders it as the folder', async () => {
    const lint = await helm(['lint', '--strict', archive, ...values()])
    expect([lint.exitCode, lint.stdout]).toEqual([0, expect.stringContaining('0 chart(s) failed')])
    expect(await rendered(archive)).toBe(await rendered(join(repository.folder, 'charts/tiered-secrets')))
  })

  test('reads in it which version it is, and what changed', async () => {
    const { stdout } = await helm(['show', 'chart', archive])
    expect(stdout).toMatch(/^version: 1\.2\.3$/m)
    expect(stdout).toMatch(/^appVersion: "?0\.1\.0"?$/m)
    expect(stdout).toContain('- kind: security\n      description: Keys expire\n')
    expect(stdout).toMatch(/^ {2}artifacthub\.io\/containsSecurityUpdates: "true"$/m)
  })

  test('pushes it, and takes it back by the digest that it was told', async () => {
    const place = `oci://${registry.host}/trackdechets`
    const unknown = await helm(['push', archive, place, '--plain-http'])
    expect([unknown.exitCode, unknown.stderr]).toEqual([1, expect.stringContaining('credential not found')])
    const login = ['registry', 'login', registry.host, '--plain-http', '--username', registry.user, '--password-stdin']
    expect(await helm(login, registry.password)).toMatchObject({ exitCode: 0 })

    const digest = await pushed(archive)
    // A second run of a pipeline changes nothing.
    expect(await pushed(archive)).toBe(digest)
    const pinned = `${place}/tiered-secrets@${digest}`
    for (const name of ['pulled', 'spoilt']) await mkdir(join(folder, name))
    const pulled = await helm(['pull', pinned, '--plain-http', '--destination', 'pulled'])
    expect([pulled.exitCode, pulled.stderr]).toEqual([0, expect.any(String)])
    const [name = ''] = await readdir(join(folder, 'pulled'))
    expect(await digestOf(join(folder, 'pulled', name))).toBe(await digestOf(archive))

    const forged = await otherArchive()
    const tagged = `${place}/tiered-secrets`
    expect(await pushed(forged)).not.toBe(digest)
    expect(await shown(tagged, '--version', '1.2.3')).toContain('forged')
    expect(await shown(pinned)).not.toContain('forged')
    expect(await rendered(pinned)).toBe(await rendered(archive))

    // What lies in the registry itself is changed: Helm notices, because the digest is of the manifest, which names the archive's.
    const layer = await digestOf(archive)
    const blob = join(registry.blobs, layer.slice(0, 2), layer, 'data')
    const bytes = await readFile(blob)
    await writeFile(blob, bytes.with(-1, ~(bytes.at(-1) ?? 0)))
    const spoilt = await helm(['pull', pinned, '--plain-http', '--destination', 'spoilt'])
    expect([spoilt.exitCode, spoilt.stderr]).toEqual([1, expect.stringMatching(/mismatch/)])
    await writeFile(blob, bytes)

    async function pushed(file: string): Promise<string> {
      const { stdout, stderr, exitCode } = await helm(['push', file, place, '--plain-http'])
      expect([exitCode, stderr]).toEqual([0, expect.any(String)])
      return /Digest: (sha256:[0-9a-f]{64})/.exec(`${stdout}\n${stderr}`)?.[1] ?? ''
    }
    async function shown(...args: readonly string[]): Promise<string> {
      return (await helm(['show', 'readme', ...args, '--plain-http'])).stdout
    }
  })
})

/** Of the same name and version, as somebody would make it who can write to the registry. */
async function otherArchive(): Promise<string> {
  const folder = await sharedFolder()
  await run('tar', ['-xzf', archive, '-C', folder])
  await writeFile(join(folder, 'tiered-secrets/README.md'), 'forged\n')
  await run('tar', ['-czf', 'tiered-secrets-1.2.3.tgz', 'tiered-secrets'], { cwd: folder })
  return join(folder, 'tiered-secrets-1.2.3.tgz')
}
