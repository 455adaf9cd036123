import { copyFile, cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { type Manifest, parseManifests } from '../../scripts/chart/manifests.ts'
import { type RunResult, tryRun } from '../../scripts/lib/exec.ts'
import { readDockerfile, type Stage } from '../helpers/dockerfile.ts'
import { productFolder, root } from '../helpers/generating.ts'
import { type InstalledPackage, installPackage } from '../helpers/installed-package.ts'
import { sharedFolder } from '../helpers/shared-folder.ts'
import { tools } from '../helpers/tools.ts'

/*
 * No image can be built here: the steps of the Dockerfile are run as they are written, in a folder that stands for the root
 * of the image, and then the commands of the last stage with nothing but what that stage has.
 */

let stages: readonly Stage[]
let user: InstalledPackage
/** Stands for `/`. */
let image: string
/** What a step of a stage finds in its environment. */
let env: Readonly<Record<string, string>>
const steps: (RunResult & { readonly step: string })[] = []

beforeAll(async () => {
  user = await installPackage()
  const names = ['--application', 'shop', '--tiers', 'web', 'api', '--environments', 'staging']
  expect(await user.cli('init', ...names)).toMatchObject({ exitCode: 0 })
  stages = await readDockerfile(join(root, 'image/Dockerfile'))
  image = await sharedFolder()
  await build('tools')
})

describe('the image', () => {
  test('is built by its own steps', () => {
    const said = steps.map(({ step, exitCode, stderr }) => [step, exitCode, exitCode === 0 ? '' : stderr])
    expect(said).toEqual([
      ['npm ci --no-audit --no-fund', 0, ''],
      ['npx --no tiered-secrets setup --only helm kubeconform', 0, ''],
    ])
  })

  test('copies what the steps before have made, and runs as somebody who is not root', () => {
    const [last] = stages.slice(-1)
    const of = (word: string) => last?.instructions.filter((one) => one.word === word).map(({ rest }) => rest)
    expect(of('COPY')).toContain('--from=tools /opt/tiered-secrets /opt/tiered-secrets')
    expect(of('USER')).toEqual(['node'])
    for (const { from } of stages) expect(from).toMatch(/^\$\{(NODE|NODE_SLIM|GO)\}$/)
  })

  test('checks a repository in which nothing is installed, without Go', async () => {
    const checkout = join(image, 'checkout')
    await cp(user.folder, checkout, { recursive: true, filter: (path) => !path.includes('/node_modules') })
    expect(await readdir(checkout)).not.toContain('node_modules')
    const checked = await inImage(checkout, 'tiered-secrets', 'check')
    expect(checked).toEqual({
      stdout: '',
      stderr: [
        'ok      catalogue',
        'left out  types: no TypeScript in node_modules; the step before has read every field',
        'ok      generated files',
        'ok      chart and manifests',
      ].join('\n'),
      exitCode: 0,
    })
    expect(await inImage(checkout, 'npm', 'run', '--silent', 'render', '--', '--environment', 'staging')).toMatchObject(
      {
        stdout: expect.stringContaining('kind: ExternalSecret'),
        exitCode: 0,
      },
    )
    const other = await inImage(checkout, 'tiered-secrets', 'lint:chart')
    expect([other.stderr, other.exitCode]).toEqual([expect.stringMatching(/CT_BIN is not set.*\(GO_MISSING\)/s), 5])
  })
})

describe('a Helm on PATH', () => {
  test('of each supported version renders the same, in a pipeline without Go', async () => {
    const found = await tools('helm', 'helm3')
    const rendered = await Promise.all(
      (['helm', 'helm3'] as const).map(async (name) => {
        const bin = await binWith({ helm: found[name].path })
        const options = {
          cwd: join(image, 'checkout'),
          env: { ...env, TIERED_SECRETS_CACHE: join(bin, 'none'), PATH: bin },
          onlyEnv: true,
        }
        return tryRun(join(bin, 'node'), [program(), 'render', '--environment', 'staging'], options)
      }),
    )
    expect(rendered.map(({ exitCode }) => exitCode)).toEqual([0, 0])
    expect(rendered[0]?.stderr).toBe('')
    expect(rendered[1]?.stderr).toMatch(/^warning: .*\/helm: is helm 3\.\d+\.\d+\. It is used, but the tests run with /)
    const [four = [], three] = rendered.map(({ stdout }) => parseManifests(stdout, 'render'))
    expect(four.length).toBeGreaterThan(20)
    const sorted = (list: readonly Manifest[] = []) => list.map((one) => JSON.stringify(one)).sort()
    expect(sorted(three)).toEqual(sorted(four))
  })
})

// --- internal ---

/** Runs a stage: its folders are below ours, and an image that it begins with is this machine. */
async function build(name: string): Promise<void> {
  const stage = stages.find((one) => one.name === name)
  env = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', npm_config_offline: 'true' }
  let cwd = image
  for (const { word, rest } of stage?.instructions ?? []) {
    const [first = '', second = ''] = rest.split(/[= ](.*)/s)
    if (word === 'ENV') env = { ...env, [first]: below(second).replace('$PATH', env.PATH ?? '') }
    if (word === 'WORKDIR') {
      cwd = below(rest)
      await mkdir(cwd, { recursive: true })
    }
    if (word === 'COPY' && !rest.startsWith('--from')) {
      const files = rest.split(' ').slice(0, -1)
      for (const file of files) await copyFile(join(user.folder, file), join(cwd, file))
      await completePackage(cwd)
    }
    if (word === 'RUN') steps.push({ step: rest, ...(await tryRun('sh', ['-c', rest], { cwd, env, onlyEnv: true })) })
  }
}

/**
 * What this user's package comes from, instead of a registry; and in his lock file what is optional and was left out of it,
 * because no registry could be asked.
 */
async function completePackage(cwd: string): Promise<void> {
  const read = async (folder: string, name: string) => JSON.parse(await readFile(join(folder, name), 'utf8'))
  const { devDependencies } = await read(cwd, 'package.json')
  const path = String(devDependencies['tiered-secrets']).replace('file:', '')
  await copyFile(join(user.folder, path), join(cwd, path))
  const [lock, ours] = await Promise.all([cwd, productFolder].map((folder) => read(folder, 'package-lock.json')))
  for (const [name, entry] of Object.entries(ours.packages as Record<string, { optional?: true; dev?: true }>))
    if (entry.optional && !entry.dev) lock.packages[name] = entry
  await writeFile(join(cwd, 'package-lock.json'), JSON.stringify(lock))
}

/** As a container of the image does, with its PATH, on which only Node is besides. */
async function inImage(cwd: string, ...command: readonly string[]): Promise<RunResult> {
  const bin = await binWith({})
  const [, , last] = stages
  const own = last?.instructions.filter(({ word }) => word === 'ENV').map(({ rest }) => rest.split(/=(.*)/s)) ?? []
  const found = Object.fromEntries(own.map(([name = '', value = '']) => [name, below(value).replace('$PATH', bin)]))
  return tryRun('/bin/sh', ['-c', '"$@"', 'sh', ...command], { cwd, env: { ...found, HOME: image }, onlyEnv: true })
}

/** A folder with Node, npm and these programs. */
async function binWith(programs: Readonly<Record<string, string>>): Promise<string> {
  const bin = join(await sharedFolder(), 'bin')
  await mkdir(bin)
  const node = dirname(process.execPath)
  for (const [name, path] of Object.entries({
    node: process.execPath,
    npm: join(node, 'npm'),
    sh: '/bin/sh',
    ...programs,
  }))
    await symlink(path, join(bin, name))
  await writeFile(join(bin, 'README'), '')
  return bin
}

function program(): string {
  return join(image, 'opt/tiered-secrets/node_modules/.bin/tiered-secrets')
}

function below(path: string): string {
  return path.replace(/^\/opt\b/, join(image, 'opt'))
}
