import { access, readdir, readFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { localStackTools } from '../../scripts/local/stack/stack.ts'
import { eventually } from '../helpers/eventually.ts'
import { root } from '../helpers/generating.ts'
import { type InstalledPackage, installPackage, packLater } from '../helpers/installed-package.ts'

let user: InstalledPackage
beforeAll(async () => {
  user = await installPackage(...localStackTools, 'helm', 'kubeconform')
})

/** The variables of a file of `NAME='value'` lines. */
function variablesOf(text: string): Record<string, string> {
  return Object.fromEntries(
    [...text.matchAll(/^(?:export )?(\w+)='?(.*?)'?$/gm)].map(([, name = '', value = '']) => [name, value]),
  )
}

const npm = (...args: readonly string[]) => user.run('npm', ['run', ...args])

test('a repository is begun, checked and seen at work with nothing but the package', async () => {
  const names = ['--application', 'shop', '--tiers', 'web', 'jobs', '--environments', 'staging', 'production']
  expect(await user.npx('init', ...names)).toMatchObject({ exitCode: 0 })
  expect(await npm('gen-values')).toMatchObject({ exitCode: 0 })
  const checked = await npm('check')
  expect([checked.stderr, checked.exitCode]).toEqual([expect.stringContaining('ok      chart and manifests'), 0])

  const running = user.start('npm', ['start'])
  let local = ''
  try {
    const text = await eventually(running.output, (one) => /Ctrl-C stops everything/.test(one), { timeoutMs: 120_000 })
    expect(text).toContain('everything synced')
    const [, KUBECONFIG = ''] = /export KUBECONFIG=(\S+)/.exec(text) ?? []
    const [, accountFile = ''] = /set -a; \. (\S+);/.exec(text) ?? []
    local = dirname(KUBECONFIG)
    const account = variablesOf(await readFile(accountFile, 'utf8'))
    const status = await user.run('npm', ['run', 'status', '--', '--environment', 'staging'], {
      ...account,
      KUBECONFIG,
    })
    expect([status.stderr, status.exitCode]).toEqual(['2 secrets, all four sides agree', 0])
    expect(status.stdout).toMatch(/jobs.*EXAMPLE_SECRET/)
    expect(status.stdout).toMatch(/web.*EXAMPLE_SECRET/)
  } finally {
    await running.ctrlC()
  }
  await expect(access(local)).rejects.toThrow('no such file')
})

test('what a team has is imported, checked, seen at work and audited without an edit', async () => {
  for (const file of ['orders.yaml', 'web.yaml'])
    await user.write(`k8s/${file}`, await readFile(join(root, 'test/fixtures/takeover/two-namespaces', file), 'utf8'))
  const of = ['--root', 'atelier']
  expect(await user.npx('import', '--from', 'k8s', '--out', 'atelier')).toMatchObject({ exitCode: 0 })
  expect(await user.npx('gen-values', ...of)).toMatchObject({ exitCode: 0 })
  expect(await user.npx('check', ...of)).toMatchObject({ exitCode: 0 })
  const started = await user.npx('start', ...of, '--once', '--output', 'json')
  expect([started.stderr, started.exitCode]).toEqual([expect.stringContaining('everything synced'), 0])
  const { secrets } = JSON.parse(started.stdout) as { secrets: { variable: string; state: string }[] }
  expect(secrets.map(({ state }) => state)).toEqual(Array(6).fill('synced'))
  const audited = await user.npx('audit', ...of, '-e', 'production', '--manifests', 'k8s', '--output', 'json')
  // His workloads still read the Secrets that they read before.
  const { findings } = JSON.parse(audited.stdout) as { findings: { code: string }[] }
  expect([audited.exitCode, [...new Set(findings.map(({ code }) => code))].sort()]).toEqual([
    3,
    ['KEY_UNDELIVERED', 'REFERENCE_UNMADE', 'REF_WITHOUT_FOLDER'],
  ])
  await rm(join(user.folder, 'atelier'), { recursive: true })
  await rm(join(user.folder, 'k8s'), { recursive: true })
})

test('a later version is installed, refuses the older files, and writes its own', async () => {
  await user.install(await packLater(user, '0.2.0'))
  const refused = await npm('check')
  expect([refused.stderr, refused.exitCode]).toEqual([
    expect.stringContaining('charts/tiered-secrets: was written by tiered-secrets 0.1.0, and this is 0.2.0.'),
    3,
  ])
  const upgraded = await npm('gen-values')
  expect([upgraded.stderr, upgraded.exitCode]).toEqual([expect.stringContaining('updated charts/tiered-secrets/'), 0])
  expect(await npm('check')).toMatchObject({ exitCode: 0 })
  const rendered = await npm('--silent', 'render', '--', '--environment', 'staging')
  expect(rendered.stdout).toContain('later: "true"')
})

test('nothing of it is left beside the files of the user', async () => {
  const files = (await readdir(user.folder)).sort()
  expect(files).toEqual(
    [
      '.ci',
      '.gitignore',
      'charts',
      'ct.yaml',
      'node_modules',
      'package-lock.json',
      'package.json',
      'scripts',
      'values',
    ].sort(),
  )
})
